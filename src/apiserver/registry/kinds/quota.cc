// SPDX-License-Identifier: Apache-2.0
// Resource quotas and limit ranges. Source: k8s.io/kubernetes pkg/apis/core/validation of 1.36.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/checks.h"
#include "apiserver/registry/kinds/pod_checks.h"
#include "object/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace knarr::apiserver::kinds {

namespace {

using object::Quantity;

template <std::size_t N>
bool is_in(std::string_view text, const std::string_view (&list)[N]) {
  return std::ranges::find(list, text) != std::end(list);
}

// ---- resource quotas

constexpr std::string_view kPodCompute[] = {"cpu",        "memory",       "limits.cpu",
                                            "limits.memory", "requests.cpu", "requests.memory"};

bool is_quota_resource(std::string_view name) {
  static constexpr std::string_view kOthers[] = {
      "ephemeral-storage", "requests.ephemeral-storage", "limits.ephemeral-storage",
      "requests.storage",  "pods",                       "resourcequotas",
      "services",          "replicationcontrollers",     "secrets",
      "configmaps",        "persistentvolumeclaims",     "services.nodeports",
      "services.loadbalancers"};
  return is_in(name, kPodCompute) || is_in(name, kOthers) || name.starts_with("hugepages-") ||
         name.starts_with("requests.hugepages-");
}

bool is_scope(std::string_view scope) {
  static constexpr std::string_view kScopes[] = {
      "Terminating",   "NotTerminating",            "BestEffort",           "NotBestEffort",
      "PriorityClass", "CrossNamespacePodAffinity", "VolumeAttributesClass"};
  return is_in(scope, kScopes);
}

bool scope_fits(std::string_view scope, std::string_view resource) {
  if (scope == "BestEffort") return resource == "pods";
  if (scope == "VolumeAttributesClass") {
    return resource == "persistentvolumeclaims" || resource == "requests.storage";
  }
  return !is_scope(scope) || resource == "pods" || is_in(resource, kPodCompute);
}

bool is_unfit(std::string_view scope, Value hard) {
  for (auto entry : hard.entries()) {
    if (is_quota_resource(entry.key) && !scope_fits(scope, entry.key)) return true;
  }
  return false;
}

bool conflict(const std::set<std::string_view>& scopes) {
  return (scopes.contains("BestEffort") && scopes.contains("NotBestEffort")) ||
         (scopes.contains("Terminating") && scopes.contains("NotTerminating"));
}

void check_amounts(Value amounts, const FieldPath& path, FieldErrors& errors) {
  for (auto entry : amounts.entries()) {
    const FieldPath at = path.key(entry.key);
    check_resource_name(entry.key, at, errors);
    if (entry.key.find('/') == std::string_view::npos && !is_quota_resource(entry.key)) {
      errors.invalid(at, entry.key, "must be a standard resource for quota");
    }
    check_resource_quantity(entry.key, entry.value, at, errors);
  }
}

void check_scopes(Value spec, const FieldPath& parent, FieldErrors& errors) {
  const FieldPath path = parent.child("scopes");
  const Value scopes = spec["scopes"];
  std::set<std::string_view> seen;
  for (const Value item : scopes.items()) {
    const std::string_view scope = item.as_string();
    if (!is_scope(scope)) errors.invalid(path, scopes, "unsupported scope");
    if (is_unfit(scope, spec["hard"])) {
      errors.invalid(path, scopes, "unsupported scope applied to resource");
    }
    seen.insert(scope);
  }
  if (conflict(seen)) errors.invalid(path, scopes, "conflicting scopes");
}

void check_scope_selector(Value spec, const FieldPath& parent, FieldErrors& errors) {
  const Value selector = spec["scopeSelector"];
  if (!given(selector)) return;
  const FieldPath selector_path = parent.child("scopeSelector");
  const FieldPath path = selector_path.child("matchExpressions");
  std::set<std::string_view> seen;
  for (const Value expression : selector["matchExpressions"].items()) {
    const std::string_view scope = expression["scopeName"].as_string();
    const std::string_view op = expression["operator"].as_string();
    const Value values = expression["values"];
    if (!is_scope(scope)) errors.invalid(path.child("scopeName"), scope, "unsupported scope");
    if (is_unfit(scope, spec["hard"])) {
      errors.invalid(path, selector, "unsupported scope applied to resource");
    }
    static constexpr std::string_view kExistsOnly[] = {"BestEffort", "NotBestEffort", "Terminating",
                                                       "NotTerminating",
                                                       "CrossNamespacePodAffinity"};
    if (is_in(scope, kExistsOnly) && op != "Exists") {
      errors.invalid(path.child("operator"), op,
                     "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, "
                     "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
                     "ResourceQuotaScopeNotBestEffort or "
                     "ResourceQuotaScopeCrossNamespacePodAffinity");
    }
    if (op == "In" || op == "NotIn") {
      if (values.empty()) {
        errors.required(path.child("values"),
                        "must be at least one value when `operator` is 'In' or 'NotIn' for scope "
                        "selector");
      }
    } else if (op == "Exists" || op == "DoesNotExist") {
      if (!values.empty()) {
        errors.invalid(path.child("values"), values,
                       "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope "
                       "selector");
      }
    } else {
      errors.invalid(path.child("operator"), op, "not a valid selector operator");
    }
    seen.insert(scope);
  }
  if (conflict(seen)) {
    errors.invalid_text(path, "null", "conflicting scopes");
  }
}

void check_quota_spec(Value spec, FieldErrors& errors) {
  const FieldPath path("spec");
  check_amounts(spec["hard"], path.child("hard"), errors);
  check_scopes(spec, path, errors);
  check_scope_selector(spec, path, errors);
}

void validate_quota(const RuleContext&, Value object, FieldErrors& errors) {
  check_quota_spec(object["spec"], errors);
}

void validate_quota_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  check_quota_spec(object["spec"], errors);
  const auto as_set = [](Value scopes) {
    std::set<std::string_view> out;
    for (const Value scope : scopes.items()) out.insert(scope.as_string());
    return out;
  };
  const Value scopes = object["spec"]["scopes"];
  if (as_set(scopes) == as_set(old["spec"]["scopes"])) return;
  const FieldPath spec("spec");
  if (scopes.empty()) errors.invalid_text(spec.child("scopes"), "null", kImmutable);
  else errors.invalid(spec.child("scopes"), scopes, kImmutable);
}

