// SPDX-License-Identifier: Apache-2.0
// Roles and their bindings. Who may grant what is auth's. Source: k8s.io/kubernetes
// pkg/apis/rbac/validation of 1.36.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/checks.h"

namespace knarr::apiserver::kinds {

namespace {

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

void check_rule(Value rule, bool namespaced, const FieldPath& path, FieldErrors& errors) {
  if (rule["verbs"].empty()) {
    errors.required(path.child("verbs"), "verbs must contain at least one value");
  }
  const Value urls = rule["nonResourceURLs"];
  if (!urls.empty()) {
    if (namespaced) {
      errors.invalid(path.child("nonResourceURLs"), urls,
                     "namespaced rules cannot apply to non-resource URLs");
    }
    if (!rule["apiGroups"].empty() || !rule["resources"].empty() ||
        !rule["resourceNames"].empty()) {
      errors.invalid(path.child("nonResourceURLs"), urls,
                     "rules cannot apply to both regular resources and non-resource URLs");
    }
    return;
  }
  if (rule["apiGroups"].empty()) {
    errors.required(path.child("apiGroups"), "resource rules must supply at least one api group");
  }
  if (rule["resources"].empty()) {
    errors.required(path.child("resources"), "resource rules must supply at least one resource");
  }
}

void check_role(Value object, bool namespaced, FieldErrors& errors) {
  const FieldPath path("rules");
  std::size_t i = 0;
  for (const Value rule : object["rules"].items()) {
    check_rule(rule, namespaced, path.index(i++), errors);
  }
}

void check_cluster_role(Value object, FieldErrors& errors) {
  check_role(object, false, errors);
  const Value aggregation = object["aggregationRule"];
  if (!given(aggregation)) return;
  const FieldPath root("aggregationRule");
  const FieldPath path = root.child("clusterRoleSelectors");
  const Value selectors = aggregation["clusterRoleSelectors"];
  if (selectors.empty()) {
    errors.required(path,
                    "at least one clusterRoleSelector required if aggregationRule is non-nil");
  }
  std::size_t i = 0;
  for (const Value selector : selectors.items()) {
    const FieldPath at = path.index(i++);
    check_label_selector(selector, at, errors);
    if (!is_valid_selector(selector)) errors.invalid_text(at, "null", "invalid label selector.");
  }
}

void check_subject(Value subject, bool namespaced, const FieldPath& path, FieldErrors& errors) {
  const std::string_view name = subject["name"].as_string();
  const std::string_view kind = subject["kind"].as_string();
  const std::string_view group = subject["apiGroup"].as_string();
  if (name.empty()) errors.required(path.child("name"));
  if (kind == "ServiceAccount") {
    if (!name.empty()) {
      complain(errors, path.child("name"), name, schema::check_dns1123_subdomain(name));
    }
    if (!group.empty()) errors.not_supported(path.child("apiGroup"), group, {""});
    if (!namespaced && subject["namespace"].as_string().empty()) {
      errors.required(path.child("namespace"));
    }
  } else if (kind == "User" || kind == "Group") {
    if (group != kGroup) errors.not_supported(path.child("apiGroup"), group, {kGroup});
  } else {
    errors.not_supported(path.child("kind"), kind, {"ServiceAccount", "User", "Group"});
  }
}

void check_binding(Value object, bool namespaced, FieldErrors& errors) {
  const Value role = object["roleRef"];
  const FieldPath path("roleRef");
  const std::string_view group = role["apiGroup"].as_string();
  const std::string_view kind = role["kind"].as_string();
  if (group != kGroup) errors.not_supported(path.child("apiGroup"), group, {kGroup});
  if (kind != "ClusterRole" && !(namespaced && kind == "Role")) {
    if (namespaced) errors.not_supported(path.child("kind"), kind, {"Role", "ClusterRole"});
    else errors.not_supported(path.child("kind"), kind, {"ClusterRole"});
  }
  check_segment(role, "name", path, errors);
  const FieldPath subjects("subjects");
  std::size_t i = 0;
  for (const Value subject : object["subjects"].items()) {
    check_subject(subject, namespaced, subjects.index(i++), errors);
  }
}

void check_role_ref(Value object, Value old, FieldErrors& errors) {
  if (same(object["roleRef"], old["roleRef"])) return;
  errors.invalid(FieldPath("roleRef"), object["roleRef"], "cannot change roleRef");
}

void validate_role(const RuleContext&, Value object, FieldErrors& errors) {
  check_role(object, true, errors);
}
void validate_role_update(const RuleContext&, Value object, Value, FieldErrors& errors) {
  check_role(object, true, errors);
}
void validate_cluster_role(const RuleContext&, Value object, FieldErrors& errors) {
  check_cluster_role(object, errors);
}
void validate_cluster_role_update(const RuleContext&, Value object, Value, FieldErrors& errors) {
  check_cluster_role(object, errors);
}
void validate_binding(const RuleContext&, Value object, FieldErrors& errors) {
  check_binding(object, true, errors);
}
void validate_binding_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  check_binding(object, true, errors);
  check_role_ref(object, old, errors);
}
void validate_cluster_binding(const RuleContext&, Value object, FieldErrors& errors) {
  check_binding(object, false, errors);
}
void validate_cluster_binding_update(const RuleContext&, Value object, Value old,
                                     FieldErrors& errors) {
  check_binding(object, false, errors);
  check_role_ref(object, old, errors);
}

}  // namespace

constinit const KindRules kRoleRules = {
    .group = kGroup,
    .resource = "roles",
    .create_on_update = true,
    .metadata_checked_fully = true,
    .name_rule = schema::path_segment_problems,
    .validate = validate_role,
    .validate_update = validate_role_update,
};

constinit const KindRules kClusterRoleRules = {
    .group = kGroup,
    .resource = "clusterroles",
    .create_on_update = true,
    .metadata_checked_fully = true,
    .name_rule = schema::path_segment_problems,
    .validate = validate_cluster_role,
    .validate_update = validate_cluster_role_update,
};

constinit const KindRules kRoleBindingRules = {
    .group = kGroup,
    .resource = "rolebindings",
    .create_on_update = true,
    .metadata_checked_fully = true,
    .name_rule = schema::path_segment_problems,
    .validate = validate_binding,
    .validate_update = validate_binding_update,
};

constinit const KindRules kClusterRoleBindingRules = {
    .group = kGroup,
    .resource = "clusterrolebindings",
    .create_on_update = true,
    .metadata_checked_fully = true,
    .name_rule = schema::path_segment_problems,
    .validate = validate_cluster_binding,
    .validate_update = validate_cluster_binding_update,
};

}  // namespace knarr::apiserver::kinds
