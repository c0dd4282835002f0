// SPDX-License-Identifier: Apache-2.0
#include "api/conversion.h"

#include "api/types.h"
#include "base/check.h"
#include "codec/json.h"
#include "codec/typed.h"

#include <string>

#include <gtest/gtest.h>

namespace knarr::api {
namespace {

using object::Document;
using object::Draft;

Document read(std::string_view type, std::string_view json) {
  Draft draft = MUST(codec::parse_json(json));
  MUST(codec::decode_typed(draft.root(), types().find(type)));
  return codec::freeze_typed(draft, types().find(type));
}

std::string text(const Document& document) {
  std::string result;
  codec::write_json(result, document.root());
  return result;
}

std::string converted(std::string_view from, std::string_view to, std::string_view json) {
  return text(convert(read(from, json), types().find(from), types().find(to)));
}

constexpr std::string_view kV1 = "autoscaling/v1.HorizontalPodAutoscaler";
constexpr std::string_view kV2 = "autoscaling/v2.HorizontalPodAutoscaler";

TEST(Conversion, RenamesTheFieldsOfAnEvent) {
  const std::string core = converted("events.k8s.io/v1.Event", "core/v1.Event", R"({
    "apiVersion": "events.k8s.io/v1", "metadata": {"name": "e"}, "regarding": {"kind": "Pod"}, "note": "hello",
    "reportingController": "c", "deprecatedCount": 3, "reason": "R"})");
  EXPECT_EQ(
      core,
      R"({"apiVersion":"v1","metadata":{"name":"e"},"involvedObject":{"kind":"Pod"},"reason":"R",)"
      R"("message":"hello","source":{},"firstTimestamp":null,"lastTimestamp":null,"count":3,)"
      R"("eventTime":null,"reportingComponent":"c","reportingInstance":""})");
  const Document back = convert(read("core/v1.Event", core), types().find("core/v1.Event"),
                                types().find("events.k8s.io/v1.Event"));
  EXPECT_EQ(back["note"].as_string(), "hello");
  EXPECT_EQ(back["deprecatedCount"].as_int(), 3);
  EXPECT_EQ(back["apiVersion"].as_string(), "events.k8s.io/v1");
}

TEST(Conversion, KnowsTheNewNamesOfFields) {
  const object::Type core = types().find("core/v1.Event");
  const object::Type events = types().find("events.k8s.io/v1.Event");
  EXPECT_EQ(converted_field("regarding", events, core), "involvedObject");
  EXPECT_EQ(converted_field("involvedObject", core, events), "regarding");
  EXPECT_EQ(converted_field("reason", core, events), "reason");
}

TEST(Conversion, KeepsTheResourceVersion) {
  Draft draft = MUST(
      codec::parse_json(R"({"metadata": {"name": "e", "resourceVersion": "7"}, "reason": "R"})"));
  const Document event = codec::freeze_typed(draft, types().find("core/v1.Event"));
  EXPECT_EQ(convert(event, types().find("core/v1.Event"), types().find("events.k8s.io/v1.Event"))
                .resource_version(),
            7U);
}

// golden: workloads-hpa.json, "annotations of a v1 autoscaler become fields of v2".
TEST(AutoscalerConversion, MakesMetricsOfAnAnnotation) {
  const std::string v2 = converted(kV1, kV2, R"({"metadata": {"name": "a", "annotations": {
    "autoscaling.alpha.kubernetes.io/metrics":
      "[{\"type\": \"Pods\", \"pods\": {\"metricName\": \"m\", \"targetAverageValue\": \"5\"}}]", "keep": "me"}},
    "spec": {"maxReplicas": 5, "scaleTargetRef": {"kind": "Deployment", "name": "d"}}})");
  EXPECT_EQ(
      v2,
      R"({"metadata":{"name":"a","annotations":{"keep":"me"}},"spec":{"scaleTargetRef":{"kind":"Deployment",)"
      R"("name":"d"},"maxReplicas":5,"metrics":[{"type":"Pods","pods":{"metric":{"name":"m"},"target":)"
      R"({"type":"AverageValue","averageValue":"5"}}}]},"status":{"desiredReplicas":0,"currentMetrics":null}})");
}

TEST(AutoscalerConversion, DropsAnnotationsThatCannotBeRead) {
  for (const char* name : {"metrics", "current-metrics", "conditions", "behavior"}) {
    const std::string v2 = converted(
        kV1, kV2,
        std::string(R"({"metadata": {"annotations": {"autoscaling.alpha.kubernetes.io/)") + name +
            R"(": "not json"}}, "spec": {"maxReplicas": 5}})");
    EXPECT_EQ(v2,
              R"({"metadata":{},"spec":{"scaleTargetRef":{"kind":"","name":""},"maxReplicas":5},)"
              R"("status":{"desiredReplicas":0,"currentMetrics":null}})")
        << name;
  }
}

