// SPDX-License-Identifier: Apache-2.0
// Jobs: generated selectors, the spec, what an update may change. Source: k8s.io/kubernetes
// pkg/apis/batch/validation and pkg/registry/batch/job of 1.36.
#include "apiserver/registry/kinds/job.h"

#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/pod.h"
#include "apiserver/registry/kinds/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace knarr::apiserver::kinds {

namespace {

constexpr std::int64_t kMaxIndexedParallelism = 100'000;
constexpr std::int64_t kMaxFailedIndexes = 100'000;
constexpr std::int64_t kManyCompletions = 100'000;
constexpr std::int64_t kMaxWithManyCompletions = 10'000;
constexpr std::size_t kMaxManagedBy = 63;
constexpr std::size_t kMaxPolicyRules = 20;
constexpr std::size_t kMaxExitCodes = 255;
constexpr std::size_t kMaxPodConditions = 20;
constexpr std::size_t kMaxSuccessRules = 20;

constexpr std::string_view kUidLabel = "batch.kubernetes.io/controller-uid";
constexpr std::string_view kNameLabel = "batch.kubernetes.io/job-name";
constexpr std::string_view kOldUidLabel = "controller-uid";
constexpr std::string_view kOldNameLabel = "job-name";

bool is_indexed(Value spec) { return spec["completionMode"].as_string() == "Indexed"; }

// ---- managedBy: "example.com/path"

void check_managed_by(Value spec, const FieldPath& parent, FieldErrors& errors) {
  const Value value = spec["managedBy"];
  if (!given(value)) return;
  const std::string_view text = value.as_string();
  const FieldPath path = parent.child("managedBy");
  check_domain_path(text, path, errors);
  if (text.size() > kMaxManagedBy) errors.too_long(path, kMaxManagedBy);
}

// ---- pod failure policy

void check_exit_codes(Value codes, Value pod_spec, const FieldPath& path, FieldErrors& errors) {
  const std::string_view op = codes["operator"].as_string();
  if (op.empty()) {
    errors.required(path.child("operator"), "valid values: [\"In\" \"NotIn\"]");
  } else if (op != "In" && op != "NotIn") {
    errors.not_supported(path.child("operator"), op, {"In", "NotIn"});
  }
  if (const Value container = codes["containerName"]; given(container)) {
    bool known = false;
    for (const char* list : {"containers", "initContainers"}) {
      for (const Value one : pod_spec[list].items()) {
        known = known || one["name"].as_string() == container.as_string();
      }
    }
    if (!known) {
      errors.invalid(path.child("containerName"), container.as_string(),
                     "must be one of the container or initContainer names in the pod template");
    }
  }
  const Value values = codes["values"];
  const FieldPath values_path = path.child("values");
  if (values.empty()) {
    invalid_bare(errors, values_path, "at least one value is required");
  } else if (values.size() > kMaxExitCodes) {
    errors.too_many(values_path, values.size(), kMaxExitCodes);
  }
  bool ordered = true;
  std::set<std::int64_t> seen;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int64_t value = values.at(i).as_int();
    if (value == 0 && op == "In") {
      errors.invalid(values_path.index(i), value, "must not be 0 for the In operator");
    }
    if (!seen.insert(value).second) errors.duplicate(values_path.index(i), values.at(i));
    if (i > 0 && values.at(i - 1).as_int() > value) ordered = false;
  }
  if (!ordered) errors.invalid(values_path, values, "must be ordered");
}

void check_pod_conditions(Value patterns, const FieldPath& path, FieldErrors& errors) {
  if (patterns.size() > kMaxPodConditions) {
    errors.too_many(path, patterns.size(), kMaxPodConditions);
  }
  std::size_t i = 0;
  for (const Value pattern : patterns.items()) {
    const FieldPath at = path.index(i++);
    const std::string_view type = pattern["type"].as_string();
    complain(errors, at.child("type"), type, schema::check_qualified_name(type));
    const std::string_view status = pattern["status"].as_string();
    if (status.empty()) {
      errors.required(at.child("status"), "valid values: [\"False\" \"True\" \"Unknown\"]");
    } else if (status != "False" && status != "True" && status != "Unknown") {
      errors.not_supported(at.child("status"), status, {"False", "True", "Unknown"});
    }
  }
}

