// SPDX-License-Identifier: Apache-2.0
// Quantities: canonical texts and arithmetic, as k8s.io/apimachinery v0.36 does them.
#include "object/quantity.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace knarr::object {
namespace {

struct Canonical {
  const char* in;
  const char* out;  // Null: refused.
};

class CanonicalQuantity : public testing::TestWithParam<Canonical> {};

TEST_P(CanonicalQuantity, IsTheTextKubernetesWrites) {
  const Result<std::string> text = canonical_quantity(GetParam().in);
  if (GetParam().out == nullptr) {
    EXPECT_FALSE(text.has_value());
    return;
  }
  ASSERT_TRUE(text.has_value()) << text.error().message();
  EXPECT_EQ(*text, GetParam().out);
}

INSTANTIATE_TEST_SUITE_P(
    Table, CanonicalQuantity,
    testing::Values(
        Canonical{"0", "0"}, Canonical{"1", "1"}, Canonical{"1000m", "1"}, Canonical{"0.5", "500m"},
        Canonical{"1024Mi", "1Gi"}, Canonical{"1e3", "1e3"}, Canonical{"1e4", "10e3"},
        Canonical{"1E3", "1E3"}, Canonical{"1000", "1k"}, Canonical{"1500m", "1500m"},
        Canonical{"1.5", "1500m"}, Canonical{"1.500", "1.500"}, Canonical{"0.500", "500m"},
        Canonical{"+5", "+5"}, Canonical{"05", "05"}, Canonical{"-5", "-5"}, Canonical{"-0", "0"},
        Canonical{"1.5Gi", "1536Mi"}, Canonical{"0.5Ki", "512"}, Canonical{"0.5Mi", "512Ki"},
        Canonical{"1000Ki", "1000Ki"}, Canonical{"1Ki", "1Ki"}, Canonical{"100Ei", "9223372036854775807"},
        Canonical{"8Ei", "9223372036854775807"}, Canonical{"7Ei", "7Ei"}, Canonical{"0.1n", "1n"},
        Canonical{"1.0000000001", "1000000001n"}, Canonical{"12345678901234567890", "12345678901234567890"},
        Canonical{"123456789012345678901234567890123456789012345000",
                  "123456789012345678901234567890123456789012345k"},
        Canonical{"1e100", "10e99"}, Canonical{"1e-9", "1e-9"}, Canonical{"1e-10", "1e-9"},
        Canonical{" 5 ", "5"}, Canonical{"1T", "1T"}, Canonical{"1000P", "1E"}, Canonical{"100k", "100k"},
        Canonical{"0Gi", "0"}, Canonical{".5", "500m"}, Canonical{"5.", "5."}, Canonical{"1.G", "1.G"},
        Canonical{"", nullptr}, Canonical{"1K", nullptr}, Canonical{"1 Gi", nullptr}, Canonical{"Gi1", nullptr},
        Canonical{"1.2.3", nullptr}, Canonical{"1e", nullptr}, Canonical{"abc", nullptr},
        Canonical{"1Mi5", nullptr}, Canonical{"1ki", nullptr}, Canonical{"0x10", nullptr}));

Quantity q(const char* text) { return Quantity::of(text); }

TEST(Quantity, ComparesByAmountAlone) {
  EXPECT_EQ(q("1"), q("1000m"));
  EXPECT_EQ(q("1Gi"), q("1073741824"));
  EXPECT_LT(q("1G"), q("1Gi"));
  EXPECT_LT(q("-1"), q("0"));
  EXPECT_LT(q("-2"), q("-1"));
  EXPECT_GT(q("1e100"), q("1E"));
  EXPECT_LT(q("-1e100"), q("1n"));
  EXPECT_GT(q("1"), q("999999999n"));
}

TEST(Quantity, AddsAndSubtractsExactly) {
  EXPECT_EQ((q("1") + q("500m")).text(), "1500m");
  EXPECT_EQ((q("1Gi") + q("512Mi")).text(), "1536Mi");
  EXPECT_EQ((Quantity() + q("1Gi")).text(), "1Gi");
  EXPECT_EQ((q("1Gi") - q("1Gi")).text(), "0");
  EXPECT_EQ((q("1") - q("1500m")).text(), "-500m");
  EXPECT_EQ((q("9E") + q("1n")).text(), "9000000000000000000000000001n");
}

TEST(Quantity, RoundsScaledValuesAwayFromZero) {
  EXPECT_EQ(q("1500m").value(), 2);
  EXPECT_EQ(q("1n").value(), 1);
  EXPECT_EQ(q("-1n").value(), -1);
  EXPECT_EQ(q("1.5").milli_value(), 1500);
  EXPECT_EQ(q("1u").milli_value(), 1);
  EXPECT_EQ(q("1Ki").value(), 1024);
  EXPECT_EQ(q("1e30").value(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(q("-1e30").value(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(q("5k").scaled_value(3), 5);
}

TEST(Quantity, IsMadeFromNumbers) {
  EXPECT_EQ(Quantity(2048, Quantity::Format::BinarySI).text(), "2Ki");
  EXPECT_EQ(Quantity(1023, Quantity::Format::BinarySI).text(), "1023");
  EXPECT_EQ(Quantity::milli(2500).text(), "2500m");
  EXPECT_EQ(Quantity::milli(2000).text(), "2");
  EXPECT_EQ(Quantity(12'000'000, Quantity::Format::DecimalExponent).text(), "12e6");
}

}  // namespace
}  // namespace knarr::object
