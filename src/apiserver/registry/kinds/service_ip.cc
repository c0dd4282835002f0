// SPDX-License-Identifier: Apache-2.0
#include "apiserver/registry/kinds/service_ip.h"

#include "base/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace knarr::apiserver::kinds {

using schema::IpAddress;
using schema::IpBlock;

// ---------------------------------------------------------------- numbers

bool NumberPool::has(std::uint32_t number) const {
  const std::size_t word = number / 64;
  return word < words_.size() && (words_[word] >> (number % 64) & 1U) != 0;
}

bool NumberPool::take(std::uint32_t number) {
  if (has(number)) return false;
  const std::size_t word = number / 64;
  if (word >= words_.size()) words_.resize(word + 1);
  words_[word] |= std::uint64_t{1} << (number % 64);
  return true;
}

void NumberPool::give_back(std::uint32_t number) {
  const std::size_t word = number / 64;
  if (word < words_.size()) words_[word] &= ~(std::uint64_t{1} << (number % 64));
}

std::optional<std::uint32_t> NumberPool::find_free(std::uint32_t from, std::uint32_t to) const {
  std::uint32_t number = from;
  while (number < to) {
    const std::size_t word = number / 64;
    if (word >= words_.size()) return number;
    const std::uint64_t taken = words_[word] | ((std::uint64_t{1} << (number % 64)) - 1);
    if (~taken != 0) {
      const std::uint32_t found =
          static_cast<std::uint32_t>(word * 64) + static_cast<std::uint32_t>(std::countr_one(taken));
      return found < to ? std::optional(found) : std::nullopt;
    }
    number = static_cast<std::uint32_t>((word + 1) * 64);
  }
  return std::nullopt;
}

std::optional<std::uint32_t> NumberPool::take_next() {
  if (next_ < reserved_ || next_ >= size_) next_ = reserved_;
  std::optional<std::uint32_t> found = find_free(next_, size_);
  if (!found) found = find_free(reserved_, next_);
  if (!found) found = find_free(0, reserved_);
  if (!found) return std::nullopt;
  CHECK(take(*found));
  next_ = *found + 1;
  return found;
}

// ---------------------------------------------------------------- addresses

namespace {

constexpr std::uint32_t kMostAddresses = 1U << 20U;

std::uint32_t usable_addresses(const IpBlock& range) {
  const int host_bits = (range.address.v4 ? 32 : 128) - range.prefix_bits;
  if (host_bits >= 20) return kMostAddresses;
  const std::uint32_t all = 1U << static_cast<std::uint32_t>(host_bits);
  const std::uint32_t special = range.address.v4 ? 2 : 1;
  return all > special ? all - special : 0;
}

// The lower part of a range is left for addresses that people choose (KEP-3070).
std::uint32_t chosen_addresses(std::uint32_t size) {
  constexpr std::uint32_t kLeast = 16;
  constexpr std::uint32_t kMost = 256;
  if (size < kLeast * 2) return 0;
  return std::min(std::max(size / 16, kLeast), kMost);
}

// The last eight bytes of an address: host parts of ranges are no longer.
std::uint64_t low_half(const IpAddress& address) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i < 16; ++i) value = value << 8U | address.bytes[i];
  return value;
}

IpBlock masked(IpBlock range) {
  const int kept = range.prefix_bits + (range.address.v4 ? 96 : 0);
  for (int bit = kept; bit < 128; ++bit) {
    range.address.bytes[static_cast<std::size_t>(bit / 8)] &=
        static_cast<std::uint8_t>(~(0x80U >> static_cast<unsigned>(bit % 8)));
  }
  return range;
}

}  // namespace

ServiceIpAllocator::ServiceIpAllocator(IpBlock range)
    : range_(masked(range)),
      pool_(usable_addresses(range), chosen_addresses(usable_addresses(range))) {}

IpAddress ServiceIpAllocator::nth(std::uint32_t n) const {
  IpAddress address = range_.address;
  std::uint64_t value = low_half(address) + n;
  for (std::size_t i = 16; i-- > 8;) {
    address.bytes[i] = static_cast<std::uint8_t>(value);
    value >>= 8U;
  }
  return address;
}

std::optional<std::uint32_t> ServiceIpAllocator::number_of(const IpAddress& address) const {
  if (address.v4 != range_.address.v4 || !range_.contains(address)) return std::nullopt;
  const std::uint64_t offset = low_half(address) - low_half(range_.address);
  if (offset == 0 || offset > pool_.size()) return std::nullopt;
  return static_cast<std::uint32_t>(offset - 1);
}

std::string ServiceIpAllocator::take(const IpAddress& address, bool dry_run) {
  const auto number = number_of(address);
  if (!number) {
    return fmt::format(
        "the provided IP ({}) is not in the valid range. The range of valid IPs is {}",
        address.text(), range_.text());
  }
  if (dry_run) return {};
  return pool_.take(*number) ? "" : "provided IP is already allocated";
}

std::optional<IpAddress> ServiceIpAllocator::take_next(bool dry_run) {
  if (dry_run) return range_.address;
  const auto number = pool_.take_next();
  if (!number) return std::nullopt;
  return nth(*number + 1);
}

void ServiceIpAllocator::give_back(const IpAddress& address) {
  if (const auto number = number_of(address)) pool_.give_back(*number);
}

// ---------------------------------------------------------------- node ports

namespace {

std::uint32_t count_of(int first, int last) { return static_cast<std::uint32_t>(last - first + 1); }

std::uint32_t chosen_ports(std::uint32_t size) {
  constexpr std::uint32_t kMost = 86;  // As Kubernetes: min(max(16, size/32), 128), for the default.
  return size < 64 ? 0 : std::min(std::max(size / 32, 16U), kMost);
}

}  // namespace

NodePortAllocator::NodePortAllocator(int first, int last)
    : first_(first), last_(last), pool_(count_of(first, last), chosen_ports(count_of(first, last))) {}

std::string NodePortAllocator::take(int port) {
  if (port < first_ || port > last_) {
    return fmt::format(
        "provided port is not in the valid range. The range of valid ports is {}-{}", first_, last_);
  }
  return pool_.take(static_cast<std::uint32_t>(port - first_)) ? ""
                                                               : "provided port is already allocated";
}

bool NodePortAllocator::has(int port) const {
  return port >= first_ && port <= last_ && pool_.has(static_cast<std::uint32_t>(port - first_));
}

std::optional<int> NodePortAllocator::take_next() {
  const auto number = pool_.take_next();
  if (!number) return std::nullopt;
  return first_ + static_cast<int>(*number);
}

void NodePortAllocator::give_back(int port) {
  if (port >= first_ && port <= last_) pool_.give_back(static_cast<std::uint32_t>(port - first_));
}

}  // namespace knarr::apiserver::kinds
