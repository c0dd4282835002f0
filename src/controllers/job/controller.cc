// SPDX-License-Identifier: Apache-2.0
#include "controllers/job/controller.h"

#include "client/resources.h"
#include "controllers/batches.h"
#include "controllers/in_namespace.h"
#include "controllers/owners.h"
#include "controllers/pods.h"
#include "object/equality.h"

#include <fmt/core.h>

#include <algorithm>

namespace knarr::controllers {

using client::ObjectKey;
using client::Requeue;
using object::Document;
using object::Draft;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr int kWorkers = 5;  // --concurrent-job-syncs
constexpr std::string_view kOrphanPrefix = "pod|";
constexpr std::string_view kOwnName = "kubernetes.io/job-controller";

client::Target pod_target(Value pod) {
  return {client::kPods, std::string(object::namespace_of(pod)), std::string(object::name_of(pod)), ""};
}

Draft without_finalizer(Value pod) {
  Draft patch;
  object::NodeRef metadata = patch.root().ensure_map("metadata");
  metadata.set("uid", object::uid_of(pod));
  metadata.ensure_list("$deleteFromPrimitiveList/finalizers").append_string(job::kFinalizer);
  return patch;
}

bool is_managed_elsewhere(Value job) {
  const std::string_view manager = job[atom::spec][atom::managedBy].as_string();
  return !manager.empty() && manager != kOwnName;
}

}  // namespace

JobController::JobController(client::LoopContext context)
    : Controller("job-controller", context, kWorkers),
      jobs_(informers().informer(client::kJobs)),
      pods_(informers().informer(client::kPods)),
      expectations_(context.clock),
      events_(context.transport, context.strand, context.clock, "job-controller") {
  client::Handler jobs = enqueue_self();
  jobs.deleted = [this](const Document& last) { job_deleted(last); };
  jobs_.add_handler(std::move(jobs));
  pods_.add_handler({.added = [this](const Document& now) { pod_added(now); },
                     .updated = [this](const Document& before,
                                       const Document& now) { pod_updated(before, now); },
                     .deleted = [this](const Document& last) { pod_deleted(last); }});
}

Task<> JobController::stop() {
  co_await Controller::stop();
  co_await events_.stop();
  expectations_.clear();
  leaving_.clear();
}

ObjectKey JobController::owner_key(Value pod) const {
  const Value owner = controller_of(pod);
  if (owner[atom::kind].as_string() != "Job") return {};
  ObjectKey key = fmt::format("{}/{}", object::namespace_of(pod), owner[atom::name].as_string());
  const Document known = jobs_.get(key);
  if (!known || object::uid_of(known.root()) != owner[atom::uid].as_string()) return {};
  return key;
}

void JobController::job_deleted(const Document& job) {
  queue().add(client::key_of(job));
  // Pods that outlive it must not keep a finalizer that nobody takes away.
  for (const Document& pod : pods_.in_namespace(object::namespace_of(job.root()))) {
    if (!job::has_finalizer(pod.root())) continue;
    if (!is_controlled_by(pod.root(), object::uid_of(job.root()))) continue;
    queue().add(fmt::format("{}{}", kOrphanPrefix, client::key_of(pod)));
  }
}

void JobController::enqueue_matching(Value pod) {
  const Value labels = pod[atom::metadata][atom::labels];
  for (const Document& job : jobs_.in_namespace(object::namespace_of(pod))) {
    const auto selector = api::LabelSelector::from_selector(job[atom::spec][atom::selector]);
    if (selector && !selector->selects_everything() && selector->matches(labels)) {
      queue().add(client::key_of(job));
    }
  }
}

void JobController::pod_added(const Document& pod) {
  const ObjectKey key = owner_key(pod.root());
  if (!key.empty()) {
    if (is_deleting(pod.root())) {
      expectations_.deletion_observed(key, object::uid_of(pod.root()));
    } else {
      expectations_.creation_observed(key);
    }
    queue().add(key);
    return;
  }
  if (job::has_finalizer(pod.root())) queue().add(fmt::format("{}{}", kOrphanPrefix, client::key_of(pod)));
  if (!controller_of(pod.root()).exists()) enqueue_matching(pod.root());
}

void JobController::finalizer_seen_gone(const ObjectKey& key, Value pod) {
  const auto found = leaving_.find(key);
  if (found == leaving_.end()) return;
  found->second.erase(std::string(object::uid_of(pod)));
  if (found->second.empty()) leaving_.erase(found);
}