void validate_quota_status(const RuleContext&, Value object, Value, FieldErrors& errors) {
  const FieldPath path("status");
  check_amounts(object["status"]["hard"], path.child("hard"), errors);
  check_amounts(object["status"]["used"], path.child("used"), errors);
}

// ---- limit ranges

void check_limit_resource(std::string_view type, std::string_view name, const FieldPath& path,
                          FieldErrors& errors) {
  check_resource_name(name, path, errors);
  if (type != "Pod" && type != "Container") return;
  if (name.find('/') != std::string_view::npos) return;
  const bool standard = name == "cpu" || name == "memory" || name == "ephemeral-storage" ||
                        is_hugepage_resource(name);
  if (!standard) errors.invalid(path, name, "must be a standard resource for containers");
}

// The five amounts of one resource in a limit, and whether they fit together.
class LimitAmounts {
 public:
  LimitAmounts(Value limit, std::string_view resource, const FieldPath& path, FieldErrors& errors)
      : limit_(limit), resource_(resource), path_(path), errors_(errors) {}

  void check() {
    not_above("min", "max", "min", "min value {} is greater than max value {}", "min");
    not_above("min", "defaultRequest", "defaultRequest",
              "min value {} is greater than default request value {}", "defaultRequest");
    not_above("defaultRequest", "max", "defaultRequest",
              "default request value {} is greater than max value {}", "defaultRequest");
    not_above("defaultRequest", "default", "defaultRequest",
              "default request value {} is greater than default limit value {}", "defaultRequest");
    not_above("min", "default", "default", "min value {} is greater than default value {}", "min");
    not_above("default", "max", "default", "default value {} is greater than max value {}", "max");
    check_ratio();
    const Value fallback = of("default");
    const Value request = of("defaultRequest");
    if (given(fallback) && given(request) && !overcommit_allowed(resource_) &&
        amount(fallback) != amount(request)) {
      complain_at("defaultRequest", request,
                  fmt::format("default value {} must equal to defaultRequest value {} in {}",
                              fallback.as_string(), request.as_string(), resource_));
    }
  }

