// SPDX-License-Identifier: Apache-2.0
// JSON in and out. Expected texts are what Go 1.26's encoding/json writes.
#include "codec/json.h"

#include "base/check.h"
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace knarr::codec {
namespace {

std::string round_trip(std::string_view text, JsonStyle style = JsonStyle::Compact) {
  const Result<object::Draft> draft = parse_json(text);
  if (!draft) return "error: " + draft.error().message();
  std::string from_draft;
  write_json(from_draft, draft->root(), style);
  std::string from_document;
  write_json(from_document, object::Draft::freeze(draft->root()).root(), style);
  EXPECT_EQ(from_draft, from_document);
  return from_draft;
}

struct Row {
  std::string_view in;
  std::string_view out;
};

class Json : public testing::TestWithParam<Row> {};
TEST_P(Json, ComesOutAsGoWritesIt) { EXPECT_EQ(round_trip(GetParam().in), GetParam().out); }

INSTANTIATE_TEST_SUITE_P(
    Values, Json,
    testing::Values(
        Row{" { \"a\" : [ 1 , -2.50 , true,false , null ] } ", R"({"a":[1,-2.5,true,false,null]})"},
        Row{R"("\u003c<>&\u2028")", R"("\u003c\u003c\u003e\u0026\u2028")"},
        Row{"\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80 long enough to matter\"",
            "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80 long enough to matter\""},
        Row{R"("\ud83d\ude00")", "\"\xF0\x9F\x98\x80\""}, Row{R"("\ud83dx")", "\"\xEF\xBF\xBDx\""},
        Row{R"("\ud83d\u0041")", "\"\xEF\xBF\xBD" "A\""}, Row{R"("\udc00")", "\"\xEF\xBF\xBD\""},
        Row{"\"a\xFF\x62\"", "\"a\xEF\xBF\xBD" "b\""},
        Row{R"("\b\f\n\r\t\/\"\\\u0001\u007f")", "\"\\b\\f\\n\\r\\t/\\\"\\\\\\u0001\x7F\""},
        Row{"9223372036854775807", "9223372036854775807"}, Row{"-9223372036854775808", "-9223372036854775808"},
        Row{"9223372036854775808", "9223372036854776000"}, Row{"-12345678901234567890", "-12345678901234567000"},
        Row{"100000000000000000001", "100000000000000000000"}, Row{"1.0", "1"}, Row{"-0", "0"}, Row{"-0.0", "-0"},
        Row{"1e3", "1000"}, Row{"1e21", "1e+21"}, Row{"1e20", "100000000000000000000"}, Row{"1e-7", "1e-7"},
        Row{"0.000001", "0.000001"}, Row{"1.7976931348623157e308", "1.7976931348623157e+308"},
        Row{"123456789.123", "123456789.123"}, Row{"1e-400", "0"}, Row{"5e-324", "5e-324"},
        Row{"{}", "{}"}, Row{"[]", "[]"}, Row{"\"\"", "\"\""},
        Row{R"({"a":1,"b":2,"a":3})", R"({"a":3,"b":2})"}));

INSTANTIATE_TEST_SUITE_P(
    Errors, Json,
    testing::Values(
        Row{"", "error: invalid JSON at line 1, column 1: unexpected end of input"},
        Row{"{\n  \"a\": x}", "error: invalid JSON at line 2, column 8: expected a value"},
        Row{"{\"a\" 1}", "error: invalid JSON at line 1, column 6: expected ':' after a key"},
        Row{"{\"a\":1,}", "error: invalid JSON at line 1, column 8: expected a key in quotes"},
        Row{"[1 2]", "error: invalid JSON at line 1, column 4: expected ',' or ']' in a list"},
        Row{"[1] x", "error: invalid JSON at line 1, column 5: more text after the value"},
        Row{std::string_view("[1]\0", 4), "error: invalid JSON at line 1, column 4: more text after the value"},
        Row{"\"abc", "error: invalid JSON at line 1, column 5: unexpected end of input"},
        Row{"\"a\nb\"", "error: invalid JSON at line 1, column 3: unexpected byte 0x0a in a string: it must be escaped"},
        Row{"\"\\x\"", "error: invalid JSON at line 1, column 3: unexpected 'x' in an escape of a string"},
        Row{"01", "error: invalid JSON at line 1, column 2: more text after the value"},
        Row{"1.", "error: invalid JSON at line 1, column 3: unexpected end of input"},
        Row{"+1", "error: invalid JSON at line 1, column 1: expected a value"},
        Row{"1e400", "error: invalid JSON at line 1, column 6: number out of range"},
        Row{"nul", "error: invalid JSON at line 1, column 4: unexpected end of input"},
        Row{"tru3", "error: invalid JSON at line 1, column 4: unexpected '3' in \"true\""}));

TEST(JsonPretty, IndentsByTwoSpaces) {
  EXPECT_EQ(round_trip(R"({"a":[1,{"b":{}}],"c":[],"d":{"e":"f"}})", JsonStyle::Pretty),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": {}\n    }\n  ],\n  \"c\": [],\n  \"d\": {\n    \"e\": \"f\"\n  }\n}");
}

TEST(JsonPretty, IndentsRawJsonToo) {
  object::Draft draft;
  draft.root().ensure("raw").set_raw(R"({"a":["x,{}\"",1],"b":{}})");
  std::string out;
  write_json(out, draft.root(), JsonStyle::Pretty);
  EXPECT_EQ(out, "{\n  \"raw\": {\n    \"a\": [\n      \"x,{}\\\"\",\n      1\n    ],\n    \"b\": {}\n  }\n}");
}

