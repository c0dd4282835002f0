// SPDX-License-Identifier: Apache-2.0
#include "schema/defaulting.h"

#include "api/types.h"
#include "base/check.h"
#include "codec/json.h"

#include <gtest/gtest.h>

namespace knarr::schema {
namespace {

std::string defaulted(std::string_view type, std::string_view json, std::string_view now = {}) {
  object::Draft draft = MUST(codec::parse_json(json));
  apply_defaults(draft.root(), api::types().find(type), now);
  std::string once;
  draft.root().sort_keys_deep();
  codec::write_json(once, draft.root());
  apply_defaults(draft.root(), api::types().find(type), now);
  std::string twice;
  draft.root().sort_keys_deep();
  codec::write_json(twice, draft.root());
  EXPECT_EQ(once, twice) << "applying twice changes something";
  return once;
}

struct Row {
  const char *type, *json, *want;
};

// Sorted by key, so that the order of filling does not matter.
const Row kRows[] = {
    {"core/v1.Namespace", R"({"metadata":{"name":"a"}})",
     R"({"metadata":{"labels":{"kubernetes.io/metadata.name":"a"},"name":"a"},"status":{"phase":"Active"}})"},
    {"core/v1.Secret", R"({"metadata":{"name":"a"}})", R"({"metadata":{"name":"a"},"type":"Opaque"})"},
    {"core/v1.Service", R"({"spec":{"ports":[{"port":80}],"sessionAffinityConfig":{"clientIP":{}}}})",
     R"({"spec":{"internalTrafficPolicy":"Cluster","ports":[{"port":80,"protocol":"TCP","targetPort":80}],"sessionAffinity":"None","type":"ClusterIP"}})"},
    {"core/v1.Service", R"({"spec":{"type":"LoadBalancer","sessionAffinity":"ClientIP","ports":[{"port":1,"targetPort":"x"}]}})",
     R"({"spec":{"allocateLoadBalancerNodePorts":true,"externalTrafficPolicy":"Cluster","internalTrafficPolicy":"Cluster","ports":[{"port":1,"protocol":"TCP","targetPort":"x"}],"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":10800}},"type":"LoadBalancer"}})"},
    {"core/v1.Service", R"({"spec":{"type":"ExternalName","externalName":"a"}})",
     R"({"spec":{"externalName":"a","sessionAffinity":"None","type":"ExternalName"}})"},
    {"core/v1.LimitRange", R"({"spec":{"limits":[{"type":"Container","max":{"cpu":"1"},"min":{"memory":"1Mi"}},{"type":"Pod","max":{"cpu":"1"}}]}})",
     R"({"spec":{"limits":[{"default":{"cpu":"1"},"defaultRequest":{"cpu":"1","memory":"1Mi"},"max":{"cpu":"1"},"min":{"memory":"1Mi"},"type":"Container"},{"max":{"cpu":"1"},"type":"Pod"}]}})"},
    {"core/v1.ResourceQuota", R"({"spec":{"hard":{"cpu":"1500u","memory":"0.1","pods":"3"}}})",
     R"({"spec":{"hard":{"cpu":"2m","memory":"0.1","pods":"3"}}})"},
    {"core/v1.Node", R"({"status":{"capacity":{"cpu":"4"}}})",
     R"({"status":{"allocatable":{"cpu":"4"},"capacity":{"cpu":"4"}}})"},
    {"core/v1.Volume", R"({"name":"v"})", R"({"emptyDir":{},"name":"v"})"},
    {"core/v1.Volume", R"({"name":"v","hostPath":{"path":"/"}})",
     R"({"hostPath":{"path":"/","type":""},"name":"v"})"},
    {"core/v1.Volume", R"({"name":"v","image":{"reference":"a:latest"}})",
     R"({"image":{"pullPolicy":"Always","reference":"a:latest"},"name":"v"})"},
    {"core/v1.Container", R"({"name":"c","image":"a","livenessProbe":{"httpGet":{"port":1}},"ports":[{"containerPort":1}]})",
     R"({"image":"a","imagePullPolicy":"Always","livenessProbe":{"failureThreshold":3,"httpGet":{"path":"/","port":1,"scheme":"HTTP"},"periodSeconds":10,"successThreshold":1,"timeoutSeconds":1},"name":"c","ports":[{"containerPort":1,"protocol":"TCP"}],"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"})"},
    {"apps/v1.StatefulSet", R"({"spec":{"template":{"spec":null},"updateStrategy":{"type":"RollingUpdate"}}})",
     R"({"spec":{"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Retain","whenScaled":"Retain"},"podManagementPolicy":"OrderedReady","replicas":1,"revisionHistoryLimit":10,"template":{"spec":{"dnsPolicy":"ClusterFirst","restartPolicy":"Always","schedulerName":"default-scheduler","securityContext":{},"terminationGracePeriodSeconds":30}},"updateStrategy":{"type":"RollingUpdate"}}})"},
    {"batch/v1.Job", R"({"spec":{"parallelism":2,"podFailurePolicy":{"rules":[]},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"restartPolicy":"Never"}}}})",
     R"({"metadata":{"labels":{"a":"b"}},"spec":{"backoffLimit":6,"completionMode":"NonIndexed","manualSelector":false,"parallelism":2,"podFailurePolicy":{"rules":[]},"podReplacementPolicy":"Failed","suspend":false,"template":{"metadata":{"labels":{"a":"b"}},"spec":{"dnsPolicy":"ClusterFirst","restartPolicy":"Never","schedulerName":"default-scheduler","securityContext":{},"terminationGracePeriodSeconds":30}}}})"},
    {"autoscaling/v2.HorizontalPodAutoscaler", R"({"spec":{"behavior":{"scaleDown":{"selectPolicy":"Disabled"}}}})",
     R"({"spec":{"behavior":{"scaleDown":{"policies":[{"periodSeconds":15,"type":"Percent","value":100}],"selectPolicy":"Disabled"},"scaleUp":{"policies":[{"periodSeconds":15,"type":"Pods","value":4},{"periodSeconds":15,"type":"Percent","value":100}],"selectPolicy":"Max","stabilizationWindowSeconds":0}},"metrics":[{"resource":{"name":"cpu","target":{"averageUtilization":80,"type":"Utilization"}},"type":"Resource"}],"minReplicas":1}})"},
    {"networking.k8s.io/v1.NetworkPolicy", R"({"spec":{"egress":[{"ports":[{"port":1}]}]}})",
     R"({"spec":{"egress":[{"ports":[{"port":1,"protocol":"TCP"}]}],"policyTypes":["Ingress","Egress"]}})"},
    {"rbac.authorization.k8s.io/v1.RoleBinding", R"({"subjects":[{"kind":"User"},{"kind":"ServiceAccount"}]})",
     R"({"roleRef":{"apiGroup":"rbac.authorization.k8s.io"},"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User"},{"kind":"ServiceAccount"}]})"},
    {"resource.k8s.io/v1.ExactDeviceRequest", R"({})", R"({"allocationMode":"ExactCount","count":1})"},
    {"apiextensions.k8s.io/v1.CustomResourceDefinition",
     R"({"spec":{"names":{"kind":"FooBar"},"versions":[{"name":"a"},{"name":"b","storage":true}]}})",
     R"({"spec":{"conversion":{"strategy":"None"},"names":{"kind":"FooBar","listKind":"FooBarList","singular":"foobar"},"versions":[{"name":"a"},{"name":"b","storage":true}]},"status":{"storedVersions":["b"]}})"},
};

// BEHAVIOURS 47.
TEST(Defaulting, FillsWhatKubernetesFills) {
  for (const Row& row : kRows) EXPECT_EQ(defaulted(row.type, row.json), row.want) << row.type;
}

TEST(Defaulting, PodsButNotTemplatesGetRequestsFromLimits) {
  constexpr std::string_view kSpec =
      R"({"spec":{"hostNetwork":true,"containers":[{"image":"a@sha256:0","ports":[{"containerPort":5}],"resources":{"limits":{"cpu":"1"}}}]}})";
  const std::string pod = defaulted("core/v1.Pod", kSpec);
  EXPECT_NE(pod.find(R"("requests":{"cpu":"1"})"), std::string::npos) << pod;
  EXPECT_NE(pod.find(R"("hostPort":5)"), std::string::npos);
  EXPECT_NE(pod.find(R"("enableServiceLinks":true)"), std::string::npos);
  EXPECT_NE(pod.find(R"("imagePullPolicy":"IfNotPresent")"), std::string::npos);
  const std::string pod_template = defaulted("core/v1.PodTemplateSpec", kSpec);
  EXPECT_EQ(pod_template.find("requests"), std::string::npos) << pod_template;
  EXPECT_EQ(pod_template.find("hostPort"), std::string::npos);
}

TEST(Defaulting, PodLevelRequestsComeFromContainersThenLimits) {
  const std::string pod = defaulted(
      "core/v1.Pod",
      R"({"spec":{"resources":{"limits":{"cpu":"4","memory":"1Gi"}},"containers":[)"
      R"({"resources":{"requests":{"cpu":"500m"}}},{"resources":{"requests":{"cpu":"1"}}}],)"
      R"("initContainers":[{"restartPolicy":"Always","resources":{"requests":{"cpu":"250m"}}},)"
      R"({"resources":{"requests":{"cpu":"1750m"}}}]}})");
  EXPECT_NE(pod.find(R"("resources":{"limits":{"cpu":"4","memory":"1Gi"},"requests":{"cpu":"2","memory":"1Gi"}})"),
            std::string::npos)
      << pod;
}

TEST(Defaulting, TheTagDecidesThePullPolicy) {
  const std::pair<const char*, const char*> rows[] = {
      {"a", "Always"},          {"a:latest", "Always"}, {"a:1", "IfNotPresent"},
      {"r:5000/a", "Always"},   {"r:5000/a:2", "IfNotPresent"},
      {"a@sha256:00", "IfNotPresent"}, {"", "IfNotPresent"}, {"UPPER", "IfNotPresent"},
      {"R.io/a", "Always"}};
  for (const auto& [image, want] : rows) {
    object::Draft draft;
    draft.root().set("image", image);
    apply_defaults(draft.root(), api::types().find("core/v1.Container"));
    EXPECT_EQ(draft["imagePullPolicy"].as_string(), want) << image;
  }
}

TEST(Defaulting, SomeFieldsDefaultToNow) {
  EXPECT_EQ(defaulted("resource.k8s.io/v1.DeviceTaint", "{}", "2026-01-02T03:04:05Z"),
            R"({"timeAdded":"2026-01-02T03:04:05Z"})");
}

}  // namespace
}  // namespace knarr::schema
