// SPDX-License-Identifier: Apache-2.0
// Flow schemas and priority levels; those that must exist keep their spec (BEHAVIOURS 161). Source:
// k8s.io/kubernetes pkg/apis/flowcontrol/validation of 1.36.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/checks.h"
#include "codec/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace knarr::apiserver::kinds {

namespace {

constexpr std::int64_t kMaxPrecedence = 10'000;
constexpr std::int64_t kMaxQueues = 10'000'000;
constexpr int kMaxEntropyBits = 60;

// ---- the specs of mandatory objects

constexpr std::string_view kExemptSchema =
    R"({"priorityLevelConfiguration":{"name":"exempt"},"matchingPrecedence":1,"rules":[{"subjects":[)"
    R"({"kind":"Group","group":{"name":"system:masters"}}],"resourceRules":[{"verbs":["*"],)"
    R"("apiGroups":["*"],"resources":["*"],"clusterScope":true,"namespaces":["*"]}],)"
    R"("nonResourceRules":[{"verbs":["*"],"nonResourceURLs":["*"]}]}]})";
constexpr std::string_view kCatchAllSchema =
    R"({"priorityLevelConfiguration":{"name":"catch-all"},"matchingPrecedence":10000,)"
    R"("distinguisherMethod":{"type":"ByUser"},"rules":[{"subjects":[{"kind":"Group","group":)"
    R"({"name":"system:unauthenticated"}},{"kind":"Group","group":{"name":"system:authenticated"}}],)"
    R"("resourceRules":[{"verbs":["*"],"apiGroups":["*"],"resources":["*"],"clusterScope":true,)"
    R"("namespaces":["*"]}],"nonResourceRules":[{"verbs":["*"],"nonResourceURLs":["*"]}]}]})";
constexpr std::string_view kCatchAllLevel =
    R"({"type":"Limited","limited":{"nominalConcurrencyShares":5,"limitResponse":{"type":"Reject"},)"
    R"("lendablePercent":0}})";

bool equals(Value spec, std::string_view json) {
  const auto fixed = codec::parse_json(json);
  return fixed && same(fixed->root(), spec);
}

// ---- verbs and other lists with a wildcard

bool has_wildcard(Value list) {
  for (const Value item : list.items()) {
    if (item.as_string() == "*") return true;
  }
  return false;
}

void check_verbs(Value verbs, const FieldPath& parent, FieldErrors& errors) {
  static constexpr std::string_view kVerbs[] = {"create", "delete", "deletecollection",
                                                "get",    "list",   "patch",
                                                "proxy",  "update", "watch"};
  const FieldPath path = parent.child("verbs");
  if (verbs.empty()) {
    errors.required(path, "verbs must contain at least one value");
    return;
  }
  if (has_wildcard(verbs)) {
    if (verbs.size() > 1) {
      errors.invalid(path, verbs, "if '*' is present, must not specify other verbs");
    }
    return;
  }
  for (const Value verb : verbs.items()) {
    if (std::ranges::find(kVerbs, verb.as_string()) != std::end(kVerbs)) continue;
    not_supported(errors, path, verbs,
                  {"create", "delete", "deletecollection", "get", "list", "patch", "proxy",
                   "update", "watch"});
    return;
  }
}

void check_wildcard_list(Value list, const FieldPath& path, std::string_view missing,
                         std::string_view things, FieldErrors& errors) {
  if (list.empty()) {
    errors.required(path, missing);
  } else if (list.size() > 1 && has_wildcard(list)) {
    errors.invalid(path, list,
                   fmt::format("if '*' is present, must not specify other {}", things));
  }
}

void check_url(std::string_view url, const FieldPath& path, FieldErrors& errors) {
  if (url.empty()) {
    errors.invalid(path, url, "must not be empty");
    return;
  }
  if (url == "/") return;
  if (!url.starts_with('/')) errors.invalid(path, url, "must start with slash");
  if (url.find(' ') != std::string_view::npos) {
    errors.invalid(path, url, "must not contain white-space");
  }
  if (url.find("//") != std::string_view::npos) {
    errors.invalid(path, url, "must not contain double slash");
  }
  const auto wildcards = std::ranges::count(url, '*');
  if (wildcards > 1 || (wildcards == 1 && !url.ends_with("/*"))) {
    errors.invalid(path, url, "wildcard can only do suffix matching");
  }
}

void check_url_rule(Value rule, const FieldPath& path, FieldErrors& errors) {
  check_verbs(rule["verbs"], path, errors);
  const Value urls = rule["nonResourceURLs"];
  const FieldPath list = path.child("nonResourceURLs");
  check_wildcard_list(urls, list, "nonResourceURLs must contain at least one value",
                      "non-resource URLs", errors);
  if (has_wildcard(urls)) return;
  for (std::size_t i = 0; i < urls.size(); ++i) {
    check_url(urls.at(i).as_string(), list.index(i), errors);
  }
}

void check_resource_rule(Value rule, const FieldPath& path, FieldErrors& errors) {
  check_verbs(rule["verbs"], path, errors);
  check_wildcard_list(rule["apiGroups"], path.child("apiGroups"),
                      "resource rules must supply at least one api group", "api groups", errors);
  check_wildcard_list(rule["resources"], path.child("resources"),
                      "resource rules must supply at least one resource", "resources", errors);
  const Value spaces = rule["namespaces"];
  const FieldPath list = path.child("namespaces");
  if (spaces.empty() && !rule["clusterScope"].as_bool()) {
    errors.required(list,
                    "resource rules that are not cluster scoped must supply at least one namespace");
  } else if (spaces.size() > 1 && has_wildcard(spaces)) {
    errors.invalid(list, spaces, "if '*' is present, must not specify other namespaces");
  } else {
    for (std::size_t i = 0; i < spaces.size(); ++i) {
      const std::string_view space = spaces.at(i).as_string();
      if (space == "*") continue;
      for (const std::string& text : schema::check_dns1123_label(space)) {
        errors.invalid(list.index(i), space,
                       fmt::format("each member of this list must be '*' or a DNS-1123 label; {}",
                                   text));
      }
    }
  }
}

void check_named(Value subject, std::string_view field, std::string_view kind,
                 const FieldPath& parent, FieldErrors& errors) {
  const FieldPath path = parent.child(field);
  if (!given(subject[field])) {
    errors.required(path, fmt::format("{} is required when subject kind is '{}'", field, kind));
    return;
  }
  require(subject[field], "name", path, errors);
}

void check_account(Value subject, const FieldPath& parent, FieldErrors& errors) {
  const FieldPath path = parent.child("serviceAccount");
  const Value account = subject["serviceAccount"];
  if (!given(account)) {
    errors.required(path, "serviceAccount is required when subject kind is 'ServiceAccount'");
    return;
  }
  const std::string_view name = account["name"].as_string();
  if (name.empty()) {
    errors.required(path.child("name"));
  } else if (name != "*") {
    complain(errors, path.child("name"), name, schema::check_dns1123_subdomain(name));
  }
  const std::string_view space = account["namespace"].as_string();
  if (space.empty()) {
    errors.required(path.child("namespace"), "must specify namespace for service account");
  } else {
    complain(errors, path.child("namespace"), space, schema::check_dns1123_label(space));
  }
}

void check_subject(Value subject, const FieldPath& path, FieldErrors& errors) {
  struct Kind {
    std::string_view kind;
    std::string_view field;
  };
  static constexpr Kind kKinds[] = {
      {"ServiceAccount", "serviceAccount"}, {"User", "user"}, {"Group", "group"}};
  const std::string_view kind = subject["kind"].as_string();
  if (kind == "ServiceAccount") {
    check_account(subject, path, errors);
  } else if (kind == "User" || kind == "Group") {
    check_named(subject, kind == "User" ? "user" : "group", kind, path, errors);
  } else {
    errors.not_supported(path.child("kind"), kind, {"Group", "ServiceAccount", "User"});
    return;
  }
  for (const Kind& other : kKinds) {
    if (other.kind == kind || !given(subject[other.field])) continue;
    errors.forbidden(path.child(other.field),
                     fmt::format("{} is forbidden when subject kind is not '{}'", other.field,
                                 other.kind));
  }
}

void check_rule(Value rule, const FieldPath& path, FieldErrors& errors) {
  const FieldPath subjects = path.child("subjects");
  if (rule["subjects"].empty()) {
    errors.required(subjects, "subjects must contain at least one value");
  }
  std::size_t i = 0;
  for (const Value subject : rule["subjects"].items()) {
    check_subject(subject, subjects.index(i++), errors);
  }
  if (rule["resourceRules"].empty() && rule["nonResourceRules"].empty()) {
    errors.required(path,
                    "at least one of resourceRules and nonResourceRules has to be non-empty");
  }
  const FieldPath resources = path.child("resourceRules");
  i = 0;
  for (const Value one : rule["resourceRules"].items()) {
    check_resource_rule(one, resources.index(i++), errors);
  }
  const FieldPath urls = path.child("nonResourceRules");
  i = 0;
  for (const Value one : rule["nonResourceRules"].items()) {
    check_url_rule(one, urls.index(i++), errors);
  }
}

void check_schema(Value object, FieldErrors& errors) {
  const Value spec = object["spec"];
  const FieldPath path("spec");
  const std::string_view name = object::name_of(object);
  const std::int64_t precedence = spec["matchingPrecedence"].as_int();
  const FieldPath precedence_path = path.child("matchingPrecedence");
  if (precedence <= 0) errors.invalid(precedence_path, precedence, "must be a positive value");
  if (precedence > kMaxPrecedence) {
    errors.invalid(precedence_path, precedence, "must not be greater than 10000");
  }
  if (precedence == 1 && name != "exempt") {
    errors.invalid(precedence_path, precedence,
                   "only the schema named 'exempt' may have matchingPrecedence 1");
  }
  if (const Value method = spec["distinguisherMethod"]; given(method)) {
    const std::string_view type = method["type"].as_string();
    const FieldPath at = path.child("distinguisherMethod");
    if (type != "ByNamespace" && type != "ByUser") {
      not_supported(errors, at.child("type"), method, {"ByNamespace", "ByUser"});
    }
  }
  const std::string_view level = spec["priorityLevelConfiguration"]["name"].as_string();
  const FieldPath level_path = path.child("priorityLevelConfiguration");
  if (level.empty()) {
    errors.required(level_path.child("name"), "must reference a priority level");
  } else {
    complain(errors, level_path.child("name"), level, schema::check_dns1123_subdomain(level));
  }
  const FieldPath rules = path.child("rules");
  std::size_t i = 0;
  for (const Value rule : spec["rules"].items()) check_rule(rule, rules.index(i++), errors);
  const bool moved = (name == "exempt" && !equals(spec, kExemptSchema)) ||
                     (name == "catch-all" && !equals(spec, kCatchAllSchema));
  if (moved) {
    errors.invalid(path, spec, fmt::format("spec of '{}' must equal the fixed value", name));
  }
}

// ---- priority levels

void check_percent_share(Value value, const FieldPath& path, FieldErrors& errors) {
  if (!given(value) || (value.as_int() >= 0 && value.as_int() <= 100)) return;
  errors.invalid(path, value.as_int(), "must be between 0 and 100, inclusive");
}

void check_shares(Value settings, const FieldPath& path, FieldErrors& errors) {
  const Value shares = settings["nominalConcurrencyShares"];
  if (given(shares) && shares.as_int() < 0) {
    errors.invalid(path.child("nominalConcurrencyShares"), shares.as_int(),
                   "must be a non-negative integer");
  }
}

void check_queuing(Value queuing, const FieldPath& path, FieldErrors& errors) {
  const std::int64_t length = queuing["queueLengthLimit"].as_int();
  const std::int64_t queues = queuing["queues"].as_int();
  const std::int64_t hand = queuing["handSize"].as_int();
  if (length <= 0) errors.invalid(path.child("queueLengthLimit"), length, "must be positive");
  if (queues <= 0) {
    errors.invalid(path.child("queues"), queues, "must be positive");
  } else if (queues > kMaxQueues) {
    errors.invalid(path.child("queues"), queues,
                   fmt::format("must not be greater than {}", kMaxQueues));
  }
  const FieldPath hand_path = path.child("handSize");
  if (hand <= 0) {
    errors.invalid(hand_path, hand, "must be positive");
  } else if (hand > queues) {
    errors.invalid(hand_path, hand, fmt::format("should not be greater than queues ({})", queues));
  } else {
    const double bits = std::ceil(std::log2(static_cast<double>(queues)) * static_cast<double>(hand));
    if (bits > kMaxEntropyBits) {
      errors.invalid(hand_path, hand,
                     fmt::format("required entropy bits of deckSize {} and handSize {} should not be "
                                 "greater than {}", queues, hand, kMaxEntropyBits));
    }
  }
}

void check_limit_response(Value response, const FieldPath& path, FieldErrors& errors) {
  const std::string_view type = response["type"].as_string();
  const Value queuing = response["queuing"];
  const FieldPath queuing_path = path.child("queuing");
  if (type.empty()) {
    errors.required(path.child("type"));
  } else if (type == "Reject") {
    if (given(queuing)) {
      errors.forbidden(queuing_path, "must be nil if limited.limitResponse.type is not Limited");
    }
  } else if (type == "Queue") {
    if (given(queuing)) check_queuing(queuing, queuing_path, errors);
    else {
      errors.required(queuing_path,
                      "must not be empty if limited.limitResponse.type is Limited");
    }
  } else {
    errors.not_supported(path.child("type"), type, {"Queue", "Reject"});
  }
}

void check_level(Value object, FieldErrors& errors) {
  const Value spec = object["spec"];
  const FieldPath path("spec");
  const std::string_view name = object::name_of(object);
  const std::string_view type = spec["type"].as_string();
  const Value limited = spec["limited"];
  const Value exempt = spec["exempt"];
  const FieldPath limited_path = path.child("limited");
  const FieldPath exempt_path = path.child("exempt");
  if ((name == "exempt") != (type == "Exempt")) {
    errors.invalid(path.child("type"), type,
                   "must be 'Exempt' if and only if `name` is 'exempt'");
  }
  if (name == "catch-all" && !equals(spec, kCatchAllLevel)) {
    errors.invalid(path, spec, "spec of 'catch-all' must equal the fixed value");
  }
  if (name == "exempt" && (type != "Exempt" || given(limited))) {
    errors.invalid(path, spec,
                   "spec of 'exempt' except the 'spec.exempt' field must equal the fixed value");
  }
  if (type.empty()) {
    errors.required(path.child("type"));
  } else if (type == "Exempt") {
    if (given(limited)) errors.forbidden(limited_path, "must be nil if the type is not Limited");
    check_shares(exempt, exempt_path, errors);
    check_percent_share(exempt["lendablePercent"], exempt_path.child("lendablePercent"), errors);
  } else if (type == "Limited") {
    if (given(exempt)) errors.forbidden(exempt_path, "must be nil if the type is Limited");
    if (!given(limited)) {
      errors.required(limited_path, "must not be empty when type is Limited");
      return;
    }
    check_shares(limited, limited_path, errors);
    check_limit_response(limited["limitResponse"], limited_path.child("limitResponse"), errors);
    check_percent_share(limited["lendablePercent"], limited_path.child("lendablePercent"), errors);
    const Value borrowing = limited["borrowingLimitPercent"];
    if (given(borrowing) && borrowing.as_int() < 0) {
      errors.invalid(limited_path.child("borrowingLimitPercent"), borrowing.as_int(),
                     "if specified, must be a non-negative integer");
    }
  } else {
    errors.not_supported(path.child("type"), type, {"Exempt", "Limited"});
  }
}

void validate_schema(const RuleContext&, Value object, FieldErrors& errors) {
  check_schema(object, errors);
}
void validate_schema_update(const RuleContext&, Value object, Value, FieldErrors& errors) {
  check_schema(object, errors);
}
void validate_level(const RuleContext&, Value object, FieldErrors& errors) {
  check_level(object, errors);
}
void validate_level_update(const RuleContext&, Value object, Value, FieldErrors& errors) {
  check_level(object, errors);
}

void prepare_status(const RuleContext&, NodeRef object, Value old) { keep_metadata(object, old); }

void validate_status(const RuleContext&, Value object, Value, FieldErrors& errors) {
  const FieldPath status("status");
  const FieldPath list = status.child("conditions");
  std::set<std::string_view> seen;
  std::size_t i = 0;
  for (const Value condition : object["status"]["conditions"].items()) {
    const FieldPath path = list.index(i++);
    const std::string_view type = condition["type"].as_string();
    if (!seen.insert(type).second) errors.duplicate(path.child("type"), type);
    if (type.empty()) errors.required(path.child("type"));
  }
}

}  // namespace

constinit const KindRules kFlowSchemaRules = {
    .group = "flowcontrol.apiserver.k8s.io",
    .resource = "flowschemas",
    .generation = Generation::OnSpecChange,
    .metadata_checked_once = true,
    .metadata_checked_fully = true,
    .prepare_status = prepare_status,
    .validate = validate_schema,
    .validate_update = validate_schema_update,
    .validate_status = validate_status,
};

constinit const KindRules kPriorityLevelRules = {
    .group = "flowcontrol.apiserver.k8s.io",
    .resource = "prioritylevelconfigurations",
    .generation = Generation::OnSpecChange,
    .metadata_checked_once = true,
    .metadata_checked_fully = true,
    .prepare_status = prepare_status,
    .validate = validate_level,
    .validate_update = validate_level_update,
    .validate_status = validate_status,
};

}  // namespace knarr::apiserver::kinds
