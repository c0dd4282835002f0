// SPDX-License-Identifier: Apache-2.0
// YAML in and out. Expected texts are what sigs.k8s.io/yaml v1.6 makes of the same.
#include "codec/yaml.h"

#include "base/check.h"

#include <gtest/gtest.h>

#include <string>

namespace knarr::codec {
namespace {

struct Row {
  std::string_view in;
  std::string_view out;
};

class YamlIn : public testing::TestWithParam<Row> {};
TEST_P(YamlIn, IsTheJsonOfTheSameText) {
  Result<object::Draft> draft = parse_yaml(GetParam().in);
  std::string out;
  if (draft) {
    draft->root().sort_keys_deep();
    write_json(out, draft->root());
  } else {
    out = draft.error().message();
  }
  EXPECT_EQ(out, GetParam().out);
}

INSTANTIATE_TEST_SUITE_P(
    Scalars, YamlIn,
    testing::Values(
        Row{"[y, Yes, on, TRUE, n, off, False, yES, nope]", R"([true,true,true,true,false,false,false,"yES","nope"])"},
        Row{"[~, null, Null, '', \"null\", ]", R"([null,null,null,"","null"])"},
        Row{"[5, +5, -5, 0777, 08, 0o17, 0x1F, -0x10, 0b101, 1_000, _1, 0xg]",
            R"([5,5,-5,511,8,15,31,-16,5,1000,"_1","0xg"])"},
        Row{"[1.0, 1.50, -.5, 5., 1e3, 1E-7, 1e21, 1e400, 1.2.3]", R"([1,1.5,-0.5,5,1000,1e-7,1e+21,"1e400","1.2.3"])"},
        Row{"[9223372036854775807, 12345678901234567890]", "[9223372036854775807,12345678901234567000]"},
        Row{"[2001-12-14, 2001-12-14T21:59:43Z, 12:30:45]", R"(["2001-12-14","2001-12-14T21:59:43Z","12:30:45"])"},
        Row{"[!!str 5, !!int 5, !!float 5, !!binary YQ==, !foo 5, !!bool yes]", R"(["5",5,5,"a","5",true])"},
        Row{"a: |\n  x\n  y\nb: >-\n  x\n  y\n", R"({"a":"x\ny\n","b":"x y"})"},
        Row{"{5: a, 0x10: b, yes: c, 1.5: d, '5x': e}", R"({"1.5":"d","16":"b","5":"a","5x":"e","true":"c"})"},
        Row{"", "null"}, Row{"# only a comment\n", "null"}, Row{"{\"a\": [1, {\"b\": null}]}", R"({"a":[1,{"b":null}]})"},
        Row{"a: 1\n---\nb: 2\n", R"({"a":1})"}));

INSTANTIATE_TEST_SUITE_P(
    Anchors, YamlIn,
    testing::Values(
        Row{"a: &x {k: 1}\nb: *x\nc: [*x, *x]", R"({"a":{"k":1},"b":{"k":1},"c":[{"k":1},{"k":1}]})"},
        Row{"base: &b {k: 1, l: 2}\nd:\n  <<: *b\n  k: 3\n", R"({"base":{"k":1,"l":2},"d":{"k":3,"l":2}})"},
        Row{"a: &a {k: 1}\nb: &b {k: 2, l: 3}\nd: {<<: [*a, *b]}", R"({"a":{"k":1},"b":{"k":2,"l":3},"d":{"k":1,"l":3}})"},
        Row{"a: &x 1\na: 2\nb: *x", R"({"a":2,"b":1})"}, Row{"&k key: 1\nb: *k", R"({"b":"key","key":1})"}));

INSTANTIATE_TEST_SUITE_P(
    Errors, YamlIn,
    testing::Values(
        Row{"a: b: c", "yaml: line 1: mapping values are not allowed in this context"},
        Row{"a:\n  - x\n b: 1", "yaml: line 3: did not find expected key, while parsing a block mapping"},
        Row{"a: *x", "yaml: line 1: unknown anchor 'x' referenced"},
        Row{"&x [*x]", "yaml: line 1: anchor 'x' value contains itself"},
        Row{"~: 1", "yaml: line 1: unsupported map key: null"},
        Row{"? [a]\n: 1", "yaml: line 1: invalid map key: it must be a text"},
        Row{"<<: 5", "yaml: line 1: map merge requires map or sequence of maps as the value"},
        Row{"a: .nan", "yaml: line 1: .nan cannot be written as JSON"},
        Row{"!!int x", "yaml: line 1: cannot decode `x` as a !!int"}));

TEST(YamlDuplicates, AreSaidAsTheLibrarySaysThem) {  // BEHAVIOURS 45
  JsonNotes notes;
  const object::Draft draft = MUST(parse_yaml(
      "metadata:\n  name: a\n  labels:\n    x: y\n  name: b\ndata:\n  k: v\n5: a\ndata:\n  k: v\n5: b\n", {}, &notes));
  EXPECT_EQ(notes.problems,
            (std::vector<std::string>{"yaml: unmarshal errors:\n  line 5: key \"name\" already set in map\n"
                                      "  line 10: key \"data\" already set in map\n  line 11: key 5 already set in map"}));
  EXPECT_EQ(draft["metadata"]["name"].as_string(), "b");
}

TEST(YamlLimits, BoundAliasesAndDepth) {
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) laughs += ", " + before;
    laughs += "]\n";
  }
  const Result<object::Draft> result = parse_yaml(laughs, {.max_values = 100'000});
  ASSERT_FALSE(result.has_value());
  EXPECT_NE(result.error().message().find("more than 100000 values"), std::string::npos);
  EXPECT_FALSE(parse_yaml(std::string(600, '[') + std::string(600, ']')).has_value());
}

TEST(YamlDocuments, AreSplitAndEmptyOnesLeftOut) {
  const std::vector<object::Draft> documents = MUST(parse_yaml_documents("---\na: 1\n---\n# nothing\n---\nb: 2\n...\n"));
  ASSERT_EQ(documents.size(), 2U);
  EXPECT_EQ(documents[0]["a"].as_int(), 1);
  EXPECT_EQ(documents[1]["b"].as_int(), 2);
}

class YamlOut : public testing::TestWithParam<Row> {};
TEST_P(YamlOut, IsWhatKubectlShows) {
  const object::Draft draft = MUST(parse_json(GetParam().in));
  std::string out;
  write_yaml(out, draft.root());
  EXPECT_EQ(out, GetParam().out);
  const object::Draft again = MUST(parse_yaml(out));
  std::string json;
  write_json(json, again.root());
}

INSTANTIATE_TEST_SUITE_P(
    Table, YamlOut,
    testing::Values(
        Row{R"({"b":[1,{"c":"d","a":[]}],"a":{},"e":null,"f":true})", "a: {}\nb:\n- 1\n- a: []\n  c: d\ne: null\nf: true\n"},
        Row{R"(["yes","5","1.5","null","","2001-01-01","12:30:45","0x1F","~"])",
            "- \"yes\"\n- \"5\"\n- \"1.5\"\n- \"null\"\n- \"\"\n- \"2001-01-01\"\n- \"12:30:45\"\n- \"0x1F\"\n- \"~\"\n"},
        Row{R"(["a: b","a #b","- a","{","*x","@a","a b","k8s.io/x"," a","%d"])",
            "- 'a: b'\n- 'a #b'\n- '- a'\n- '{'\n- '*x'\n- '@a'\n- a b\n- k8s.io/x\n- ' a'\n- '%d'\n"},
        Row{R"({"t":"x\ny\n","u":"x\ny","v":"x\n\n"})", "t: |\n  x\n  y\nu: |-\n  x\n  y\nv: |+\n  x\n\n"},
        Row{R"({"a10":1,"a9":2,"a01":3,"Z":4,"_":5,"1":6})", "_: 5\n\"1\": 6\nZ: 4\na01: 3\na9: 2\na10: 1\n"},
        Row{"[1.5,1e21,1234567.5,100000.5,1e-7,3.0]", "- 1.5\n- 1e+21\n- 1.2345675e+06\n- 100000.5\n- 1e-07\n- 3\n"}));

TEST(YamlOutOfADocument, HasTheResourceVersionAndRawJsonAsTrees) {
  object::Draft draft = MUST(parse_json(R"({"metadata":{"name":"a","resourceVersion":"7"}})"));
  draft.root().ensure("raw").set_raw(R"({"x":[1.0]})");
  std::string out;
  write_yaml(out, draft.freeze());
  EXPECT_EQ(out, "metadata:\n  name: a\n  resourceVersion: \"7\"\nraw:\n  x:\n  - 1\n");
}

}  // namespace
}  // namespace knarr::codec
