// SPDX-License-Identifier: Apache-2.0
#include "schema/patch/server_side_apply.h"

#include "codec/json.h"
#include "codec/typed.h"
#include "object/equality.h"
#include "schema/json_text.h"
#include "schema/patch/apply_parts.h"
#include "schema/patch/managers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace knarr::schema {

using object::Document;
using object::Draft;
using object::NodeRef;
using object::Type;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";
constexpr std::size_t kAnnotationBytesMax = 256UL * 1024;

// "apps/v1, Kind=Deployment", "/v1, Kind=Pod"
std::string kind_text(std::string_view api_version, std::string_view kind) {
  const bool core = api_version.find('/') == std::string_view::npos;
  return fmt::format("{}{}, Kind={}", core ? "/" : "", api_version, kind);
}

Result<> check_applied(NodeRef applied, const ApplyOptions& options) {
  const std::string_view api_version = applied[atom::apiVersion].as_string();
  const std::string_view kind = applied[atom::kind].as_string();
  if (api_version != options.api_version || kind != options.kind) {
    return Error(Reason::BadRequest,
                 fmt::format("invalid object type: {}", kind_text(api_version, kind)));
  }
  const NodeRef entries = applied[atom::metadata][atom::managedFields];
  if (entries.exists() && !entries.is_null()) {
    return Error(Reason::BadRequest, "metadata.managedFields must be nil");
  }
  return ok();
}

Result<FieldSet> check_fields(NodeRef applied, Type type, const ApplyOptions& options) {
  std::vector<std::string> problems;
  FieldSet fields = applied_fields(applied, type, problems);
  if (problems.empty()) return fields;
  const NodeRef metadata = applied[atom::metadata];
  std::string text = problems[0];
  if (problems.size() > 1) text = fmt::format("errors:\n  {}", fmt::join(problems, "\n  "));
  return Error(Reason::BadRequest,
               fmt::format("failed to create typed patch object ({}/{}; {}): {}",
                           metadata[atom::namespace_].as_string(),
                           metadata[atom::name].as_string(),
                           kind_text(options.api_version, options.kind), text));
}

// ---------------------------------------------------------------- conflicts

struct Conflict {
  std::string manager;  // As shown.
  std::string path;
};

std::vector<std::pair<const Manager*, FieldSet>> find_conflicts(const Managers& managers,
                                                                const Comparison& change,
                                                                const Manager& self) {
  FieldSet changed = change.added;
  changed.unite(change.modified);
  std::vector<std::pair<const Manager*, FieldSet>> out;
  for (const Manager& manager : managers.list) {
    if (manager.same(self)) continue;
    FieldSet both = FieldSet::intersection(manager.fields, changed);
    if (!both.empty()) out.emplace_back(&manager, std::move(both));
  }
  return out;
}

Error conflict_error(const std::vector<std::pair<const Manager*, FieldSet>>& conflicts) {
  std::vector<Conflict> all;
  for (const auto& [manager, fields] : conflicts) {
    fields.for_each([&](const Path& path) { all.push_back({manager->shown(), path_text(path)}); });
  }
  std::vector<Cause> causes;
  for (const Conflict& one : all) {
    causes.push_back({"FieldManagerConflict", one.path, "conflict with " + one.manager});
  }
  std::string message;
  if (all.size() == 1) {
    message = fmt::format("Apply failed with 1 conflict: conflict with {}: {}", all[0].manager,
                          all[0].path);
  } else {
    std::map<std::string, std::vector<std::string>> by_manager;
    for (const Conflict& one : all) by_manager[one.manager].push_back(one.path);
    std::string lines;
    for (const auto& [manager, paths] : by_manager) {
      if (!lines.empty()) lines += '\n';
      lines += fmt::format("conflicts with {}:", manager);
      for (const std::string& path : paths) lines += "\n- " + path;
    }
    message = fmt::format("Apply failed with {} conflicts: {}", all.size(), lines);
  }
  return Error(Reason::Conflict, std::move(message)).with_causes(std::move(causes));
}

// ---------------------------------------------------------------- kubectl's annotation

// What `kubectl apply` without --server-side set and nobody touched since: its server-side apply may
// take these over.
FieldSet taken_from_last_applied(const Document& live, Type type, const ApplyOptions& options) {
  const Value annotation = live[atom::metadata][atom::annotations][kLastApplied];
  if (!annotation.is_string()) return {};
  auto last = codec::parse_json(annotation.as_string());
  if (!last || !last->root().is_map()) return {};
  if (last->root()[atom::apiVersion].as_string() != options.api_version) return {};
  std::vector<std::string> problems;
  FieldSet fields = applied_fields(last->root(), type, problems);
  if (!problems.empty()) return {};
  const Comparison change = compare_objects(last->root(), live.root(), type);
  fields.subtract(change.modified);
  fields.subtract(change.added);
  fields.subtract(change.removed);
  return fields;
}