void JobController::pod_updated(const Document& before, const Document& now) {
  const ObjectKey old_key = owner_key(before.root());
  const ObjectKey key = owner_key(now.root());
  if (!old_key.empty() && old_key != key) {
    finalizer_seen_gone(old_key, now.root());
    queue().add(old_key);
  }
  if (!key.empty()) {
    if (!job::has_finalizer(now.root())) finalizer_seen_gone(key, now.root());
    if (is_deleting(now.root())) expectations_.deletion_observed(key, object::uid_of(now.root()));
    queue().add(key);
    return;
  }
  if (job::has_finalizer(now.root())) queue().add(fmt::format("{}{}", kOrphanPrefix, client::key_of(now)));
  const bool relabelled = !object::equal(before[atom::metadata][atom::labels], now[atom::metadata][atom::labels]);
  if (!controller_of(now.root()).exists() && (relabelled || !old_key.empty())) enqueue_matching(now.root());
}

void JobController::pod_deleted(const Document& pod) {
  const ObjectKey key = owner_key(pod.root());
  if (key.empty()) return;
  expectations_.deletion_observed(key, object::uid_of(pod.root()));
  finalizer_seen_gone(key, pod.root());
  queue().add(key);
}

Task<Result<Requeue>> JobController::free_orphan(ObjectKey key) {
  const Document pod = pods_.get(key);
  if (!pod || !job::has_finalizer(pod.root())) co_return Requeue::none();
  const Value owner = controller_of(pod.root());
  if (owner.exists() && owner[atom::kind].as_string() != "Job") co_return Requeue::none();
  if (!owner_key(pod.root()).empty()) co_return Requeue::none();  // It has a Job again.
  auto patched = co_await transport().patch(pod_target(pod.root()), client::PatchType::StrategicMerge,
                                            without_finalizer(pod.root()), {});
  if (!patched && !patched.error().is(Reason::NotFound)) co_return std::move(patched).error();
  co_return Requeue::none();
}

Task<Result<std::vector<Document>>> JobController::claim_pods(Document job) {
  std::vector<Document> result;
  auto selector = api::LabelSelector::from_selector(job[atom::spec][atom::selector]);
  if (!selector) co_return std::move(selector).error();
  bool may_adopt = false;
  for (const Document& pod : pods_.in_namespace(object::namespace_of(job.root()))) {
    const Claim claim = claim_of(pod.root(), job.root(), *selector);
    if (claim == Claim::Keep) result.push_back(pod);
    if (claim == Claim::Keep || claim == Claim::Ignore) continue;
    Draft patch;
    if (claim == Claim::Adopt) {
      if (!may_adopt) CO_TRY(co_await check_can_adopt(transport(), client::kJobs, job));
      may_adopt = true;
      patch = adopt_patch(pod.root(), job.root(), client::kJobs, job::kFinalizer);
    } else {
      patch = release_patch(pod.root(), object::uid_of(job.root()), job::kFinalizer);
    }
    auto patched = co_await transport().patch(pod_target(pod.root()), client::PatchType::StrategicMerge,
                                              std::move(patch), {});
    if (patched && claim == Claim::Adopt) result.push_back(std::move(*patched));
    if (!patched && !patched.error().is(Reason::NotFound)) co_return std::move(patched).error();
  }
  co_return result;
}

Task<Result<>> JobController::delete_pod(ObjectKey key, Document job, Document pod, job::Findings* findings) {
  auto removed = co_await transport().remove(pod_target(pod.root()), {});
  if (removed) {
    events_.record(job, client::kJobs, "Normal", "SuccessfulDelete",
                   fmt::format("Deleted pod: {}", object::name_of(pod.root())));
  } else {
    expectations_.deletion_observed(key, object::uid_of(pod.root()));
    if (!removed.error().is(Reason::NotFound)) co_return std::move(removed).error();
  }
  --findings->status.active;
  ++findings->status.terminating;
  if (is_pod_ready(pod.root())) --findings->status.ready;
  co_return ok();
}

Task<std::optional<Error>> JobController::delete_pods(ObjectKey key, Document job, std::vector<Document> pods,
                                                      job::Findings* findings) {
  for (const Document& pod : pods) expectations_.expect_deletion(key, object::uid_of(pod.root()));
  BatchResult result = co_await at_once(static_cast<int>(pods.size()), [&](int i) {
    return delete_pod(key, job, pods[static_cast<std::size_t>(i)], findings);
  });
  co_return std::move(result.error);
}

