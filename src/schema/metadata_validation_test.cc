// SPDX-License-Identifier: Apache-2.0
#include "schema/metadata_validation.h"

#include <gtest/gtest.h>

namespace knarr::schema {
namespace {

using object::Draft;
using object::NodeRef;

std::vector<std::string> texts(const FieldErrors& errors) {
  std::vector<std::string> out;
  for (const Cause& cause : errors.causes()) out.push_back(cause.field + ": " + cause.message);
  return out;
}

class MetadataValidation : public testing::Test {
 protected:
  MetadataValidation() {
    meta().set("name", "a");
    meta().set("namespace", "n");
  }
  NodeRef meta() { return draft_.root(); }
  NodeRef owner(std::string_view kind, std::string_view name) {
    NodeRef reference = meta().ensure_list("ownerReferences").append();
    reference.set("apiVersion", "v1");
    reference.set("kind", kind);
    reference.set("name", name);
    reference.set("uid", "u");
    return reference;
  }
  std::vector<std::string> create(bool namespaced = true) {
    FieldErrors errors;
    const auto document = draft_.freeze();
    validate_object_meta(document.root(), namespaced, subdomain_problems, path_, errors);
    validate_builtin_finalizers(document.root(), path_, errors);
    return texts(errors);
  }
  Draft draft_;
  FieldPath path_{"metadata"};
};

TEST_F(MetadataValidation, AcceptsAnOrdinaryObject) {
  meta().ensure_map("labels").set("app.kubernetes.io/name", "web");
  meta().ensure_map("annotations").set("Example.com/Note", "any text at all");
  meta().ensure_list("finalizers").append_string("example.com/clean");
  owner("Pod", "p").set("controller", true);
  EXPECT_EQ(create(), std::vector<std::string>{});
}

TEST_F(MetadataValidation, NeedsANameAndTheRightNamespace) {
  meta().erase("name");
  EXPECT_EQ(create(), std::vector<std::string>{
                          "metadata.name: Required value: name or generateName is required"});
  meta().set("name", "a");
  EXPECT_EQ(create(false), std::vector<std::string>{
                               "metadata.namespace: Forbidden: not allowed on this type"});
}

TEST_F(MetadataValidation, RefusesBadOwners) {
  owner("Pod", "p").set("controller", true);
  owner("Pod", "q").set("controller", true);
  EXPECT_EQ(create().at(0),
            "metadata.ownerReferences: Invalid value: "
            R"([{"apiVersion":"v1","kind":"Pod","name":"p","uid":"u","controller":true},)"
            R"({"apiVersion":"v1","kind":"Pod","name":"q","uid":"u","controller":true}]: )"
            "Only one reference can have Controller set to true. Found \"true\" in references for "
            "Pod/p and Pod/q");
  meta().erase("ownerReferences");
  owner("Event", "e").erase("uid");
  EXPECT_EQ(create(), (std::vector<std::string>{
                          "metadata.ownerReferences.uid: Invalid value: \"\": must not be empty",
                          "metadata.ownerReferences: Invalid value: "
                          R"({"apiVersion":"v1","kind":"Event","name":"e"}: )"
                          "/v1, Kind=Event is disallowed from being an owner"}));
}

TEST_F(MetadataValidation, RefusesFinalizersWithoutADomain) {
  NodeRef finalizers = meta().ensure_list("finalizers");
  finalizers.append_string("orphan");
  finalizers.append_string("foregroundDeletion");
  finalizers.append_string("foo");
  EXPECT_EQ(create(),
            (std::vector<std::string>{
                "metadata.finalizers: Invalid value: [\"orphan\",\"foregroundDeletion\",\"foo\"]: "
                "finalizer orphan and foregroundDeletion cannot be both set",
                "metadata.finalizers[2]: Invalid value: \"foo\": name is neither a standard "
                "finalizer name nor is it fully qualified"}));
}

TEST_F(MetadataValidation, LimitsAllAnnotationsTogether) {
  const std::string half(128UL * 1024, 'x');
  meta().ensure_map("annotations").set("a", half);
  meta().ensure_map("annotations").set("b", half);
  EXPECT_EQ(create(), std::vector<std::string>{
                          "metadata.annotations: Too long: may not be more than 262144 bytes"});
}

TEST_F(MetadataValidation, AnUpdateKeepsWhatIsImmutable) {
  meta().set("uid", "u1");
  meta().set("deletionTimestamp", "2001-01-01T00:00:00Z");
  meta().ensure_list("finalizers").append_string("a/b");
  const auto before = draft_.freeze();
  meta().set("uid", "u2");
  meta().set("deletionTimestamp", "2002-01-01T00:00:00Z");
  meta()["finalizers"].append_string("x/y");
  FieldErrors errors;
  const auto after = draft_.freeze();
  validate_object_meta_update(after.root(), before.root(), path_, errors, false);
  EXPECT_EQ(texts(errors),
            (std::vector<std::string>{
                "metadata.finalizers: Forbidden: no new finalizers can be added if the object is "
                "being deleted, found new finalizers []string{\"x/y\"}",
                "metadata.resourceVersion: Invalid value: \"\": must be specified for an update",
                "metadata.uid: Invalid value: \"u2\": field is immutable",
                "metadata.deletionTimestamp: Invalid value: \"2002-01-01T00:00:00Z\": field is "
                "immutable"}));
}

}  // namespace
}  // namespace knarr::schema
