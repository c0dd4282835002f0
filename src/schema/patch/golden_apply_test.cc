// SPDX-License-Identifier: Apache-2.0
// Replays the recorded server-side applies without a server: who owns what after each step, what is
// pruned, and which conflicts are told.
#include "codec/typed.h"
#include "schema/defaulting.h"
#include "schema/json_text.h"
#include "schema/patch/json_patch.h"
#include "schema/patch/managed_fields.h"
#include "schema/patch/merge_patch.h"
#include "schema/patch/reset_fields.h"
#include "schema/patch/scale_fields.h"
#include "schema/patch/server_side_apply.h"
#include "schema/patch/strategic_merge.h"
#include "schema/testing/golden.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

namespace knarr::schema {
namespace {

using namespace golden;
using object::Document;


struct Live {
  Document document;
  Type type;
  std::string api_version;
  std::string kind;
};

class Replay {
 public:
  int passed = 0;
  int skipped = 0;
  std::vector<std::string> failures;

  void run(NodeRef golden_case) {
    objects_.clear();
    // Conversion between versions is the API server's.
    const std::string_view name = golden_case["name"].as_string();
    if (name.find("through v1") != std::string_view::npos) return;
    for (NodeRef step : golden_case["steps"].items()) {
      where_ = std::string(golden_case["name"].as_string().substr(0, 70));
      const std::string_view method = step["method"].as_string();
      if (method.empty()) second_ += 2;  // A watch, for its waiting.
      now_ = fmt::format("2026-01-01T00:{:02}:{:02}Z", second_ / 60 % 60, second_ % 60);
      if (method == "POST") create(step);
      if (method == "PATCH") patch(step);
      if (method == "PUT") put(step);
      if (method == "DELETE") objects_.clear();
      if (method == "GET") get(step);
    }
  }

 private:
  static std::string manager_of(NodeRef step) {
    const NodeRef named = step["query"]["fieldManager"];
    const NodeRef agent = step["headers"]["User-Agent"];
    if (named.exists() || !agent.exists()) return filled(std::string(named.as_string("golden")));
    return std::string(agent.as_string().substr(0, agent.as_string().find('/')));
  }
  static bool is_dry(NodeRef step) { return step["query"]["dryRun"].exists(); }

  static std::span<const std::string_view> ignored(Type type, std::string_view subresource) {
    return reset_fields(type, static_cast<bool>(type.find("status")), subresource);
  }

  static bool settle(Draft& tree, Type type) {
    if (!codec::decode_typed(tree.root(), type)) return false;
    apply_defaults(tree.root(), type);
    codec::normalize(tree.root(), type);
    return true;
  }

  void get(NodeRef step) {
    const auto found = objects_.find(filled(std::string(step["path"].as_string())));
    if (found == objects_.end()) return void(++skipped);
    check_result(step, Draft::from(found->second.document.root()).root());
  }

  // What the write path does around an update, as far as it shows here.
  static void keep_other_half(Draft& next, const Document* live, std::string_view subresource) {
    const char* kept = subresource == "status" ? "spec" : "status";
    next.root().erase(kept);
    if (live != nullptr && (*live)[kept].exists()) next.root().ensure(kept).assign((*live)[kept]);
  }

  void create(NodeRef step) {
    if (!step["body"].is_map() || step["want"]["code"].as_int(201) != 201) return;
    Draft body = MUST(codec::parse_json(filled(json_text(step["body"]))));
    const std::string_view agent = step["headers"]["User-Agent"].as_string();
    for (const char c : agent) {  // Odd agents are cleaned by who reads the header.
      if (c < ' ' || c > '~' || agent.size() > 128) return void(++skipped);
    }
    const Type type = type_of(body.root());
    if (!type) return;
    const std::string path = filled(std::string(step["path"].as_string())) + "/" +
                             std::string(body["metadata"]["name"].as_string());
    write(step, path, std::move(body), type, "");
  }

  void put(NodeRef step) {
    const std::string path = filled(std::string(step["path"].as_string()));
    if (!step["body"].is_map() || step["want"]["code"].as_int(200) != 200) return void(++skipped);
    Draft body = MUST(codec::parse_json(filled(json_text(step["body"]))));
    const auto found = objects_.find(path);
    if (found == objects_.end()) return void(++skipped);
    write(step, path, std::move(body), found->second.type, "");
  }

