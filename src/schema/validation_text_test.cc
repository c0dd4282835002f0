// SPDX-License-Identifier: Apache-2.0
#include "schema/validation_text.h"

#include "schema/ip_text.h"

#include <gtest/gtest.h>

namespace knarr::schema {
namespace {

constexpr auto kSubdomainText =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    R"(for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'))";
constexpr auto kLabelText =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr auto kNameText =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

struct Row {
  Complaints (*check)(std::string_view);
  std::string value;
  Complaints want;
};

Complaints dns_prefix(std::string_view name) { return subdomain_problems(name, true); }
Complaints segment(std::string_view name) { return path_segment_problems(name, false); }
Complaints ip(std::string_view text) { return check_ip(text); }
Complaints canonical_ip(std::string_view text) { return check_ip(text, true); }
Complaints cidr(std::string_view text) { return check_cidr(text); }
Complaints canonical_cidr(std::string_view text) { return check_cidr(text, true); }

TEST(ValidationText, ComplainsAsKubernetes) {
  const std::string long64(64, 'a');
  const Row rows[] = {
      {check_dns1123_label, "a-1", {}},
      {check_dns1123_label, "", {kLabelText}},
      {check_dns1123_label, "-a", {kLabelText}},
      {check_dns1123_label, "a.b", {"must not contain dots"}},
      {check_dns1123_label, long64, {"must be no more than 63 characters"}},
      {check_dns1123_subdomain, "a.b-c", {}},
      {check_dns1123_subdomain, "a..b", {kSubdomainText}},
      {check_dns1123_subdomain, "A", {kSubdomainText}},
      {check_dns1123_subdomain, std::string(254, 'a'), {"must be no more than 253 characters"}},
      {check_dns1123_subdomain_with_underscore, "_a._b_c", {}},
      {check_qualified_name, "a/b", {}},
      {check_qualified_name, "a b", {kNameText}},
      {check_qualified_name, "/b", {"prefix part must be non-empty"}},
      {check_qualified_name, "a/", {"name part must be non-empty", kNameText}},
      {check_qualified_name, "A/b", {std::string("prefix part ") + kSubdomainText}},
      {check_qualified_name, long64, {"name part must be no more than 63 bytes"}},
      {check_label_value, "", {}},
      {check_label_value, "a_b", {}},
      {check_label_value, long64, {"must be no more than 63 bytes"}},
      {check_port_name, "http", {}},
      {check_port_name, "", {"must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
                             "must contain at least one letter (a-z)"}},
      {check_port_name, "a--b", {"must not contain consecutive hyphens"}},
      {check_port_name, "-a", {"must not begin or end with a hyphen"}},
      {check_config_map_key, "..a", {"must not start with '..'"}},
      {check_config_map_key, "..", {"must not be '..'"}},
      {check_env_var_name, "a=b", {"a valid environment variable name must consist only of "
                                   "printable ASCII characters other than '='"}},
      {check_percent, "10%", {}},
      {check_fully_qualified_name, "a.b", {"should be a domain with at least three segments "
                                           "separated by dots"}},
      {dns_prefix, "a-", {}},
      {dns_prefix, "_", {kSubdomainText}},
      {segment, "..", {"may not be '..'"}},
      {segment, "a/b", {"may not contain '/'"}},
      {segment, "a%b", {"may not contain '%'"}},
      {ip, "10.0.0.1", {}},
      {ip, "::1", {}},
      {ip, "10.0.0", {"must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"}},
      {ip, "01.2.3.4", {"must not have leading 0s"}},
      {ip, "::ffff:1.2.3.4", {"must not be an IPv4-mapped IPv6 address"}},
      {canonical_ip, "FD00::1", {"must be in canonical form (\"fd00::1\")"}},
      {canonical_ip, "2001:db8:0:0:1:0:0:1", {"must be in canonical form (\"2001:db8::1:0:0:1\")"}},
      {cidr, "10.0.0.0/8", {}},
      {cidr, "x", {"must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"}},
      {cidr, "010.0.0.0/8", {"must not have leading 0s in IP or prefix length"}},
      {cidr, "10.0.0.1/8", {"must not have bits set beyond the prefix length"}},
      {cidr, "::ffff:10.0.0.0/112", {"must not have an IPv4-mapped IPv6 address"}},
      {canonical_cidr, "FD00::/64", {"must be in canonical form (\"fd00::/64\")"}},
      {check_interface_address, "010.1.1.1/8", {"must be in canonical form (\"10.1.1.1/8\")"}},
      {check_interface_address, "10.0.0.1/33", {"must be a valid address in CIDR form, (e.g. "
                                                "10.9.8.7/24 or 2001:db8::1/64)"}},
      {check_not_special_ip, "127.8.8.8", {"may not be in the loopback range (127.0.0.0/8, ::1/128)"}},
      {check_not_special_ip, "::", {"may not be unspecified (::)"}},
      {check_not_special_ip, "ff02::1", {"may not be in the link-local multicast range "
                                         "(224.0.0.0/24, ff02::/10)"}},
      {check_not_special_ip, "192.0.2.1", {}},
  };
  for (const Row& row : rows) EXPECT_EQ(row.check(row.value), row.want) << row.value;
  EXPECT_EQ(check_port_number(0), Complaints{"must be between 1 and 65535, inclusive"});
}

TEST(IpAddress, PrintsTheShortestForm) {
  for (const char* text : {"::", "::1", "1::", "2001:db8::1", "1:2:3:4:5:6:7:8", "1:0:3:4:5:6:7:8",
                           "10.0.0.255"}) {
    const auto ip = parse_ip(text);
    ASSERT_TRUE(ip) << text;
    EXPECT_EQ(ip->text(), text);
  }
  for (const char* text : {"", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
                           "1.2.3.4.5", "256.0.0.1", "::g", "1:2:3:4:5:6:7::8:9", "fe80::1%eth0"}) {
    EXPECT_FALSE(parse_ip(text)) << text;
  }
}

}  // namespace
}  // namespace knarr::schema
