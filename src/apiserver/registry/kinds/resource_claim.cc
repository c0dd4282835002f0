// SPDX-License-Identifier: Apache-2.0
// Resource claims and their templates. Source: k8s.io/kubernetes pkg/apis/resource/validation of
// 1.36.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/device.h"
#include "apiserver/registry/kinds/pod_checks.h"
#include "schema/ip_text.h"

#include <fmt/format.h>

#include <set>
#include <string>

namespace knarr::apiserver::kinds {

namespace {

constexpr std::size_t kMaxSubRequests = 8;
constexpr std::size_t kMaxReservations = 256;
constexpr std::size_t kMaxConditions = 8;
constexpr std::size_t kMaxInterfaceName = 256;
constexpr std::size_t kMaxHardwareAddress = 128;
constexpr std::string_view kUnknownRequest =
    "must be the name of a request in the claim or the name of a request and a subrequest separated "
    "by '/'";

using Names = std::set<std::string, std::less<>>;

void check_tolerations_of(Value request, const FieldPath& parent, FieldErrors& errors) {
  const FieldPath list = parent.child("tolerations");
  std::size_t i = 0;
  for (const Value toleration : request["tolerations"].items()) {
    const FieldPath path = list.index(i++);
    const std::string_view key = toleration["key"].as_string();
    const std::string_view op = toleration["operator"].as_string();
    const std::string_view value = toleration["value"].as_string();
    if (!key.empty()) check_label_key(key, path.child("key"), errors);
    if (op == "Exists") {
      if (!value.empty()) {
        errors.invalid(path.child("value"), value, "must be empty for operator `Exists`");
      }
    } else if (op == "Equal") {
      complain(errors, path.child("value"), value, schema::check_label_value(value));
    } else if (op.empty()) {
      errors.required(path.child("operator"));
    } else {
      errors.not_supported(path.child("operator"), op, {"Equal", "Exists"});
    }
    const std::string_view effect = toleration["effect"].as_string();
    if (!effect.empty() && effect != "NoSchedule" && effect != "NoExecute" && effect != "None") {
      errors.not_supported(path.child("effect"), effect, {"NoExecute", "NoSchedule"});
    }
  }
}

// What an exact request and a sub-request have in common.
void check_device_request(Value request, const FieldPath& path, FieldErrors& errors) {
  const std::string_view class_name = request["deviceClassName"].as_string();
  if (class_name.empty()) {
    errors.required(path.child("deviceClassName"));
  } else {
    complain(errors, path.child("deviceClassName"), class_name,
             schema::check_dns1123_subdomain(class_name));
  }
  device::check_selectors(request["selectors"], path.child("selectors"), errors);
  const std::string_view mode = request["allocationMode"].as_string();
  const std::int64_t count = request["count"].as_int();
  if (mode == "All") {
    if (count != 0) {
      errors.invalid(path.child("count"), count,
                     "must not be specified when allocationMode is 'All'");
    }
  } else if (mode == "ExactCount") {
    if (count <= 0) errors.invalid(path.child("count"), count, "must be greater than zero");
  } else {
    errors.not_supported(path.child("allocationMode"), mode, {"All", "ExactCount"});
  }
  check_tolerations_of(request, path, errors);
}

void check_name(std::string_view name, const FieldPath& path, FieldErrors& errors) {
  complain(errors, path.child("name"), name, schema::check_dns1123_label(name));
}

void check_request(Value request, const FieldPath& path, Names& names, FieldErrors& errors) {
  const std::string_view name = request["name"].as_string();
  check_name(name, path, errors);
  const Value exact = request["exactly"];
  const Value options = request["firstAvailable"];
  if (given(exact) && !options.empty()) {
    errors.invalid_text(path, "null",
                        "exactly one of `exactly` or `firstAvailable` is required, but multiple "
                        "fields are set");
  } else if (!options.empty()) {
    const FieldPath list = path.child("firstAvailable");
    device::check_size(options, kMaxSubRequests, list, errors);
    std::set<std::string_view> seen;
    std::size_t i = 0;
    for (const Value option : options.items()) {
      const FieldPath at = list.index(i++);
      const std::string_view sub_name = option["name"].as_string();
      check_name(sub_name, at, errors);
      check_device_request(option, at, errors);
      if (!seen.insert(sub_name).second) errors.duplicate(at, sub_name);
      names.insert(fmt::format("{}/{}", name, sub_name));
    }
  } else if (given(exact)) {
    check_device_request(exact, path.child("exactly"), errors);
  } else {
    errors.required(path, "exactly one of `exactly` or `firstAvailable` is required");
  }
}

void check_request_refs(Value refs, const Names& names, const FieldPath& list,
                        FieldErrors& errors) {
  device::check_size(refs, device::kMaxList, list, errors);
  std::set<std::string_view> seen;
  std::size_t i = 0;
  for (const Value item : refs.items()) {
    const FieldPath path = list.index(i++);
    const std::string_view ref = item.as_string();
    if (!names.contains(ref)) errors.invalid(path, ref, kUnknownRequest);
    if (!seen.insert(ref).second) errors.duplicate(path, ref);
  }
}

void check_constraint(Value constraint, const Names& names, const FieldPath& path,
                      FieldErrors& errors) {
  check_request_refs(constraint["requests"], names, path.child("requests"), errors);
  const Value match = constraint["matchAttribute"];
  const Value distinct = constraint["distinctAttribute"];
  if (given(match)) {
    device::check_qualified(match.as_string(), true, path.child("matchAttribute"), errors);
  }
  if (given(distinct)) {
    device::check_qualified(distinct.as_string(), true, path.child("distinctAttribute"), errors);
  }
  if (!given(match) && !given(distinct)) {  // The words are Kubernetes' own.
    errors.required(path,
                    R"(exactly one of "matchAttribute" or "distinctAttribute" is required, )"
                    "but multiple fields are set");
  }
}

Names check_requests(Value requests, const FieldPath& list, FieldErrors& errors) {
  Names names;
  device::check_size(requests, device::kMaxList, list, errors);
  std::set<std::string_view> seen;
  std::size_t i = 0;
  for (const Value request : requests.items()) {
    const FieldPath path = list.index(i++);
    check_request(request, path, names, errors);
    const std::string_view name = request["name"].as_string();
    if (!seen.insert(name).second) errors.duplicate(path, name);
    names.insert(std::string(name));
  }
  return names;
}

void check_claim(Value spec, const FieldPath& path, FieldErrors& errors) {
  const FieldPath devices = path.child("devices");
  const Value claim = spec["devices"];
  const Names names = check_requests(claim["requests"], devices.child("requests"), errors);
  const FieldPath constraints = devices.child("constraints");
  device::check_size(claim["constraints"], device::kMaxList, constraints, errors);
  std::size_t i = 0;
  for (const Value constraint : claim["constraints"].items()) {
    check_constraint(constraint, names, constraints.index(i++), errors);
  }
  const FieldPath configs = devices.child("config");
  device::check_size(claim["config"], device::kMaxList, configs, errors);
  i = 0;
  for (const Value config : claim["config"].items()) {
    const FieldPath at = configs.index(i++);
    check_request_refs(config["requests"], names, at.child("requests"), errors);
    device::check_opaque(config, at, errors);
  }
}

void validate(const RuleContext&, Value object, FieldErrors& errors) {
  check_claim(object["spec"], FieldPath("spec"), errors);
}

void check_frozen(Value object, Value old, FieldErrors& errors) {
  if (same(object["spec"], old["spec"])) return;
  errors.invalid(FieldPath("spec"), object["spec"], kImmutable);
}

void validate_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  check_frozen(object, old, errors);
}

// ---- the status of a claim

void check_reservations(Value object, Value old, FieldErrors& errors) {
  const Value list = object["status"]["reservedFor"];
  const FieldPath status("status");
  const FieldPath path = status.child("reservedFor");
  device::check_size(list, kMaxReservations, path, errors);
  std::set<std::string_view> seen;
  std::set<std::string_view> known;
  for (const Value one : old["status"]["reservedFor"].items()) {
    known.insert(one["uid"].as_string());
  }
  bool added = false;
  std::size_t i = 0;
  for (const Value one : list.items()) {
    const FieldPath at = path.index(i++);
    for (const char* field : {"resource", "name", "uid"}) require(one, field, at, errors);
    const std::string_view uid = one["uid"].as_string();
    if (!seen.insert(uid).second) errors.duplicate(at, uid);
    added = added || !known.contains(uid);
  }
  if (list.empty()) return;
  if (!given(object["status"]["allocation"])) {
    errors.forbidden(path, "may not be specified when `allocated` is not set");
  } else if (added && given(object["metadata"]["deletionTimestamp"])) {
    errors.forbidden(path,
                     "new entries may not be added while `deallocationRequested` or "
                     "`deletionTimestamp` are set");
  }
}

Names names_of(Value spec) {
  FieldErrors ignored;
  return check_requests(spec["devices"]["requests"], FieldPath(), ignored);
}

void check_results(Value allocation, const Names& names, const FieldPath& parent,
                   FieldErrors& errors) {
  const Value results = allocation["devices"]["results"];
  const FieldPath devices = parent.child("devices");
  const FieldPath list = devices.child("results");
  device::check_size(results, device::kMaxList, list, errors);
  std::size_t i = 0;
  for (const Value result : results.items()) {
    const FieldPath path = list.index(i++);
    const std::string_view request = result["request"].as_string();
    if (!names.contains(request)) errors.invalid(path.child("request"), request, kUnknownRequest);
    device::check_driver(result["driver"].as_string(), path.child("driver"), errors);
    device::check_pool(result["pool"].as_string(), path.child("pool"), errors);
    const std::string_view name = result["device"].as_string();
    complain(errors, path.child("device"), name, schema::check_dns1123_label(name));
    if (!result["bindingFailureConditions"].empty() && result["bindingConditions"].empty()) {
      errors.invalid_text(path.child("bindingConditions"), "null",
                          "bindingConditions are required to use bindingFailureConditions");
    }
  }
  const FieldPath configs = devices.child("config");
  i = 0;
  for (const Value config : allocation["devices"]["config"].items()) {
    const FieldPath path = configs.index(i++);
    one_of(config, "source", {"FromClaim", "FromClass"}, path, errors);
    check_request_refs(config["requests"], names, path.child("requests"), errors);
    device::check_opaque(config, path, errors);
  }
}

void check_network(Value data, const FieldPath& path, FieldErrors& errors) {
  if (data["interfaceName"].as_string().size() > kMaxInterfaceName) {
    errors.too_long(path.child("interfaceName"), kMaxInterfaceName);
  }
  if (data["hardwareAddress"].as_string().size() > kMaxHardwareAddress) {
    errors.too_long(path.child("hardwareAddress"), kMaxHardwareAddress);
  }
  const FieldPath list = path.child("ips");
  std::set<std::string_view> seen;
  std::size_t i = 0;
  for (const Value item : data["ips"].items()) {
    const std::string_view ip = item.as_string();
    const FieldPath at = list.index(i++);
    complain(errors, at, ip, schema::check_interface_address(ip));
    if (!seen.insert(ip).second) errors.duplicate(at, ip);
  }
}

bool same_device(Value a, Value b) {
  for (const char* field : {"driver", "pool", "device", "shareID"}) {
    if (a[field].as_string() != b[field].as_string()) return false;
  }
  return true;
}

std::string print_device(Value one) {
  return fmt::format(R"({{"Driver":{},"Pool":{},"Device":{},"ShareID":{}}})",
                     schema::go_quote(one["driver"].as_string()),
                     schema::go_quote(one["pool"].as_string()),
                     schema::go_quote(one["device"].as_string()),
                     schema::go_quote(one["shareID"].as_string()));
}

void check_device_statuses(Value status, FieldErrors& errors) {
  const FieldPath root("status");
  const FieldPath list = root.child("devices");
  const Value devices = status["devices"];
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const Value one = devices.at(i);
    const FieldPath path = list.index(i);
    bool allocated = false;
    for (const Value result : status["allocation"]["devices"]["results"].items()) {
      allocated = allocated || same_device(one, result);
    }
    if (!allocated) {
      errors.invalid_text(path, print_device(one), "must be an allocated device in the claim");
    }
    const FieldPath conditions = path.child("conditions");
    device::check_size(one["conditions"], kMaxConditions, conditions, errors);
    check_conditions(one["conditions"], conditions, errors);
    if (given(one["networkData"])) {
      check_network(one["networkData"], path.child("networkData"), errors);
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (!same_device(one, devices.at(j))) continue;
      errors.append(Cause{"FieldValueDuplicate", path.text(),
                          fmt::format("Duplicate value: {}", print_device(one))});
      break;
    }
  }
}