// golden: workloads-hpa.json; the texts of the annotations are those of Kubernetes 1.36.3.
TEST(AutoscalerConversion, WritesWhatV1HasNoFieldsForAsKubernetesDoes) {
  const std::string v1 = converted(kV2, kV1, R"({"metadata": {"name": "x"}, "spec": {
    "scaleTargetRef": {"kind": "Deployment", "name": "d"}, "minReplicas": 2, "maxReplicas": 9, "metrics": [
      {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}},
      {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "100Mi"}}},
      {"type": "Object", "object": {"describedObject": {"kind": "Ingress", "name": "i", "apiVersion": "n/v1"},
        "metric": {"name": "rps"}, "target": {"type": "Value", "value": "2k"}}},
      {"type": "External", "external": {"metric": {"name": "queue", "selector": {"matchLabels": {"q": "w"}}},
        "target": {"type": "AverageValue", "averageValue": "30"}}},
      {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": "app",
        "target": {"type": "Utilization", "averageUtilization": 50}}}],
    "behavior": {"scaleUp": {"stabilizationWindowSeconds": 10, "selectPolicy": "Min",
        "policies": [{"type": "Pods", "value": 3, "periodSeconds": 30}], "tolerance": "50m"},
      "scaleDown": {"selectPolicy": "Disabled", "policies": [{"type": "Percent", "value": 10, "periodSeconds": 1800}]}}}})");
  const Document document = read(kV1, v1);
  const object::Value annotations = document["metadata"]["annotations"];
  EXPECT_EQ(
      annotations["autoscaling.alpha.kubernetes.io/metrics"].as_string(),
      R"([{"type":"Resource","resource":{"name":"memory","targetAverageValue":"100Mi"}},)"
      R"({"type":"Object","object":{"target":{"kind":"Ingress","name":"i","apiVersion":"n/v1"},)"
      R"("metricName":"rps","targetValue":"2k"}},{"type":"External","external":{"metricName":"queue",)"
      R"("metricSelector":{"matchLabels":{"q":"w"}},"targetAverageValue":"30"}},{"type":"ContainerResource",)"
      R"("containerResource":{"name":"cpu","targetAverageUtilization":50,"container":"app"}}])");
  EXPECT_EQ(
      annotations["autoscaling.alpha.kubernetes.io/behavior"].as_string(),
      R"({"ScaleUp":{"StabilizationWindowSeconds":10,"SelectPolicy":"Min","Policies":[{"Type":"Pods","Value":3,)"
      R"("PeriodSeconds":30}],"Tolerance":"50m"},"ScaleDown":{"StabilizationWindowSeconds":null,)"
      R"("SelectPolicy":"Disabled","Policies":[{"Type":"Percent","Value":10,"PeriodSeconds":1800}],)"
      R"("Tolerance":null}})");
  EXPECT_EQ(document["spec"]["targetCPUUtilizationPercentage"].as_int(), 70);
  EXPECT_FALSE(document["spec"]["metrics"].exists());
}

TEST(AutoscalerConversion, ComesBackAsItWas) {
  const std::string_view object =
      R"({"metadata":{"name":"x","annotations":{"keep":"me"}},"spec":{)"
      R"("scaleTargetRef":{"kind":"Deployment","name":"d"},"maxReplicas":9,"metrics":[)"
      R"({"type":"Object","object":{"describedObject":{"kind":"Ingress","name":"i"},"target":{"type":"Value",)"
      R"("value":"2k"},"metric":{"name":"rps"}}},{"type":"Resource","resource":{"name":"cpu",)"
      R"("target":{"type":"Utilization","averageUtilization":70}}}],)"
      R"("behavior":{"scaleUp":{"selectPolicy":"Max","policies":[{"type":"Pods","value":3,"periodSeconds":30}]}}},)"
      R"("status":{"desiredReplicas":1,"currentMetrics":[{"type":"Resource","resource":{"name":"cpu",)"
      R"("current":{"averageValue":"30m","averageUtilization":40}}}],"conditions":[{"type":"AbleToScale",)"
      R"("status":"True","lastTransitionTime":"2024-01-01T00:00:00Z"}]}})";
  const std::string v1 = converted(kV2, kV1, object);
  EXPECT_NE(v1.find(R"("currentCPUUtilizationPercentage":40)"), std::string::npos) << v1;
  EXPECT_EQ(converted(kV1, kV2, v1), object);
}

}  // namespace
}  // namespace knarr::api
