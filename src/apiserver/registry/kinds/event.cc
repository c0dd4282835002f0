// SPDX-License-Identifier: Apache-2.0
// Events, stored in their core form. Those written through events.k8s.io obey stricter rules.
// Source: k8s.io/kubernetes pkg/apis/core/validation/events.go of 1.36; BEHAVIOURS 54, 160.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/checks.h"

#include <fmt/format.h>

namespace knarr::apiserver::kinds {

namespace {

constexpr std::size_t kMaxText = 128;
constexpr std::size_t kMaxMessage = 1024;

bool is_new(const RuleContext& context) { return context.served_group == "events.k8s.io"; }

void limit(Value event, std::string_view field, std::size_t most, FieldErrors& errors) {
  if (event[field].as_string().size() <= most) return;
  errors.invalid(FieldPath(field), "", fmt::format("can have at most {} characters", most));
}

void required_limited(Value event, std::string_view field, FieldErrors& errors) {
  if (event[field].as_string().empty()) errors.required(FieldPath(field));
  limit(event, field, kMaxText, errors);
}

// What every event must be. One with an eventTime comes from a client of the new kind.
void check_basics(const RuleContext& context, Value event, FieldErrors& errors) {
  const std::string_view about = event["involvedObject"]["namespace"].as_string();
  const std::string_view home = object::namespace_of(event);
  const bool timed = given(event["eventTime"]);
  bool agrees = false;
  if (timed) {
    agrees = !about.empty() || home == "default" || home == "kube-system";
  } else if (about.empty()) {
    agrees = home.empty() || home == "default";
  } else {
    agrees = about == home;
  }
  if (!agrees) {
    errors.invalid(FieldPath("involvedObject").child("namespace"), about,
                   "does not match event.namespace");
  }
  if (!timed) return;
  // events.k8s.io has the field under another name; refusals use core's (BEHAVIOURS 160).
  const FieldPath controller(is_new(context) ? "reportingController" : "reportingComponent");
  const std::string_view reporter = event["reportingComponent"].as_string();
  if (reporter.empty()) errors.required(controller);
  complain(errors, controller, reporter, schema::check_qualified_name(reporter));
  for (const char* field : {"reportingInstance", "action", "reason"}) {
    required_limited(event, field, errors);
  }
  limit(event, "message", kMaxMessage, errors);
}

void check_series(Value event, FieldErrors& errors) {
  const Value series = event["series"];
  if (!given(series)) return;
  const FieldPath path("series");
  if (series["count"].as_int() < 2) errors.invalid(path.child("count"), "", "should be at least 2");
  if (!given(series["lastObservedTime"])) errors.required(path.child("lastObservedTime"));
}

void validate(const RuleContext& context, Value event, FieldErrors& errors) {
  check_basics(context, event, errors);
  if (!is_new(context)) return;
  const std::string_view name = object::name_of(event);
  complain(errors, FieldPath("metadata").child("name"), name,
           schema::check_dns1123_subdomain(name));
  check_series(event, errors);
  if (!given(event["eventTime"])) errors.required(FieldPath("eventTime"));
  const std::string_view type = event["type"].as_string();
  if (type != "Normal" && type != "Warning") {
    errors.invalid(FieldPath("type"), "", fmt::format("has invalid value: {}", type));
  }
  for (const char* field : {"firstTimestamp", "lastTimestamp"}) {
    if (given(event[field])) errors.invalid(FieldPath(field), "", "needs to be unset");
  }
  if (event["count"].as_int() != 0) errors.invalid(FieldPath("count"), "", "needs to be unset");
  const Value source = event["source"];
  if (!source["component"].as_string().empty() || !source["host"].as_string().empty()) {
    errors.invalid(FieldPath("source"), "", "needs to be unset");
  }
}

void validate_update(const RuleContext& context, Value event, Value old, FieldErrors& errors) {
  check_basics(context, event, errors);
  if (!is_new(context)) return;
  if (!same(event["series"], old["series"])) check_series(event, errors);
  struct Field {
    const char* name;
    const char* shown;
    bool is_text;
  };
  static constexpr Field kFixed[] = {
      {"involvedObject", "involvedObject", false},
      {"reason", "reason", true},
      {"message", "message", true},
      {"source", "source", false},
      {"firstTimestamp", "firstTimestamp", false},
      {"lastTimestamp", "lastTimestamp", false},
      {"count", "count", false},
      {"type", "type", true},
      {"eventTime", "eventTime", false},
      {"action", "action", true},
      {"related", "related", false},
      {"reportingComponent", "reportingController", true},
      {"reportingInstance", "reportingInstance", true},
  };
  for (const Field& field : kFixed) {
    const Value now = event[field.name];
    const Value before = old[field.name];
    if (field.is_text ? now.as_string() == before.as_string() : same(now, before)) continue;
    if (field.is_text) errors.invalid(FieldPath(field.shown), now.as_string(), kImmutable);
    else errors.invalid(FieldPath(field.shown), now, kImmutable);
  }
}

}  // namespace

constinit const KindRules kEventRules = {
    .group = "",
    .resource = "events",
    .create_on_update = true,
    .soft_writes = true,
    .metadata_checked_once = true,
    .name_rule = schema::path_segment_problems,
    .validate = validate,
    .validate_update = validate_update,
};

}  // namespace knarr::apiserver::kinds
