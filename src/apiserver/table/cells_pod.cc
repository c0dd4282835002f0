// SPDX-License-Identifier: Apache-2.0
// Cells of pods: what their containers' states add up to.
// Source: k8s.io/kubernetes/pkg/printers/internalversion printPod; k8s-api printer-columns notes.
#include "apiserver/table/cells.h"
#include "object/time_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace knarr::apiserver::cells {

using object::TimePoint;
using object::Value;

namespace {

// The last of some finish times.
struct LastFinish {
  std::optional<TimePoint> time;
  void add(Value status) {
    const auto finished =
        object::parse_time(status["lastState"]["terminated"]["finishedAt"].as_string());
    if (finished && *finished != object::kZeroTime && (!time || *finished > *time)) {
      time = *finished;
    }
  }
};

struct PodSummary {
  std::string reason;
  std::int64_t total = 0;
  std::int64_t ready = 0;
  std::int64_t restarts = 0;
  LastFinish last_finish;
};

bool is_restartable(Value pod, std::string_view init_container) {
  for (Value container : pod["spec"]["initContainers"].items()) {
    if (container["name"].as_string() == init_container) {
      return container["restartPolicy"].as_string() == "Always";
    }
  }
  return false;
}

// "Error", "Signal:9", "ExitCode:1".
std::string ended_text(Value terminated) {
  const std::string_view reason = terminated["reason"].as_string();
  if (!reason.empty()) return std::string(reason);
  if (terminated["signal"].as_int() != 0) return fmt::format("Signal:{}", terminated["signal"].as_int());
  return fmt::format("ExitCode:{}", terminated["exitCode"].as_int());
}

struct InitWalk {
  bool initializing = false;
  std::int64_t restartable_restarts = 0;
  LastFinish restartable_finish;
};

InitWalk walk_init_containers(Value pod, PodSummary& summary) {
  InitWalk walk;
  std::size_t index = 0;
  for (Value status : pod["status"]["initContainerStatuses"].items()) {
    const std::size_t position = index++;
    const bool restartable = is_restartable(pod, status["name"].as_string());
    summary.restarts += status["restartCount"].as_int();
    summary.last_finish.add(status);
    if (restartable) {
      walk.restartable_restarts += status["restartCount"].as_int();
      walk.restartable_finish.add(status);
    }
    const Value terminated = status["state"]["terminated"];
    const std::string_view waiting = status["state"]["waiting"]["reason"].as_string();
    if (terminated && terminated["exitCode"].as_int() == 0) continue;
    if (restartable && status["started"].as_bool()) {
      if (status["ready"].as_bool()) ++summary.ready;
      continue;
    }
    if (terminated) {
      summary.reason = "Init:" + ended_text(terminated);
    } else if (!waiting.empty() && waiting != "PodInitializing") {
      summary.reason = fmt::format("Init:{}", waiting);
    } else {
      summary.reason = fmt::format("Init:{}/{}", position, pod["spec"]["initContainers"].size());
    }
    walk.initializing = true;
    break;
  }
  return walk;
}

void walk_containers(Value pod, PodSummary& summary) {
  bool has_running = false;
  std::string error_reason;
  const Value statuses = pod["status"]["containerStatuses"];
  for (std::size_t i = statuses.size(); i-- > 0;) {
    const Value status = statuses.at(i);
    const Value state = status["state"];
    summary.restarts += status["restartCount"].as_int();
    summary.last_finish.add(status);
    const std::string_view waiting = state["waiting"]["reason"].as_string();
    const Value terminated = state["terminated"];
    if (!waiting.empty()) {
      summary.reason = waiting;
    } else if (terminated) {
      summary.reason = ended_text(terminated);
      if (terminated["exitCode"].as_int() != 0) error_reason = summary.reason;
    } else if (status["ready"].as_bool() && state["running"]) {
      has_running = true;
      ++summary.ready;
    }
  }
  if (summary.reason != "Completed") return;
  if (has_running && has_condition(pod, "Ready")) {
    summary.reason = "Running";
  } else if (!error_reason.empty()) {
    summary.reason = error_reason;
  } else if (has_running) {
    summary.reason = "NotReady";
  }
}

PodSummary summarize(Value pod) {
  PodSummary summary;
  const std::string_view phase = pod["status"]["phase"].as_string();
  summary.reason = phase;
  const std::string_view reason = pod["status"]["reason"].as_string();
  if (!reason.empty()) summary.reason = reason;
  if (find_condition(pod, "PodScheduled")["reason"].as_string() == "SchedulingGated") {
    summary.reason = "SchedulingGated";
  }
  summary.total = static_cast<std::int64_t>(pod["spec"]["containers"].size());
  for (Value container : pod["spec"]["initContainers"].items()) {
    if (container["restartPolicy"].as_string() == "Always") ++summary.total;
  }
  const InitWalk walk = walk_init_containers(pod, summary);
  if (!walk.initializing || has_condition(pod, "Initialized")) {
    summary.restarts = walk.restartable_restarts;
    summary.last_finish = walk.restartable_finish;
    walk_containers(pod, summary);
  }
  if (is_deleting(pod)) {
    if (reason == "NodeLost") {
      summary.reason = "Unknown";
    } else if (phase != "Failed" && phase != "Succeeded") {
      summary.reason = "Terminating";
    }
  }
  return summary;
}

void pod_ready(std::string& out, const Input& in) {
  const PodSummary summary = summarize(in.object);
  put_text(out, fmt::format("{}/{}", summary.ready, summary.total));
}

void pod_status(std::string& out, const Input& in) {
  put_text(out, summarize(in.object).reason);
}

void pod_restarts(std::string& out, const Input& in) {
  const PodSummary summary = summarize(in.object);
  if (summary.restarts == 0 || !summary.last_finish.time) {
    put_text(out, std::to_string(summary.restarts));
    return;
  }
  put_text(out, fmt::format("{} ({} ago)", summary.restarts,
                            duration_text(in.now - *summary.last_finish.time)));
}

void pod_readiness_gates(std::string& out, const Input& in) {
  const Value gates = in.object["spec"]["readinessGates"];
  if (gates.empty()) {
    put_text(out, "<none>");
    return;
  }
  std::size_t open = 0;
  for (Value gate : gates.items()) {
    if (has_condition(in.object, gate["conditionType"].as_string())) ++open;
  }
  put_text(out, fmt::format("{}/{}", open, gates.size()));
}

constexpr NamedHook kHooks[] = {
    {"pod_readiness_gates", pod_readiness_gates},
    {"pod_ready", pod_ready},
    {"pod_restarts", pod_restarts},
    {"pod_status", pod_status},
};

}  // namespace

std::span<const NamedHook> pod_hooks() {
  return kHooks;
}

}  // namespace knarr::apiserver::cells
