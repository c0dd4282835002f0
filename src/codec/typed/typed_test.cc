// SPDX-License-Identifier: Apache-2.0
// decode_typed() and normalize() on real types: what Go's decoder and encoder make of the same text.
#include "codec/typed.h"

#include "api/types.h"

#include <gtest/gtest.h>

#include <string>

namespace knarr::codec {
namespace {

struct Row {
  const char* type;
  const char* in;
  const char* out;  // Compact JSON, or the error.
};

std::string through(const Row& row, DecodeNotes* notes = nullptr) {
  JsonNotes json;
  Result<object::Draft> draft = parse_json(row.in, {}, &json);
  if (!draft) return draft.error().message();
  if (notes != nullptr) notes->duplicate_fields = json.duplicate_fields;
  const object::Type type = api::types().find(row.type);
  EXPECT_TRUE(type) << row.type;
  const Result<> decoded = decode_typed(draft->root(), type, notes);
  if (!decoded) return decoded.error().message();
  std::string out;
  write_json(out, freeze_typed(*draft, type));
  return out;
}

class Typed : public testing::TestWithParam<Row> {};
TEST_P(Typed, BecomesWhatGoWouldWrite) { EXPECT_EQ(through(GetParam()), GetParam().out); }

INSTANTIATE_TEST_SUITE_P(
    Order, Typed,
    testing::Values(
        Row{"core/v1.ConfigMap", R"({"data":{"b":"2","a":"1"},"metadata":{"uid":"u","name":"n"},"apiVersion":"v1","kind":"ConfigMap"})",
            R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"n","uid":"u"},"data":{"a":"1","b":"2"}})"},
        Row{"core/v1.ConfigMap", "{}", R"({"metadata":{}})"},
        Row{"core/v1.ConfigMap", "null", R"({"metadata":{}})"},
        Row{"core/v1.ConfigMap", R"({"metadata":null,"data":null})", R"({"metadata":{}})"},
        Row{"core/v1.ConfigMap", R"({"data":{"a":null},"binaryData":{}})", R"({"metadata":{},"data":{"a":""}})"},
        Row{"core/v1.ConfigMap", R"({"metadata":{"name":"","labels":{},"finalizers":[],"ownerReferences":null}})", R"({"metadata":{}})"}));

INSTANTIATE_TEST_SUITE_P(
    Empty, Typed,  // BEHAVIOURS 17, 18
    testing::Values(
        Row{"core/v1.Pod", R"({"spec":{"containers":null}})", R"({"metadata":{},"spec":{"containers":null},"status":{}})"},
        Row{"core/v1.Pod", R"({"spec":{"containers":[]}})", R"({"metadata":{},"spec":{"containers":[]},"status":{}})"},
        Row{"core/v1.Pod", R"({"spec":{"containers":[null]}})",
            R"({"metadata":{},"spec":{"containers":[{"name":"","resources":{}}]},"status":{}})"},
        Row{"core/v1.PodSpec", R"({"containers":[],"hostNetwork":false,"terminationGracePeriodSeconds":0,"securityContext":{},"priority":0})",
            R"({"containers":[],"terminationGracePeriodSeconds":0,"securityContext":{},"priority":0})"},
        Row{"core/v1.EnvVarSource", R"({"resourceFieldRef":{"resource":"limits.cpu"}})",
            R"({"resourceFieldRef":{"resource":"limits.cpu","divisor":"0"}})"},
        Row{"core/v1.NodeCondition", R"({"type":"Ready","status":"True"})",
            R"({"type":"Ready","status":"True","lastHeartbeatTime":null,"lastTransitionTime":null})"},
        Row{"meta/v1.ObjectMeta", R"({"creationTimestamp":null})", "{}"},
        Row{"meta/v1.ObjectMeta", R"({"creationTimestamp":"0001-01-01T00:00:00Z"})", "{}"},
        Row{"core/v1.ServicePort", R"({"port":80})", R"({"port":80,"targetPort":0})"},
        Row{"core/v1.LocalObjectReference", R"({})", R"({})"},
        Row{"apps/v1.ControllerRevision", R"({"data":null,"revision":1})", R"({"metadata":{},"data":null,"revision":1})"}));