void check_failure_rule(Value rule, Value spec, const FieldPath& path, FieldErrors& errors) {
  const std::string_view action = rule["action"].as_string();
  const FieldPath action_path = path.child("action");
  if (action.empty()) {
    errors.required(action_path,
                    "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]");
  } else if (action == "FailIndex") {
    if (!given(spec["backoffLimitPerIndex"])) {
      errors.invalid(action_path, action, "requires the backoffLimitPerIndex to be set");
    }
  } else if (action != "Count" && action != "FailJob" && action != "Ignore") {
    errors.not_supported(action_path, action, {"Count", "FailIndex", "FailJob", "Ignore"});
  }
  const Value codes = rule["onExitCodes"];
  const Value conditions = rule["onPodConditions"];
  if (given(codes)) {
    check_exit_codes(codes, spec["template"]["spec"], path.child("onExitCodes"), errors);
  }
  if (!conditions.empty()) {
    check_pod_conditions(conditions, path.child("onPodConditions"), errors);
  }
  if (given(codes) && !conditions.empty()) {
    invalid_bare(errors, path, "specifying both OnExitCodes and OnPodConditions is not supported");
  }
  if (!given(codes) && conditions.empty()) {
    invalid_bare(errors, path, "specifying one of OnExitCodes and OnPodConditions is required");
  }
}

void check_failure_policy(Value spec, const FieldPath& parent, FieldErrors& errors) {
  const Value rules = spec["podFailurePolicy"]["rules"];
  const FieldPath policy_path = parent.child("podFailurePolicy");
  const FieldPath path = policy_path.child("rules");
  if (rules.size() > kMaxPolicyRules) errors.too_many(path, rules.size(), kMaxPolicyRules);
  std::size_t i = 0;
  for (const Value rule : rules.items()) check_failure_rule(rule, spec, path.index(i++), errors);
}

// ---- success policy

void check_success_rule(Value rule, std::int64_t completions, const FieldPath& path,
                        FieldErrors& errors) {
  const Value wanted = rule["succeededCount"];
  const Value indexes = rule["succeededIndexes"];
  if (!given(wanted) && !given(indexes)) {
    errors.required(path, "at least one of succeededCount or succeededIndexes must be specified");
  }
  std::int64_t count = 0;
  if (given(indexes)) {
    const std::string text = check_indexes(indexes.as_string(), completions, count);
    if (!text.empty()) {
      errors.invalid(path.child("succeededIndexes"), indexes.as_string(),
                     fmt::format("error parsing succeededIndexes: {}", text));
    }
  }
  if (!given(wanted)) return;
  const FieldPath count_path = path.child("succeededCount");
  non_negative(rule, "succeededCount", path, errors);
  if (wanted.as_int() > completions) {
    errors.invalid(count_path, wanted.as_int(),
                   fmt::format("must be less than or equal to {} (the number of specified "
                               "completions)", completions));
  }
  if (given(indexes) && wanted.as_int() > count) {
    errors.invalid(count_path, wanted.as_int(),
                   fmt::format("must be less than or equal to {} (the number of indexes in the "
                               "specified succeededIndexes field)", count));
  }
}

void check_success_policy(Value spec, const FieldPath& parent, FieldErrors& errors) {
  const FieldPath policy_path = parent.child("successPolicy");
  const FieldPath path = policy_path.child("rules");
  const Value rules = spec["successPolicy"]["rules"];
  if (rules.empty()) {
    errors.required(path,
                    "at least one rules must be specified when the successPolicy is specified");
  }
  if (rules.size() > kMaxSuccessRules) errors.too_many(path, rules.size(), kMaxSuccessRules);
  std::size_t i = 0;
  for (const Value rule : rules.items()) {
    check_success_rule(rule, spec["completions"].as_int(), path.index(i++), errors);
  }
}

// ---- the spec

