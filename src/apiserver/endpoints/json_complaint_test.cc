// SPDX-License-Identifier: Apache-2.0
#include "apiserver/endpoints/json_complaint.h"

#include "base/rng.h"
#include "codec/json.h"

#include <gtest/gtest.h>

namespace knarr::apiserver {
namespace {

TEST(JsonComplaint, SpeaksAsGoDoes) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "unexpected end of JSON input"},
      {" ", "unexpected end of JSON input"},
      {"{", "unexpected end of JSON input"},
      {"\"a", "unexpected end of JSON input"},
      {"}", "invalid character '}' looking for beginning of value"},
      {"x", "invalid character 'x' looking for beginning of value"},
      {"{\"a\"}", "invalid character '}' after object key"},
      {"{\"a\":1,}", "invalid character '}' looking for beginning of object key string"},
      {"{'a':1}", "invalid character '\\'' looking for beginning of object key string"},
      {"{\"a\":1 2}", "invalid character '2' after object key:value pair"},
      {"[1 2]", "invalid character '2' after array element"},
      {"[1,]", "invalid character ']' looking for beginning of value"},
      {"{} x", "invalid character 'x' after top-level value"},
      {"\"\\x\"", "invalid character 'x' in string escape code"},
      {"\"\\u00g0\"", "invalid character 'g' in \\u hexadecimal character escape"},
      {"\"\t\"", "invalid character '\\t' in string literal"},
      {"tru", "invalid character ' ' in literal true (expecting 'e')"},
      {"nul1", "invalid character '1' in literal null (expecting 'l')"},
      {"1.", "invalid character ' ' after decimal point in numeric literal"},
      {"-a", "invalid character 'a' in numeric literal"},
      {"1ex", "invalid character 'x' in exponent of numeric literal"},
      {"\xEF\xBB\xBF{}", "invalid character 'ï' looking for beginning of value"},
      {"01", "invalid character '1' after top-level value"},
      {"{\"a\":[1,2.5e-3,true,null,{\"b\":\"\\u00e9\\n\"}]} ", ""},
      {"0", ""},
      {"-12", ""},
  };
  for (const auto& [text, complaint] : cases) EXPECT_EQ(json_complaint(text), complaint) << text;
}

TEST(JsonComplaint, ComplainsWhenTheReaderDoes) {
  constexpr std::string_view kAlphabet = "{}[],:\"\\ 01.-eEtrufalsn";
  SeededRng rng(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::size_t length = rng.below(12); length > 0; --length) text += kAlphabet[rng.below(kAlphabet.size())];
    EXPECT_EQ(json_complaint(text).empty(), codec::parse_json(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace knarr::apiserver
