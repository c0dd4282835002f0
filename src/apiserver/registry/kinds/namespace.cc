// SPDX-License-Identifier: Apache-2.0
// Namespaces: their own finalizers, phases, and how deletion begins. Source: k8s.io/kubernetes
// pkg/registry/core/namespace of 1.36; BEHAVIOURS 96.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/checks.h"

namespace knarr::apiserver::kinds {

namespace {

constexpr std::string_view kFinalizer = "kubernetes";

void check_finalizer(std::string_view name, const FieldPath& path, FieldErrors& errors) {
  complain(errors, path, name, schema::check_qualified_name(name));
  const bool standard = name == kFinalizer || name == "orphan" || name == "foregroundDeletion";
  if (name.find('/') == std::string_view::npos && !standard) {
    errors.invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified");
  }
}

void prepare_create(const RuleContext&, NodeRef object) {
  NodeRef status = object.ensure("status");
  status.set_map();
  status.set("phase", "Active");
  NodeRef finalizers = object.ensure_map("spec").ensure_list("finalizers");
  for (const NodeRef one : finalizers.items()) {
    if (one.as_string() == kFinalizer) return;
  }
  finalizers.append_string(kFinalizer);
}

// spec.finalizers change through the subresource finalize alone.
void prepare_update(const RuleContext& context, NodeRef object, Value old) {
  if (context.subresource == "finalize") {
    if (given(old["status"])) object.ensure("status").assign(old["status"]);
    return;
  }
  NodeRef spec = object.ensure_map("spec");
  const Value finalizers = old["spec"]["finalizers"];
  if (given(finalizers)) spec.ensure("finalizers").assign(finalizers);
  else spec.erase("finalizers");
}

void validate(const RuleContext&, Value object, FieldErrors& errors) {
  const FieldPath spec("spec");
  for (const Value one : object["spec"]["finalizers"].items()) {
    check_finalizer(one.as_string(), spec.child("finalizers"), errors);
  }
}

void validate_update(const RuleContext& context, Value object, Value, FieldErrors& errors) {
  if (context.subresource != "finalize") return;
  const FieldPath spec("spec");
  const FieldPath list = spec.child("finalizers");
  std::size_t i = 0;
  for (const Value one : object["spec"]["finalizers"].items()) {
    check_finalizer(one.as_string(), list.index(i++), errors);
  }
}

void validate_status(const RuleContext&, Value object, Value, FieldErrors& errors) {
  const std::string_view phase = object["status"]["phase"].as_string();
  const FieldPath status("status");
  const FieldPath path = status.child("Phase");  // Spelled so by Kubernetes.
  const bool deleting = given(object["metadata"]["deletionTimestamp"]);
  if (!deleting && phase != "Active") {
    errors.invalid(path, phase, "may only be 'Active' if `deletionTimestamp` is empty");
  } else if (deleting && phase != "Terminating") {
    errors.invalid(path, phase, "may only be 'Terminating' if `deletionTimestamp` is not empty");
  }
}

void begin_delete(const RuleContext&, NodeRef object) {
  object.ensure_map("status").set("phase", "Terminating");
}

bool held(Value object) { return !object["spec"]["finalizers"].empty(); }

}  // namespace

constinit const KindRules kNamespaceRules = {
    .group = "",
    .resource = "namespaces",
    .delete_returns_object = true,
    .metadata_checked_fully = true,
    .plain_deletion = true,
    .name_rule = schema::label_problems,
    .prepare_create = prepare_create,
    .prepare_update = prepare_update,
    .validate = validate,
    .validate_update = validate_update,
    .validate_status = validate_status,
    .begin_delete = begin_delete,
    .held = held,
};

}  // namespace knarr::apiserver::kinds
