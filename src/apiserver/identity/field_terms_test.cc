// SPDX-License-Identifier: Apache-2.0
#include "apiserver/identity/field_terms.h"

#include <gtest/gtest.h>

namespace knarr::apiserver::identity {
namespace {

std::string parsed(std::string_view text) {
  const auto terms = parse_field_terms(text);
  if (!terms) return "none";
  std::string result;
  for (const auth::FieldRequirement& term : *terms) {
    result += term.field + (term.equals ? "=" : "!=") + term.value + ";";
  }
  return result;
}

struct TermsCase {
  const char* text;
  const char* terms;
};

class FieldTerms : public testing::TestWithParam<TermsCase> {};

TEST_P(FieldTerms, AreReadAsKubernetesDoes) { EXPECT_EQ(parsed(GetParam().text), GetParam().terms); }

INSTANTIATE_TEST_SUITE_P(
    Table, FieldTerms,
    testing::Values(TermsCase{"", ""}, TermsCase{"a=b", "a=b;"}, TermsCase{"a==b", "a=b;"},
                    TermsCase{"a!=b,c=d", "a!=b;c=d;"}, TermsCase{",a=b,", "a=b;"},
                    TermsCase{R"(a=b\,c\=d\\e)", R"(a=b,c=d\e;)"}, TermsCase{"a=", "a=;"},
                    TermsCase{"!!", "none"}, TermsCase{"a=b=c", "none"}, TermsCase{R"(a=\x)", "none"},
                    TermsCase{R"(a=\)", "none"}));

}  // namespace
}  // namespace knarr::apiserver::identity