Task<Result<>> JobController::make_pod(ObjectKey key, Document job, const job::Findings* findings,
                                       std::optional<std::int64_t> index) {
  client::Target target{client::kPods, std::string(object::namespace_of(job.root())), "", ""};
  auto created =
      co_await transport().create(std::move(target), job::make_pod(job.root(), *findings, index), {});
  if (created) {
    events_.record(job, client::kJobs, "Normal", "SuccessfulCreate",
                   fmt::format("Created pod: {}", object::name_of(created->root())));
    co_return ok();
  }
  expectations_.creation_observed(key);
  Error error = std::move(created).error();
  if (!is_leaving_namespace(error) && !error.is(Reason::Cancelled)) {
    events_.record(job, client::kJobs, "Warning", "FailedCreate",
                   fmt::format("Error creating: {}", error.message()));
  }
  co_return error;
}

Task<std::optional<Error>> JobController::manage(ObjectKey key, Document job, job::Findings* findings,
                                                 std::optional<std::chrono::nanoseconds>* wait) {
  job::PodPlan plan = job::plan_pods(*findings, clock().system_now());
  *wait = plan.wait;
  if (!plan.remove.empty()) co_return co_await delete_pods(key, job, std::move(plan.remove), findings);
  if (plan.create == 0) co_return std::nullopt;
  expectations_.expect_creations(key, plan.create);
  BatchResult result = co_await slow_start(plan.create, [&](int i) {
    std::optional<std::int64_t> index;
    if (!plan.indexes.empty()) index = plan.indexes[static_cast<std::size_t>(i)];
    return make_pod(key, job, findings, index);
  });
  expectations_.creation_observed(key, plan.create - result.attempted);
  findings->status.active += result.succeeded;
  if (result.error && is_leaving_namespace(*result.error)) co_return std::nullopt;
  co_return std::move(result.error);
}

void JobController::update_suspension(const Document& job, job::Findings& f) {
  const SystemTime now = clock().system_now();
  if (f.spec.suspended) {
    if (job::ensure_condition(f.status.conditions, "Suspended", "True", "JobSuspended", "Job suspended", now)) {
      events_.record(job, client::kJobs, "Normal", "Suspended", "Job suspended");
    }
  } else if (job::ensure_condition(f.status.conditions, "Suspended", "False", "JobResumed", "Job resumed", now)) {
    events_.record(job, client::kJobs, "Normal", "Resumed", "Job resumed");
    f.status.start_time = time_text(now);  // The deadline begins anew.
  }
}

Task<Result<>> JobController::write(Document* job, const job::Status* status) {
  Draft wanted;
  job::write_status(wanted.root(), *status);
  if (object::equal((*job)[atom::status], wanted.root())) co_return ok();
  Draft changed = Draft::from(*job);
  changed.root().ensure("status").assign(wanted.root());
  client::Target target{client::kJobs, std::string(object::namespace_of(job->root())),
                        std::string(object::name_of(job->root())), "status"};
  *job = CO_TRY(co_await transport().update(std::move(target), std::move(changed), {}));
  co_return ok();
}

Task<Result<>> JobController::remove_finalizer(ObjectKey key, Document pod) {
  auto patched = co_await transport().patch(pod_target(pod.root()), client::PatchType::StrategicMerge,
                                            without_finalizer(pod.root()), {});
  if (patched) co_return ok();
  finalizer_seen_gone(key, pod.root());
  if (patched.error().is(Reason::NotFound)) co_return ok();
  co_return std::move(patched).error();
}

Task<std::optional<Error>> JobController::remove_finalizers(ObjectKey key, std::vector<Document> pods,
                                                            job::Uids* with_finalizer) {
  for (const Document& pod : pods) leaving_[key].emplace(object::uid_of(pod.root()));
  if (pods.empty()) co_return std::nullopt;
  const auto act = [&](int i) { return remove_finalizer(key, pods[static_cast<std::size_t>(i)]); };
  BatchResult result = co_await at_once(static_cast<int>(pods.size()), act);
  const auto leaving = leaving_.find(key);
  for (const Document& pod : pods) {
    // What failed was taken out of `leaving_`; what the informer has shown meanwhile, too.
    const std::string uid(object::uid_of(pod.root()));
    const Document seen = pods_.get(client::key_of(pod));
    const bool still_has = seen && object::uid_of(seen.root()) == uid && job::has_finalizer(seen.root());
    if (!still_has || (leaving != leaving_.end() && leaving->second.contains(uid))) with_finalizer->erase(uid);
  }
  co_return std::move(result.error);
}

