// SPDX-License-Identifier: Apache-2.0
// Storage classes, CSI objects, volume attachments and attribute classes. Source: k8s.io/kubernetes
// pkg/apis/storage/validation of 1.36.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/checks.h"
#include "apiserver/registry/kinds/persistent_volume.h"
#include "object/quantity.h"

#include <fmt/format.h>

#include <set>

namespace knarr::apiserver::kinds {

namespace {

constexpr std::size_t kMaxParameters = 512;
constexpr std::size_t kMaxParameterBytes = 256UL * 1024;
constexpr std::size_t kMaxDriverName = 63;
constexpr std::size_t kMaxNodeId = 256;
constexpr std::size_t kMaxErrorMessage = 1024;
constexpr std::size_t kMaxMetadata = 256UL * 1024;  // What the refusal says.
constexpr std::int64_t kLeastTokenSeconds = 600;
constexpr std::int64_t kMostTokenSeconds = std::int64_t{1} << 32;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

void check_provisioner(std::string_view name, const FieldPath& path, FieldErrors& errors) {
  if (name.empty()) {
    errors.required(path);
    return;
  }
  const std::string small = lower(name);
  complain(errors, path, small, schema::check_qualified_name(small));
}

void check_parameters(Value parameters, bool may_be_empty, FieldErrors& errors) {
  const FieldPath path("parameters");
  if (parameters.size() > kMaxParameters) errors.too_long(path, kMaxParameters);
  std::size_t total = 0;
  for (auto entry : parameters.entries()) {
    if (entry.key.empty()) errors.invalid(path, entry.key, "field can not be empty.");
    total += entry.key.size() + entry.value.as_string().size();
  }
  if (total > kMaxParameterBytes) errors.too_long(path, kMaxParameterBytes);
  if (parameters.empty() && !may_be_empty) {
    errors.required(path, "must contain at least one key/value pair");
  }
}

// The name of a CSI driver.
void check_driver_name(std::string_view name, const FieldPath& path, FieldErrors& errors) {
  if (name.empty()) errors.required(path);
  if (name.size() > kMaxDriverName) errors.too_long(path, kMaxDriverName);
  if (name.empty()) return;
  complain(errors, path, name, schema::check_dns1123_subdomain(lower(name)));
}

void check_not_negative(Value quantity, const FieldPath& path, FieldErrors& errors) {
  if (!given(quantity)) return;
  if (object::Quantity::of(quantity.as_string()).sign() < 0) {
    errors.invalid(path, quantity, kNotNegative);
  }
}

// ---- storage classes

void check_topologies(Value topologies, FieldErrors& errors) {
  const FieldPath root("allowedTopologies");
  for (std::size_t i = 0; i < topologies.size(); ++i) {
    const FieldPath term = root.index(i);
    const FieldPath list = term.child("matchLabelExpressions");
    const Value expressions = topologies.at(i)["matchLabelExpressions"];
    std::set<std::string_view> keys;
    for (std::size_t j = 0; j < expressions.size(); ++j) {
      const FieldPath path = list.index(j);
      const Value values = expressions.at(j)["values"];
      const FieldPath values_path = path.child("values");
      if (values.empty()) errors.required(values_path);
      std::set<std::string_view> seen;
      for (std::size_t k = 0; k < values.size(); ++k) {
        if (seen.insert(values.at(k).as_string()).second) continue;
        errors.duplicate(values_path.index(k), values.at(k).as_string());
      }
      const std::string_view key = expressions.at(j)["key"].as_string();
      check_label_key(key, path.child("key"), errors);
      if (!keys.insert(key).second) errors.duplicate(path.child("key"), key);
    }
    bool twice = expressions.empty();  // Kubernetes takes an empty term for one it has seen.
    for (std::size_t j = 0; j < i; ++j) twice = twice || same(topologies.at(i), topologies.at(j));
    if (twice) errors.duplicate(list, "");
  }
}

void validate_class(const RuleContext&, Value object, FieldErrors& errors) {
  check_provisioner(object["provisioner"].as_string(), FieldPath("provisioner"), errors);
  check_parameters(object["parameters"], true, errors);
  const std::string_view reclaim = object["reclaimPolicy"].as_string();
  if (!reclaim.empty() && reclaim != "Delete" && reclaim != "Retain") {
    errors.not_supported(FieldPath("reclaimPolicy"), reclaim, {"Delete", "Retain"});
  }
  const Value mode = object["volumeBindingMode"];
  const std::string_view text = mode.as_string();
  if (!given(mode)) {
    errors.required(FieldPath("volumeBindingMode"));
  } else if (text != "Immediate" && text != "WaitForFirstConsumer") {
    errors.not_supported(FieldPath("volumeBindingMode"), text,
                         {"Immediate", "WaitForFirstConsumer"});
  }
  check_topologies(object["allowedTopologies"], errors);
}

void fixed(Value object, Value old, std::string_view field, FieldErrors& errors) {
  if (same(object[field], old[field])) return;
  errors.invalid(FieldPath(field), object[field], kImmutable);
}

void validate_class_update(const RuleContext& context, Value object, Value old,
                           FieldErrors& errors) {
  validate_class(context, object, errors);
  for (const char* field : {"parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"}) {
    fixed(object, old, field, errors);
  }
}

// ---- CSI drivers

void check_token_requests(Value spec, const FieldPath& parent, FieldErrors& errors) {
  const FieldPath list = parent.child("tokenRequests");
  std::set<std::string_view> audiences;
  std::size_t i = 0;
  for (const Value request : spec["tokenRequests"].items()) {
    const FieldPath path = list.index(i++);
    const std::string_view audience = request["audience"].as_string();
    if (!audiences.insert(audience).second) errors.duplicate(path.child("audience"), audience);
    const Value seconds = request["expirationSeconds"];
    if (!given(seconds)) continue;
    const FieldPath at = path.child("expirationSeconds");
    if (seconds.as_int() < kLeastTokenSeconds) {
      errors.invalid(at, seconds.as_int(), "may not specify a duration less than 10 minutes");
    }
    if (seconds.as_int() > kMostTokenSeconds) {
      errors.invalid(at, seconds.as_int(), "may not specify a duration larger than 2^32 seconds");
    }
  }
}

void check_driver(Value object, FieldErrors& errors) {
  const Value spec = object["spec"];
  const FieldPath path("spec");
  for (const auto& [field, shown] : {std::pair("attachRequired", "attachedRequired"),
                                     std::pair("podInfoOnMount", "podInfoOnMount"),
                                     std::pair("storageCapacity", "storageCapacity")}) {
    if (!given(spec[field])) errors.required(path.child(shown));
  }
  if (given(spec["fsGroupPolicy"])) {
    const std::string_view policy = spec["fsGroupPolicy"].as_string();
    if (policy != "File" && policy != "None" && policy != "ReadWriteOnceWithFSType") {
      errors.not_supported(path.child("fsGroupPolicy"), policy,
                           {"File", "None", "ReadWriteOnceWithFSType"});
    }
  }
  check_token_requests(spec, path, errors);
  for (const Value mode : spec["volumeLifecycleModes"].items()) {
    const std::string_view text = mode.as_string();
    if (text != "Persistent" && text != "Ephemeral") {
      errors.not_supported(path.child("volumeLifecycleModes"), text, {"Persistent", "Ephemeral"});
    }
  }
  if (!given(spec["seLinuxMount"])) errors.required(path.child("seLinuxMount"));
  const Value period = spec["nodeAllocatableUpdatePeriodSeconds"];
  if (given(period) && period.as_int() < 10) {
    errors.invalid(path.child("nodeAllocatableUpdatePeriodSeconds"), period.as_int(),
                   "must be greater than or equal to 10 seconds");
  }
  const Value in_secrets = spec["serviceAccountTokenInSecrets"];
  if (given(in_secrets) && spec["tokenRequests"].empty()) {
    errors.invalid(path.child("serviceAccountTokenInSecrets"), in_secrets,
                   "serviceAccountTokenInSecrets is set but no tokenRequests are specified");
  }
}

void validate_driver(const RuleContext&, Value object, FieldErrors& errors) {
  check_driver(object, errors);
}

void validate_driver_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  check_driver(object, errors);
  const FieldPath path("spec");
  const Value attach = object["spec"]["attachRequired"];
  if (!same(attach, old["spec"]["attachRequired"])) {
    errors.invalid(path.child("attachedRequired"), attach, kImmutable);
  }
  immutable(object["spec"], old["spec"], "volumeLifecycleModes", path, errors);
}

// Born without a generation, a driver counts its changes.
void prepare_driver_update(const RuleContext&, NodeRef object, Value old) {
  if (same(object["spec"], old["spec"])) return;
  object.ensure_map("metadata").set(
      "generation", static_cast<long>(old["metadata"]["generation"].as_int() + 1));
}

void warn_driver(const RuleContext& context, Value object, Value) {
  if (context.warnings == nullptr) return;
  const Value spec = object["spec"];
  if (spec["tokenRequests"].empty() || given(spec["serviceAccountTokenInSecrets"])) return;
  context.warnings->emplace_back(
      "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to "
      "prevent possible logging of tokens in volume attributes");
}

// ---- CSI nodes

void check_node_drivers(Value drivers, FieldErrors& errors) {
  const FieldPath spec("spec");
  const FieldPath list = spec.child("drivers");
  std::set<std::string_view> names;
  std::size_t i = 0;
  for (const Value driver : drivers.items()) {
    const FieldPath path = list.index(i++);
    const std::string_view name = driver["name"].as_string();
    check_driver_name(name, path.child("name"), errors);
    const std::string_view id = driver["nodeID"].as_string();
    const FieldPath id_path = path.child("nodeID");
    if (id.empty()) errors.required(id_path);
    if (id.size() > kMaxNodeId) {
      errors.invalid(id_path, id, fmt::format("must be {} characters or less", kMaxNodeId));
    }
    const FieldPath allocatable = path.child("allocatable");
    non_negative(driver["allocatable"], "count", allocatable, errors);
    if (!names.insert(name).second) errors.duplicate(path.child("name"), name);
    std::set<std::string_view> keys;
    for (const Value item : driver["topologyKeys"].items()) {
      const std::string_view key = item.as_string();
      if (key.empty()) errors.required(path);
      if (!keys.insert(key).second) errors.duplicate(path, key);
      complain(errors, path, key, schema::check_qualified_name(key));
    }
  }
}

void validate_node(const RuleContext&, Value object, FieldErrors& errors) {
  check_node_drivers(object["spec"]["drivers"], errors);
}

// All but what the driver can allocate.
bool same_driver(Value now, Value before) {
  for (const char* field : {"nodeID", "topologyKeys"}) {
    if (!same(now[field], before[field])) return false;
  }
  return true;
}

// A driver that is there may go but not change.
void validate_node_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  const Value drivers = object["spec"]["drivers"];
  check_node_drivers(drivers, errors);
  const FieldPath spec("spec");
  for (const Value before : old["spec"]["drivers"].items()) {
    for (const Value now : drivers.items()) {
      if (now["name"].as_string() != before["name"].as_string() || same_driver(now, before)) {
        continue;
      }
      errors.invalid(spec.child("drivers"), drivers, kImmutable);
    }
  }
}

