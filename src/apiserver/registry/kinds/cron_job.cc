// SPDX-License-Identifier: Apache-2.0
// Cron jobs. Source: k8s.io/kubernetes pkg/apis/batch/validation and pkg/registry/batch/cronjob.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/cron_schedule.h"
#include "apiserver/registry/kinds/job.h"
#include "apiserver/registry/kinds/pod.h"
#include "apiserver/registry/kinds/workload.h"

namespace knarr::apiserver::kinds {

namespace {

// A job's name is its cron job's and a number of ten digits behind a dash.
constexpr std::size_t kMaxName = 52;

bool names_zone(Value spec) {
  return spec["schedule"].as_string().find("TZ") != std::string_view::npos;
}

void check_schedule(Value spec, bool may_name_zone, const FieldPath& path, FieldErrors& errors) {
  const std::string_view schedule = spec["schedule"].as_string();
  const FieldPath at = path.child("schedule");
  if (schedule.empty()) {
    errors.required(at);
    return;
  }
  const std::string complaint = check_cron_schedule(schedule);
  if (!complaint.empty()) errors.invalid(at, schedule, complaint);
  if (!names_zone(spec)) return;
  if (!may_name_zone) {
    errors.invalid(at, schedule,
                   "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
  } else if (given(spec["timeZone"])) {
    errors.invalid(at, schedule,
                   "cannot use both timeZone field and TZ or CRON_TZ in schedule");
  }
}

void check_zone(Value spec, const FieldPath& path, FieldErrors& errors) {
  const Value zone = spec["timeZone"];
  if (!given(zone)) return;
  const std::string_view name = zone.as_string();
  const FieldPath at = path.child("timeZone");
  if (name.empty()) {
    errors.invalid(at, name, "timeZone must be nil or non-empty string");
    return;
  }
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (lower == "local") {
    errors.invalid(at, name,
                   "timeZone must be an explicit time zone as defined in "
                   "https://www.iana.org/time-zones");
  }
  const std::string complaint = check_time_zone(name);
  if (!complaint.empty()) errors.invalid(at, name, complaint);
}

void check_job_template(Value job_template, Value old, const FieldPath& path,
                        FieldErrors& errors) {
  const Value spec = job_template["spec"];
  const FieldPath spec_path = path.child("spec");
  check_job_spec(spec, old["spec"], spec_path, errors);
  if (given(spec["selector"])) {
    errors.invalid(spec_path.child("selector"), spec["selector"],
                   "`selector` will be auto-generated");
  }
  if (spec["manualSelector"].as_bool()) {
    not_supported(errors, spec_path.child("manualSelector"), spec["manualSelector"],
                  {"nil", "false"});
  }
}

void check_spec(Value spec, Value old, FieldErrors& errors) {
  const FieldPath path("spec");
  check_schedule(spec, names_zone(old), path, errors);
  non_negative(spec, "startingDeadlineSeconds", path, errors);
  check_zone(spec, path, errors);
  one_of(spec, "concurrencyPolicy", {"Allow", "Forbid", "Replace"}, path, errors);
  check_job_template(spec["jobTemplate"], old["jobTemplate"], path.child("jobTemplate"), errors);
  non_negative(spec, "successfulJobsHistoryLimit", path, errors);
  non_negative(spec, "failedJobsHistoryLimit", path, errors);
}

void validate(const RuleContext&, Value object, FieldErrors& errors) {
  check_spec(object["spec"], {}, errors);
  const std::string_view name = object::name_of(object);
  if (name.size() > kMaxName) {
    errors.invalid(FieldPath("metadata").child("name"), name,
                   schema::max_length_text(kMaxName));
  }
}

void validate_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  check_spec(object["spec"], old["spec"], errors);
}

void warn(const RuleContext& context, Value object, Value old) {
  if (context.warnings == nullptr || !context.subresource.empty()) return;
  if (!old.exists()) warn_pod_names(context, object);
  const Value spec = object["spec"];
  if (!old.exists() || !same(spec, old["spec"])) {
    const FieldPath root("spec");
    const FieldPath job = root.child("jobTemplate");
    const FieldPath job_spec = job.child("spec");
    warn_pod_template(spec["jobTemplate"]["spec"]["template"], job_spec.child("template"),
                      old["spec"]["jobTemplate"]["spec"]["template"], *context.warnings);
  }
  if (names_zone(spec)) {
    context.warnings->push_back(
        "CRON_TZ or TZ used in spec.schedule is not officially supported, see "
        "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details");
  }
}

}  // namespace

constinit const KindRules kCronJobRules = {
    .group = "batch",
    .resource = "cronjobs",
    .generation = Generation::OnSpecChange,
    .validate = validate,
    .validate_update = validate_update,
    .warn = warn,
};

}  // namespace knarr::apiserver::kinds