INSTANTIATE_TEST_SUITE_P(
    Scalars, Typed,
    testing::Values(
        Row{"core/v1.ResourceRequirements", R"({"limits":{"cpu":"1000m","memory":1024,"b":0.5,"c":1e3,"d":null,"e":1.0}})",
            R"({"limits":{"b":"500m","c":"1e3","cpu":"1","d":"0","e":"1","memory":"1024"}})"},
        Row{"core/v1.Secret", R"({"data":{"a":"YQ==","b":"Y\nQ==","c":"YR==","d":null,"e":[97,98]}})",
            R"({"metadata":{},"data":{"a":"YQ==","b":"YQ==","c":"YQ==","d":null,"e":"YWI="}})"},
        Row{"meta/v1.ObjectMeta", R"({"creationTimestamp":"2026-01-02T03:04:05.5+01:00"})",
            R"({"creationTimestamp":"2026-01-02T02:04:05Z"})"},
        Row{"core/v1.ServicePort", R"({"port":80,"targetPort":"http"})", R"({"port":80,"targetPort":"http"})"},
        Row{"apps/v1.ControllerRevision", R"({"data":{"b": [1.0, {"z":1,"a":"<"}],"a":1e2},"revision":0})",
            R"({"metadata":{},"data":{"b":[1.0,{"z":1,"a":"\u003c"}],"a":1e2},"revision":0})"},
        Row{"meta/v1.ManagedFieldsEntry", R"({"fieldsV1":{"f:a":{}}})", R"({"fieldsV1":{"f:a":{}}})"},
        Row{"meta/v1.ObjectMeta", R"({"generation":-0})", "{}"},
        Row{"apiextensions.k8s.io/v1.JSONSchemaProps",
            R"({"items":{"type":"string"},"additionalProperties":true,"dependencies":{"a":["b"]},"maximum":3,"default":{"z":1,"a":2},"enum":[1,null]})",
            R"({"default":{"a":2,"z":1},"maximum":3,"enum":[1,null],"items":{"type":"string"},"additionalProperties":true,"dependencies":{"a":["b"]}})"
            }));

INSTANTIATE_TEST_SUITE_P(
    Errors, Typed,
    testing::Values(
        Row{"core/v1.Pod", R"({"spec":{"containers":"x"}})", "spec.containers: expected a list, got a string"},
        Row{"core/v1.Pod", R"({"spec":{"containers":[{"name":5}]}})", "spec.containers[0].name: expected a string, got a number"},
        Row{"core/v1.Pod", R"({"spec":[]})", "spec: expected an object, got a list"},
        Row{"core/v1.Pod", "[]", "expected an object, got a list"},
        Row{"core/v1.PodSpec", R"({"priority":1.0})", "priority: expected an integer, got a number with a fraction or beyond 64 bits"},
        Row{"core/v1.PodSpec", R"({"priority":2147483648})",
            "priority: 2147483648 is out of range: expected an integer from -2147483648 to 2147483647"},
        Row{"core/v1.PodSpec", R"({"hostNetwork":"yes"})", "hostNetwork: expected true or false, got a string"},
        Row{"core/v1.ConfigMap", R"({"data":{"a":true}})", "data.a: expected a string, got a boolean"},
        Row{"core/v1.Secret", R"({"data":{"a":"?"}})", "data.a: the text is not base64 (RFC 4648, with padding)"},
        Row{"core/v1.ServicePort", R"({"targetPort":1.5})", "targetPort: expected an integer or a string, got a number with a fraction or beyond 64 bits"},
        Row{"core/v1.ServicePort", R"({"targetPort":3000000000})",
            "targetPort: 3000000000 is out of range: expected an integer from -2147483648 to 2147483647"},
        Row{"core/v1.ResourceRequirements", R"({"limits":{"cpu":"1K"}})",
            "limits.cpu: \"1K\" is not a quantity such as \"500m\" or \"1Gi\": unable to parse quantity's suffix"},
        Row{"meta/v1.ObjectMeta", R"({"creationTimestamp":"yesterday"})",
            "creationTimestamp: cannot read \"yesterday\" as a time: expected RFC 3339, for instance 2006-01-02T15:04:05Z"}));

