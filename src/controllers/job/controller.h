// SPDX-License-Identifier: Apache-2.0
// job-controller: runs pods to completion. What is decided is in plan.h.
// Source: k8s.io/kubernetes pkg/controller/job.
#pragma once

#include "api/label_selector.h"
#include "client/controller.h"
#include "client/events.h"
#include "controllers/expectations.h"
#include "controllers/job/plan.h"

#include <map>
#include <optional>
#include <vector>

namespace knarr::controllers {

class JobController final : public client::Controller {
 public:
  explicit JobController(client::LoopContext context);
  Task<> stop() override;

 protected:
  /// `key` is a Job's, or "pod|<namespace>/<name>" for a pod that lost its Job.
  Task<Result<client::Requeue>> reconcile(client::ObjectKey key) override;

 private:
  void job_deleted(const object::Document& job);
  void pod_added(const object::Document& pod);
  void pod_updated(const object::Document& before, const object::Document& now);
  void pod_deleted(const object::Document& pod);
  [[nodiscard]] client::ObjectKey owner_key(object::Value pod) const;
  void enqueue_matching(object::Value pod);
  void finalizer_seen_gone(const client::ObjectKey& key, object::Value pod);

  Task<Result<client::Requeue>> free_orphan(client::ObjectKey key);
  Task<Result<std::vector<object::Document>>> claim_pods(object::Document job);
  /// Makes and deletes pods by plan; changes the counts of active, ready and terminating pods.
  Task<std::optional<Error>> manage(client::ObjectKey key, object::Document job, job::Findings* findings,
                                    std::optional<std::chrono::nanoseconds>* wait);
  /// How many of these were deleted.
  Task<std::optional<Error>> delete_pods(client::ObjectKey key, object::Document job,
                                         std::vector<object::Document> pods, job::Findings* findings);
  Task<Result<>> delete_pod(client::ObjectKey key, object::Document job, object::Document pod,
                            job::Findings* findings);
  Task<Result<>> make_pod(client::ObjectKey key, object::Document job, const job::Findings* findings,
                          std::optional<std::int64_t> index);
  void update_suspension(const object::Document& job, job::Findings& findings);
  /// Writes counts, takes finalizers away, ends the Job.
  Task<Result<>> track(client::ObjectKey key, object::Document job, job::Findings findings);
  Task<std::optional<Error>> remove_finalizers(client::ObjectKey key, std::vector<object::Document> pods,
                                               job::Uids* with_finalizer);
  Task<Result<>> remove_finalizer(client::ObjectKey key, object::Document pod);
  Task<Result<>> write(object::Document* job, const job::Status* status);
  void record_end(const object::Document& job, const job::Findings& findings);

  client::Informer& jobs_;
  client::Informer& pods_;
  Expectations expectations_;
  std::map<std::string, job::Uids> leaving_;  // Finalizers taken away that the informer still shows.
  std::map<std::string, job::Backoff> backoffs_;
  client::EventRecorder events_;
};

}  // namespace knarr::controllers
