// SPDX-License-Identifier: Apache-2.0
// Discovery documents against those of a real server. KNARR_SHARED names the folder of the golden
// files; without them only the rules are tested.
#include "apiserver/discovery/documents.h"

#include "apiserver/endpoints/negotiate.h"
#include "codec/json.h"
#include "object/draft.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace knarr::apiserver {
namespace {

using discovery::GroupView;
using discovery::VersionView;
using object::NodeRef;

std::string read_golden() {
  const char* shared = std::getenv("KNARR_SHARED");
  const std::string folder = shared != nullptr ? shared : KNARR_SOURCE_DIR "/../shared";
  std::ifstream in(folder + "/golden/meta-discovery.json");
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<const api::ResourceRow*> rows_of(std::string_view group, std::string_view version) {
  std::vector<const api::ResourceRow*> rows;
  for (const api::ResourceRow& row : api::resources()) {
    if (row.enabled() && row.group() == group && row.version() == version) rows.push_back(&row);
  }
  return rows;
}

std::string text_of(const object::Document& document) {
  std::string out;
  codec::write_json(out, document);
  return out;
}

// The body of the first step of a case, without what stands in front of the document.
std::string golden_body(NodeRef golden, std::string_view name) {
  for (NodeRef one : golden["cases"].items()) {
    if (one["name"].as_string() != name) continue;
    NodeRef body = one["steps"].at(0)["want"]["body"];
    body.erase("kind");
    body.erase("apiVersion");
    std::string out;
    codec::write_json(out, body);
    return out;
  }
  return {};
}

TEST(Discovery, ListsResourcesAsTheRealServer) {
  const std::string text = read_golden();
  if (text.empty()) GTEST_SKIP() << "no golden files";
  auto golden = codec::parse_json(text);
  ASSERT_TRUE(golden.has_value());
  const auto core = rows_of("", "v1");
  EXPECT_EQ(text_of(discovery::resource_list({"", "v1", core})),
            golden_body(golden->root(), "/api/v1 lists the core resources"));
  for (const auto& [group, version] : {std::pair{"apps", "v1"}, {"autoscaling", "v2"}, {"batch", "v1"},
                                       {"apiextensions.k8s.io", "v1"}, {"resource.k8s.io", "v1"}}) {
    const auto rows = rows_of(group, version);
    EXPECT_EQ(text_of(discovery::resource_list({group, version, rows})),
              golden_body(golden->root(), fmt::format("/apis/{}/{} lists its resources", group, version)));
  }
  const GroupView view{"", {VersionView{"", "v1", core}}};
  EXPECT_EQ(text_of(discovery::aggregated(std::span(&view, 1))),
            golden_body(golden->root(), "aggregated discovery v2 of the core group"));
}

TEST(Discovery, NamesTheFirstVersionOfAGroupAsPreferred) {
  const GroupView view{"autoscaling", {VersionView{"autoscaling", "v2", {}}, {"autoscaling", "v1", {}}}};
  EXPECT_EQ(text_of(discovery::group(view)),
            R"({"name":"autoscaling","versions":[{"groupVersion":"autoscaling/v2","version":"v2"},)"
            R"({"groupVersion":"autoscaling/v1","version":"v1"}],"preferredVersion":)"
            R"({"groupVersion":"autoscaling/v2","version":"v2"}})");
}

TEST(Discovery, OrdersVersionsByStageThenNumber) {
  constexpr std::string_view kOrdered[] = {"v10", "v2", "v1", "v2beta1", "v1beta10", "v1beta2",
                                           "v1alpha1", "apple", "v1beta"};
  for (std::size_t i = 0; i < std::size(kOrdered); ++i) {
    for (std::size_t j = 0; j < std::size(kOrdered); ++j) {
      EXPECT_EQ(discovery::version_before(kOrdered[i], kOrdered[j]), i < j)
          << kOrdered[i] << " " << kOrdered[j];
    }
  }
}

TEST(Negotiation, PrefersAggregatedDiscoveryWhereverItStands) {
  constexpr std::string_view kV2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  EXPECT_EQ(negotiate_discovery(fmt::format("application/json,{}", kV2)), Format::Json);
  EXPECT_EQ(negotiate_discovery("application/json"), std::nullopt);
  // BEHAVIOURS 137.
  EXPECT_EQ(negotiate_discovery("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"),
            std::nullopt);
  EXPECT_FALSE(negotiate_path(kV2, PathMatch::Any).has_value());
}

TEST(Negotiation, ReadsAcceptHeadersAsTheRealServer) {
  EXPECT_EQ(negotiate_path("", PathMatch::Exact).value_or(Format::Yaml), Format::Json);
  EXPECT_EQ(negotiate_path("application/json;q=0.1, application/yaml;q=0.9", PathMatch::Any).value_or(Format::Json),
            Format::Yaml);
  EXPECT_TRUE(negotiate_path("application/*", PathMatch::Any).has_value());
  EXPECT_FALSE(negotiate_path("application/*", PathMatch::Exact).has_value());
  EXPECT_FALSE(negotiate_path("APPLICATION/JSON", PathMatch::Any).has_value());
  EXPECT_TRUE(negotiate_path("text/html, */*;q=0.1", PathMatch::Exact).has_value());
  const auto table = negotiate("application/yaml;as=Table;v=v1beta1;g=meta.k8s.io", false);
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->as, As::Table);
  EXPECT_EQ(table->meta_version, "v1beta1");
  EXPECT_FALSE(negotiate("application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io", false).has_value());
  EXPECT_FALSE(negotiate("application/json;as=Table;v=v2;g=meta.k8s.io", false).has_value());
}

}  // namespace
}  // namespace knarr::apiserver
