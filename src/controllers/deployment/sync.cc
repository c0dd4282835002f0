// SPDX-License-Identifier: Apache-2.0
// The ReplicaSet of the present template: found, brought up to date, or made.
#include "api/label_selector.h"
#include "client/resources.h"
#include "controllers/deployment/annotations.h"
#include "controllers/deployment/controller.h"
#include "controllers/in_namespace.h"
#include "controllers/owners.h"

#include <fmt/core.h>

#include <algorithm>

namespace knarr::controllers {

using object::Document;
using object::Draft;
using object::NodeRef;
using object::Value;
namespace atom = object::atom;

namespace {

Draft new_replica_set(const Document& deployment, const deployment::Spec& spec,
                      std::string_view hash, std::int64_t replicas, std::int64_t revision) {
  const Value root = deployment.root();
  Draft draft;
  NodeRef set = draft.root();
  NodeRef metadata = set.ensure_map("metadata");
  metadata.set("name", deployment::replica_set_name(object::name_of(root), hash));
  metadata.set("namespace", object::namespace_of(root));
  write_controller_reference(metadata.ensure_list("ownerReferences").append(), root,
                             client::kDeployments);
  NodeRef set_spec = set.ensure_map("spec");
  set_spec.set("replicas", replicas);
  const std::int64_t min_ready = root[atom::spec][atom::minReadySeconds].as_int();
  if (min_ready != 0) set_spec.set("minReadySeconds", min_ready);
  NodeRef selector = set_spec.ensure("selector");
  selector.assign(root[atom::spec][atom::selector]);
  selector.ensure_map("matchLabels").set(deployment::kHashLabel, hash);
  NodeRef pod_template = set_spec.ensure("template");
  pod_template.assign(root[atom::spec][atom::template_]);
  NodeRef labels = pod_template.ensure_map("metadata").ensure_map("labels");
  labels.set(deployment::kHashLabel, hash);
  metadata.ensure("labels").assign(labels);
  deployment::carry_annotations(set, root, revision);
  deployment::set_replica_annotations(set, spec.replicas, spec.replicas + spec.max_surge);
  return draft;
}

}  // namespace

Task<Result<bool>> DeploymentController::sync_current(Round* round, bool make) {
  std::int64_t revision = 0;
  for (const deployment::ReplicaSet& set : round->split.old) {
    revision = std::max(revision, set.revision);
  }
  ++revision;
  if (round->split.current) {
    CO_TRY(co_await update_current(round, revision));
    co_return true;
  }
  if (!make) co_return true;
  co_return co_await make_current(round, revision);
}

Task<Result<>> DeploymentController::update_current(Round* round, std::int64_t revision) {
  const Document set = round->split.current->document;
  const Value root = round->deployment.root();
  const std::int64_t min_ready = root[atom::spec][atom::minReadySeconds].as_int();
  Draft changed = Draft::from(set);
  const bool annotated = deployment::carry_annotations(changed.root(), root, revision);
  if (annotated || set[atom::spec][atom::minReadySeconds].as_int() != min_ready) {
    changed.root().ensure_map("spec").set("minReadySeconds", min_ready);
    client::Target target{client::kReplicaSets, std::string(object::namespace_of(set.root())),
                          std::string(object::name_of(set.root())), ""};
    auto updated = CO_TRY(co_await transport().update(std::move(target), std::move(changed), {}));
    std::ranges::replace_if(
        round->sets,
        [&](const Document& one) { return object::uid_of(one.root()) == object::uid_of(set.root()); },
        updated);
    round->split = deployment::split_sets(round->deployment.root(), round->sets);
    if (!round->split.current) co_return Error(Reason::Conflict, "the replica set changed");
  }
  deployment::Status status = deployment::read_status(round->deployment.root());
  if (round->spec.progress_deadline_seconds && find(status.conditions, "Progressing") == nullptr) {
    deployment::set_condition(
        status, "Progressing", "True", "FoundNewReplicaSet",
        fmt::format("Found new replica set \"{}\"", round->split.current->name), clock().system_now());
  }
  co_return co_await write(round, std::move(status), std::to_string(round->split.current->revision));
}

Task<Result<bool>> DeploymentController::make_current(Round* round, std::int64_t revision) {
  const Document owner = round->deployment;
  deployment::Status status = deployment::read_status(owner.root());
  const std::string hash =
      deployment::template_hash(owner[atom::spec][atom::template_], status.collisions);
  const std::int64_t size = deployment::next_size_of_current(round->spec, round->split.old, 0);
  const std::string space(object::namespace_of(owner.root()));
  const std::string name = deployment::replica_set_name(object::name_of(owner.root()), hash);
  auto created = co_await transport().create({client::kReplicaSets, space, "", ""},
                                             new_replica_set(owner, round->spec, hash, size, revision), {});
  const SystemTime now = clock().system_now();
  const bool has_deadline = round->spec.progress_deadline_seconds.has_value();
  bool existed = false;
  Document set;
  if (created) {
    set = std::move(*created);
  } else if (created.error().is(Reason::AlreadyExists)) {
    set = CO_TRY(co_await transport().get({client::kReplicaSets, space, name, ""}));
    existed = true;
    if (!is_controlled_by(set.root(), object::uid_of(owner.root())) ||
        !deployment::templates_equal(set[atom::spec][atom::template_], owner[atom::spec][atom::template_])) {
      // Another's: the next hash takes the count in.
      status.collisions = status.collisions.value_or(0) + 1;
      CO_TRY(co_await write(round, std::move(status), {}));
      co_return std::move(created).error();
    }
  } else if (is_leaving_namespace(created.error()) || created.error().is(Reason::Cancelled)) {
    co_return std::move(created).error();
  } else {
    const std::string message =
        fmt::format("Failed to create new replica set \"{}\": {}", name, created.error().message());
    if (has_deadline) {
      deployment::set_condition(status, "Progressing", "False", "ReplicaSetCreateError", message, now);
      auto written = co_await write(round, std::move(status), {});
      if (!written) co_return std::move(written).error();
    }
    events_.record(owner, client::kDeployments, "Warning", "ReplicaSetCreateError", message);
    co_return std::move(created).error();
  }
  if (!existed && size > 0) {
    events_.record(owner, client::kDeployments, "Normal", "ScalingReplicaSet",
                   fmt::format("Scaled up replica set {} from 0 to {}", name, size));
  }
  if (!existed && has_deadline) {
    deployment::set_condition(status, "Progressing", "True", "NewReplicaSetCreated",
                              fmt::format("Created new replica set \"{}\"", name), now);
  }
  round->sets.push_back(std::move(set));
  round->split = deployment::split_sets(owner.root(), round->sets);
  CO_TRY(co_await write(round, std::move(status), std::to_string(revision)));
  // Its own template must be found again, whatever admission did to it.
  if (!round->split.current) co_return Error(Reason::InternalError, "the new replica set has another template");
  co_return true;
}

}  // namespace knarr::controllers
