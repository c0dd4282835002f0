// SPDX-License-Identifier: Apache-2.0
// Replays the recorded patches whose object is made in the same case: what a real server made of
// them, without a server. Skipped where the recordings are not (KNARR_SHARED).
#include "codec/typed.h"
#include "schema/defaulting.h"
#include "schema/json_text.h"
#include "schema/patch/json_patch.h"
#include "schema/patch/merge_patch.h"
#include "schema/patch/strategic_merge.h"
#include "schema/testing/golden.h"

#include <gtest/gtest.h>

#include <map>

namespace knarr::schema {
namespace {

using namespace golden;

struct Object {
  Draft tree;
  Type type;
};

class Replay {
 public:
  int passed = 0;
  int skipped = 0;
  std::vector<std::string> failures;

  void run(NodeRef golden_case) {
    objects_.clear();
    for (NodeRef step : golden_case["steps"].items()) {
      where_ = std::string(golden_case["name"].as_string().substr(0, 60));
      const std::string_view method = step["method"].as_string();
      if (method == "POST") create(step);
      if (method == "PATCH") patch(step);
    }
  }

 private:
  void create(NodeRef step) {
    if (!step["body"].is_map()) return;
    if (step["want"]["code"].as_int(201) != 201) return;
    Draft body = MUST(codec::parse_json(filled(json_text(step["body"]))));
    const Type type = type_of(body.root());
    // What admission and the kinds' own rules add is not told here.
    const std::string_view kind = body["kind"].as_string();
    for (const char* skip : {"Secret", "Node", "ServiceAccount", "Service", "Job", "Pod"}) {
      if (kind == skip) return;
    }
    NodeRef metadata = body.root().ensure_map("metadata");
    metadata.set("uid", "<uid1>");
    metadata.set("creationTimestamp", "2026-01-01T00:00:00Z");
    metadata.set("resourceVersion", "<rv>");
    metadata.set("namespace", "<ns>");
    metadata.ensure_list("managedFields").append().set("manager", "m");
    if (!type || !settle(body, type)) return;
    const std::string path = filled(std::string(step["path"].as_string())) + "/" +
                             std::string(body["metadata"]["name"].as_string());
    objects_.insert_or_assign(path, Object{std::move(body), type});
  }

  static bool settle(Draft& tree, Type type) {
    if (!codec::decode_typed(tree.root(), type)) return false;
    apply_defaults(tree.root(), type);
    codec::normalize(tree.root(), type);
    return true;
  }

  void patch(NodeRef step) {
    const auto found = objects_.find(filled(std::string(step["path"].as_string())));
    std::string_view content_type = step["headers"]["Content-Type"].as_string();
    content_type = content_type.substr(0, content_type.find(';'));
    if (found == objects_.end() || step["as"].exists()) return void(++skipped);
    Object& object = found->second;
    const std::string text = step["body"].is_string() ? std::string(step["body"].as_string())
                                                      : json_text(step["body"]);
    auto body = codec::parse_json(filled(text));
    if (!body) return void(++skipped);
    Draft next = Draft::from(object.tree.root());
    Result<> result = ok();
    if (content_type == "application/json-patch+json") {
      result = apply_json_patch(next, body->root());
    } else if (content_type == "application/merge-patch+json") {
      result = apply_merge_patch(next, body->root());
    } else if (content_type == "application/strategic-merge-patch+json") {
      result = apply_strategic_merge_patch(next, body->root(), object.type);
    } else {
      ++skipped;
      return;
    }
    check(step, object, std::move(next), std::move(result), text);
  }

  void check(NodeRef step, Object& object, Draft next, Result<> result, const std::string& text) {
    const NodeRef want = step["want"];
    const std::int64_t code = want["code"].as_int();
    const std::string_view message =
        want["body"]["message"].as_string(want["body"]["/message"].as_string());
    const bool rejected = message.starts_with("the server rejected our request");
    if (code >= 400 && !rejected && code < 500) return void(++skipped);  // Validation's.
    if (rejected || code >= 500) {
      if (text.find("${rv}") != std::string::npos) return void(++skipped);
      if (code >= 500 && message.find("strconv") != std::string_view::npos) return void(++skipped);
      if (result) return fail("should have been refused: " + text + " " + std::string(message));
      return void(++passed);
    }
    if (!result) return fail("refused: " + text + ": " + result.error().message());
    if (next["metadata"].is_null()) return void(++skipped);
    if (!settle(next, object.type)) return fail("does not decode: " + text);
    compare(next, want["body"], step["pick"], text);
    if (!step["query"]["dryRun"].exists()) object.tree = std::move(next);
  }

  void compare(Draft& next, NodeRef want, NodeRef pick, const std::string& text) {
    bool good = true;
    for (auto [key, atom, value] : want.entries()) {
      NodeRef got;
      if (pick.exists()) {
        if (key.starts_with("/status") || key == "/message" || key == "/details" ||
            key == "/reason" || key == "/code" || key == "/kind" ||
            (key.starts_with("/metadata") && !key.starts_with("/metadata/labels") &&
             !key.starts_with("/metadata/annotations") && !key.starts_with("/metadata/finalizers"))) {
          continue;
        }
        got = at(next.root(), key);
      } else {
        if (key == "metadata" || key == "status" || key == "kind" || key == "apiVersion") continue;
        got = next.root()[key];
      }
      if (!alike(got, value)) {
        good = false;
        fail(text + "\n   at " + std::string(key) + " got " + json_text(got) + "\n   want " +
             json_text(value));
      }
    }
    if (good) ++passed;
  }

  void fail(std::string text) { failures.push_back(where_ + ": " + std::move(text)); }

  std::map<std::string, Object> objects_;
  std::string where_;
};

class GoldenPatches : public testing::TestWithParam<const char*> {};

// BEHAVIOURS 43, 44, 140, 141.
TEST_P(GoldenPatches, GiveWhatARealServerGave) {
  const auto golden = read_golden(GetParam());
  if (!golden) GTEST_SKIP() << "no recordings in " << shared_folder();
  Replay replay;
  for (NodeRef one : (*golden)["cases"].items()) replay.run(one);
  std::size_t shown = 0;
  for (const std::string& failure : replay.failures) {
    if (++shown <= 20) ADD_FAILURE() << failure;
  }
  EXPECT_EQ(replay.failures.size(), 0U);
  std::printf("%s: %d passed, %d skipped, %zu failed\n", GetParam(), replay.passed, replay.skipped,
              replay.failures.size());
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenPatches,
                         testing::Values("patch-json.json", "patch-strategic.json"));

}  // namespace
}  // namespace knarr::schema