void check_indexed_limits(Value spec, const FieldPath& path, FieldErrors& errors) {
  if (!given(spec["completions"])) {
    errors.required(path.child("completions"), "when completion mode is Indexed");
  }
  const std::int64_t parallelism = spec["parallelism"].as_int();
  const std::int64_t completions = spec["completions"].as_int();
  const Value failed = spec["maxFailedIndexes"];
  if (parallelism > kMaxIndexedParallelism) {
    errors.invalid(path.child("parallelism"), parallelism,
                   fmt::format("must be less than or equal to {} when completion mode is Indexed",
                               kMaxIndexedParallelism));
  }
  const FieldPath failed_path = path.child("maxFailedIndexes");
  if (given(spec["completions"]) && given(failed) && failed.as_int() > completions) {
    errors.invalid(failed_path, failed.as_int(), "must be less than or equal to completions");
  }
  if (given(failed) && failed.as_int() > kMaxFailedIndexes) {
    errors.invalid(failed_path, failed.as_int(),
                   fmt::format("must be less than or equal to {}", kMaxFailedIndexes));
  }
  if (completions <= kManyCompletions || !given(spec["backoffLimitPerIndex"])) return;
  const std::string detail = fmt::format(
      "must be less than or equal to {} when completions are above {} and used with backoff limit "
      "per index", kMaxWithManyCompletions, kManyCompletions);
  if (!given(failed)) {
    errors.required(failed_path,
                    fmt::format("must be specified when completions are above {}",
                                kManyCompletions));
  }
  if (parallelism > kMaxWithManyCompletions) {
    errors.invalid(path.child("parallelism"), parallelism, detail);
  }
  if (given(failed) && failed.as_int() > kMaxWithManyCompletions) {
    errors.invalid(failed_path, failed.as_int(), detail);
  }
}

void check_replacement_policy(Value spec, const FieldPath& path, FieldErrors& errors) {
  const Value value = spec["podReplacementPolicy"];
  if (!given(value)) return;
  const std::string_view text = value.as_string();
  const FieldPath at = path.child("podReplacementPolicy");
  if (given(spec["podFailurePolicy"])) {
    if (text != "Failed") errors.not_supported(at, text, {"Failed"});
  } else if (text != "Failed" && text != "TerminatingOrFailed") {
    errors.not_supported(at, text, {"Failed", "TerminatingOrFailed"});
  }
}

void check_restart_policy(Value spec, const FieldPath& template_path, FieldErrors& errors) {
  const std::string_view restart = spec["template"]["spec"]["restartPolicy"].as_string();
  const FieldPath spec_path = template_path.child("spec");
  const FieldPath path = spec_path.child("restartPolicy");
  if (restart.empty() || restart == "Always") {
    errors.required(path, "valid values: \"OnFailure\", \"Never\"");
  } else if (restart != "OnFailure" && restart != "Never") {
    errors.not_supported(path, restart, {"OnFailure", "Never"});
  } else if (given(spec["podFailurePolicy"]) && restart != "Never") {
    errors.invalid(path, restart,
                   "only \"Never\" is supported when podFailurePolicy is specified");
  }
}

// ---- whole jobs

void check_label_is(Value labels, std::string_view key, std::string_view expected,
                    FieldErrors& errors) {
  const FieldPath spec("spec");
  const FieldPath pod_template = spec.child("template");
  const FieldPath metadata = pod_template.child("metadata");
  const FieldPath path = metadata.child("labels");
  const Value label = labels[key];
  const std::string detail = fmt::format("must be '{}'", expected);
  if (!given(label)) errors.required(path.key(key), detail);
  else if (label.as_string() != expected) errors.invalid(path.key(key), labels, detail);
}

// The selector made by the server names the job's own uid.
void check_generated_selector(Value object, FieldErrors& errors) {
  const Value spec = object["spec"];
  const Value selector = spec["selector"];
  if (spec["manualSelector"].as_bool() || !given(selector)) return;
  const std::string_view uid = object::uid_of(object);
  const std::string_view name = object::name_of(object);
  if (uid.empty()) errors.required(FieldPath("metadata").child("uid"));
  const Value labels = spec["template"]["metadata"]["labels"];
  check_label_is(labels, kOldUidLabel, uid, errors);
  check_label_is(labels, kOldNameLabel, name, errors);
  check_label_is(labels, kUidLabel, uid, errors);
  check_label_is(labels, kNameLabel, name, errors);
  object::Draft expected;
  for (const auto key : {kOldUidLabel, kUidLabel}) expected.root().set(key, uid);
  for (const auto key : {kOldNameLabel, kNameLabel}) expected.root().set(key, name);
  const object::Document document = object::Draft::freeze(expected.root());
  if (is_valid_selector(selector) && !selector_matches(selector, document.root())) {
    errors.invalid(FieldPath("spec").child("selector"), selector, "`selector` not auto-generated");
  }
}