TEST(JsonNumbers, KeepTheirTextInADraft) {
  const object::Draft draft = MUST(parse_json("[1.0,1e3,12345678901234567890,2]"));
  EXPECT_EQ(draft.root().at(0).kind(), object::Kind::Double);
  EXPECT_EQ(draft.root().at(0).number_text(), "1.0");
  EXPECT_EQ(draft.root().at(1).number_text(), "1e3");
  EXPECT_EQ(draft.root().at(1).as_double(), 1000);
  EXPECT_EQ(draft.root().at(2).number_text(), "12345678901234567890");
  EXPECT_TRUE(draft.root().at(3).is_int());
}

TEST(JsonDuplicates, AreNotedByPathOnce) {
  JsonNotes notes;
  const object::Draft draft = MUST(parse_json(
      R"({"metadata":{"name":"d","name":"e","labels":{"a":"1","a":"2","a":"3"}},"l":[{},{"x":1,"x":2}],"l":[]})", {}, &notes));
  EXPECT_EQ(notes.duplicate_fields,
            (std::vector<std::string>{"metadata.name", "metadata.labels.a", "l[1].x", "l"}));
  EXPECT_EQ(draft["metadata"]["name"].as_string(), "e");
  EXPECT_EQ(draft["metadata"]["labels"]["a"].as_string(), "3");
  EXPECT_TRUE(draft["metadata"].is_duplicated(0));
  EXPECT_FALSE(draft["metadata"].is_duplicated(1));
}

TEST(JsonDuplicates, AreFoundInLargeMaps) {
  std::string text = "{";
  for (int i = 0; i < 3000; ++i) text += "\"k" + std::to_string(i % 2000) + "\":" + std::to_string(i) + ",";
  text.back() = '}';
  JsonNotes notes;
  const object::Draft draft = MUST(parse_json(text, {}, &notes));
  EXPECT_EQ(draft.root().size(), 2000U);
  EXPECT_EQ(draft["k0"].as_int(), 2000);
  EXPECT_EQ(draft["k1999"].as_int(), 1999);
  ASSERT_EQ(notes.duplicate_fields.size(), 100U);
  EXPECT_EQ(notes.duplicate_fields[7], "k7");
}

TEST(JsonLimits, BoundDepthAndValues) {
  const std::string deep = std::string(512, '[') + std::string(512, ']');
  EXPECT_TRUE(parse_json(deep).has_value());
  const Result<object::Draft> deeper = parse_json("[" + deep + "]");
  ASSERT_FALSE(deeper.has_value());
  EXPECT_EQ(deeper.error().message(),
            "invalid JSON at line 1, column 513: more than 512 lists and maps inside each other");
  EXPECT_FALSE(parse_json("[1,2,3]", {.max_values = 3}).has_value());
}

object::Document versioned(std::string_view json) { return MUST(parse_json(json)).freeze(); }

TEST(JsonOfADocument, HasTheResourceVersionAtItsPlace) {
  const auto written = [](const object::Document& document, JsonOptions options = {}) {
    std::string out;
    write_json(out, document, options);
    return out;
  };
  const std::string_view pod =
      R"({"kind":"Pod","metadata":{"name":"a","uid":"u","resourceVersion":"7","generation":1},"spec":{}})";
  EXPECT_EQ(written(versioned(pod)), pod);
  EXPECT_EQ(written(versioned(pod), {.without_resource_version = true}),
            R"({"kind":"Pod","metadata":{"name":"a","uid":"u","generation":1},"spec":{}})");
  EXPECT_EQ(written(versioned(R"({"metadata":{"resourceVersion":"7"}})")), R"({"metadata":{"resourceVersion":"7"}})");
  object::Draft sorted = MUST(parse_json(R"({"metadata":{"uid":"u","name":"a","resourceVersion":"9","labels":{}}})"));
  sorted.root().sort_keys_deep();
  EXPECT_EQ(written(sorted.freeze()), R"({"metadata":{"labels":{},"name":"a","resourceVersion":"9","uid":"u"}})");
}

TEST(CompactJson, TakesWhiteSpaceOutAndEscapesAsGo) {
  std::string out = "x";
  ASSERT_TRUE(compact_json(out, " { \"a<\" : [ 1.0 , \"\\u003c\\/ \xE2\x80\xA9\" ] , \"a<\":{ } } ").has_value());
  EXPECT_EQ(out, R"(x{"a\u003c":[1.0,"\u003c\/ \u2029"],"a\u003c":{}})");
  std::string replaced;
  ASSERT_TRUE(compact_json(replaced, "[\"a\xFF\xC3\xA4\"]").has_value());
  EXPECT_EQ(replaced, "[\"a\xEF\xBF\xBD\xC3\xA4\"]");
  EXPECT_FALSE(compact_json(out, "{\"a\":}").has_value());
  EXPECT_EQ(out.back(), '}');
}

}  // namespace
}  // namespace knarr::codec