void JobController::record_end(const Document& job, const job::Findings& f) {
  if (f.finished->type == "Failed") {
    events_.record(job, client::kJobs, "Warning", f.finished->reason, f.finished->message);
    return;
  }
  if (f.spec.completions && f.status.succeeded > *f.spec.completions) {
    events_.record(job, client::kJobs, "Warning", "TooManySucceededPods",
                   "Too many succeeded pods running after completion count reached");
  }
  events_.record(job, client::kJobs, "Normal", "Completed", "Job completed");
}

Task<Result<>> JobController::track(ObjectKey key, Document job, job::Findings f) {
  const SystemTime now = clock().system_now();
  bool counted_all = true;
  std::vector<Document> leave = job::count_pods(f, counted_all);
  if (f.finished && (f.finished->type == "FailureTarget" || f.finished->type == "SuccessCriteriaMet")) {
    // The end is announced before the pods lose their finalizers, and declared once they are gone.
    const bool failing = f.finished->type == "FailureTarget";
    if (find(f.status.conditions, f.finished->type) == nullptr) f.status.conditions.push_back(*f.finished);
    f.finished = job::make_condition(failing ? "Failed" : "Complete", f.finished->reason, f.finished->message, now);
  }
  CO_TRY(co_await write(&job, &f.status));
  backoffs_[key] = f.backoff;
  job::Uids with_finalizer;
  for (const Document& pod : f.pods) {
    const std::string uid(object::uid_of(pod.root()));
    if (job::has_finalizer(pod.root()) && !f.leaving.contains(uid)) with_finalizer.insert(uid);
  }
  auto failure = co_await remove_finalizers(key, std::move(leave), &with_finalizer);
  job::settle_counts(f.status, with_finalizer);
  const bool ends = !failure && f.finished && counted_all && f.status.terminating == 0 &&
                    f.status.uncounted_succeeded.empty() && f.status.uncounted_failed.empty();
  if (ends) {
    job::ensure_condition(f.status.conditions, f.finished->type, "True", f.finished->reason,
                          f.finished->message, now);
    if (f.finished->type == "Complete") f.status.completion_time = f.finished->lastTransitionTime;
  }
  CO_TRY(co_await write(&job, &f.status));
  if (ends) record_end(job, f);
  if (failure) co_return std::move(*failure);
  co_return ok();
}

Task<Result<Requeue>> JobController::reconcile(ObjectKey key) {
  if (key.starts_with(kOrphanPrefix)) co_return co_await free_orphan(key.substr(kOrphanPrefix.size()));
  const Document job = jobs_.get(key);
  if (!job) {
    expectations_.forget(key);
    leaving_.erase(key);
    backoffs_.erase(key);
    co_return Requeue::none();
  }
  if (is_managed_elsewhere(job.root())) co_return Requeue::none();
  if (job::is_finished(job.root())) {
    backoffs_.erase(key);
    co_return Requeue::none();
  }
  const bool may_act = expectations_.satisfied(key);
  job::Input input{.job = job.root(), .pods = {}, .leaving = {}, .backoff = {}, .now = {}};
  input.pods = CO_TRY(co_await claim_pods(job));
  if (const auto leaving = leaving_.find(key); leaving != leaving_.end()) input.leaving = leaving->second;
  if (const auto backoff = backoffs_.find(key); backoff != backoffs_.end()) input.backoff = backoff->second;
  input.now = clock().system_now();
  job::Findings f = job::examine(std::move(input));
  f.status.active = static_cast<std::int64_t>(f.active.size());
  std::optional<std::chrono::nanoseconds> wait;
  std::optional<Error> failure;
  if (f.finished) {
    failure = co_await delete_pods(key, job, f.active, &f);
    if (f.status.active > 0 || !may_act) f.finished.reset();  // Not all of its pods are known.
  } else {
    const bool managed = may_act && !f.spec.deleting;
    if (managed) failure = co_await manage(key, job, &f, &wait);
    const bool complete = f.status.active == 0 && (f.spec.completions ? f.succeeded >= *f.spec.completions
                                                                      : f.succeeded > 0);
    if (complete) {
      f.finished = job::make_condition("SuccessCriteriaMet", "CompletionsReached",
                                       "Reached expected number of succeeded pods", clock().system_now());
    } else if (managed) {
      update_suspension(job, f);
    }
  }
  const auto deadline = f.until_deadline;
  CO_TRY(co_await track(key, job, std::move(f)));
  if (failure) co_return std::move(*failure);
  if (deadline && (!wait || *deadline < *wait)) wait = deadline;
  co_return Requeue{wait};
}

}  // namespace knarr::controllers
