// SPDX-License-Identifier: Apache-2.0
#include "apiserver/registry/kinds/service_ip.h"

#include "codec/json.h"

#include <gtest/gtest.h>

#include <set>

namespace knarr::apiserver::kinds {
namespace {

schema::IpBlock block(std::string_view text) { return *schema::parse_cidr(text); }
schema::IpAddress ip(std::string_view text) { return *schema::parse_ip(text); }

TEST(NumberPool, GivesEveryNumberOnceAndTheReservedOnesLast) {
  NumberPool pool(200, 70);
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 200; ++i) {
    const auto number = pool.take_next();
    ASSERT_TRUE(number.has_value());
    EXPECT_TRUE(seen.insert(*number).second);
    EXPECT_EQ(*number >= 70, i < 130);
  }
  EXPECT_FALSE(pool.take_next().has_value());
  pool.give_back(5);
  EXPECT_EQ(pool.take_next(), 5U);
}

TEST(NumberPool, DoesNotGiveOutAtOnceWhatJustCameBack) {
  NumberPool pool(100, 0);
  const auto first = pool.take_next();
  pool.give_back(*first);
  EXPECT_NE(pool.take_next(), first);
}

TEST(ServiceIpAllocator, RefusesWhatIsOutsideTakenOrSpecial) {
  ServiceIpAllocator ips(block("10.43.0.0/16"));
  EXPECT_EQ(ips.take(ip("10.43.0.1"), false), "");
  EXPECT_EQ(ips.take(ip("10.43.0.1"), false), "provided IP is already allocated");
  for (const char* special : {"10.43.0.0", "10.43.255.255", "10.44.0.1", "127.0.0.1"}) {
    EXPECT_EQ(ips.take(ip(special), false),
              std::string("the provided IP (") + special +
                  ") is not in the valid range. The range of valid IPs is 10.43.0.0/16");
  }
  ips.give_back(ip("10.43.0.1"));
  EXPECT_EQ(ips.take(ip("10.43.0.1"), false), "");
}

TEST(ServiceIpAllocator, LeavesTheLowAddressesToThoseWhoChoose) {
  ServiceIpAllocator ips(block("10.43.0.0/16"));
  EXPECT_EQ(ips.take_next(false)->text(), "10.43.1.1");
  EXPECT_EQ(ips.nth(1).text(), "10.43.0.1");
}

TEST(ServiceIpAllocator, UsesUpASmallRangeAndSixthVersionRanges) {
  ServiceIpAllocator small(block("10.0.0.0/30"));
  EXPECT_EQ(small.take_next(false)->text(), "10.0.0.1");
  EXPECT_EQ(small.take_next(false)->text(), "10.0.0.2");
  EXPECT_FALSE(small.take_next(false).has_value());
  ServiceIpAllocator six(block("fd00::/108"));
  EXPECT_EQ(six.take_next(false)->text(), "fd00::101");
  EXPECT_EQ(six.take(ip("fd00::ff"), false), "");
}

// BEHAVIOURS 159: on a dry run nothing is taken, and the address is the range's own.
TEST(ServiceIpAllocator, TakesNothingOnADryRun) {
  ServiceIpAllocator ips(block("10.43.0.0/16"));
  EXPECT_EQ(ips.take_next(true)->text(), "10.43.0.0");
  EXPECT_EQ(ips.take(ip("10.43.0.7"), true), "");
  EXPECT_EQ(ips.take(ip("10.43.0.7"), false), "");
  EXPECT_EQ(ips.take(ip("10.43.0.7"), true), "");
}

TEST(NodePortAllocator, KeepsToItsRange) {
  NodePortAllocator ports(30000, 32767);
  EXPECT_EQ(ports.take(30010), "");
  EXPECT_EQ(ports.take(30010), "provided port is already allocated");
  EXPECT_EQ(ports.take(29999),
            "provided port is not in the valid range. The range of valid ports is 30000-32767");
  EXPECT_EQ(ports.take_next(), 30086);
}

class ServiceAllocation : public ::testing::Test {
 protected:
  static object::Document parse(std::string_view json) {
    auto draft = codec::parse_json(json);
    return object::Draft::freeze(draft->root());
  }
  /// Allocates and keeps; gives the spec as JSON, or the refusal.
  std::string write(std::string_view spec, std::string_view old_spec = {}, bool dry_run = false) {
    auto draft = codec::parse_json(R"({"metadata":{"name":"s"},"spec":)" + std::string(spec) + "}");
    object::Document old;
    if (!old_spec.empty()) old = parse(R"({"spec":)" + std::string(old_spec) + "}");
    const RuleContext context{.user = user_, .namespace_ = "n", .subresource = "",
                              .served_group = "", .now = {}, .dry_run = dry_run,
                              .warnings = nullptr};
    auto reservation = services_.allocate(context, draft->root(), old.root());
    if (!reservation) return reservation.error().message();
    reservation->keep();
    std::string out;
    codec::write_json(out, draft->root()["spec"]);
    return out;
  }