// ---- storage capacities

void validate_capacity(const RuleContext&, Value object, FieldErrors& errors) {
  check_label_selector(object["nodeTopology"], FieldPath("nodeTopology"), errors);
  const std::string_view name = object["storageClassName"].as_string();
  complain(errors, FieldPath("storageClassName"), name, schema::check_dns1123_subdomain(name));
  check_not_negative(object["capacity"], FieldPath("capacity"), errors);
}

void validate_capacity_update(const RuleContext& context, Value object, Value old,
                              FieldErrors& errors) {
  validate_capacity(context, object, errors);
  const bool selects = given(object["nodeTopology"]);
  if (selects != given(old["nodeTopology"])) {
    errors.invalid(FieldPath("nodeTopology"), object["nodeTopology"], kImmutable);
  } else {
    fixed(object, old, "nodeTopology", errors);
  }
  fixed(object, old, "storageClassName", errors);
}

// ---- volume attachments

void check_attachment_status(Value status, FieldErrors& errors) {
  const FieldPath root("status");
  for (const char* field : {"attachError", "detachError"}) {
    const FieldPath path = root.child(field);
    if (status[field]["message"].as_string().size() > kMaxErrorMessage) {
      errors.too_long(path.child("message"), kMaxMetadata);
    }
  }
}

