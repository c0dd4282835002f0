// SPDX-License-Identifier: Apache-2.0
// Cells of nodes, volumes, quotas, events and config.
// Source: k8s.io/kubernetes/pkg/printers/internalversion; k8s-api printer-columns notes.
#include "apiserver/table/cells.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string>
#include <vector>

namespace knarr::apiserver::cells {

using object::Value;

namespace {

// ---- nodes

void node_status(std::string& out, const Input& in) {
  const Value ready = find_condition(in.object, "Ready");
  std::string text = "Unknown";
  if (ready) text = ready["status"].as_string() == "True" ? "Ready" : "NotReady";
  if (in.object["spec"]["unschedulable"].as_bool()) text += ",SchedulingDisabled";
  put_text(out, text);
}

void node_roles(std::string& out, const Input& in) {
  constexpr std::string_view kPrefix = "node-role.kubernetes.io/";
  std::set<std::string_view> roles;
  for (const auto& [key, atom, value] : in.object["metadata"]["labels"].entries()) {
    if (key.starts_with(kPrefix) && key.size() > kPrefix.size()) {
      roles.insert(key.substr(kPrefix.size()));
    } else if (key == "kubernetes.io/role" && !value.as_string().empty()) {
      roles.insert(value.as_string());
    }
  }
  Joined joined;
  for (const std::string_view role : roles) joined.add(role);
  put_text(out, joined.empty() ? "<none>" : joined.text());
}

void node_address(std::string& out, const Input& in, std::string_view type) {
  for (Value address : in.object["status"]["addresses"].items()) {
    if (address["type"].as_string() == type) {
      put_text(out, address["address"].as_string());
      return;
    }
  }
  put_text(out, "<none>");
}

void node_internal_ip(std::string& out, const Input& in) {
  node_address(out, in, "InternalIP");
}

void node_external_ip(std::string& out, const Input& in) {
  node_address(out, in, "ExternalIP");
}

void node_kernel_version(std::string& out, const Input& in) {
  const Value info = in.object["status"]["nodeInfo"];
  const std::string_view version = info["kernelVersion"].as_string();
  std::string text(version.empty() ? "<unknown>" : version);
  const std::string_view architecture = info["architecture"].as_string();
  if (!architecture.empty()) text += fmt::format(" ({})", architecture);
  put_text(out, text);
}

// ---- volumes

std::string access_modes(Value modes) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kShort{{
      {"ReadWriteOnce", "RWO"},
      {"ReadOnlyMany", "ROX"},
      {"ReadWriteMany", "RWX"},
      {"ReadWriteOncePod", "RWOP"},
  }};
  Joined joined;
  for (const auto& [name, text] : kShort) {
    for (Value mode : modes.items()) {
      if (mode.as_string() != name) continue;
      joined.add(text);
      break;
    }
  }
  return joined.text();
}

void volume_access_modes(std::string& out, const Input& in) {
  put_text(out, access_modes(in.object["spec"]["accessModes"]));
}

void phase_or_terminating(std::string& out, const Input& in) {
  put_text(out, is_deleting(in.object) ? "Terminating" : in.object["status"]["phase"].as_string());
}

void volume_claim(std::string& out, const Input& in) {
  const Value claim = in.object["spec"]["claimRef"];
  put_text(out, claim ? fmt::format("{}/{}", claim["namespace"].as_string(), claim["name"].as_string())
                      : std::string());
}

void volume_storage_class(std::string& out, const Input& in) {
  const Value old = in.object["metadata"]["annotations"]["volume.beta.kubernetes.io/storage-class"];
  put_text(out, old ? old.as_string() : in.object["spec"]["storageClassName"].as_string());
}

bool is_bound(Value claim) {
  return !claim["spec"]["volumeName"].as_string().empty();
}

void claim_capacity(std::string& out, const Input& in) {
  put_text(out, is_bound(in.object) ? in.object["status"]["capacity"]["storage"].as_string("0") : "");
}

void claim_access_modes(std::string& out, const Input& in) {
  put_text(out, is_bound(in.object) ? access_modes(in.object["status"]["accessModes"]) : "");
}

void default_class_name(std::string& out, const Input& in,
                        std::initializer_list<std::string_view> annotations) {
  std::string name(object::name_of(in.object));
  for (const std::string_view annotation : annotations) {
    if (in.object["metadata"]["annotations"][annotation].as_string() != "true") continue;
    name += " (default)";
    break;
  }
  put_text(out, name);
}

void storage_class_name(std::string& out, const Input& in) {
  default_class_name(out, in,
                     {"storageclass.kubernetes.io/is-default-class",
                      "storageclass.beta.kubernetes.io/is-default-class"});
}

void ingress_class_name(std::string& out, const Input& in) {
  default_class_name(out, in, {"ingressclass.kubernetes.io/is-default-class"});
}

void csi_driver_audiences(std::string& out, const Input& in) {
  const Value requests = in.object["spec"]["tokenRequests"];
  Joined joined;
  for (Value request : requests.items()) joined.add(request["audience"].as_string());
  put_text(out, requests ? joined.text() : "<unset>");
}

// ---- config, quotas

void config_map_data(std::string& out, const Input& in) {
  put_number(out, static_cast<std::int64_t>(in.object["data"].size() + in.object["binaryData"].size()));
}

void put_quota(std::string& out, const Input& in, bool limits) {
  const Value status = in.object["status"];
  std::vector<std::pair<std::string_view, std::string_view>> hard;
  for (const auto& [key, atom, value] : status["hard"].entries()) {
    if (key.starts_with("limits.") == limits) hard.emplace_back(key, value.as_string());
  }
  std::sort(hard.begin(), hard.end());
  Joined joined(", ");
  for (const auto& [key, value] : hard) {
    joined.add(fmt::format("{}: {}/{}", key, status["used"][key].as_string("0"), value));
  }
  put_text(out, joined.text());
}

void quota_requests(std::string& out, const Input& in) {
  put_quota(out, in, false);
}

void quota_limits(std::string& out, const Input& in) {
  put_quota(out, in, true);
}

// ---- events

std::string first_seen(const Input& in) {
  const Value first = in.object["firstTimestamp"];
  return age_text(in.now, has_time(first) ? first : in.object["eventTime"]);
}

void event_first_seen(std::string& out, const Input& in) {
  put_text(out, first_seen(in));
}

void event_last_seen(std::string& out, const Input& in) {
  const Value last = in.object["lastTimestamp"];
  if (const Value series = in.object["series"]) {
    put_text(out, age_text(in.now, series["lastObservedTime"]));
  } else {
    put_text(out, has_time(last) ? age_text(in.now, last) : first_seen(in));
  }
}

void event_object(std::string& out, const Input& in) {
  const Value about = in.object["involvedObject"];
  std::string text(about["kind"].as_string());
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::string_view name = about["name"].as_string();
  if (!name.empty()) text += fmt::format("/{}", name);
  put_text(out, text);
}

void event_source(std::string& out, const Input& in) {
  const Value source = in.object["source"];
  std::string_view component = source["component"].as_string();
  if (component.empty()) component = in.object["reportingComponent"].as_string();
  std::string_view host = source["host"].as_string();
  if (host.empty()) host = in.object["reportingInstance"].as_string();
  put_text(out, host.empty() ? std::string(component) : fmt::format("{}, {}", component, host));
}

void event_message(std::string& out, const Input& in) {
  constexpr std::string_view kBlank = " \t\n\v\f\r";
  std::string_view text = in.object["message"].as_string();
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  put_text(out, text.substr(0, text.find_last_not_of(kBlank) + 1));
}

void event_count(std::string& out, const Input& in) {
  const Value series = in.object["series"];
  const std::int64_t count = series ? series["count"].as_int() : in.object["count"].as_int();
  put_number(out, !series && count == 0 ? 1 : count);
}

// ---- components, groups served elsewhere

Value healthy_condition(Value component) {
  for (Value condition : component["conditions"].items()) {
    if (condition["type"].as_string() == "Healthy") return condition;
  }
  return {};
}

void component_status(std::string& out, const Input& in) {
  const Value condition = healthy_condition(in.object);
  put_text(out, !condition ? "Unknown"
                           : (condition["status"].as_string() == "True" ? "Healthy" : "Unhealthy"));
}

void component_message(std::string& out, const Input& in) {
  put_text(out, healthy_condition(in.object)["message"].as_string());
}

void component_error(std::string& out, const Input& in) {
  put_text(out, healthy_condition(in.object)["error"].as_string());
}

void api_service_target(std::string& out, const Input& in) {
  const Value service = in.object["spec"]["service"];
  put_text(out, service ? fmt::format("{}/{}", service["namespace"].as_string(),
                                      service["name"].as_string())
                        : "Local");
}

void api_service_available(std::string& out, const Input& in) {
  const Value condition = find_condition(in.object, "Available");
  if (!condition) {
    put_text(out, "Unknown");
    return;
  }
  const std::string_view status = condition["status"].as_string();
  const std::string_view reason = condition["reason"].as_string();
  put_text(out, status == "True" || reason.empty() ? std::string(status)
                                                   : fmt::format("{} ({})", status, reason));
}

constexpr NamedHook kHooks[] = {
    {"api_service_available", api_service_available},
    {"api_service_target", api_service_target},
    {"claim_access_modes", claim_access_modes},
    {"claim_capacity", claim_capacity},
    {"component_error", component_error},
    {"component_message", component_message},
    {"component_status", component_status},
    {"config_map_data", config_map_data},
    {"csi_driver_audiences", csi_driver_audiences},
    {"event_count", event_count},
    {"event_first_seen", event_first_seen},
    {"event_last_seen", event_last_seen},
    {"event_message", event_message},
    {"event_object", event_object},
    {"event_source", event_source},
    {"ingress_class_name", ingress_class_name},
    {"node_external_ip", node_external_ip},
    {"node_internal_ip", node_internal_ip},
    {"node_kernel_version", node_kernel_version},
    {"node_roles", node_roles},
    {"node_status", node_status},
    {"phase_or_terminating", phase_or_terminating},
    {"quota_limits", quota_limits},
    {"quota_requests", quota_requests},
    {"storage_class_name", storage_class_name},
    {"volume_access_modes", volume_access_modes},
    {"volume_claim", volume_claim},
    {"volume_storage_class", volume_storage_class},
};

}  // namespace

std::span<const NamedHook> core_hooks() {
  return kHooks;
}

}  // namespace knarr::apiserver::cells