void validate_status(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  const Value status = object["status"];
  const Value allocation = status["allocation"];
  const FieldPath root("status");
  const FieldPath path = root.child("allocation");
  check_reservations(object, old, errors);
  check_device_statuses(status, errors);
  if (given(allocation)) {
    check_results(allocation, names_of(object["spec"]), path, errors);
    if (given(allocation["nodeSelector"])) {
      check_node_selector(allocation["nodeSelector"], path.child("nodeSelector"), errors);
    }
  }
  const Value before = old["status"]["allocation"];
  if (given(allocation) && given(before) && !same(allocation, before)) {
    errors.invalid(path, allocation, kImmutable);
  }
}

// Devices that are allocated no longer lose their status; metadata is not status' to change.
void prepare_status(const RuleContext&, NodeRef object, Value old) {
  keep_metadata(object, old);
  NodeRef status = object["status"];
  if (!status.is_map() || !status["devices"].is_list()) return;
  const object::Document now = object::Draft::freeze(status);
  const auto allocated = [](Value allocation, Value one) {
    for (const Value result : allocation["devices"]["results"].items()) {
      if (same_device(one, result)) return true;
    }
    return false;
  };
  const Value devices = now["devices"];
  for (std::size_t i = devices.size(); i-- > 0;) {
    if (allocated(old["status"]["allocation"], devices.at(i)) &&
        !allocated(now["allocation"], devices.at(i))) {
      status["devices"].erase_at(i);
    }
  }
}