struct Strict {
  const char* type;
  const char* in;
  std::vector<std::string> problems;
};

class StrictDecoding : public testing::TestWithParam<Strict> {};
TEST_P(StrictDecoding, NamesWhatKubernetesNames) {  // BEHAVIOURS 45
  DecodeNotes notes;
  through({GetParam().type, GetParam().in, ""}, &notes);
  EXPECT_EQ(notes.problems, GetParam().problems);
}

INSTANTIATE_TEST_SUITE_P(
    Table, StrictDecoding,
    testing::Values(
        Strict{"core/v1.ConfigMap", R"({"metadata":{"name":"u","bogus":"x"},"extra":1,"spec":{"x":1,"x":2}})",
               {"unknown field \"metadata.bogus\"", "unknown field \"extra\"", "unknown field \"spec\""}},
        Strict{"core/v1.ConfigMap", R"({"apiversion":"v1","Kind":"x","Data":{}})",
               {"unknown field \"apiversion\"", "unknown field \"Kind\"", "unknown field \"Data\""}},
        Strict{"core/v1.ConfigMap",
               R"({"metadata":{"name":"d","name":"d","labels":{"a":"1","a":"2"}},"data":{"k":"1","k":"2"},"data":{"k":"3"}})",
               {"duplicate field \"metadata.name\"", "duplicate field \"metadata.labels.a\"", "duplicate field \"data.k\"",
                "duplicate field \"data\""}},
        Strict{"core/v1.Pod", R"({"metadata":{"name":"a","name":"b"},"spec":{"containers":[{"image":"x","image":"y"}],"bogus":1}})",
               {"duplicate field \"metadata.name\"", "duplicate field \"spec.containers[0].image\"", "unknown field \"spec.bogus\""}},
        Strict{"core/v1.Pod", R"({"spec":{"containers":[{"imagee":"x","ports":[{"nme":"y"}]},{"Image":"z"}]}})",
               {"unknown field \"spec.containers[0].imagee\"", "unknown field \"spec.containers[0].ports[0].nme\"",
                "unknown field \"spec.containers[1].Image\""}},
        Strict{"apiextensions.k8s.io/v1.JSONSchemaProps", R"({"properties":{"a":{"minLenght":3}},"items":{"bogus":1}})",
               {"unknown field \"properties.a.minLenght\""}}));

TEST(Normalize, SortsTreesWithoutAType) {
  object::Draft draft = std::move(*parse_json(R"({"b":{"z":1,"a":[{"d":1,"c":2}]},"a":null})"));
  std::string out;
  write_json(out, freeze_typed(draft, {}));
  EXPECT_EQ(out, R"({"a":null,"b":{"a":[{"c":2,"d":1}],"z":1}})");
}

TEST(Normalize, IsIdempotent) {
  const object::Type type = api::types().find("core/v1.Pod");
  object::Draft draft = std::move(*parse_json(
      R"({"status":{"phase":"Running"},"spec":{"nodeName":"n","containers":[{"image":"i","name":"c"}]},"metadata":{"resourceVersion":"5","name":"p"}})"));
  ASSERT_TRUE(decode_typed(draft.root(), type).has_value());
  std::string once;
  const object::Document first = freeze_typed(draft, type);
  write_json(once, first);
  object::Draft again = object::Draft::from(first);
  std::string twice;
  write_json(twice, freeze_typed(again, type));
  EXPECT_EQ(once, twice);
  EXPECT_EQ(once, R"({"metadata":{"name":"p","resourceVersion":"5"},"spec":{"containers":[{"name":"c","image":"i","resources":{}}],"nodeName":"n"},"status":{"phase":"Running"}})");
}

}  // namespace
}  // namespace knarr::codec
