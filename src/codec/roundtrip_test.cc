// SPDX-License-Identifier: Apache-2.0
// Every kind of the release, through every encoding, byte for byte (shared k8s-api/roundtrip/README).
#include "base/check.h"
#include "codec/testing/fixtures.h"
#include "codec/typed.h"

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

std::string test_name(const ::testing::TestParamInfo<Fixture>& info) {
  std::string name = info.param.name;
  std::ranges::replace_if(name, [](char c) { return c == '.'; }, '_');
  return name;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RoundTrip);
INSTANTIATE_TEST_SUITE_P(Kinds, RoundTrip, ::testing::ValuesIn(testing::fixtures()), test_name);

}  // namespace
}  // namespace knarr::codec