// ---- templates

void validate_template(const RuleContext&, Value object, FieldErrors& errors) {
  const FieldPath spec("spec");
  const FieldPath metadata_path = spec.child("metadata");
  const Value metadata = object["spec"]["metadata"];
  for (const char* field : {"name", "generateName", "namespace", "uid", "resourceVersion",
                            "finalizers", "ownerReferences"}) {
    const Value value = metadata[field];
    const bool set = given(value) && (value.is_list() ? !value.empty() : !value.as_string().empty());
    if (set) errors.forbidden(metadata_path.child(field), "cannot be set");
  }
  check_annotations(metadata["annotations"], metadata_path.child("annotations"), errors);
  check_labels(metadata["labels"], metadata_path.child("labels"), errors);
  check_claim(object["spec"]["spec"], spec.child("spec"), errors);
}

void validate_template_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  check_frozen(object, old, errors);
}

}  // namespace

constinit const KindRules kResourceClaimRules = {
    .group = "resource.k8s.io",
    .resource = "resourceclaims",
    .delete_returns_object = true,
    .metadata_checked_fully = true,
    .prepare_status = prepare_status,
    .validate = validate,
    .validate_update = validate_update,
    .validate_status = validate_status,
};

constinit const KindRules kResourceClaimTemplateRules = {
    .group = "resource.k8s.io",
    .resource = "resourceclaimtemplates",
    .delete_returns_object = true,
    .metadata_checked_fully = true,
    .validate = validate_template,
    .validate_update = validate_template_update,
};

}  // namespace knarr::apiserver::kinds
