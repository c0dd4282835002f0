// SPDX-License-Identifier: Apache-2.0
// Nodes. Source: k8s.io/kubernetes pkg/apis/core/validation and pkg/registry/core/node of 1.36.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/checks.h"
#include "apiserver/registry/kinds/pod_checks.h"
#include "schema/ip_text.h"

#include <fmt/format.h>

namespace knarr::apiserver::kinds {

namespace {

void check_taints(Value taints, FieldErrors& errors) {
  const FieldPath metadata("metadata");  // Where Kubernetes says they are.
  const FieldPath list = metadata.child("taints");
  for (std::size_t i = 0; i < taints.size(); ++i) {
    const Value taint = taints.at(i);
    const FieldPath path = list.index(i);
    check_label_key(taint["key"].as_string(), path.child("key"), errors);
    const std::string_view value = taint["value"].as_string();
    complain(errors, path.child("value"), value, schema::check_label_value(value));
    one_of(taint, "effect", {"NoSchedule", "PreferNoSchedule", "NoExecute"}, path, errors);
    for (std::size_t j = 0; j < i; ++j) {
      if (taints.at(j)["key"].as_string() != taint["key"].as_string() ||
          taints.at(j)["effect"].as_string() != taint["effect"].as_string()) {
        continue;
      }
      errors.append(Cause{"FieldValueDuplicate", path.text(),
                          fmt::format("Duplicate value: {}: taints must be unique by key and effect "
                                      "pair", schema::print_value(taint))});
      break;
    }
  }
}

void check_resources(Value status, FieldErrors& errors) {
  const FieldPath root("status");
  for (const char* field : {"capacity", "allocatable"}) {
    const FieldPath path = root.child(field);
    for (auto entry : status[field].entries()) {
      check_resource_quantity(entry.key, entry.value, path.child(entry.key), errors);
    }
  }
}

void check_pod_cidrs(Value cidrs, const FieldPath& path, FieldErrors& errors) {
  std::size_t v4 = 0;
  std::string_view broken;
  std::size_t broken_at = 0;
  for (std::size_t i = 0; i < cidrs.size(); ++i) {
    const std::string_view text = cidrs.at(i).as_string();
    complain(errors, path.index(i), text, schema::check_cidr(text));
    const auto block = schema::parse_cidr(text);
    if (!block && broken.data() == nullptr) {
      broken = text;
      broken_at = i;
    }
    v4 += block && block->address.v4 ? 1 : 0;
  }
  if (cidrs.size() < 2) return;
  const bool sound = broken.data() == nullptr;
  if (!sound) {
    errors.internal(path,
                    fmt::format("invalid PodCIDRs. failed to check with dual stack with "
                                "error:invalid CIDR[{}]: <nil> (invalid CIDR address: {})",
                                broken_at, broken));
  }
  if (!sound || cidrs.size() > 2 || v4 != 1) {
    errors.invalid(path, cidrs, "may specify no more than one CIDR for each IP family");
  }
}

void check_features(Value status, FieldErrors& errors) {
  const Value features = status["declaredFeatures"];
  const FieldPath root("status");
  const FieldPath path = root.child("declaredFeatures");
  for (std::size_t i = 1; i < features.size(); ++i) {
    const std::string_view name = features.at(i).as_string();
    if (features.at(i - 1).as_string() <= name) continue;
    errors.invalid(path.index(i), name, "list must be sorted alphabetically");
  }
}

void validate(const RuleContext&, Value object, FieldErrors& errors) {
  const FieldPath path("spec");
  check_taints(object["spec"]["taints"], errors);
  check_resources(object["status"], errors);
  check_pod_cidrs(object["spec"]["podCIDRs"], path.child("podCIDRs"), errors);
  check_features(object["status"], errors);
}

void check_addresses(Value addresses, FieldErrors& errors) {
  const FieldPath root("status");
  const FieldPath path = root.child("addresses");
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (!same(addresses.at(i), addresses.at(j))) continue;
      errors.duplicate(path.index(i), addresses.at(i));
      break;
    }
  }
}

void check_update(Value object, Value old, FieldErrors& errors) {
  const Value spec = object["spec"];
  const Value before = old["spec"];
  const FieldPath path("spec");
  check_resources(object["status"], errors);
  check_addresses(object["status"]["addresses"], errors);
  check_features(object["status"], errors);
  const FieldPath cidrs_path = path.child("podCIDRs");
  const Value old_cidrs = before["podCIDRs"];
  if (!old_cidrs.empty() && !same(spec["podCIDRs"], old_cidrs)) {
    errors.forbidden(cidrs_path,
                     "node updates may not change podCIDR except from \"\" to valid");
  }
  const std::string_view provider = before["providerID"].as_string();
  if (!provider.empty() && provider != spec["providerID"].as_string()) {
    errors.forbidden(path.child("providerID"),
                     "node updates may not change providerID except from \"\" to valid");
  }
  if (spec["externalID"].as_string() != before["externalID"].as_string()) {
    errors.forbidden(path.child("externalID"), "may not be updated");
  }
  check_taints(spec["taints"], errors);
}

void validate_update(const RuleContext& context, Value object, Value old, FieldErrors& errors) {
  validate(context, object, errors);
  check_update(object, old, errors);
}

void validate_status(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  check_update(object, old, errors);
}

// podCIDR is podCIDRs[0]: one that is sent alone, or differs, wins.
void align_pod_cidrs(NodeRef object) {
  NodeRef spec = object["spec"];
  if (!spec.is_map()) return;
  const std::string one(spec["podCIDR"].as_string());
  const NodeRef list = spec["podCIDRs"];
  if (one.empty()) {
    if (!list.empty()) spec.set("podCIDR", std::string_view(std::string(list.at(0).as_string())));
    return;
  }
  if (!list.empty() && list.at(0).as_string() == one) return;
  NodeRef cidrs = spec.ensure("podCIDRs");
  cidrs.set_list();
  cidrs.append_string(one);
}

// Configuration through the API is gone.
void drop_config(NodeRef object, Value old) {
  if (NodeRef spec = object["spec"]; spec.is_map() && !given(old["spec"]["configSource"])) {
    spec.erase("configSource");
  }
  if (NodeRef status = object["status"]; status.is_map() && !given(old["status"]["config"])) {
    status.erase("config");
  }
}

void prepare_create(const RuleContext&, NodeRef object) {
  drop_config(object, {});
  align_pod_cidrs(object);
}
void prepare_update(const RuleContext&, NodeRef object, Value old) {
  drop_config(object, old);
  align_pod_cidrs(object);
}

void warn(const RuleContext& context, Value object, Value) {
  if (context.warnings == nullptr) return;
  if (given(object["spec"]["configSource"])) {
    context.warnings->emplace_back(
        "spec.configSource: the feature is removed; the field is unused by Kubernetes");
  }
  if (!object["spec"]["externalID"].as_string().empty()) {
    context.warnings->emplace_back(
        "spec.externalID: this field is deprecated, and is unused by Kubernetes");
  }
}

}  // namespace

constinit const KindRules kNodeRules = {
    .group = "",
    .resource = "nodes",
    .keep_status_on_create = true,
    .metadata_checked_fully = true,
    .prepare_create = prepare_create,
    .prepare_update = prepare_update,
    .prepare_status = prepare_update,
    .validate = validate,
    .validate_update = validate_update,
    .validate_status = validate_status,
    .warn = warn,
};

}  // namespace knarr::apiserver::kinds