void check_job(Value object, Value old_spec, FieldErrors& errors) {
  const Value spec = object["spec"];
  const FieldPath path("spec");
  check_generated_selector(object, errors);
  check_job_spec(spec, old_spec, path, errors);
  const Value selector = spec["selector"];
  if (given(selector)) check_label_selector(selector, path.child("selector"), errors);
  else errors.required(path.child("selector"));
  if (is_valid_selector(selector)) {
    const Value pod_template = spec["template"];
    check_template_labels(pod_template,
                          selector_matches(selector, pod_template["metadata"]["labels"]),
                          path.child("template"), errors);
  }
}

void validate(const RuleContext&, Value object, FieldErrors& errors) {
  check_job(object, {}, errors);
  const Value spec = object["spec"];
  const std::int64_t completions = spec["completions"].as_int();
  if (!is_indexed(spec) || completions <= 0) return;
  // The pods of an indexed job are called after it and have host names.
  const std::string_view name = object::name_of(object);
  const std::string last = fmt::format("{}-{}", name, completions - 1);
  if (!schema::check_dns1123_label(last).empty()) {
    errors.invalid(FieldPath("metadata").child("name"), name,
                   fmt::format("will not able to create pod with invalid DNS label: {}", last));
  }
}

bool is_suspended(Value spec) { return spec["suspend"].as_bool(); }

// Fields of the pod template that steer scheduling: they may change while a job has never started
// and is suspended (BEHAVIOURS 152).
void check_template_update(Value object, Value old, FieldErrors& errors) {
  const Value spec = object["spec"];
  const Value old_spec = old["spec"];
  const FieldPath path("spec");
  const bool never_started = is_suspended(old_spec) && !given(old["status"]["startTime"]);
  object::Draft draft = object::Draft::from(spec["template"]);
  if (never_started) {
    const Value old_template = old_spec["template"];
    const auto keep = [](NodeRef parent, Value from, std::string_view key) {
      if (const Value value = from[key]; value.exists()) parent.ensure(key).assign(value);
      else parent.erase(key);
    };
    NodeRef pod = draft.root().ensure_map("spec");
    const Value old_pod = old_template["spec"];
    for (const char* key : {"nodeSelector", "tolerations", "schedulingGates"}) {
      keep(pod, old_pod, key);
    }
    if (given(spec["template"]["spec"]["affinity"]) || given(old_pod["affinity"])) {
      const Value old_affinity = old_pod["affinity"];
      if (!given(old_affinity)) {
        NodeRef affinity = pod["affinity"];
        if (affinity.is_map()) affinity.erase("nodeAffinity");
        if (affinity.empty()) pod.erase("affinity");
      } else {
        keep(pod.ensure_map("affinity"), old_affinity, "nodeAffinity");
      }
    }
    for (const char* list : {"containers", "initContainers"}) {
      const NodeRef now = pod[list];
      const Value before = old_pod[list];
      if (now.size() != before.size()) continue;
      for (std::size_t i = 0; i < now.size(); ++i) keep(now.at(i), before.at(i), "resources");
    }
    NodeRef metadata = draft.root().ensure_map("metadata");
    for (const char* key : {"labels", "annotations"}) keep(metadata, old_template["metadata"], key);
  }
  if (!same(draft.root(), old_spec["template"])) {
    errors.invalid(path.child("template"), spec["template"], kImmutable);
  }
}

