// SPDX-License-Identifier: Apache-2.0
// pods/eviction: deletes a pod if its disruption budget allows it (BEHAVIOURS 149).
// Source: k8s.io/kubernetes pkg/registry/core/pod/storage EvictionREST.
#include "apiserver/endpoints/pod.h"

#include "api/label_selector.h"
#include "api/types.h"
#include "apiserver/registry/kinds/eviction.h"
#include "apiserver/registry/metadata.h"
#include "base/check.h"
#include "codec/typed.h"
#include "schema/field_error.h"

#include <fmt/core.h>

namespace knarr::apiserver {

using object::Document;
using object::Draft;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr PostedKind kKind{"policy/v1.Eviction", "policy/v1", "Eviction"};
constexpr PostedKind kBetaKind{"policy/v1.Eviction", "policy/v1beta1", "Eviction"};
constexpr int kConflictTries = 20;  // Other evictions write the same budget.

// Clients of long ago send the beta version, which has the same form.
Result<Draft> read_eviction(Call& call, WriteOptions::Validation validation) {
  const bool wire = std::holds_alternative<WireBody>(call.request->body);
  auto draft = read_posted(call, kKind, validation);
  if (draft || !wire) return draft;
  auto beta = read_posted(call, kBetaKind, validation);
  return beta ? std::move(beta) : std::move(draft);
}

Result<DeleteOptions> delete_options(Value eviction, bool dry_run) {
  const Value given = eviction["deleteOptions"];
  DeleteOptions options;
  options.dry_run = dry_run;
  if (given["gracePeriodSeconds"].is_int()) options.grace_seconds = given["gracePeriodSeconds"].as_int();
  options.propagation = given["propagationPolicy"].as_string();
  if (given["orphanDependents"].exists()) options.orphan_dependents = given["orphanDependents"].as_bool();
  const Value pre = given["preconditions"];
  if (pre[atom::uid].is_string()) options.uid = pre[atom::uid].as_string();
  if (pre[atom::resourceVersion].is_string()) options.resource_version = pre[atom::resourceVersion].as_string();
  schema::FieldErrors errors;
  for (const Value item : given["dryRun"].items()) {
    if (item.as_string() == "All") {
      options.dry_run = true;
    } else {
      errors.not_supported(schema::FieldPath("dryRun"), given["dryRun"], {"All"});
      break;
    }
  }
  if (!errors.empty()) return std::move(errors).to_error("meta.k8s.io", "DeleteOptions", "");
  return options;
}

Error precondition_failed(const Collection& pods, std::string_view name, std::string_view what,
                          std::string_view wanted, std::string_view is, std::string_view happened) {
  return pods.conflict(name,
                       fmt::format("the {} in the precondition ({}) does not match the {} in record "
                                   "({}). The object might have been {}",
                                   what, wanted, what, is, happened),
                       true);
}

class Eviction {
 public:
  Eviction(Call* call, WriteCall write, DeleteOptions options)
      : registry_(call->parts->registry), pods_(served_pods(*call)), write_(std::move(write)),
        options_(std::move(options)) {
    write_.served = &pods_;
  }

  Task<Result<>> run() {
    for (int attempt = 1;; ++attempt) {
      const Document pod = CO_TRY(registry_.get(*pods_.collection, write_.namespace_, write_.name));
      bool as_seen = false;
      if (is_beyond_budgets(pod.root())) {
        // A pod that does not run yet may have begun to meanwhile: delete what we looked at.
        as_seen = !pod[atom::metadata][atom::deletionTimestamp].exists();
      } else {
        auto decided = co_await ask_budgets(pod);
        if (!decided) co_return std::move(decided).error();
        as_seen = *decided;
      }
      DeleteOptions options = options_;
      const bool pin = as_seen && !options.resource_version;
      if (pin) options.resource_version = std::to_string(pod.resource_version());
      auto gone = co_await remove(std::move(options));
      if (gone || !pin || !gone.error().is(Reason::Conflict) || attempt == kConflictTries) {
        co_return gone;
      }
    }
  }

 private:
  // The budgets of the pod's namespace that select it.
  std::vector<Document> budgets_of(const Document& pod) const {
    const Served* served = registry_.find("policy", "v1", "poddisruptionbudgets");
    CHECK(served != nullptr && served->collection->cache != nullptr);
    std::vector<Document> found;
    const std::string prefix = write_.namespace_ + "/";
    const Snapshot snapshot = served->collection->cache->snapshot();
    for (Snapshot::Cursor c = snapshot.from(prefix); c; c.next()) {
      if (object::namespace_of(c->object.root()) != write_.namespace_) break;
      auto selector = api::LabelSelector::from_selector(c->object["spec"]["selector"]);
      if (!selector) continue;  // The budget's controller tells of it.
      if (selector->matches(pod[atom::metadata][atom::labels])) found.push_back(c->object);
    }
    return found;
  }