  void write(NodeRef step, const std::string& path, Draft body, Type type,
             std::string_view subresource) {
    const auto found = objects_.find(path);
    const Document* live = found == objects_.end() ? nullptr : &found->second.document;
    const std::string api_version(body["apiVersion"].as_string(
        found == objects_.end() ? "" : found->second.api_version));
    const std::string kind(body["kind"].as_string(
        found == objects_.end() ? "" : found->second.kind));
    body.root().erase("apiVersion");
    body.root().erase("kind");
    if (!codec::decode_typed(body.root(), type)) return void(++skipped);
    apply_defaults(body.root(), type);
    keep_other_half(body, live, subresource);
    if (live == nullptr) mark_created(body);
    const std::string manager = manager_of(step);
    update_managed_fields(live, body, type,
                          {manager, api_version, subresource, now_, ignored(type, subresource)});
    codec::normalize(body.root(), type);
    check_result(step, body.root());
    if (!is_dry(step)) {
      objects_.insert_or_assign(path, Live{Draft::freeze(body.root()), type, api_version, kind});
    }
  }

  static void mark_created(Draft& body) {
    NodeRef metadata = body.root().ensure_map("metadata");
    metadata.set("namespace", "<ns>");
    metadata.set("uid", "<uid1>");
    metadata.set("creationTimestamp", "2026-01-01T00:00:00Z");
    constexpr std::string_view kGeneration = "deprecated.daemonset.template.generation";
    NodeRef annotations = metadata["annotations"];
    if (annotations[kGeneration].exists()) annotations.set(kGeneration, "1");
  }

  void patch(NodeRef step) {
    std::string path = filled(std::string(step["path"].as_string()));
    std::string subresource;
    for (const std::string_view one : {"status", "scale", "resize", "ephemeralcontainers"}) {
      if (path.ends_with("/" + std::string(one))) {
        subresource = one;
        path.resize(path.size() - one.size() - 1);
      }
    }
    const std::string text = filled(step["body"].is_string()
                                        ? std::string(step["body"].as_string())
                                        : json_text(step["body"]));
    auto body = codec::parse_json(text);
    if (!body || step["as"].exists()) return void(++skipped);
    std::string_view content_type = step["headers"]["Content-Type"].as_string();
    content_type = content_type.substr(0, content_type.find(';'));
    if (subresource == "scale") {
      scale(step, path, content_type, *body);
      return;
    }
    if (content_type == "application/apply-patch+yaml") {
      apply(step, path, subresource, *body, text);
      return;
    }
    const auto found = objects_.find(path);
    if (found == objects_.end()) return void(++skipped);
    if (step["want"]["code"].as_int(200) != 200) return void(++skipped);
    Draft next = Draft::from(found->second.document.root());
    Result<> result = ok();
    if (content_type == "application/json-patch+json") {
      result = apply_json_patch(next, body->root());
    } else if (content_type == "application/merge-patch+json") {
      result = apply_merge_patch(next, body->root());
    } else if (content_type == "application/strategic-merge-patch+json") {
      result = apply_strategic_merge_patch(next, body->root(), found->second.type);
    } else {
      return void(++skipped);
    }
    if (!result) return fail("refused: " + text + ": " + result.error().message());
    write(step, path, std::move(next), found->second.type, subresource);
  }