void check_attachment_source(Value source, const FieldPath& path, FieldErrors& errors) {
  constexpr std::string_view kOne =
      "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  const Value inline_spec = source["inlineVolumeSpec"];
  const Value name = source["persistentVolumeName"];
  if (!given(inline_spec) && !given(name)) {
    errors.required(path, kOne);
  } else if (given(inline_spec) && given(name)) {
    errors.forbidden(path, kOne);
  } else if (given(name)) {
    const FieldPath at = path.child("persistentVolumeName");
    if (name.as_string().empty()) {
      errors.required(at, "must specify non empty persistentVolumeName");
    }
    complain(errors, at, name.as_string(), schema::check_dns1123_subdomain(name.as_string()));
  } else {
    const FieldPath at = path.child("inlineVolumeSpec");
    if (!given(inline_spec["csi"])) {
      errors.required(at.child("csi"), "has to be specified in the context of inline volumes");
    }
    check_volume_spec(inline_spec, true, at, errors);
  }
}

void validate_attachment(const RuleContext&, Value object, FieldErrors& errors) {
  const Value spec = object["spec"];
  const FieldPath path("spec");
  check_driver_name(spec["attacher"].as_string(), path.child("attacher"), errors);
  check_attachment_source(spec["source"], path.child("source"), errors);
  const std::string_view node = spec["nodeName"].as_string();
  complain(errors, path.child("nodeName"), node, schema::check_dns1123_subdomain(node));
  check_attachment_status(object["status"], errors);
}

