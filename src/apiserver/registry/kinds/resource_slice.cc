// SPDX-License-Identifier: Apache-2.0
// Resource slices: what drivers publish. Source: k8s.io/kubernetes pkg/apis/resource/validation of
// 1.36.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/device.h"
#include "apiserver/registry/kinds/pod_checks.h"
#include "object/time_text.h"

#include <fmt/format.h>

#include <set>

namespace knarr::apiserver::kinds {

namespace {

constexpr std::size_t kMaxDevices = 128;
constexpr std::size_t kMaxDevicesWithTaintsOrCounters = 64;
constexpr std::size_t kMaxAttributes = 32;
constexpr std::size_t kMaxCounterSets = 8;
constexpr std::size_t kMaxTaints = 16;
constexpr std::size_t kMaxText = 64;

// "{`a`, `b`}" of the fields that are set.
std::string set_fields(Value from, std::initializer_list<std::string_view> fields,
                       std::size_t& count) {
  std::string out = "{";
  count = 0;
  for (const std::string_view field : fields) {
    const Value value = from[field];
    const bool set = given(value) && (!value.is_string() || !value.as_string().empty()) &&
                     (value.kind() != object::Kind::Bool || value.as_bool());
    if (!set) continue;
    fmt::format_to(std::back_inserter(out), "{}`{}`", count == 0 ? "" : ", ", field);
    ++count;
  }
  return out + "}";
}

void check_node_fields(Value from, const FieldPath& path, FieldErrors& errors) {
  if (const Value name = from["nodeName"]; given(name)) {
    const std::string_view text = name.as_string();
    if (text.empty()) {
      errors.invalid(path.child("nodeName"), text, "must be either unset or set to a non-empty string");
    } else {
      complain(errors, path.child("nodeName"), text, schema::check_dns1123_subdomain(text));
    }
  }
  if (const Value selector = from["nodeSelector"]; given(selector)) {
    const FieldPath at = path.child("nodeSelector");
    if (selector["nodeSelectorTerms"].size() != 1) {
      errors.invalid(at.child("nodeSelectorTerms"), selector["nodeSelectorTerms"],
                     "must have exactly one node selector term");
    } else {
      check_node_selector(selector, at, errors);
    }
  }
  if (const Value all = from["allNodes"]; given(all) && !all.as_bool()) {
    errors.invalid(path.child("allNodes"), all, "must be either unset or set to true");
  }
}

bool is_semver(std::string_view text) {
  std::string_view rest = text;
  for (int i = 0; i < 3; ++i) {
    std::size_t digits = 0;
    while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9') ++digits;
    if (digits == 0 || (digits > 1 && rest[0] == '0')) return false;
    rest.remove_prefix(digits);
    if (i == 2) break;
    if (!rest.starts_with('.')) return false;
    rest.remove_prefix(1);
  }
  if (rest.empty()) return true;
  if (rest[0] != '-' && rest[0] != '+') return false;
  return rest.size() > 1;
}

void check_attribute(Value attribute, const FieldPath& path, FieldErrors& errors) {
  int values = 0;
  for (auto entry : attribute.entries()) values += given(entry.value) ? 1 : 0;
  for (const char* field : {"string", "version"}) {
    const Value value = attribute[field];
    if (given(value) && value.as_string().size() > kMaxText) {
      errors.too_long(path.child(field), kMaxText);
    }
  }
  const Value version = attribute["version"];
  if (given(version) && !is_semver(version.as_string())) {
    errors.invalid(path.child("version"), version.as_string(),
                   "must be a string compatible with semver.org spec 2.0.0");
  }
  if (values == 0) errors.invalid(path, "", "exactly one value must be specified");
  else if (values > 1) errors.invalid(path, attribute, "exactly one value must be specified");
}

void check_taint(Value taint, const FieldPath& path, FieldErrors& errors) {
  check_label_key(taint["key"].as_string(), path.child("key"), errors);
  const std::string_view value = taint["value"].as_string();
  if (!value.empty()) complain(errors, path.child("value"), value, schema::check_label_value(value));
  one_of(taint, "effect", {"NoExecute", "NoSchedule", "None"}, path, errors);
}

void check_counters(Value counters, const FieldPath& path, FieldErrors& errors) {
  if (counters.empty()) errors.required(path);
  device::check_size(counters, kMaxAttributes, path, errors);
  for (auto entry : counters.entries()) {
    complain(errors, path, entry.key, schema::check_dns1123_label(entry.key));
  }
}

void check_counter_name(std::string_view name, const FieldPath& path, FieldErrors& errors) {
  if (name.empty()) errors.required(path);
  else complain(errors, path, name, schema::check_dns1123_label(name));
}

void check_consumption(Value device, const FieldPath& parent, FieldErrors& errors) {
  const FieldPath list = parent.child("consumesCounters");
  std::set<std::string_view> seen;
  std::size_t i = 0;
  for (const Value one : device["consumesCounters"].items()) {
    const FieldPath path = list.index(i++);
    const std::string_view name = one["counterSet"].as_string();
    check_counter_name(name, path.child("counterSet"), errors);
    check_counters(one["counters"], path.child("counters"), errors);
    if (!seen.insert(name).second) errors.duplicate(path, name);
  }
}

void check_binding_conditions(Value device, const FieldPath& path, FieldErrors& errors) {
  for (const char* field : {"bindingConditions", "bindingFailureConditions"}) {
    const FieldPath list = path.child(field);
    std::size_t i = 0;
    for (const Value item : device[field].items()) {
      check_label_key(item.as_string(), list.index(i++), errors);
    }
  }
  if (device["bindingConditions"].empty() && !device["bindingFailureConditions"].empty()) {
    errors.invalid_text(path.child("bindingConditions"), "null",
                        "bindingConditions are required to use bindingFailureConditions");
  }
}

void check_device(Value device, bool each_has_nodes, const FieldPath& path, FieldErrors& errors) {
  const std::string_view name = device["name"].as_string();
  complain(errors, path.child("name"), name, schema::check_dns1123_label(name));
  const FieldPath attributes = path.child("attributes");
  for (auto entry : device["attributes"].entries()) {
    device::check_qualified(entry.key, false, attributes, errors);
    check_attribute(entry.value, attributes.key(entry.key), errors);
  }
  const FieldPath capacity = path.child("capacity");
  for (auto entry : device["capacity"].entries()) {
    device::check_qualified(entry.key, false, capacity, errors);
    if (given(entry.value["requestPolicy"]) && !device["allowMultipleAllocations"].as_bool()) {
      const FieldPath at = capacity.key(entry.key);
      errors.forbidden(at.child("requestPolicy"), "allowMultipleAllocations must be true");
    }
  }
  const std::size_t total = device["attributes"].size() + device["capacity"].size();
  if (total > kMaxAttributes) {
    errors.invalid(path, static_cast<std::int64_t>(total),
                   fmt::format("the total number of attributes and capacities must not exceed {}",
                               kMaxAttributes));
  }
  const FieldPath taints = path.child("taints");
  device::check_size(device["taints"], kMaxTaints, taints, errors);
  std::size_t i = 0;
  for (const Value taint : device["taints"].items()) check_taint(taint, taints.index(i++), errors);
  check_consumption(device, path, errors);
  if (each_has_nodes) {
    constexpr std::string_view kOne =
        "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when "
        "`perDeviceNodeSelection` is set to true in the ResourceSlice spec";
    std::size_t count = 0;
    const std::string fields =
        set_fields(device, {"nodeName", "nodeSelector", "allNodes"}, count);
    check_node_fields(device, path, errors);
    if (count == 0) errors.required(path, kOne);
    else if (count > 1) errors.invalid(path, fields, kOne);
  }
  check_binding_conditions(device, path, errors);
}

void check_devices(Value spec, const FieldPath& path, FieldErrors& errors) {
  const Value devices = spec["devices"];
  const FieldPath list = path.child("devices");
  bool heavy = false;
  for (const Value device : devices.items()) {
    heavy = heavy || !device["taints"].empty() || !device["consumesCounters"].empty();
  }
  device::check_size(devices, heavy ? kMaxDevicesWithTaintsOrCounters : kMaxDevices, list, errors);
  std::set<std::string_view> names;
  std::size_t i = 0;
  for (const Value device : devices.items()) {
    const FieldPath at = list.index(i++);
    check_device(device, spec["perDeviceNodeSelection"].as_bool(), at, errors);
    const std::string_view name = device["name"].as_string();
    if (!names.insert(name).second) errors.duplicate(at, name);
  }
}

void check_shared_counters(Value spec, const FieldPath& path, FieldErrors& errors) {
  const FieldPath list = path.child("sharedCounters");
  device::check_size(spec["sharedCounters"], kMaxCounterSets, list, errors);
  std::set<std::string_view> names;
  std::size_t i = 0;
  for (const Value counters : spec["sharedCounters"].items()) {
    const FieldPath at = list.index(i++);
    const std::string_view name = counters["name"].as_string();
    check_counter_name(name, at.child("name"), errors);
    check_counters(counters["counters"], at.child("counters"), errors);
    if (!names.insert(name).second) errors.duplicate(at, name);
  }
}

void check_slice(Value spec, FieldErrors& errors) {
  const FieldPath path("spec");
  device::check_driver(spec["driver"].as_string(), path.child("driver"), errors);
  const FieldPath pool = path.child("pool");
  device::check_pool(spec["pool"]["name"].as_string(), pool.child("name"), errors);
  const std::int64_t count = spec["pool"]["resourceSliceCount"].as_int();
  if (count <= 0) {
    errors.invalid(pool.child("resourceSliceCount"), count, "must be greater than zero");
  }
  const std::int64_t generation = spec["pool"]["generation"].as_int();
  if (generation < 0) {
    errors.invalid(pool.child("generation"), generation,
                   "must be greater than or equal to zero");
  }
  check_node_fields(spec, path, errors);
  constexpr std::string_view kOne =
      "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
  std::size_t set = 0;
  const std::string fields = set_fields(
      spec, {"nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"}, set);
  if (set == 0 && !given(spec["allNodes"])) {
    errors.required(path, kOne);
  } else if (set > 1) {
    errors.invalid(path, fields, fmt::format("{}, but multiple fields are set", kOne));
  }
  if (!spec["sharedCounters"].empty() && !spec["devices"].empty()) {
    errors.invalid(path, "", "only one of `sharedCounters` or `devices` is allowed");
  }
  check_devices(spec, path, errors);
  check_shared_counters(spec, path, errors);
}

// A taint without a time begins now.
void date_taints(const RuleContext& context, NodeRef object) {
  const std::string now =
      object::time_text(std::chrono::floor<std::chrono::microseconds>(context.now));
  for (const NodeRef device : object["spec"]["devices"].items()) {
    for (NodeRef taint : device["taints"].items()) {
      if (!given(taint["timeAdded"])) taint.set("timeAdded", std::string_view(now));
    }
  }
}

void prepare_create(const RuleContext& context, NodeRef object) { date_taints(context, object); }
void prepare_update(const RuleContext& context, NodeRef object, Value) {
  date_taints(context, object);
}

void validate(const RuleContext&, Value object, FieldErrors& errors) {
  check_slice(object["spec"], errors);
}

void validate_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  const Value spec = object["spec"];
  const Value before = old["spec"];
  const FieldPath path("spec");
  check_slice(spec, errors);
  const std::string_view pool = spec["pool"]["name"].as_string();
  if (pool != before["pool"]["name"].as_string()) {
    errors.invalid(path.child("pool").child("name"), pool, kImmutable);
  }
  if (spec["driver"].as_string() != before["driver"].as_string()) {
    errors.invalid(path.child("driver"), spec["driver"].as_string(), kImmutable);
  }
  immutable(spec, before, "nodeName", path, errors);
}

}  // namespace

constinit const KindRules kResourceSliceRules = {
    .group = "resource.k8s.io",
    .resource = "resourceslices",
    .generation = Generation::OnSpecChange,
    .delete_returns_object = true,
    .prepare_create = prepare_create,
    .prepare_update = prepare_update,
    .validate = validate,
    .validate_update = validate_update,
};

}  // namespace knarr::apiserver::kinds