 private:
  [[nodiscard]] Value of(std::string_view field) const { return limit_[field][resource_]; }
  static Quantity amount(Value value) { return Quantity::of(value.as_string()); }
  void complain_at(std::string_view field, Value shown, const std::string& text) {
    const FieldPath at = path_.child(field);
    errors_.invalid(at.key(resource_), shown, text);
  }
  void not_above(std::string_view small, std::string_view large, std::string_view field,
                 const char* text, std::string_view shown) {
    const Value a = of(small);
    const Value b = of(large);
    if (!given(a) || !given(b) || amount(a) <= amount(b)) return;
    complain_at(field, of(shown), fmt::format(fmt::runtime(text), a.as_string(), b.as_string()));
  }
  void check_ratio() {
    const Value ratio = of("maxLimitRequestRatio");
    if (!given(ratio)) return;
    if (amount(ratio) < Quantity(1)) {
      complain_at("maxLimitRequestRatio", ratio,
                  fmt::format("ratio {} is less than 1", ratio.as_string()));
    }
    const Value least = of("min");
    const Value most = of("max");
    if (!given(least) || !given(most) || amount(least).is_zero()) return;
    const double greatest = amount(most).approximate() / amount(least).approximate();
    if (amount(ratio).approximate() > greatest) {
      complain_at("maxLimitRequestRatio", ratio,
                  fmt::format("ratio {} is greater than max/min = {:f}", ratio.as_string(),
                              greatest));
    }
  }

  Value limit_;
  std::string_view resource_;
  const FieldPath& path_;
  FieldErrors& errors_;
};

void check_limit(Value limit, const FieldPath& path, FieldErrors& errors) {
  const std::string_view type = limit["type"].as_string();
  std::set<std::string_view> resources;
  const auto take = [&](std::string_view field) {
    const FieldPath at = path.child(field);
    for (auto entry : limit[field].entries()) {
      check_limit_resource(type, entry.key, at.key(entry.key), errors);
      resources.insert(entry.key);
    }
  };
  take("max");
  take("min");
  if (type == "Pod") {
    for (const char* field : {"default", "defaultRequest"}) {
      if (!limit[field].empty()) {
        errors.forbidden(path.child(field), "may not be specified when `type` is 'Pod'");
      }
    }
  } else {
    take("default");
    take("defaultRequest");
  }
  if (type == "PersistentVolumeClaim" && !given(limit["min"]["storage"]) &&
      !given(limit["max"]["storage"])) {
    errors.required(path.child("limits"),
                    "either minimum or maximum storage value is required, but neither was provided");
  }
  take("maxLimitRequestRatio");
  for (const std::string_view resource : resources) {
    LimitAmounts(limit, resource, path, errors).check();
  }
}

void check_limits(Value object, FieldErrors& errors) {
  const FieldPath spec("spec");
  const FieldPath list = spec.child("limits");
  std::set<std::string_view> types;
  std::size_t i = 0;
  for (const Value limit : object["spec"]["limits"].items()) {
    const FieldPath path = list.index(i++);
    const std::string_view type = limit["type"].as_string();
    const FieldPath type_path = path.child("type");
    const schema::Complaints complaints = schema::check_qualified_name(type);
    complain(errors, type_path, type, complaints);
    const bool standard = type == "Pod" || type == "Container" || type == "PersistentVolumeClaim";
    if (complaints.empty() && type.find('/') == std::string_view::npos && !standard) {
      errors.invalid(type_path, type, "must be a standard limit type or fully qualified");
    }
    if (!types.insert(type).second) errors.duplicate(type_path, type);
    check_limit(limit, path, errors);
  }
}

void validate_limits(const RuleContext&, Value object, FieldErrors& errors) {
  check_limits(object, errors);
}
void validate_limits_update(const RuleContext&, Value object, Value, FieldErrors& errors) {
  check_limits(object, errors);
}

}  // namespace

constinit const KindRules kResourceQuotaRules = {
    .group = "",
    .resource = "resourcequotas",
    .delete_returns_object = true,
    .validate = validate_quota,
    .validate_update = validate_quota_update,
    .validate_status = validate_quota_status,
};

constinit const KindRules kLimitRangeRules = {
    .group = "",
    .resource = "limitranges",
    .create_on_update = true,
    .metadata_checked_once = true,
    .metadata_checked_fully = true,
    .validate = validate_limits,
    .validate_update = validate_limits_update,
};

}  // namespace knarr::apiserver::kinds
