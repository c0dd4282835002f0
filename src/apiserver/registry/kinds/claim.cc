// SPDX-License-Identifier: Apache-2.0
// Persistent volume claims. Source: k8s.io/kubernetes pkg/apis/core/validation and
// pkg/registry/core/persistentvolumeclaim of 1.36.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/persistent_volume.h"
#include "apiserver/registry/kinds/pod_checks.h"
#include "object/quantity.h"

#include <fmt/format.h>

namespace knarr::apiserver::kinds {

namespace {

constexpr std::string_view kFrozen =
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for "
    "bound claims";

using object::Quantity;

template <typename V>
bool is_claim(V source) {
  return source["kind"].as_string() == "PersistentVolumeClaim" &&
         source["apiGroup"].as_string().empty();
}

template <typename V>
bool is_snapshot(V source) {
  return source["kind"].as_string() == "VolumeSnapshot" &&
         source["apiGroup"].as_string() == "snapshot.storage.k8s.io";
}

// dataSource and dataSourceRef say the same for what both can hold.
void align_sources(NodeRef object, bool is_new) {
  NodeRef spec = object["spec"];
  if (!spec.is_map()) return;
  if (is_new) {
    const NodeRef source = spec["dataSource"];
    // A source of another kind was always ignored; one elsewhere waits for a gate that is off.
    if (given(source) && !is_claim(source) && !is_snapshot(source)) spec.erase("dataSource");
    if (!spec["dataSourceRef"]["namespace"].as_string().empty()) spec.erase("dataSourceRef");
  }
  const NodeRef source = spec["dataSource"];
  const NodeRef reference = spec["dataSourceRef"];
  if (given(source) && !given(reference)) {
    spec.ensure("dataSourceRef").assign(source);
  } else if (!given(source) && given(reference) &&
             reference["namespace"].as_string().empty()) {
    spec.ensure("dataSource").assign(reference);
  }
}

void prepare_create(const RuleContext&, NodeRef object) {
  NodeRef status = object.ensure("status");
  status.set_map();
  status.set("phase", "Pending");
  add_protection(object, "kubernetes.io/pvc-protection");
  align_sources(object, true);
}

void prepare_update(const RuleContext&, NodeRef object, Value old) {
  const bool had = given(old["spec"]["dataSource"]) || given(old["spec"]["dataSourceRef"]);
  align_sources(object, !had);
}

void validate(const RuleContext&, Value object, FieldErrors& errors) {
  apiserver::check_claim_spec(object["spec"], FieldPath("spec"), errors);
}

bool may_differ(std::string_view field, bool bound, Value now, Value before) {
  if (field == "volumeName") return !given(before) || before.as_string().empty();
  if (field == "volumeAttributesClassName") return bound || !given(before);
  (void)now;
  return false;
}

// A claim without a class may get one, until it is bound.
bool class_added(Value spec, Value before) {
  return !given(before["storageClassName"]) && given(spec["storageClassName"]);
}

// All of resources but the storage that is asked for.
bool same_resources(Value now, Value before, bool bound) {
  if (!bound) return same(now, before);
  if (!same(now["limits"], before["limits"])) return false;
  for (auto entry : now["requests"].entries()) {
    if (entry.key != "storage" && !same(entry.value, before["requests"][entry.key])) return false;
  }
  for (auto entry : before["requests"].entries()) {
    if (!given(now["requests"][entry.key])) return false;
  }
  return true;
}

bool differs(Value spec, Value before, bool bound) {
  const auto one_way = [&](Value a, Value b) {
    for (auto entry : a.entries()) {
      if (entry.key == "resources" || entry.key == "volumeMode") continue;
      if (entry.key == "storageClassName" && class_added(spec, before)) continue;
      if (same(entry.value, b[entry.key])) continue;
      if (!may_differ(entry.key, bound, spec[entry.key], before[entry.key])) return true;
    }
    return false;
  };
  return one_way(spec, before) || one_way(before, spec) ||
         !same_resources(spec["resources"], before["resources"], bound);
}

void validate_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  const Value spec = object["spec"];
  const Value before = old["spec"];
  const FieldPath path("spec");
  apiserver::check_claim_spec(spec, path, errors);
  const bool bound = old["status"]["phase"].as_string() == "Bound" ||
                     object["status"]["phase"].as_string() == "Bound";
  if (differs(spec, before, bound)) errors.forbidden(path, kFrozen);
  const Quantity wanted = Quantity::of(spec["resources"]["requests"]["storage"].as_string());
  const Quantity had = Quantity::of(before["resources"]["requests"]["storage"].as_string());
  const Quantity real = Quantity::of(old["status"]["capacity"]["storage"].as_string());
  if (bound && wanted < had && wanted <= real && !real.is_zero()) {
    if (wanted < real || wanted == real) {
      const FieldPath resources = path.child("resources");
      const FieldPath requests = resources.child("requests");
      errors.forbidden(requests.child("storage"), "field can not be less than status.capacity");
    }
  }
  if (!same(spec["volumeMode"], before["volumeMode"])) {
    errors.invalid(FieldPath("volumeMode"), spec["volumeMode"], kImmutable);
  }
}

void validate_status(const RuleContext&, Value object, Value, FieldErrors& errors) {
  const Value status = object["status"];
  const FieldPath path("status");
  for (auto entry : status["allocatedResources"].entries()) {
    if (entry.key == "storage" || entry.key.find('/') != std::string_view::npos) continue;
    errors.not_supported(path.child("allocatedResources"), entry.key, {"storage"});
  }
  const FieldPath statuses = path.child("allocatedResourceStatuses");
  for (auto entry : status["allocatedResourceStatuses"].entries()) {
    if (entry.key != "storage" && entry.key.find('/') == std::string_view::npos) {
      errors.not_supported(statuses, entry.key, {"storage"});
    }
    const std::string_view text = entry.value.as_string();
    if (text != "ControllerResizeInProgress" && text != "ControllerResizeInfeasible" &&
        text != "NodeResizePending" && text != "NodeResizeInProgress" &&
        text != "NodeResizeInfeasible") {
      errors.not_supported(statuses, text,
                           {"ControllerResizeInProgress", "ControllerResizeInfeasible",
                            "NodeResizePending", "NodeResizeInProgress", "NodeResizeInfeasible"});
    }
  }
}

void warn(const RuleContext& context, Value object, Value old) {
  if (context.warnings == nullptr || !context.subresource.empty()) return;
  constexpr std::string_view kBetaClass = "volume.beta.kubernetes.io/storage-class";
  if (given(object["metadata"]["annotations"][kBetaClass]) &&
      !given(old["metadata"]["annotations"][kBetaClass])) {
    context.warnings->emplace_back(
        "metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "
        "\"storageClassName\" attribute instead");
  }
  for (const char* field : {"limits", "requests"}) {
    const Value storage = object["spec"]["resources"][field]["storage"];
    if (!given(storage) || same(storage, old["spec"]["resources"][field]["storage"])) continue;
    if (Quantity::of(storage.as_string()).milli_value() % 1000 == 0) continue;
    context.warnings->push_back(
        fmt::format("spec.resources.{}[storage]: fractional byte value {} is invalid, must be an "
                    "integer", field, schema::go_quote(storage.as_string())));
  }
}

}  // namespace

constinit const KindRules kPersistentVolumeClaimRules = {
    .group = "",
    .resource = "persistentvolumeclaims",
    .delete_returns_object = true,
    .metadata_checked_fully = true,
    .prepare_create = prepare_create,
    .prepare_update = prepare_update,
    .validate = validate,
    .validate_update = validate_update,
    .validate_status = validate_status,
    .warn = warn,
};

}  // namespace knarr::apiserver::kinds