void validate_attachment_update(const RuleContext& context, Value object, Value old,
                                FieldErrors& errors) {
  validate_attachment(context, object, errors);
  fixed(object, old, "spec", errors);
}

void validate_attachment_status(const RuleContext& context, Value object, Value,
                                FieldErrors& errors) {
  validate_attachment(context, object, errors);
}

// ---- volume attributes classes

void validate_attributes(const RuleContext&, Value object, FieldErrors& errors) {
  check_provisioner(object["driverName"].as_string(), FieldPath("driverName"), errors);
  check_parameters(object["parameters"], false, errors);
}

void validate_attributes_update(const RuleContext& context, Value object, Value old,
                                FieldErrors& errors) {
  for (const char* field : {"driverName", "parameters"}) {
    if (same(object[field], old[field])) continue;
    errors.forbidden(FieldPath(field), fmt::format("updates to {} are forbidden.", field));
  }
  validate_attributes(context, object, errors);
}

void prepare_attributes(const RuleContext&, NodeRef object) {
  add_protection(object, "kubernetes.io/vac-protection");
}

}  // namespace

constinit const KindRules kStorageClassRules = {
    .group = "storage.k8s.io",
    .resource = "storageclasses",
    .delete_returns_object = true,
    .validate = validate_class,
    .validate_update = validate_class_update,
};

constinit const KindRules kCsiDriverRules = {
    .group = "storage.k8s.io",
    .resource = "csidrivers",
    .unconditional_update = false,
    .delete_returns_object = true,
    .prepare_update = prepare_driver_update,
    .validate = validate_driver,
    .validate_update = validate_driver_update,
    .warn = warn_driver,
};

constinit const KindRules kCsiNodeRules = {
    .group = "storage.k8s.io",
    .resource = "csinodes",
    .unconditional_update = false,
    .delete_returns_object = true,
    .metadata_checked_once = true,
    .metadata_checked_fully = true,
    .validate = validate_node,
    .validate_update = validate_node_update,
};

constinit const KindRules kCsiStorageCapacityRules = {
    .group = "storage.k8s.io",
    .resource = "csistoragecapacities",
    .unconditional_update = false,
    .validate = validate_capacity,
    .validate_update = validate_capacity_update,
};

constinit const KindRules kVolumeAttachmentRules = {
    .group = "storage.k8s.io",
    .resource = "volumeattachments",
    .unconditional_update = false,
    .delete_returns_object = true,
    .metadata_checked_once = true,
    .metadata_checked_fully = true,
    .validate = validate_attachment,
    .validate_update = validate_attachment_update,
    .validate_status = validate_attachment_status,
};

constinit const KindRules kVolumeAttributesClassRules = {
    .group = "storage.k8s.io",
    .resource = "volumeattributesclasses",
    .delete_returns_object = true,
    .prepare_create = prepare_attributes,
    .validate = validate_attributes,
    .validate_update = validate_attributes_update,
};

}  // namespace knarr::apiserver::kinds
