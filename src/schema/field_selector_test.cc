// SPDX-License-Identifier: Apache-2.0
#include "schema/field_selector.h"

#include "object/draft.h"

#include <gtest/gtest.h>

namespace knarr::schema {
namespace {

using object::Draft;

Result<FieldSelector> parse(std::string_view text, std::string_view group, std::string_view kind) {
  return FieldSelector::parse(text, builtin_selectable_fields(group, kind), "resource.k8s.io/v1",
                              kind);
}

TEST(FieldSelector, RefusesAsKubernetes) {
  struct Row {
    const char *text, *group, *kind, *want;
  };
  const Row rows[] = {
      {"type", "", "Event", "invalid selector: 'type'; can't understand 'type'"},
      {"spec.nodeName=a,b", "", "Pod", "invalid selector: 'spec.nodeName=a,b'; can't understand 'b'"},
      {"metadata.name=s1=s2", "", "Pod", "invalid field selector: unescaped character in value: 61"},
      {"metadata.name=s\\1", "", "Pod", "invalid field selector: invalid escape sequence: \\1"},
      {"metadata.name=s1\\", "", "Pod", "invalid field selector: invalid escape sequence: \\"},
      {"spec.x=1", "", "ConfigMap",
       "\"spec.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""},
      {"spec.x=1", "", "Pod", "field label not supported: spec.x"},
      {"type=x", "batch", "Job", "field label \"type\" not supported for Job"},
      {"type=x", "resource.k8s.io", "ResourceSlice",
       "field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: type"},
      {"involvedObject.kind=Pod", "events.k8s.io", "Event",
       "field label not supported: involvedObject.kind"},
      {"metadata.namespace=a", "", "Node", "field label not supported: metadata.namespace"},
  };
  for (const Row& row : rows) {
    const auto parsed = parse(row.text, row.group, row.kind);
    ASSERT_FALSE(parsed) << row.text;
    EXPECT_EQ(parsed.error().message(), row.want);
    EXPECT_EQ(parsed.error().reason(), Reason::BadRequest);
  }
}

TEST(FieldSelector, MatchesValuesByTheirText) {
  Draft draft;
  draft.root().ensure_map("metadata").set("name", "p");
  draft.root().ensure_map("spec").set("nodeName", "n=1");
  draft.root()["spec"].set("hostNetwork", true);
  draft.root().ensure_map("status").ensure_list("podIPs").append().set("ip", "10.0.0.1");
  const auto pod = draft.freeze();
  const std::pair<const char*, bool> rows[] = {
      {"", true},
      {"metadata.name=p", true},
      {"metadata.name==q", false},
      {"metadata.name!=q", true},
      {"spec.nodeName=n\\=1", true},
      {"spec.host=n\\=1", true},
      {"spec.hostNetwork=true", true},
      {"status.podIP=10.0.0.1", true},
      {"status.podIPs=", true},
      {"status.phase=,metadata.name=p", true},
      {"status.phase!=", false},
  };
  for (const auto& [text, want] : rows) {
    const auto selector = parse(text, "", "Pod");
    ASSERT_TRUE(selector) << text;
    EXPECT_EQ(selector->matches(pod.root()), want) << text;
  }
  const auto job = parse("status.successful=0", "batch", "Job");
  ASSERT_TRUE(job);
  EXPECT_TRUE(job->matches(pod.root()));
}

TEST(FieldSelector, NamesWhatItDemands) {
  const auto selector = parse("spec.nodeName=a,metadata.name=p,status.phase!=x", "", "Pod");
  ASSERT_TRUE(selector);
  EXPECT_EQ(selector->required("metadata.name"), "p");
  EXPECT_EQ(selector->required("spec.nodeName"), "a");
  EXPECT_FALSE(selector->required("status.phase"));
  EXPECT_EQ(selector->text(), "metadata.name=p,spec.nodeName=a,status.phase!=x");
}

// BEHAVIOURS 33: both groups show the same stored event.
TEST(FieldSelector, NewEventsLookAtTheStoredNames) {
  Draft draft;
  draft.root().ensure_map("involvedObject").set("kind", "Pod");
  draft.root().set("reportingComponent", "c");
  const auto event = draft.freeze();
  const auto now = parse("regarding.kind=Pod,reportingController=c", "events.k8s.io", "Event");
  ASSERT_TRUE(now);
  EXPECT_TRUE(now->matches(event.root()));
  const auto core = parse("source=c", "", "Event");
  ASSERT_TRUE(core);
  EXPECT_TRUE(core->matches(event.root()));
}

// BEHAVIOURS 34.
TEST(FieldSelector, CustomResourcesDeclareTheirFields) {
  const SelectableFields fields = custom_selectable_fields(true, {".spec.size", ".spec.on"});
  Draft draft;
  draft.root().ensure_map("spec").set("size", 2);
  draft.root()["spec"].set("on", false);
  const auto widget = draft.freeze();
  const auto selector = FieldSelector::parse("spec.size=2,spec.on=false", fields, "e.io/v1", "W");
  ASSERT_TRUE(selector);
  EXPECT_TRUE(selector->matches(widget.root()));
  const auto bad = FieldSelector::parse("spec.nope=1", fields, "e.io/v1", "W");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message(), "field label not supported: spec.nope");
}

}  // namespace
}  // namespace knarr::schema
