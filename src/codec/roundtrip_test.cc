// SPDX-License-Identifier: Apache-2.0
// Every kind of the release, through every encoding, byte for byte (shared k8s-api/roundtrip/README).
#include "base/check.h"
#include "codec/protobuf.h"
#include "codec/testing/fixtures.h"
#include "codec/typed.h"
#include "codec/yaml.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace knarr::codec {
namespace {

using testing::Fixture;

TEST(RoundTrip, FindsTheFixtures) {
  const std::size_t count = testing::fixtures().size();
  ASSERT_GE(count, 90U) << "fixtures not found: set KNARR_SHARED to the folder that holds k8s-api/roundtrip";
}

class RoundTrip : public ::testing::TestWithParam<Fixture> {};

TEST_P(RoundTrip, JsonGivesTheSameJson) {
  const std::string text = testing::read_fixture(GetParam().name + ".json");
  object::Draft draft = MUST(parse_json(text));
  DecodeNotes notes;
  const Result<> decoded = decode_typed(draft.root(), GetParam().type, &notes);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message();
  EXPECT_TRUE(notes.problems.empty()) << notes.problems.front();
  std::string out;
  write_json(out, freeze_typed(draft, GetParam().type), {.style = JsonStyle::Pretty});
  EXPECT_EQ(out, text);
}

object::Document from_json(const Fixture& fixture) {
  object::Draft draft = MUST(parse_json(testing::read_fixture(fixture.name + ".json")));
  MUST(decode_typed(draft.root(), fixture.type));
  return freeze_typed(draft, fixture.type);
}

TEST_P(RoundTrip, JsonGivesTheSameProtobuf) {
  const object::Document document = from_json(GetParam());
  // Only WatchEvent has neither, and an envelope that says so.
  std::string out;
  encode_envelope(out, document["apiVersion"].as_string(), document["kind"].as_string(), document,
                  GetParam().type);
  EXPECT_EQ(out, testing::read_fixture(GetParam().name + ".pb"));
}

TEST_P(RoundTrip, ProtobufGivesTheSameJson) {
  const std::string bytes = testing::read_fixture(GetParam().name + ".pb");
  const Envelope envelope = MUST(decode_envelope(bytes));
  Result<object::Draft> draft = decode_protobuf(envelope.raw, GetParam().type);
  ASSERT_TRUE(draft.has_value()) << draft.error().message();
  if (!envelope.kind.empty()) {
    draft->root().set("kind", envelope.kind);
    draft->root().set("apiVersion", envelope.api_version);
  }
  std::string out;
  write_json(out, freeze_typed(*draft, GetParam().type), {.style = JsonStyle::Pretty});
  EXPECT_EQ(out, testing::read_fixture(GetParam().name + ".json"));
}

TEST_P(RoundTrip, YamlGivesTheSameJson) {
  object::Draft draft = MUST(parse_yaml(testing::read_fixture(GetParam().name + ".yaml")));
  const Result<> decoded = decode_typed(draft.root(), GetParam().type);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message();
  std::string out;
  write_json(out, freeze_typed(draft, GetParam().type), {.style = JsonStyle::Pretty});
  EXPECT_EQ(out, testing::read_fixture(GetParam().name + ".json"));
}

TEST_P(RoundTrip, JsonGivesTheSameYaml) {
  std::string out;
  write_yaml(out, from_json(GetParam()));
  EXPECT_EQ(out, testing::read_fixture(GetParam().name + ".yaml"));
}

std::string test_name(const ::testing::TestParamInfo<Fixture>& info) {
  std::string name = info.param.name;
  std::ranges::replace_if(name, [](char c) { return c == '.'; }, '_');
  return name;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RoundTrip);
INSTANTIATE_TEST_SUITE_P(Kinds, RoundTrip, ::testing::ValuesIn(testing::fixtures()), test_name);

}  // namespace
}  // namespace knarr::codec
