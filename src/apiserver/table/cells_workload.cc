// SPDX-License-Identifier: Apache-2.0
// Cells of workloads: templates, replicas, jobs, autoscalers, revisions.
// Source: k8s.io/kubernetes/pkg/printers/internalversion; k8s-api printer-columns notes.
#include "apiserver/table/cells.h"
#include "object/time_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

namespace knarr::apiserver::cells {

using object::Value;

namespace {

// The pod template, wherever this kind has it.
Value template_of(Value object) {
  if (const Value job = object["spec"]["jobTemplate"]) return job["spec"]["template"];
  if (const Value own = object["template"]) return own;
  return object["spec"]["template"];
}

void join_containers(std::string& out, const Input& in, std::string_view field) {
  Joined joined;
  for (Value container : template_of(in.object)["spec"]["containers"].items()) {
    joined.add(container[field].as_string());
  }
  put_text(out, joined.text());
}

void template_containers(std::string& out, const Input& in) {
  join_containers(out, in, "name");
}

void template_images(std::string& out, const Input& in) {
  join_containers(out, in, "image");
}

void ready_of_replicas(std::string& out, const Input& in) {
  put_text(out, fmt::format("{}/{}", in.object["status"]["readyReplicas"].as_int(),
                            in.object["spec"]["replicas"].as_int()));
}

void controlling_owner(std::string& out, const Input& in) {
  for (Value owner : in.object["metadata"]["ownerReferences"].items()) {
    if (!owner["controller"].as_bool()) continue;
    std::string text(owner["kind"].as_string());
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const std::string_view api_version = owner["apiVersion"].as_string();
    const std::size_t slash = api_version.find('/');
    if (slash != std::string_view::npos) text += fmt::format(".{}", api_version.substr(0, slash));
    put_text(out, fmt::format("{}/{}", text, owner["name"].as_string()));
    return;
  }
  put_text(out, "<none>");
}

void job_status(std::string& out, const Input& in) {
  const Value job = in.object;
  std::string_view status = "Running";
  if (has_condition(job, "Complete")) {
    status = "Complete";
  } else if (has_condition(job, "Failed")) {
    status = "Failed";
  } else if (is_deleting(job)) {
    status = "Terminating";
  } else {
    for (const std::string_view type : {"Suspended", "FailureTarget", "SuccessCriteriaMet"}) {
      if (!has_condition(job, type)) continue;
      status = type;
      break;
    }
  }
  put_text(out, status);
}

void job_completions(std::string& out, const Input& in) {
  const Value spec = in.object["spec"];
  const std::int64_t succeeded = in.object["status"]["succeeded"].as_int();
  const std::int64_t parallelism = spec["parallelism"].as_int();
  if (spec["completions"].is_int()) {
    put_text(out, fmt::format("{}/{}", succeeded, spec["completions"].as_int()));
  } else if (parallelism > 1) {
    put_text(out, fmt::format("{}/1 of {}", succeeded, parallelism));
  } else {
    put_text(out, fmt::format("{}/1", succeeded));
  }
}

void job_duration(std::string& out, const Input& in) {
  const Value status = in.object["status"];
  const auto started = object::parse_time(status["startTime"].as_string());
  if (!started) {
    put_text(out, "");
    return;
  }
  const auto completed = object::parse_time(status["completionTime"].as_string());
  put_text(out, completed ? duration_text(*completed - *started) : age_text(in.now, status["startTime"]));
}

void cron_job_suspend(std::string& out, const Input& in) {
  const Value suspend = in.object["spec"]["suspend"];
  put_text(out, !suspend ? "<unset>" : (suspend.as_bool() ? "True" : "False"));
}

void autoscaler_reference(std::string& out, const Input& in) {
  const Value target = in.object["spec"]["scaleTargetRef"];
  put_text(out, fmt::format("{}/{}", target["kind"].as_string(), target["name"].as_string()));
}

std::string_view amount(Value value) {
  return value.as_string("<unknown>");
}

std::string percent(Value value, std::string_view otherwise) {
  return value.is_int() ? fmt::format("{}%", value.as_int()) : std::string(otherwise);
}

// One metric of an autoscaler: "<current>/<target>".
std::string metric_text(Value spec, Value status) {
  const std::string_view type = spec["type"].as_string();
  if (type == "Pods") {
    return fmt::format("{}/{}", amount(status["pods"]["current"]["averageValue"]),
                       spec["pods"]["target"]["averageValue"].as_string("0"));
  }
  if (type == "External" || type == "Object") {
    const std::string_view field = type == "External" ? "external" : "object";
    const Value target = spec[field]["target"];
    const Value current = status[field]["current"];
    if (target["averageValue"]) {
      return fmt::format("{}/{} (avg)", amount(current["averageValue"]),
                         target["averageValue"].as_string());
    }
    return fmt::format("{}/{}", amount(current["value"]), target["value"].as_string());
  }
  if (type == "Resource" || type == "ContainerResource") {
    const std::string_view field = type == "Resource" ? "resource" : "containerResource";
    const std::string_view name = spec[field]["name"].as_string();
    const Value target = spec[field]["target"];
    const Value current = status[field]["current"];
    if (target["averageValue"]) {
      return fmt::format("{}: {}/{}", name, amount(current["averageValue"]),
                         target["averageValue"].as_string());
    }
    return fmt::format("{}: {}/{}", name, percent(current["averageUtilization"], "<unknown>"),
                       percent(target["averageUtilization"], "<auto>"));
  }
  return "<unknown type>";
}

void autoscaler_targets(std::string& out, const Input& in) {
  constexpr std::size_t kShown = 2;
  const Value metrics = in.object["spec"]["metrics"];
  if (metrics.empty()) {
    put_text(out, "<none>");
    return;
  }
  Joined joined(", ");
  const Value current = in.object["status"]["currentMetrics"];
  for (std::size_t i = 0; i < std::min(metrics.size(), kShown); ++i) {
    joined.add(metric_text(metrics.at(i), current.at(i)));
  }
  if (metrics.size() > kShown) {
    put_text(out, fmt::format("{} + {} more...", joined.text(), metrics.size() - kShown));
  } else {
    put_text(out, joined.text());
  }
}

void resource_claim_state(std::string& out, const Input& in) {
  const Value status = in.object["status"];
  Joined joined;
  const bool allocated = status["allocation"].exists();
  if (is_deleting(in.object)) {
    joined.add("deleted");
  } else if (!allocated) {
    joined.add("pending");
  }
  if (allocated) joined.add("allocated");
  if (allocated && !status["reservedFor"].empty()) joined.add("reserved");
  put_text(out, joined.text());
}

constexpr NamedHook kHooks[] = {
    {"autoscaler_reference", autoscaler_reference},
    {"autoscaler_targets", autoscaler_targets},
    {"controlling_owner", controlling_owner},
    {"cron_job_suspend", cron_job_suspend},
    {"job_completions", job_completions},
    {"job_duration", job_duration},
    {"job_status", job_status},
    {"ready_of_replicas", ready_of_replicas},
    {"resource_claim_state", resource_claim_state},
    {"template_containers", template_containers},
    {"template_images", template_images},
};

}  // namespace

std::span<const NamedHook> workload_hooks() {
  return kHooks;
}

}  // namespace knarr::apiserver::cells
