// SPDX-License-Identifier: Apache-2.0
// One round: delete everything, look what is left, tell it, and either finish or come again. The
// end of a pod brings the next round at once; everything else is looked at every few seconds.
#include "controllers/namespace/controller.h"

#include "client/resources.h"

#include <fmt/core.h>

namespace knarr::controllers {

using client::Requeue;
using client::Resource;
using object::Document;
using object::Draft;
using object::NodeRef;
namespace atom = object::atom;

namespace {

constexpr int kWorkers = 4;
constexpr std::string_view kFinalizer = "kubernetes";
constexpr Resource kDefinitions{"apiextensions.k8s.io", "v1", "customresourcedefinitions",
                                "CustomResourceDefinition", false};
// Between the deletion and the first round: what is being written into the namespace right now
// shall be seen, and clients shall see that it is terminating.
constexpr std::chrono::seconds kPatience{2};
constexpr std::chrono::seconds kNextRound{2};

bool is_deleted(const Document& namespace_) {
  return namespace_[atom::metadata][atom::deletionTimestamp].exists();
}

bool has_our_finalizer(const Document& namespace_) {
  for (object::Value one : namespace_[atom::spec][atom::finalizers].items()) {
    if (one.as_string() == kFinalizer) return true;
  }
  return false;
}

}  // namespace

NamespaceController::NamespaceController(client::LoopContext context)
    : Controller("namespace-controller", context, kWorkers),
      namespaces_(informers().informer(client::kNamespaces)),
      pods_(informers().informer(client::kPods)),
      definitions_(informers().informer(kDefinitions)) {
  const auto enqueue = [this](const Document& namespace_) {
    if (is_deleted(namespace_)) queue().add_after(client::key_of(namespace_), kPatience);
  };
  namespaces_.add_handler(
      {.added = enqueue,
       .updated =
           [enqueue](const Document& before, const Document& now) {
             if (!is_deleted(before)) enqueue(now);  // Our own updates are no news.
           },
       .deleted = nullptr});
  pods_.add_handler({.added = nullptr,
                     .updated = nullptr,
                     .deleted = [this](const Document& last) {
                       std::string space(object::namespace_of(last.root()));
                       const Document namespace_ = namespaces_.get(space);
                       if (namespace_ && is_deleted(namespace_)) queue().add(std::move(space));
                     }});
}

Task<Result<Requeue>> NamespaceController::reconcile(client::ObjectKey key) {
  auto got = co_await transport().get({client::kNamespaces, "", key, ""});
  if (!got && got.error().is(Reason::NotFound)) co_return Requeue::none();
  Document namespace_ = CO_TRY(std::move(got));
  if (!is_deleted(namespace_) || namespace_[atom::spec][atom::finalizers].empty()) {
    co_return Requeue::none();
  }
  NamespaceFindings findings;
  const bool all_gone = co_await empty(key, &findings);
  const bool failed = !findings.content_errors.empty();
  const std::string why = failed ? findings.content_errors.front() : std::string();
  namespace_ = CO_TRY(co_await tell(std::move(namespace_), std::move(findings)));
  if (all_gone) {
    if (has_our_finalizer(namespace_)) CO_TRY(co_await finalize(std::move(namespace_)));
    co_return Requeue::none();
  }
  if (failed) co_return Error(Reason::InternalError, why);
  co_return Requeue::in(kNextRound);
}

Task<> NamespaceController::delete_one(Resource resource, std::string namespace_,
                                       NamespaceFindings* findings) {
  auto remains = co_await delete_resource(&transport(), resource, namespace_);
  if (!remains) {
    findings->content_errors.push_back(remains.error().message());
    co_return;
  }
  if (remains->count == 0) co_return;
  findings->remaining[fmt::format("{}.{}", resource.plural, resource.group)] = remains->count;
  for (const auto& [finalizer, count] : remains->finalizers) {
    findings->finalizers[finalizer] += count;
  }
  if (!remains->graceful && remains->finalizers.empty()) {
    findings->content_errors.push_back(
        fmt::format("unexpected items still remain in namespace: {} for gvr: {}/{}, Resource={}",
                    namespace_, resource.group, resource.version, resource.plural));
  }
}

Task<bool> NamespaceController::empty(std::string namespace_, NamespaceFindings* findings) {
  co_await delete_one(client::kPods, namespace_, findings);
  // What pods use stays until they have ended.
  if (!findings->remaining.empty()) co_return false;
  for (const Resource& resource : resources_.list(definitions_.all())) {
    if (resource.group.empty() && resource.plural == client::kPods.plural) continue;
    co_await delete_one(resource, namespace_, findings);
  }
  co_return findings->remaining.empty() && findings->content_errors.empty();
}

Task<Result<Document>> NamespaceController::tell(Document namespace_, NamespaceFindings findings) {
  Draft draft = Draft::from(namespace_);
  NodeRef status = draft.root().ensure_map("status");
  if (!update_conditions(findings, status, clock().system_now())) co_return namespace_;
  client::Target target{client::kNamespaces, "", std::string(object::name_of(namespace_.root())),
                        "status"};
  co_return co_await transport().update(std::move(target), std::move(draft), {});
}

Task<Result<>> NamespaceController::finalize(Document namespace_) {
  Draft draft = Draft::from(namespace_);
  NodeRef list = draft.root()["spec"]["finalizers"];
  for (std::size_t i = list.size(); i-- > 0;) {
    if (list.at(i).as_string() == kFinalizer) list.erase_at(i);
  }
  client::Target target{client::kNamespaces, "", std::string(object::name_of(namespace_.root())),
                        "finalize"};
  auto finished = co_await transport().update(std::move(target), std::move(draft), {});
  if (!finished && !finished.error().is(Reason::NotFound)) co_return std::move(finished).error();
  co_return ok();
}

}  // namespace knarr::controllers