  auth::User user_;
  ServiceAllocator services_{{.ranges = {block("10.43.0.0/16")}}};
};

TEST_F(ServiceAllocation, FillsAddressFamilyAndPolicy) {
  EXPECT_EQ(write(R"({"type":"ClusterIP"})"),
            R"({"type":"ClusterIP","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack",)"
            R"("clusterIPs":["10.43.1.1"],"clusterIP":"10.43.1.1"})");
}

TEST_F(ServiceAllocation, GivesOneNodePortToTcpAndUdpOfOnePort) {
  const std::string spec = write(
      R"({"type":"NodePort","clusterIP":"10.43.0.9","ports":[{"port":53,"protocol":"TCP"},)"
      R"({"port":53,"protocol":"UDP"},{"port":80,"protocol":"TCP"}]})");
  EXPECT_NE(spec.find(R"("protocol":"TCP","nodePort":30086)"), std::string::npos) << spec;
  EXPECT_NE(spec.find(R"("protocol":"UDP","nodePort":30086)"), std::string::npos) << spec;
  EXPECT_NE(spec.find(R"("nodePort":30087)"), std::string::npos) << spec;
}

TEST_F(ServiceAllocation, ReleasesWhatATypeNoLongerNeeds) {
  const std::string old = write(R"({"type":"NodePort","clusterIP":"10.43.0.9",)"
                                R"("ports":[{"port":80,"nodePort":30005}]})");
  EXPECT_NE(write(R"({"type":"NodePort","clusterIP":"10.43.0.9","ports":[{"port":80}]})")
                .find("provided IP is already allocated"),
            std::string::npos);
  write(R"({"type":"ExternalName","externalName":"a.b"})", old);
  EXPECT_NE(write(R"({"type":"NodePort","clusterIP":"10.43.0.9",)"
                  R"("ports":[{"port":80,"nodePort":30005}]})")
                .find(R"("nodePort":30005)"),
            std::string::npos);
}

TEST_F(ServiceAllocation, AnUpdateKeepsWhatItDoesNotName) {
  const std::string old = write(R"({"type":"NodePort","ports":[{"name":"a","port":80}]})");
  const std::string now = write(R"({"type":"NodePort","ports":[{"name":"a","port":81}]})", old);
  EXPECT_NE(now.find(R"("nodePort":30086)"), std::string::npos) << now;
  EXPECT_NE(now.find(R"("clusterIP":"10.43.1.1")"), std::string::npos) << now;
}

TEST_F(ServiceAllocation, ARefusedWriteGivesEverythingBack) {
  write(R"({"type":"NodePort","clusterIP":"10.43.0.9","ports":[{"port":80,"nodePort":30005}]})");
  const std::string refused =
      write(R"({"type":"NodePort","clusterIP":"10.43.0.10","ports":[{"port":80,"nodePort":30005}]})");
  EXPECT_EQ(refused,
            "Service \"s\" is invalid: spec.ports[0].nodePort: Invalid value: 30005: provided port "
            "is already allocated");
  EXPECT_NE(write(R"({"type":"ClusterIP","clusterIP":"10.43.0.10"})").find("10.43.0.10"),
            std::string::npos);
}

TEST_F(ServiceAllocation, ABareHeadlessServiceMayHaveBothFamilies) {
  EXPECT_EQ(write(R"({"type":"ClusterIP","clusterIP":"None"})"),
            R"({"type":"ClusterIP","clusterIP":"None","clusterIPs":["None"],)"
            R"("ipFamilyPolicy":"RequireDualStack","ipFamilies":["IPv4","IPv6"]})");
}

TEST_F(ServiceAllocation, RestoresWhatExistingServicesHold) {
  services_.restore(parse(R"({"spec":{"clusterIPs":["10.43.0.1"],"ports":[{"nodePort":30001}]}})").root());
  EXPECT_NE(write(R"({"type":"ClusterIP","clusterIP":"10.43.0.1"})").find("already allocated"),
            std::string::npos);
  services_.released(parse(R"({"spec":{"clusterIPs":["10.43.0.1"]}})").root());
  EXPECT_NE(write(R"({"type":"ClusterIP","clusterIP":"10.43.0.1"})").find("10.43.0.1"),
            std::string::npos);
}

}  // namespace
}  // namespace knarr::apiserver::kinds