  // A write to the scale subresource: the Scale is made, written and taken apart again.
  void scale(NodeRef step, const std::string& path, std::string_view content_type, Draft& body) {
    const auto found = objects_.find(path);
    const std::int64_t code = step["want"]["code"].as_int();
    if (found == objects_.end() || (code >= 400 && code != 409)) return void(++skipped);
    if (body["metadata"]["resourceVersion"].exists()) return void(++skipped);
    const Document parent = found->second.document;
    const Type type = api::types().find("autoscaling/v1.Scale");
    Draft before;
    before.root().ensure_map("metadata").set("name", object::name_of(parent.root()));
    before["metadata"].set("uid", object::uid_of(parent.root()));
    before.root().ensure_map("spec").set("replicas",
                                         static_cast<long>(parent["spec"]["replicas"].as_int()));
    set_scale_managed_fields(parent.root(), "spec.replicas", before.root());
    codec::normalize(before.root(), type);
    const Document live = Draft::freeze(before.root());
    const std::string manager = manager_of(step);
    Draft next = Draft::from(live.root());
    if (content_type == "application/apply-patch+yaml") {
      const bool force = step["query"]["force"].as_string() == "true";
      auto result = server_side_apply(live ? &live : nullptr, body.root(), type,
                                      {manager, "autoscaling/v1", "Scale", "scale", force, now_, {}});
      if (code == 409) {
        const std::string_view message = step["want"]["body"]["message"].as_string();
        if (result || result.error().message() != message) {
          fail("scale conflict: want " + std::string(message));
        } else {
          ++passed;
        }
        return;
      }
      if (!result) return fail("scale refused: " + result.error().message());
      next = std::move(result->object);
    } else {
      ASSERT_TRUE(apply_merge_patch(next, body.root()));
      update_managed_fields(&live, next, type, {manager, "autoscaling/v1", "scale", now_, {}});
    }
    Draft changed = Draft::from(parent.root());
    changed.root()["spec"].set("replicas", static_cast<long>(next["spec"]["replicas"].as_int()));
    set_parent_managed_fields(parent.root(), next.root(), "spec.replicas",
                              found->second.api_version, changed.root());
    codec::normalize(changed.root(), found->second.type);
    ++passed;
    if (!is_dry(step)) found->second.document = Draft::freeze(changed.root());
  }

  void apply(NodeRef step, const std::string& path, const std::string& subresource, Draft& body,
             const std::string& text) {
    const Type type = type_of(body.root());
    const auto found = objects_.find(path);
    if (!type || (found == objects_.end() && !subresource.empty())) return void(++skipped);
    if (path.ends_with("/namespaces/<ns>")) return void(++skipped);  // Made by the recording itself.
    const Document* live = found == objects_.end() ? nullptr : &found->second.document;
    if (const NodeRef pinned = body["metadata"]["resourceVersion"]; pinned.exists()) {
      return void(++skipped);
    }
    const std::string api_version(body["apiVersion"].as_string());
    const std::string kind(body["kind"].as_string());
    const std::string manager = manager_of(step);
    NodeRef metadata = body.root().ensure("metadata");
    if (metadata.is_map() || metadata.is_null()) metadata.set("name", path.substr(path.rfind('/') + 1));
    const std::string_view force = step["query"]["force"].as_string();
    ApplyOptions options{manager, api_version, kind, subresource,
                         !force.empty() && force != "false" && force != "0", now_,
                         ignored(type, subresource)};
    auto result = server_side_apply(live, body.root(), type, options);
    check_apply(step, path, subresource, std::move(result), {{}, type, api_version, kind}, text);
  }

  void check_apply(NodeRef step, const std::string& path, const std::string& subresource,
                   Result<ApplyResult> result, Live made, const std::string& text) {
    const std::int64_t code = step["want"]["code"].as_int();
    const NodeRef want = step["want"]["body"];
    const std::string_view message = want["message"].as_string(want["/message"].as_string());
    if (code == 409 && message.find("Apply failed") != std::string_view::npos) {
      if (result) return fail("no conflict: " + text + " want " + std::string(message));
      if (result.error().message() != message && message.find('<') == std::string_view::npos) {
        return fail("conflict: " + result.error().message() + " want " + std::string(message));
      }
      return void(++passed);
    }
    if (code >= 500) {
      if (message.find("failed to create typed") == std::string_view::npos) return void(++skipped);
      if (result) return fail("should have been refused: " + text + " " + std::string(message));
      return void(++passed);
    }
    if (code >= 400) return void(++skipped);
    if (!result) return fail("refused: " + text + ": " + result.error().message());
    const auto found = objects_.find(path);
    const Document* live = found == objects_.end() ? nullptr : &found->second.document;
    Draft& next = result->object;
    if (!codec::decode_typed(next.root(), made.type)) return void(++skipped);
    apply_defaults(next.root(), made.type);
    keep_other_half(next, live, subresource);
    if (live == nullptr) mark_created(next);
    codec::normalize(next.root(), made.type);
    if (live != nullptr) keep_managed_times(*live, next.root());
    check_result(step, next.root());
    if (is_dry(step)) return;
    made.document = Draft::freeze(next.root());
    objects_.insert_or_assign(path, std::move(made));
  }

