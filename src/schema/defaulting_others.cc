// SPDX-License-Identifier: Apache-2.0
// Defaults of networking, rbac, resource and apiextensions that depend on other fields.
#include "schema/defaulting_hooks.h"

#include <algorithm>
#include <string>

namespace knarr::schema::defaulting {

using object::NodeRef;

namespace {

constexpr const char* kRbac = "rbac.authorization.k8s.io";

void ingress_class(NodeRef object, const Context& /*context*/) {
  const NodeRef parameters = object["spec"]["parameters"];
  if (parameters.is_map()) fill(parameters, "scope", "Cluster");
}

void network_policy(NodeRef object, const Context& /*context*/) {
  NodeRef spec = object.ensure_map("spec");
  if (!is_empty(spec["policyTypes"])) return;
  NodeRef types = spec.ensure_list("policyTypes");
  types.append_string("Ingress");
  if (!is_empty(spec["egress"])) types.append_string("Egress");
}

void role_binding(NodeRef object, const Context& /*context*/) {
  fill_empty(object.ensure_map("roleRef"), "apiGroup", kRbac);
}

void subject(NodeRef object, const Context& /*context*/) {
  const std::string_view kind = object["kind"].as_string();
  if (kind == "User" || kind == "Group") fill_empty(object, "apiGroup", kRbac);
}

void device_request(NodeRef object, const Context& /*context*/) {
  fill_empty(object, "allocationMode", "ExactCount");
  if (object["allocationMode"].as_string() == "ExactCount") fill_empty(object, "count", 1);
}

void device_taint(NodeRef object, const Context& context) {
  if (!context.now.empty()) fill(object, "timeAdded", context.now);
}

void custom_resource_definition(NodeRef object, const Context& /*context*/) {
  if (!is_empty(object["status"]["storedVersions"])) return;
  for (NodeRef version : object["spec"]["versions"].items()) {
    if (!version["storage"].as_bool()) continue;
    object.ensure_map("status").ensure_list("storedVersions").append_string(
        version["name"].as_string());
    return;
  }
}

void custom_resource_definition_spec(NodeRef object, const Context& /*context*/) {
  NodeRef names = object.ensure_map("names");
  const std::string kind(names["kind"].as_string());
  if (kind.empty()) return;
  std::string lower = kind;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  fill_empty(names, "singular", std::string_view(lower));
  fill_empty(names, "listKind", std::string_view(kind + "List"));
}

constexpr NamedHook kHooks[] = {
    {"networking.k8s.io/v1.IngressClass", ingress_class},
    {"networking.k8s.io/v1.NetworkPolicy", network_policy},
    {"rbac.authorization.k8s.io/v1.ClusterRoleBinding", role_binding},
    {"rbac.authorization.k8s.io/v1.RoleBinding", role_binding},
    {"rbac.authorization.k8s.io/v1.Subject", subject},
    {"resource.k8s.io/v1.ExactDeviceRequest", device_request},
    {"resource.k8s.io/v1.DeviceSubRequest", device_request},
    {"resource.k8s.io/v1.DeviceTaint", device_taint},
    {"apiextensions.k8s.io/v1.CustomResourceDefinition", custom_resource_definition},
    {"apiextensions.k8s.io/v1.CustomResourceDefinitionSpec", custom_resource_definition_spec},
};

}  // namespace

std::span<const NamedHook> other_hooks() { return kHooks; }

}  // namespace knarr::schema::defaulting