// An indexed job may grow or shrink when completions and parallelism move together.
void check_completions_update(Value spec, Value old_spec, FieldErrors& errors) {
  const FieldPath path("spec");
  const Value now = spec["completions"];
  const Value before = old_spec["completions"];
  if (same(now, before)) return;
  if (is_indexed(spec) && given(now) && given(before)) {
    if (!same(now, spec["parallelism"])) {
      errors.invalid(path.child("completions"), now.as_int(),
                     "can only be modified in tandem with spec.parallelism");
    }
    return;
  }
  if (is_indexed(spec) && !given(now)) return;  // Said already: required.
  errors.invalid(path.child("completions"), now, kImmutable);
}

void validate_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  const Value spec = object["spec"];
  const Value old_spec = old["spec"];
  const FieldPath path("spec");
  check_job(object, old_spec, errors);
  check_completions_update(spec, old_spec, errors);
  immutable(spec, old_spec, "selector", path, errors);
  check_template_update(object, old, errors);
  for (const char* field : {"completionMode", "podFailurePolicy", "backoffLimitPerIndex",
                            "managedBy", "successPolicy"}) {
    immutable(spec, old_spec, field, path, errors);
  }
}

void validate_status(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  check_job_status(object, old, errors);
}

// Unless the client brings a selector of its own, the server makes one from the job's uid.
void generate_selector(NodeRef object) {
  NodeRef spec = object.ensure_map("spec");
  if (spec["manualSelector"].as_bool()) return;
  const std::string uid(object["metadata"]["uid"].as_string());
  const std::string name(object["metadata"]["name"].as_string());
  NodeRef labels = spec.ensure_map("template").ensure_map("metadata").ensure_map("labels");
  // A client's own label of the same name stays, and validation refuses it.
  const auto add = [&](std::string_view key, std::string_view value) {
    if (!labels[key].exists()) labels.set(key, value);
  };
  add(kNameLabel, name);
  add(kUidLabel, uid);
  add(kOldNameLabel, name);
  add(kOldUidLabel, uid);
  labels.sort_keys();
  NodeRef match = spec.ensure_map("selector").ensure_map("matchLabels");
  if (!match[kUidLabel].exists()) match.set(kUidLabel, std::string_view(uid));
  match.sort_keys();
}

void prepare_create(const RuleContext&, NodeRef object) { generate_selector(object); }

}  // namespace

void check_job_spec(Value spec, Value old_spec, const FieldPath& path, FieldErrors& errors) {
  for (const char* field : {"parallelism", "completions", "activeDeadlineSeconds", "backoffLimit",
                            "ttlSecondsAfterFinished", "backoffLimitPerIndex"}) {
    non_negative(spec, field, path, errors);
  }
  const Value failed = spec["maxFailedIndexes"];
  if (given(failed)) {
    non_negative(spec, "maxFailedIndexes", path, errors);
    if (!given(spec["backoffLimitPerIndex"])) {
      errors.required(path.child("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
  }
  check_managed_by(spec, path, errors);
  if (const Value mode = spec["completionMode"]; given(mode)) {
    one_of(spec, "completionMode", {"NonIndexed", "Indexed"}, path, errors);
    if (is_indexed(spec)) check_indexed_limits(spec, path, errors);
  }
  if (!is_indexed(spec)) {
    constexpr std::string_view kNeedsIndexed = "requires indexed completion mode";
    for (const char* field : {"backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"}) {
      if (given(spec[field])) errors.invalid(path.child(field), spec[field], kNeedsIndexed);
    }
  }
  if (given(spec["podFailurePolicy"])) check_failure_policy(spec, path, errors);
  if (given(spec["successPolicy"]) && is_indexed(spec)) check_success_policy(spec, path, errors);
  check_replacement_policy(spec, path, errors);
  const FieldPath template_path = path.child("template");
  validate_pod_template(spec["template"], template_path, errors, old_spec["template"]);
  check_restart_policy(spec, template_path, errors);
}

constinit const KindRules kJobRules = {
    .group = "batch",
    .resource = "jobs",
    .generation = Generation::OnSpecChange,
    .propagation = DefaultPropagation::Orphan,
    .warns_of_orphans = true,
    .metadata_checked_fully = true,
    .prepare_create = prepare_create,
    .validate = validate,
    .validate_update = validate_update,
    .validate_status = validate_status,
    .warn = warn_workload,
};

}  // namespace knarr::apiserver::kinds