  void check_result(NodeRef step, NodeRef got) {
    const NodeRef want = step["want"];
    const std::int64_t code = want["code"].as_int(0);
    if (code < 200 || code > 299) return;
    NodeRef body = want["body"];
    const bool picked = step["pick"].exists();
    bool good = true;
    for (auto [key, atom, value] : body.entries()) {
      const NodeRef part = picked ? at(got, key) : got[key];
      const std::string name(picked ? key.substr(1) : key);
      // What admission and the kinds' own rules add is not told here.
      if (name.starts_with("spec") && has_own_rules(got)) continue;
      if (name == "metadata/labels" && got["spec"]["completionMode"].exists()) continue;
      if (name == "metadata" && !picked) {
        good = same("managedFields", got["metadata"]["managedFields"], value["managedFields"], step) && good;
      } else if (name.starts_with("metadata/managedFields") || name.starts_with("metadata/labels") ||
                 name.starts_with("metadata/annotations") || name.starts_with("metadata/finalizers") ||
                 name.starts_with("data") || name.starts_with("spec") || name.starts_with("template")) {
        good = same(name, part, value, step) && good;
      }
    }
    if (good) ++passed;
  }

  bool same(const std::string& name, NodeRef got, NodeRef want, NodeRef step) {
    if (!want.exists() || want.is_string()) return true;
    for (const NodeRef pointer : step["sort"].items()) {
      if (pointer.as_string() == "/metadata/managedFields" && name.ends_with("managedFields") &&
          alike_sorted(got, want)) {
        return true;
      }
    }
    if (alike(got, want)) return true;
    fail(json_text(step["body"]) + "\n   at " + name + "\n   got  " + json_text(got) + "\n   want " +
         json_text(want));
    return false;
  }

  static bool has_own_rules(NodeRef object) {
    const NodeRef spec = object["spec"];
    return spec["containers"].exists() || spec["completionMode"].exists() ||
           spec["internalTrafficPolicy"].exists() || spec["podCIDR"].exists() || spec["request"].exists() || spec.empty();
  }

  // The same entries in any order.
  static bool alike_sorted(NodeRef got, NodeRef want) {
    if (got.size() != want.size()) return false;
    std::vector<bool> used(got.size());
    for (NodeRef one : want.items()) {
      bool found = false;
      for (std::size_t i = 0; i < got.size() && !found; ++i) {
        found = !used[i] && alike(got.at(i), one);
        if (found) used[i] = true;
      }
      if (!found) return false;
    }
    return true;
  }

  void fail(std::string text) { failures.push_back(where_ + ": " + std::move(text)); }

  std::map<std::string, Live> objects_;
  std::string where_;
  std::string now_;
  int second_ = 0;
};

class GoldenApply : public testing::TestWithParam<const char*> {};

// BEHAVIOURS 42, 143-145.
TEST_P(GoldenApply, GivesWhatARealServerGave) {
  const auto recorded = read_golden(GetParam());
  if (!recorded) GTEST_SKIP() << "no recordings in " << shared_folder();
  Replay replay;
  for (NodeRef one : (*recorded)["cases"].items()) replay.run(one);
  std::size_t shown = 0;
  for (const std::string& failure : replay.failures) {
    if (++shown <= 40) ADD_FAILURE() << failure;
  }
  EXPECT_EQ(replay.failures.size(), 0U);
  std::printf("%s: %d passed, %d skipped, %zu failed\n", GetParam(), replay.passed, replay.skipped,
              replay.failures.size());
}

INSTANTIATE_TEST_SUITE_P(Files, GoldenApply,
                         testing::Values("patch-apply.json", "patch-apply-kinds.json"));

}  // namespace
}  // namespace knarr::schema
