// SPDX-License-Identifier: Apache-2.0
// Names on the network: DNS policy and configuration, host aliases, host names.
#include "apiserver/registry/kinds/pod_checks.h"

#include "schema/ip_text.h"

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

constexpr std::size_t kMostNameservers = 3;
constexpr std::size_t kMostSearches = 32;
constexpr std::size_t kLongestSearchList = 2048;

void check_nameservers(Value servers, const FieldPath& path, FieldErrors& errors) {
  if (servers.size() > kMostNameservers) {
    errors.invalid(path, servers, "must not have more than 3 nameservers");
  }
  std::size_t i = 0;
  for (const Value server : servers.items()) {
    const std::string_view text = server.as_string();
    errors.invalid_each(path.index(i++), text, schema::check_ip(text));
  }
}

void check_searches(Value searches, const FieldPath& path, FieldErrors& errors) {
  if (searches.size() > kMostSearches) {
    errors.invalid(path, searches, "must not have more than 32 search paths");
  }
  std::size_t length = searches.empty() ? 0 : searches.size() - 1;  // The blanks between them.
  for (const Value search : searches.items()) length += search.as_string().size();
  if (length > kLongestSearchList) {
    errors.invalid(path, searches,
                   "must not have more than 2048 characters (including spaces) in the search list");
  }
  std::size_t i = 0;
  for (const Value search : searches.items()) {
    const FieldPath at = path.index(i++);
    std::string_view text = search.as_string();
    if (text == ".") continue;
    if (text.ends_with('.')) text.remove_suffix(1);
    errors.invalid_each(at, text, schema::check_dns1123_subdomain_with_underscore(text));
  }
}

}  // namespace

void check_dns(Value spec, const FieldPath& path, FieldErrors& errors) {
  const Value config = spec["dnsConfig"];
  if (spec["dnsPolicy"].as_string() == "None") {
    if (!has(config)) {
      return errors.required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
    }
    if (config["nameservers"].empty()) {
      return errors.required(path.child("nameservers"),
                             "must provide at least one DNS nameserver when `dnsPolicy` is None");
    }
  }
  if (!has(config)) return;
  check_nameservers(config["nameservers"], path.child("nameservers"), errors);
  check_searches(config["searches"], path.child("searches"), errors);
  const FieldPath options = path.child("options");
  std::size_t i = 0;
  for (const Value option : config["options"].items()) {
    const FieldPath at = options.index(i++);
    if (option["name"].as_string().empty()) errors.required(at, "must not be empty");
  }
}

void check_host_aliases(Value aliases, const FieldPath& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const Value alias : aliases.items()) {
    const FieldPath at = path.index(i++);
    const std::string_view ip = alias["ip"].as_string();
    errors.invalid_each(at.child("ip"), ip, schema::check_ip(ip));
    const FieldPath names = at.child("hostnames");
    std::size_t n = 0;
    for (const Value name : alias["hostnames"].items()) {
      check_dns_subdomain(name.as_string(), names.index(n++), errors);
    }
  }
}

void check_hostname_override(Value spec, const FieldPath& spec_path, FieldErrors& errors) {
  constexpr std::size_t kLongest = 64;  // Of a Linux host name.
  const Value name = spec["hostnameOverride"];
  if (!has(name)) return;
  const FieldPath path = spec_path.child("hostnameOverride");
  if (name.as_string().size() > kLongest) errors.too_long(path, kLongest);
  check_dns_subdomain(name.as_string(), path, errors);
  if (spec["setHostnameAsFQDN"].as_bool()) {
    errors.forbidden(path, "may not be specified when setHostnameAsFQDN is true");
  }
  if (spec["hostNetwork"].as_bool()) {
    errors.forbidden(path, "may not be specified when hostNetwork is true");
  }
}

}  // namespace knarr::apiserver
