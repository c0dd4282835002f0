// SPDX-License-Identifier: Apache-2.0
#include "apiserver/service_addresses.h"

#include "apiserver/registry/kinds/service_ip.h"
#include "base/check.h"

#include <fmt/format.h>

#include <charconv>

namespace knarr::apiserver {

namespace {

constexpr int kMaxPort = 65535;

Result<> read_ranges(std::string_view text, kinds::ServiceAllocator::Settings& settings) {
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view one = text.substr(0, comma);
    const auto range = schema::parse_cidr(one);
    if (!range) {
      return Error(Reason::BadRequest,
                   fmt::format("\"{}\" is no range of addresses for services: write one like "
                               "10.43.0.0/16", one));
    }
    settings.ranges.push_back(*range);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  const bool sound = settings.ranges.size() == 1 ||
                     (settings.ranges.size() == 2 &&
                      settings.ranges[0].address.v4 != settings.ranges[1].address.v4);
  if (sound) return ok();
  return Error(Reason::BadRequest,
               "services need one range of addresses, or one of IPv4 and one of IPv6");
}

Result<> read_ports(std::string_view text, kinds::ServiceAllocator::Settings& settings) {
  if (text.empty()) return ok();
  const char* const end = text.data() + text.size();
  int first = 0;
  int last = 0;
  auto [at, error] = std::from_chars(text.data(), end, first);
  bool sound = error == std::errc() && at != end && *at == '-';
  if (sound) {
    const auto second = std::from_chars(at + 1, end, last);
    sound = second.ec == std::errc() && second.ptr == end;
  }
  if (!sound || first < 1 || last < first || last > kMaxPort) {
    return Error(Reason::BadRequest,
                 fmt::format("\"{}\" is no range of node ports: write one like 30000-32767", text));
  }
  settings.first_node_port = first;
  settings.last_node_port = last;
  return ok();
}

}  // namespace

Result<std::unique_ptr<Allocator>> allocate_service_addresses(Registry& registry,
                                                              const ServiceAddresses& addresses) {
  kinds::ServiceAllocator::Settings settings;
  TRY(read_ranges(addresses.ranges, settings));
  TRY(read_ports(addresses.node_ports, settings));
  auto allocator = std::make_unique<kinds::ServiceAllocator>(settings);
  Collection* services = registry.find_stored("", "services");
  CHECK(services != nullptr);
  const Snapshot snapshot = services->cache->snapshot();
  for (Snapshot::Cursor item = snapshot.from(""); item; item.next()) {
    allocator->restore(item->object.root());
  }
  services->allocator = allocator.get();
  return std::unique_ptr<Allocator>(std::move(allocator));
}

}  // namespace knarr::apiserver
