// SPDX-License-Identifier: Apache-2.0
#include "schema/field_error.h"

#include <gtest/gtest.h>

namespace knarr::schema {
namespace {

using object::Draft;

TEST(FieldPath, PrintsNamesIndicesAndKeys) {
  const FieldPath spec("spec");
  const FieldPath containers = spec.child("containers");
  const FieldPath first = containers.index(0);
  EXPECT_EQ(first.child("name").text(), "spec.containers[0].name");
  const FieldPath metadata("metadata");
  EXPECT_EQ(metadata.child("labels").key("a/b").text(), "metadata.labels[a/b]");
  const FieldPath object;
  EXPECT_EQ(object.text(), "<nil>");
  EXPECT_EQ(object.child("spec").text(), "spec");
}

TEST(GoQuote, EscapesAsGo) {
  EXPECT_EQ(go_quote("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(go_quote("\n\t\x01\x7f"), R"("\n\t\x01\x7f")");
  EXPECT_EQ(go_quote("é世"), "\"é世\"");
  EXPECT_EQ(go_quote("\xff"), R"("\xff")");
  EXPECT_EQ(go_quote("\u200b\u00a0"), R"("\u200b\u00a0")");
}

TEST(FieldErrors, UseTheWordingOfKubernetes) {
  const FieldPath path("x");
  FieldErrors errors;
  errors.required(path);
  errors.required(path, "must be set");
  errors.invalid(path, "a b", "bad");
  errors.invalid(path, 3, "too big");
  errors.not_supported(path, "Foo", {"Always", "Never"});
  errors.forbidden(path, "no");
  errors.duplicate(path, "a");
  errors.not_found(path, "v");
  errors.not_found(path, "v", "must be one of the names");
  errors.too_long(path, 64);
  errors.too_many(path, 256, 255);
  errors.internal(path, "odd");
  const std::vector<std::pair<std::string, std::string>> want = {
      {"FieldValueRequired", "Required value"},
      {"FieldValueRequired", "Required value: must be set"},
      {"FieldValueInvalid", "Invalid value: \"a b\": bad"},
      {"FieldValueInvalid", "Invalid value: 3: too big"},
      {"FieldValueNotSupported", "Unsupported value: \"Foo\": supported values: \"Always\", \"Never\""},
      {"FieldValueForbidden", "Forbidden: no"},
      {"FieldValueDuplicate", "Duplicate value: \"a\""},
      {"FieldValueNotFound", "Not found: \"v\""},
      {"FieldValueNotFound", "Not found: \"v\": must be one of the names"},
      {"FieldValueTooLong", "Too long: may not be more than 64 bytes"},
      {"FieldValueTooMany", "Too many: 256: must have at most 255 items"},
      {"InternalError", "Internal error: odd"}};
  ASSERT_EQ(errors.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(errors.causes()[i].type, want[i].first);
    EXPECT_EQ(errors.causes()[i].message, want[i].second);
    EXPECT_EQ(errors.causes()[i].field, "x");
  }
}

TEST(FieldErrors, PrintMapsAndListsAsJson) {
  Draft draft;
  draft.root().set("a", "x<y");
  draft.root().ensure_list("l").append().set_double(1.5);
  draft.root().ensure("n").set_null();
  FieldErrors errors;
  errors.invalid(FieldPath("spec"), draft.freeze().root(), "field is immutable");
  errors.invalid(FieldPath("spec"), object::Value{}, "field is immutable");
  EXPECT_EQ(errors.causes()[0].message,
            "Invalid value: {\"a\":\"x\\u003cy\",\"l\":[1.5],\"n\":null}: field is immutable");
  EXPECT_EQ(errors.causes()[1].message, "Invalid value: null: field is immutable");
}

TEST(FieldErrors, OneErrorIsInlineAndSeveralAreAList) {
  FieldErrors one;
  one.required(FieldPath("spec"));
  const Error single = std::move(one).to_error("", "Pod", "a");
  EXPECT_EQ(single.message(), "Pod \"a\" is invalid: spec: Required value");
  EXPECT_EQ(single.reason(), Reason::Invalid);
  EXPECT_EQ(single.details().kind, "Pod");

  FieldErrors two;
  two.required(FieldPath("spec"));
  two.required(FieldPath("spec"));
  two.forbidden(FieldPath("status"), "no");
  const Error several = std::move(two).to_error("apps", "Deployment", "a");
  EXPECT_EQ(several.message(),
            "Deployment.apps \"a\" is invalid: [spec: Required value, status: Forbidden: no]");
  EXPECT_EQ(several.causes().size(), 3U);  // A repeated text is left out of the message alone.
}

}  // namespace
}  // namespace knarr::schema
