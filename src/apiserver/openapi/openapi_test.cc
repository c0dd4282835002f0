// SPDX-License-Identifier: Apache-2.0
// Documents are compared with those of a real server: names of schemas, properties, what is
// required, extensions, paths, parameters. KNARR_SHARED names the folder of the golden files;
// KNARR_OPENAPI_SHOW=1 prints every difference.
#include "apiserver/openapi/documents.h"

#include "apiserver/registry/kind_rules.h"
#include "codec/json.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace knarr::apiserver {
namespace {

using object::Draft;
using object::Kind;
using object::NodeRef;

std::string read_golden(std::string_view name) {
  const char* shared = std::getenv("KNARR_SHARED");
  const std::string folder = shared != nullptr ? shared : KNARR_SOURCE_DIR "/../shared";
  std::ifstream in(fmt::format("{}/golden/openapi/v3/{}.json", folder, name));
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string text_of(NodeRef node) {
  std::string out;
  codec::write_json(out, node);
  return out;
}

// A reference that stands alone where ours is wrapped, or the other way.
NodeRef unwrapped(NodeRef node) {
  if (node["allOf"].size() == 1 && node.size() == 1) return node["allOf"].at(0);
  return node;
}

// Differences between the wanted tree and ours. Descriptions and the order of lists do not count.
void compare(NodeRef want, NodeRef have, const std::string& path, std::vector<std::string>& differences) {
  want = unwrapped(want);
  have = unwrapped(have);
  // A description makes us wrap a reference together with nothing else.
  if (want.is_map() && have.is_map() && want["$ref"].is_string() && have["allOf"].size() == 1) {
    have = have["allOf"].at(0);
  }
  if (want.kind() != have.kind()) {
    differences.push_back(fmt::format("{}: want {} have {}", path, text_of(want).substr(0, 200),
                                      have ? text_of(have).substr(0, 200) : "nothing"));
    return;
  }
  if (want.is_map()) {
    for (const auto& [key, atom, value] : want.entries()) {
      if (!have[key]) {
        differences.push_back(fmt::format("{}/{}: missing, want {}", path, key, text_of(value).substr(0, 200)));
      } else {
        compare(value, have[key], fmt::format("{}/{}", path, key), differences);
      }
    }
    for (const auto& [key, atom, value] : have.entries()) {
      if (key == "description" && !value.is_map()) continue;
      if (!want[key]) differences.push_back(fmt::format("{}/{}: not wanted, {}", path, key, text_of(value).substr(0, 200)));
    }
    return;
  }
  if (want.is_list()) {
    // Lists of names, kinds and parameters are sets.
    const auto sorted = [](NodeRef list) {
      std::vector<std::pair<std::string, NodeRef>> items;
      for (NodeRef item : list.items()) {
        items.emplace_back(item.is_map() && item["name"] ? std::string(item["name"].as_string()) : text_of(item), item);
      }
      std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      return items;
    };
    const auto wanted = sorted(want);
    const auto found = sorted(have);
    if (wanted.size() != found.size()) {
      differences.push_back(fmt::format("{}: want {} have {}", path, text_of(want).substr(0, 300), text_of(have).substr(0, 300)));
      return;
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      compare(wanted[i].second, found[i].second, fmt::format("{}/{}", path, wanted[i].first), differences);
    }
    return;
  }
  if (text_of(want) != text_of(have)) {
    differences.push_back(fmt::format("{}: want {} have {}", path, text_of(want), text_of(have)));
  }
}

std::string make(std::string_view group, std::string_view version) {
  std::vector<openapi::Resource> resources;
  for (const api::ResourceRow& row : api::resources()) {
    if (!row.enabled() || row.group() != group || row.version() != version) continue;
    const KindRules* rules = find_kind_rules(row.stored_group(), row.plural());
    resources.push_back({&row, rules != nullptr && rules->delete_returns_object});
  }
  return openapi::write_v3(openapi::version_paths(group, version, resources), {group, version});
}

std::size_t count_differences(std::string_view file, const std::string& ours) {
  const std::string golden = read_golden(file);
  if (golden.empty()) return 0;
  auto want = codec::parse_json(golden);
  auto have = codec::parse_json(ours);
  EXPECT_TRUE(want.has_value());
  EXPECT_TRUE(have.has_value()) << (have ? std::string() : have.error().message());
  if (!want || !have) return 1;
  std::vector<std::string> differences;
  compare(want->root(), have->root(), "", differences);
  if (std::getenv("KNARR_OPENAPI_SHOW") != nullptr) {
    for (const std::string& text : differences) fmt::print("{} {}\n", file, text);
  }
  return differences.size();
}

TEST(OpenApi, DocumentsOfGroupVersionsAreThoseOfTheRealServer) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  std::size_t differences = 0;
  for (const api::ResourceRow& row : api::resources()) {
    if (!row.enabled() || !seen.emplace(row.group(), row.version()).second) continue;
    const std::string file = row.group().empty() ? fmt::format("api__{}", row.version())
                                                 : fmt::format("apis__{}__{}", row.group(), row.version());
    const std::size_t count = count_differences(file, make(row.group(), row.version()));
    if (count != 0) fmt::print("{}: {} differences\n", file, count);
    differences += count;
    if (row.group().empty()) continue;
    const openapi::Path path = openapi::group_path(row.group());
    differences += count_differences(fmt::format("apis__{}", row.group()),
                                     openapi::write_v3(std::span(&path, 1), {row.group(), ""}));
  }
  EXPECT_EQ(differences, 0U);
}

TEST(OpenApi, DocumentsOfOtherPathsAreThoseOfTheRealServer) {
  for (const std::string_view path : openapi::special_documents()) {
    std::string file(path);
    for (std::size_t at = file.find('/'); at != std::string::npos; at = file.find('/')) file.replace(at, 1, "__");
    EXPECT_EQ(count_differences(file, openapi::write_v3_special(path)), 0U) << path;
  }
  for (const auto& [file, group] : {std::pair{"api", "core"}, {"apis", ""}}) {
    const openapi::Path path = openapi::group_path(group);
    EXPECT_EQ(count_differences(file, openapi::write_v3(std::span(&path, 1), {})), 0U) << file;
  }
}

}  // namespace
}  // namespace knarr::apiserver