  // True when the pod may go only as it is now.
  Task<Result<bool>> ask_budgets(Document pod) {
    for (int attempt = 1;; ++attempt) {
      const std::vector<Document> budgets = budgets_of(pod);
      std::vector<Value> values;
      values.reserve(budgets.size());
      for (const Document& budget : budgets) values.push_back(budget.root());
      const EvictionPlan plan = CO_TRY(plan_eviction(pod.root(), values));
      if (plan.step != EvictionStep::TakeFromBudget) {
        co_return plan.step == EvictionStep::DeleteAsSeen;
      }
      auto taken = co_await take(budgets[plan.budget]);
      if (taken) co_return false;
      if (!taken.error().is(Reason::Conflict) || attempt == kConflictTries) {
        co_return std::move(taken).error();
      }
    }
  }

  Task<Result<>> take(Document budget) {
    WriteCall write = write_;
    write.served = registry_.find("policy", "v1", "poddisruptionbudgets");
    write.name = object::name_of(budget.root());
    write.subresource = "status";
    write.dry_run = options_.dry_run;
    write.bare = true;
    CO_TRY(co_await registry_.update(&write, [&](const Document* current) -> Result<Draft> {
      if (current->resource_version() != budget.resource_version()) {
        return write.served->collection->conflict(write.name, kModified);
      }
      Draft next = Draft::from(*current);
      take_from_budget(next.root(), write_.name, time_text(registry_.clock().system_now()));
      return next;
    }));
    co_return ok();
  }

  Result<> check_preconditions(const DeleteOptions& options, const Document& pod) const {
    const Collection& pods = *pods_.collection;
    if (options.uid && *options.uid != object::uid_of(pod.root())) {
      return precondition_failed(pods, write_.name, "UID", *options.uid, object::uid_of(pod.root()),
                                 "deleted and then recreated");
    }
    const std::string version = std::to_string(pod.resource_version());
    if (options.resource_version && *options.resource_version != version) {
      return precondition_failed(pods, write_.name, "ResourceVersion", *options.resource_version,
                                 version, "modified");
    }
    return ok();
  }

  // Notes the eviction in the pod, then deletes it.
  Task<Result<>> remove(DeleteOptions options) {
    if (!options.dry_run) {
      WriteCall write = write_;
      write.subresource = "status";
      write.bare = true;
      const Written marked = CO_TRY(
          co_await registry_.update(&write, [&](const Document* pod) -> Result<Draft> {
            TRY(check_preconditions(options, *pod));
            Draft next = Draft::from(*pod);
            mark_evicted(next.root(), time_text(registry_.clock().system_now()));
            return next;
          }));
      if (marked.deleted) co_return ok();
      if (options.resource_version) {
        options.resource_version = std::to_string(marked.object.resource_version());
      }
    }
    WriteCall write = write_;
    write.subresource.clear();
    write.dry_run = options.dry_run;
    write.bare = true;
    CO_TRY(co_await registry_.remove(&write, std::move(options)));
    co_return ok();
  }

  Registry& registry_;
  const Served& pods_;
  WriteCall write_;
  DeleteOptions options_;
};

class PodEviction final : public SpecialEndpoint {
 public:
  Task<ApiReply> serve(Call* call) override {
    auto evicted = co_await evict(call);
    if (!evicted) co_return failed(*call, std::move(evicted).error());
    co_return created_status(*call);
  }

 private:
  static Task<Result<>> evict(Call* call) {
    const WriteOptions options = CO_TRY(read_write_options(*call, WriteVerb::Create));
    Draft draft = CO_TRY(read_eviction(*call, options.validation));
    CO_TRY(co_await mutate_posted(call, kKind, &draft, options.dry_run));
    const Document posted = codec::freeze_typed(draft, api::types().find(kKind.type));
    if (object::name_of(posted.root()) != call->info().name) {
      co_return Error(Reason::BadRequest, "name in URL does not match name in Eviction object");
    }
    // A pod that is not there is told before anything else of the body.
    CO_TRY(call->parts->registry.get(*served_pods(*call).collection, call->info().namespace_,
                                     call->info().name));
    CO_TRY(co_await validate_posted(call, kKind, posted, options.dry_run));
    DeleteOptions how = CO_TRY(delete_options(posted.root(), options.dry_run));
    Eviction eviction(call, write_call(*call, options), std::move(how));
    co_return co_await eviction.run();
  }
};

}  // namespace

std::unique_ptr<SpecialEndpoint> make_pod_eviction() {
  return std::make_unique<PodEviction>();
}

}  // namespace knarr::apiserver