// BEHAVIOURS 145.
void rewrite_last_applied(NodeRef object, NodeRef applied, const ApplyOptions& options) {
  if (options.manager != "kubectl") return;
  NodeRef annotations = object["metadata"]["annotations"];
  if (!annotations.is_map() || !annotations[kLastApplied].exists()) return;
  Draft copy = Draft::from(applied);
  if (NodeRef own = copy["metadata"]["annotations"]; own.is_map()) own.erase(kLastApplied);
  copy.root().sort_keys_deep();
  const std::string text = json_text(copy.root()) + "\n";
  annotations.set(kLastApplied, text);
  std::size_t bytes = 0;
  for (const auto [key, atom, value] : annotations.entries()) {
    bytes += key.size() + value.as_string().size();
  }
  if (bytes > kAnnotationBytesMax) annotations.erase(kLastApplied);
}

// ---------------------------------------------------------------- the whole

// Before the first apply, what is there already belongs to nobody: it gets a manager of its own, so
// that the apply does not take it over unasked.
void account_before_first_apply(const Document& live, Type type, Managers& managers,
                                const ApplyOptions& options) {
  if (!managers.list.empty()) return;
  Draft nothing;
  nothing.root().set_map();
  codec::normalize(nothing.root(), type);
  ManagerInfo info;
  info.manager = "before-first-apply";
  info.api_version = options.api_version;
  info.subresource = options.subresource;
  info.now = options.now;
  Comparison change = compare_objects(nothing.root(), live.root(), type);
  const FieldSet ignored = FieldSet::of(options.ignored);
  change.added.subtract_deep(ignored);
  change.modified.subtract_deep(ignored);
  account_update(managers, std::move(change), info);
}

class Apply {
 public:
  Apply(const Document* live, NodeRef applied, Type type, const ApplyOptions& options)
      : live_(live), applied_(applied), type_(type), options_(options) {}

  Result<ApplyResult> run() {
    TRY(check_applied(applied_, options_));
    FieldSet fields = TRY(check_fields(applied_, type_, options_));
    fields.subtract_deep(FieldSet::of(options_.ignored));
    if (live_ != nullptr) {
      auto decoded = Managers::decode((*live_)[atom::metadata][atom::managedFields]);
      if (!decoded) return std::move(decoded).error().with("failed to decode managed fields");
      managers_ = std::move(*decoded);
      account_before_first_apply(*live_, type_, managers_, options_);
    }
    self_.name = options_.manager.empty() ? std::string_view("unknown") : options_.manager;
    self_.applied = true;
    self_.subresource = options_.subresource;
    const Manager* before = managers_.find(self_);
    const FieldSet last = before == nullptr ? FieldSet{} : before->fields;
    Manager& entry = managers_.ensure(self_);
    entry.api_version = options_.api_version;
    entry.fields = std::move(fields);

    Draft merged = live_ == nullptr ? Draft() : Draft::from(live_->root());
    merge_applied(merged.root(), applied_, type_);
    prune(merged.root(), last);
    TRY(settle_conflicts(merged.root()));
    return finish(std::move(merged));
  }

 private:
  void prune(NodeRef merged, const FieldSet& last) {
    if (last.empty()) return;
    std::vector<const FieldSet*> owners;
    for (const Manager& manager : managers_.list) owners.push_back(&manager.fields);
    prune_unowned(merged, type_, last, owners);
  }

  Result<> settle_conflicts(NodeRef merged) {
    if (live_ == nullptr) return ok();
    Comparison change = compare_objects(live_->root(), merged, type_);
    const FieldSet ignored = FieldSet::of(options_.ignored);
    change.added.subtract_deep(ignored);
    change.modified.subtract_deep(ignored);
    change.removed.subtract_deep(ignored);
    auto conflicts = find_conflicts(managers_, change, self_);
    if (!options_.force && !conflicts.empty()) {
      if (options_.manager == "kubectl") {
        const FieldSet allowed = taken_from_last_applied(*live_, type_, options_);
        for (auto& [manager, fields] : conflicts) fields.subtract(allowed);
        std::erase_if(conflicts, [](const auto& one) { return one.second.empty(); });
      }
      if (!conflicts.empty()) return conflict_error(conflicts);
    }
    managers_.give_up(change, &self_);
    return ok();
  }

  Result<ApplyResult> finish(Draft merged) {
    ApplyResult result{std::move(merged), true};
    NodeRef object = result.object.root();
    result.changed = live_ == nullptr || !object::equal(live_->root(), object);
    if (Manager* entry = managers_.find(self_); entry != nullptr && result.changed) {
      entry->time = options_.now;
    }
    managers_.drop_empty();
    managers_.encode(object);
    rewrite_last_applied(object, applied_, options_);
    return result;
  }

  const Document* live_;
  NodeRef applied_;
  Type type_;
  const ApplyOptions& options_;
  Managers managers_;
  Manager self_;
};

}  // namespace

Result<ApplyResult> server_side_apply(const Document* live, NodeRef applied, Type type,
                                      const ApplyOptions& options) {
  return Apply(live, applied, type, options).run();
}

}  // namespace knarr::schema
