// SPDX-License-Identifier: Apache-2.0
#include "api/label_selector.h"

#include "object/draft.h"

#include <gtest/gtest.h>

namespace knarr::api {
namespace {

using object::Draft;

Draft labels(std::initializer_list<std::pair<const char*, const char*>> pairs) {
  Draft draft;
  draft.root().set_map();
  for (const auto& [key, value] : pairs) draft.root().set(key, value);
  return draft;
}

// What a real server answered.
TEST(LabelSelector, RefusesAsKubernetes) {
  const std::pair<std::string, std::string> rows[] = {
      {R"x(a b)x", R"x(unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt)x"},
      {R"x(bad key=x)x", R"x(unable to parse requirement: found 'key', expected: in, notin, =, ==, !=, gt, lt)x"},
      {R"x(t in (x)x", R"x(unable to parse requirement: found '', expected: ',' or ')')x"},
      {R"x(=x)x", R"x(found '=', expected: !, identifier, or 'end of string')x"},
      {R"x(t=x y)x", R"x(found 'y', expected: ',' or 'end of string')x"},
      {R"x(n>x)x", R"x(unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer)x"},
      {R"x(n>)x", R"x(unable to parse requirement: values[0]: Invalid value: "": for 'Gt', 'Lt' operators, the value must be an integer)x"},
      {R"x(n>-1)x", R"x(unable to parse requirement: values[0][n]: Invalid value: "-1": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'))x"},
      {R"x(n>1.5)x", R"x(unable to parse requirement: values[0]: Invalid value: "1.5": for 'Gt', 'Lt' operators, the value must be an integer)x"},
      {R"x(,)x", R"x(found ',', expected: !, identifier, or 'end of string')x"},
      {R"x(app,)x", R"x(found '', expected: identifier after ',')x"},
      {R"x(,app)x", R"x(found ',', expected: !, identifier, or 'end of string')x"},
      {R"x(app,,tier)x", R"x(found ',', expected: identifier after ',')x"},
      {R"x(app=web,)x", R"x(found '', expected: identifier after ',')x"},
      {R"x(app=web tier=front)x", R"x(found 'tier', expected: ',' or 'end of string')x"},
      {R"x(app in (web)x", R"x(unable to parse requirement: found '', expected: ',' or ')')x"},
      {R"x(app in web)x", R"x(unable to parse requirement: found 'web' expected: '(')x"},
      {R"x(app in (web)))x", R"x(found ')', expected: ',' or 'end of string')x"},
      {R"x(app notin web)x", R"x(unable to parse requirement: found 'web' expected: '(')x"},
      {R"x(app=web=db)x", R"x(found '=', expected: ',' or 'end of string')x"},
      {R"x(app===web)x", R"x(unable to parse requirement: found '=', expected: identifier)x"},
      {R"x(=web)x", R"x(found '=', expected: !, identifier, or 'end of string')x"},
      {R"x(!)x", R"x(unable to parse requirement: found '', expected: identifier)x"},
      {R"x(!app=web)x", R"x(found '=', expected: ',' or 'end of string')x"},
      {R"x(app!web)x", R"x(unable to parse requirement: found '!', expected: in, notin, =, ==, !=, gt, lt)x"},
      {R"x(app=!web)x", R"x(unable to parse requirement: found '!', expected: identifier)x"},
      {R"x(app=a b)x", R"x(found 'b', expected: ',' or 'end of string')x"},
      {R"x(app=-x)x", R"x(unable to parse requirement: values[0][app]: Invalid value: "-x": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'))x"},
      {R"x(app=vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv)x", R"x(unable to parse requirement: values[0][app]: Invalid value: "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv": must be no more than 63 bytes)x"},
      {R"x(kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk)x", R"x(unable to parse requirement: <nil>: Invalid value: "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk": name part must be no more than 63 bytes)x"},
      {R"x(a/b/c=1)x", R"x(unable to parse requirement: <nil>: Invalid value: "a/b/c": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName'))x"},
      {R"x(-a=1)x", R"x(unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'))x"},
      {R"x(app="web")x", R"x(unable to parse requirement: values[0][app]: Invalid value: "\"web\"": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'))x"},
      {R"x(app='web')x", R"x(unable to parse requirement: values[0][app]: Invalid value: "'web'": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'))x"},
      {R"x((app))x", R"x(found '(', expected: !, identifier, or 'end of string')x"},
      {R"x(app exists)x", R"x(unable to parse requirement: found 'exists', expected: in, notin, =, ==, !=, gt, lt)x"},
      {R"x(app=web;tier=front)x", R"x(unable to parse requirement: values[0][app]: Invalid value: "web;tier": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'))x"},
      {R"x(app=wéb)x", R"x(unable to parse requirement: values[0][app]: Invalid value: "wéb": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'))x"},
      {R"x(app>1,b<2,c in ()x", R"x(unable to parse requirement: found '', expected: ',', ')' or identifier)x"},
      {R"x(a b in (c))x", R"x(unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt)x"},
      {R"x(app in (-x))x", R"x(unable to parse requirement: values[0][app]: Invalid value: "-x": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'))x"},
      {R"x(app in (a b))x", R"x(unable to parse requirement: found 'b', expected: ',' or ')')x"},
      {R"x(n>99999999999999999999)x", R"x(unable to parse requirement: values[0]: Invalid value: "99999999999999999999": for 'Gt', 'Lt' operators, the value must be an integer)x"},
      {R"x(*)x", R"x(unable to parse requirement: <nil>: Invalid value: "*": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'))x"},
      {R"x(app=*)x", R"x(unable to parse requirement: values[0][app]: Invalid value: "*": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'))x"},
      {R"x(app%3Dweb)x", R"x(unable to parse requirement: <nil>: Invalid value: "app%3Dweb": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'))x"},
      {R"x(a=b=c)x", R"x(found '=', expected: ',' or 'end of string')x"},
      {R"x(()x", R"x(found '(', expected: !, identifier, or 'end of string')x"},
      {R"x(x in)x", R"x(unable to parse requirement: found '' expected: '(')x"},
      {R"x(=)x", R"x(found '=', expected: !, identifier, or 'end of string')x"},
      {R"x(x in 1)x", R"x(unable to parse requirement: found '1' expected: '(')x"},
      {R"x(x=a b)x", R"x(found 'b', expected: ',' or 'end of string')x"},
      {R"x(x>y)x", R"x(unable to parse requirement: values[0]: Invalid value: "y": for 'Gt', 'Lt' operators, the value must be an integer)x"},
      {R"x(g===)x", R"x(unable to parse requirement: found '=', expected: identifier)x"},
  };
  for (const auto& [text, want] : rows) {
    const auto parsed = LabelSelector::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().message(), want) << text;
    EXPECT_EQ(parsed.error().reason(), Reason::BadRequest);
  }
}

// BEHAVIOURS 33.
TEST(LabelSelector, MatchesAsKubernetes) {
  struct Row {
    const char* text;
    bool web, empty, number;
  };
  const Row rows[] = {
      {"", true, true, true},           {"app=web", true, false, false},
      {"app==web", true, false, false}, {"app!=web", false, true, true},
      {"app", true, false, false},      {"!app", false, true, true},
      {"app in (db, web)", true, false, false},
      {"app notin (web)", false, true, true},
      {"n>4", false, false, true},      {"n<5", false, false, false},
      {"app=web,tier", true, false, false},
      {"tier=", true, false, false},    {"app in ()", false, false, false},
      {"tier in (,)", true, false, false},
      {"in=x", false, false, false},    {" app = web ", true, false, false},
  };
  const auto web = labels({{"app", "web"}, {"tier", ""}}).freeze();
  const auto empty = labels({}).freeze();
  const auto number = labels({{"n", "5"}}).freeze();
  for (const Row& row : rows) {
    const auto selector = LabelSelector::parse(row.text);
    ASSERT_TRUE(selector) << row.text << ": " << selector.error().message();
    EXPECT_EQ(selector->matches(web.root()), row.web) << row.text;
    EXPECT_EQ(selector->matches(empty.root()), row.empty) << row.text;
    EXPECT_EQ(selector->matches(number.root()), row.number) << row.text;
    EXPECT_EQ(selector->matches({}), row.empty) << row.text;
  }
}

// BEHAVIOURS 157.
TEST(LabelSelector, PrintsSortedByKey) {
  Draft draft;
  auto expressions = draft.root().ensure_list("matchExpressions");
  const auto add = [&](const char* key, const char* op, std::initializer_list<const char*> values) {
    auto one = expressions.append();
    one.set("key", key);
    one.set("operator", op);
    for (const char* value : values) one.ensure_list("values").append_string(value);
  };
  add("q", "DoesNotExist", {});
  add("m", "In", {"z", "n"});
  add("app", "Exists", {});
  add("b", "NotIn", {"c"});
  draft.root().ensure_map("matchLabels").set("app", "a");
  const auto selector = LabelSelector::from_selector(draft.freeze().root());
  ASSERT_TRUE(selector);
  EXPECT_EQ(selector->text(), "app=a,app,b notin (c),m in (n,z),!q");
  EXPECT_EQ(selector->required("app"), "a");
}

TEST(LabelSelector, AMissingSelectorSelectsNothingAndAnEmptyOneEverything) {
  const auto none = LabelSelector::from_selector({});
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->selects_nothing());
  EXPECT_FALSE(none->matches({}));
  const auto all = LabelSelector::from_selector(labels({}).freeze().root());
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->selects_everything());
}

}  // namespace
}  // namespace knarr::api
