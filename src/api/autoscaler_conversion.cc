// SPDX-License-Identifier: Apache-2.0
// Moves metrics, behavior and conditions between v2's fields and v1's annotations. The annotations
// hold the types of autoscaling/v1 (MetricSpec, MetricStatus); the behavior is in the names of Go's
// internal type ("ScaleUp"), which every Kubernetes since 1.18 reads and writes.
#include "api/autoscaler_conversion.h"

#include "api/types.h"
#include "codec/json.h"
#include "codec/typed.h"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace knarr::api {
namespace {

using object::Draft;
using object::NodeRef;
using object::Type;

constexpr std::string_view kMetrics = "autoscaling.alpha.kubernetes.io/metrics";
constexpr std::string_view kCurrentMetrics = "autoscaling.alpha.kubernetes.io/current-metrics";
constexpr std::string_view kConditions = "autoscaling.alpha.kubernetes.io/conditions";
constexpr std::string_view kBehavior = "autoscaling.alpha.kubernetes.io/behavior";

/// A field of a metric in v1, and where it is in v2.
struct Place {
  std::string_view v1;
  std::string_view v2_parent;  // "" = the metric itself.
  std::string_view v2;
};

struct Source {
  std::string_view field;  // "object", "pods", ...
  std::span<const Place> places;
};

constexpr std::array<Place, 5> kObjectSpec = {{{"target", "", "describedObject"},
                                               {"metricName", "metric", "name"},
                                               {"selector", "metric", "selector"},
                                               {"targetValue", "target", "value"},
                                               {"averageValue", "target", "averageValue"}}};
constexpr std::array<Place, 3> kPodsSpec = {{{"metricName", "metric", "name"},
                                             {"selector", "metric", "selector"},
                                             {"targetAverageValue", "target", "averageValue"}}};
constexpr std::array<Place, 4> kResourceSpec = {
    {{"name", "", "name"},
     {"container", "", "container"},
     {"targetAverageUtilization", "target", "averageUtilization"},
     {"targetAverageValue", "target", "averageValue"}}};
constexpr std::array<Place, 4> kExternalSpec = {{{"metricName", "metric", "name"},
                                                 {"metricSelector", "metric", "selector"},
                                                 {"targetValue", "target", "value"},
                                                 {"targetAverageValue", "target", "averageValue"}}};
constexpr std::array<Source, 5> kSpecSources = {{{"object", kObjectSpec},
                                                 {"pods", kPodsSpec},
                                                 {"resource", kResourceSpec},
                                                 {"containerResource", kResourceSpec},
                                                 {"external", kExternalSpec}}};

constexpr std::array<Place, 5> kObjectStatus = {{{"target", "", "describedObject"},
                                                 {"metricName", "metric", "name"},
                                                 {"selector", "metric", "selector"},
                                                 {"currentValue", "current", "value"},
                                                 {"averageValue", "current", "averageValue"}}};
constexpr std::array<Place, 3> kPodsStatus = {{{"metricName", "metric", "name"},
                                               {"selector", "metric", "selector"},
                                               {"currentAverageValue", "current", "averageValue"}}};
constexpr std::array<Place, 4> kResourceStatus = {
    {{"name", "", "name"},
     {"container", "", "container"},
     {"currentAverageUtilization", "current", "averageUtilization"},
     {"currentAverageValue", "current", "averageValue"}}};
constexpr std::array<Place, 4> kExternalStatus = {
    {{"metricName", "metric", "name"},
     {"metricSelector", "metric", "selector"},
     {"currentValue", "current", "value"},
     {"currentAverageValue", "current", "averageValue"}}};
constexpr std::array<Source, 5> kStatusSources = {{{"object", kObjectStatus},
                                                   {"pods", kPodsStatus},
                                                   {"resource", kResourceStatus},
                                                   {"containerResource", kResourceStatus},
                                                   {"external", kExternalStatus}}};

void set_if_there(NodeRef to, std::string_view name, NodeRef value) {
  if (value.exists() && !value.is_null()) to.ensure(name).assign(value);
}

// ---- metrics

/// Which of the numbers of a v2 target counts.
std::string_view target_type(std::string_view source, NodeRef target) {
  if (source == "pods") return "AverageValue";
  if (source == "object") return target["averageValue"].exists() ? "AverageValue" : "Value";
  if (source == "external") return target["value"].exists() ? "Value" : "AverageValue";
  return target["averageUtilization"].exists() ? "Utilization" : "AverageValue";
}

void metric_from_v1(NodeRef v1, NodeRef v2, std::span<const Source> sources, bool is_spec) {
  v2.set_map();
  set_if_there(v2, "type", v1["type"]);
  for (const Source& source : sources) {
    NodeRef from = v1[source.field];
    if (!from.is_map()) continue;
    NodeRef to = v2.ensure_map(source.field);
    for (const Place& place : source.places) {
      NodeRef value = from[place.v1];
      if (!value.exists()) continue;
      set_if_there(place.v2_parent.empty() ? to : to.ensure_map(place.v2_parent), place.v2, value);
    }
    if (is_spec) {
      NodeRef target = to.ensure_map("target");
      target.set("type", target_type(source.field, target));
    }
  }
}

void metric_to_v1(NodeRef v2, NodeRef v1, std::span<const Source> sources) {
  v1.set_map();
  set_if_there(v1, "type", v2["type"]);
  for (const Source& source : sources) {
    NodeRef from = v2[source.field];
    if (!from.is_map()) continue;
    NodeRef to = v1.ensure_map(source.field);
    for (const Place& place : source.places) {
      set_if_there(to, place.v1,
                   place.v2_parent.empty() ? from[place.v2] : from[place.v2_parent][place.v2]);
    }
  }
}

bool is_cpu(NodeRef metric) {
  return metric["type"].as_string() == "Resource" &&
         metric["resource"]["name"].as_string() == "cpu";
}

// ---- annotations

/// The list in an annotation, each entry well-typed and whole; nothing when it cannot be read.
std::optional<Draft> read_list(NodeRef annotations, std::string_view name,
                               std::string_view type_name) {
  NodeRef text = annotations[name];
  if (!text.is_string()) return {};
  auto parsed = codec::parse_json(text.as_string());
  if (!parsed || !(parsed->root().is_list() || parsed->root().is_null())) return {};
  const Type type = types().find(type_name);
  for (NodeRef item : parsed->root().items()) {
    if (!codec::decode_typed(item, type)) return {};
    codec::normalize(item, type);
  }
  return std::move(*parsed);
}

void write_annotation(NodeRef object, std::string_view name, NodeRef value) {
  std::string text;
  codec::write_json(text, value);
  object.ensure_map("metadata").ensure_map("annotations").set(name, text);
}

void drop_annotations(NodeRef object) {
  NodeRef annotations = object["metadata"]["annotations"];
  if (!annotations.is_map()) return;
  for (const std::string_view name : {kMetrics, kCurrentMetrics, kConditions, kBehavior})
    annotations.erase(name);
  if (annotations.empty()) object["metadata"].erase("annotations");
}

// ---- behavior, in the names of the internal type

struct Name {
  std::string_view internal;
  std::string_view v2;
};

constexpr std::array<Name, 4> kRules = {
    {{"StabilizationWindowSeconds", "stabilizationWindowSeconds"},
     {"SelectPolicy", "selectPolicy"},
     {"Policies", "policies"},
     {"Tolerance", "tolerance"}}};
constexpr std::array<Name, 3> kPolicy = {
    {{"Type", "type"}, {"Value", "value"}, {"PeriodSeconds", "periodSeconds"}}};

/// Go matches names without regard to case when it reads JSON.
NodeRef find_caseless(NodeRef map, std::string_view name) {
  for (const auto [key, atom, value] : map.entries()) {
    if (key.size() == name.size() &&
        std::equal(key.begin(), key.end(), name.begin(),
                   [](char a, char b) { return (a | 0x20) == (b | 0x20); })) {
      return value;
    }
  }
  return {};
}

void rename_into(NodeRef from, NodeRef to, std::span<const Name> names) {
  to.set_map();
  for (const Name& name : names) set_if_there(to, name.v2, find_caseless(from, name.internal));
}

void rules_from_internal(NodeRef from, NodeRef behavior, std::string_view name) {
  if (!from.is_map()) return;
  NodeRef to = behavior.ensure(name);
  rename_into(from, to, kRules);
  NodeRef policies = to["policies"];
  Draft copy = Draft::from(policies);
  std::size_t i = 0;
  for (NodeRef policy : copy.root().items()) rename_into(policy, policies.at(i++), kPolicy);
}

void behavior_from_annotation(NodeRef annotations, NodeRef spec) {
  NodeRef text = annotations[kBehavior];
  if (!text.is_string()) return;
  auto parsed = codec::parse_json(text.as_string());
  if (!parsed || !parsed->root().is_map()) return;
  Draft made;
  made.root().set_map();
  rules_from_internal(find_caseless(parsed->root(), "ScaleUp"), made.root(), "scaleUp");
  rules_from_internal(find_caseless(parsed->root(), "ScaleDown"), made.root(), "scaleDown");
  if (!codec::decode_typed(made.root(),
                           types().find("autoscaling/v2.HorizontalPodAutoscalerBehavior")))
    return;
  if (!made.root().empty()) spec.ensure("behavior").assign(made.root());
}

void set_or_null(NodeRef to, std::string_view name, NodeRef value) {
  to.ensure(name);
  set_if_there(to, name, value);
}

void rules_to_internal(NodeRef from, NodeRef to) {
  if (!from.is_map()) return;  // Stays null.
  to.set_map();
  for (const Name& name : kRules) set_or_null(to, name.internal, from[name.v2]);
  if (!from["policies"].is_list()) return;
  NodeRef policies = to.ensure("Policies");
  policies.set_list();
  for (NodeRef policy : from["policies"].items()) {
    NodeRef entry = policies.append();
    entry.set_map();
    for (const Name& name : kPolicy) set_or_null(entry, name.internal, policy[name.v2]);
  }
}

// ---- the parts of the object

void spec_from_v1(NodeRef object, NodeRef annotations) {
  NodeRef spec = object.ensure_map("spec");
  Draft metrics;
  metrics.root().set_list();
  if (auto others = read_list(annotations, kMetrics, "autoscaling/v1.MetricSpec")) {
    for (NodeRef metric : others->root().items()) {
      metric_from_v1(metric, metrics.root().append(), kSpecSources, true);
    }
  }
  if (NodeRef cpu = spec["targetCPUUtilizationPercentage"]; cpu.exists()) {
    NodeRef metric = metrics.root().append();
    metric.set("type", "Resource");
    metric.ensure_map("resource").set("name", "cpu");
    NodeRef target = metric["resource"].ensure_map("target");
    target.set("type", "Utilization");
    target.ensure("averageUtilization").assign(cpu);
    spec.erase("targetCPUUtilizationPercentage");
  }
  if (!metrics.root().empty()) spec.ensure("metrics").assign(metrics.root());
  behavior_from_annotation(annotations, spec);
}

void status_from_v1(NodeRef object, NodeRef annotations) {
  NodeRef status = object.ensure_map("status");
  if (NodeRef cpu = status["currentCPUUtilizationPercentage"]; cpu.exists()) {
    NodeRef metrics = status.ensure_list("currentMetrics");
    NodeRef metric = metrics.append();
    metric.set("type", "Resource");
    metric.ensure_map("resource").set("name", "cpu");
    metric["resource"].ensure_map("current").ensure("averageUtilization").assign(cpu);
    status.erase("currentCPUUtilizationPercentage");
  }
  if (auto current = read_list(annotations, kCurrentMetrics, "autoscaling/v1.MetricStatus")) {
    NodeRef metrics = status.ensure("currentMetrics");  // They say more than the field above.
    metrics.set_list();
    for (NodeRef metric : current->root().items()) {
      metric_from_v1(metric, metrics.append(), kStatusSources, false);
    }
  }
  if (auto conditions =
          read_list(annotations, kConditions, "autoscaling/v1.HorizontalPodAutoscalerCondition")) {
    status.ensure("conditions").assign(conditions->root());
  }
}

void spec_to_v1(NodeRef object) {
  NodeRef spec = object["spec"];
  if (!spec.is_map()) return;
  Draft others;
  others.root().set_list();
  const Type type = types().find("autoscaling/v1.MetricSpec");
  bool seen_cpu = false;
  for (NodeRef metric : spec["metrics"].items()) {
    NodeRef utilization = metric["resource"]["target"]["averageUtilization"];
    if (is_cpu(metric)) {
      if (!seen_cpu && utilization.exists()) {
        spec.ensure("targetCPUUtilizationPercentage").assign(utilization);
      }
      seen_cpu = true;
      if (utilization.exists()) continue;
    }
    NodeRef entry = others.root().append();
    metric_to_v1(metric, entry, kSpecSources);
    codec::normalize(entry, type);
  }
  if (!others.root().empty()) write_annotation(object, kMetrics, others.root());
  spec.erase("metrics");
  if (NodeRef behavior = spec["behavior"]; behavior.is_map()) {
    Draft made;
    made.root().set_map();
    rules_to_internal(behavior["scaleUp"], made.root().ensure("ScaleUp"));
    rules_to_internal(behavior["scaleDown"], made.root().ensure("ScaleDown"));
    write_annotation(object, kBehavior, made.root());
    spec.erase("behavior");
  }
}

void status_to_v1(NodeRef object) {
  NodeRef status = object["status"];
  if (!status.is_map()) return;
  Draft current;
  current.root().set_list();
  bool seen_cpu = false;
  for (NodeRef metric : status["currentMetrics"].items()) {
    if (is_cpu(metric) && !seen_cpu) {
      seen_cpu = true;
      set_if_there(status, "currentCPUUtilizationPercentage",
                   metric["resource"]["current"]["averageUtilization"]);
    }
    NodeRef entry = current.root().append();
    metric_to_v1(metric, entry, kStatusSources);
    codec::normalize(entry, types().find("autoscaling/v1.MetricStatus"));
  }
  if (!current.root().empty()) write_annotation(object, kCurrentMetrics, current.root());
  status.erase("currentMetrics");
  NodeRef conditions = status["conditions"];
  if (conditions.is_list() && !conditions.empty()) {
    Draft copy = Draft::from(conditions);
    const Type type = types().find("autoscaling/v1.HorizontalPodAutoscalerCondition");
    for (NodeRef condition : copy.root().items()) codec::normalize(condition, type);
    write_annotation(object, kConditions, copy.root());
  }
  status.erase("conditions");
}

}  // namespace

void autoscaler_from_v1(NodeRef object) {
  NodeRef annotations = object["metadata"]["annotations"];
  spec_from_v1(object, annotations);
  status_from_v1(object, annotations);
  drop_annotations(object);
}

void autoscaler_to_v1(NodeRef object) {
  drop_annotations(object);  // Only what the fields say counts.
  spec_to_v1(object);
  status_to_v1(object);
}

}  // namespace knarr::api
