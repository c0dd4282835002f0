// SPDX-License-Identifier: Apache-2.0
// Times and durations: what is read, and the canonical texts (BEHAVIOURS 19).
#include "object/time_text.h"

#include <gtest/gtest.h>

#include <string>

namespace knarr::object {
namespace {

struct Row {
  const char* in;
  const char* out;  // Null: refused.
};

class TimeText : public testing::TestWithParam<Row> {};
TEST_P(TimeText, IsReadAndWrittenInUtcWithWholeSeconds) {
  const Result<TimePoint> time = parse_time(GetParam().in);
  ASSERT_EQ(time.has_value(), GetParam().out != nullptr);
  if (time) EXPECT_EQ(time_text(*time), GetParam().out);
}
INSTANTIATE_TEST_SUITE_P(
    Table, TimeText,
    testing::Values(Row{"2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"},
                    Row{"2026-01-02T03:04:05.999999999Z", "2026-01-02T03:04:05Z"},
                    Row{"2026-01-02T03:04:05,5Z", "2026-01-02T03:04:05Z"},
                    Row{"2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"},
                    Row{"2026-01-01T00:00:00+00:30", "2025-12-31T23:30:00Z"},
                    Row{"2026-01-02T3:04:05-07:00", "2026-01-02T10:04:05Z"},
                    Row{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
                    Row{"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
                    Row{"2023-02-29T00:00:00Z", nullptr}, Row{"2026-13-01T00:00:00Z", nullptr},
                    Row{"2026-01-02T24:00:00Z", nullptr}, Row{"2026-01-02T03:04:60Z", nullptr},
                    Row{"2026-01-02 03:04:05Z", nullptr}, Row{"2026-01-02T03:04:05", nullptr},
                    Row{"2026-01-02T03:04:05z", nullptr}, Row{"2026-01-02t03:04:05Z", nullptr},
                    Row{"2026-01-02T03:04:05.Z", nullptr}, Row{"2026-01-02", nullptr},
                    Row{"2026-01-02T03:04:05+0200", nullptr}, Row{"", nullptr},
                    Row{"2026-01-02T03:04:05Zx", nullptr}));

class MicroTimeText : public testing::TestWithParam<Row> {};
TEST_P(MicroTimeText, HasSixDecimals) {
  const Result<TimePoint> time = parse_micro_time(GetParam().in);
  ASSERT_EQ(time.has_value(), GetParam().out != nullptr);
  if (time) EXPECT_EQ(micro_time_text(*time), GetParam().out);
}
INSTANTIATE_TEST_SUITE_P(
    Table, MicroTimeText,
    testing::Values(Row{"2026-01-02T03:04:05.000006Z", "2026-01-02T03:04:05.000006Z"},
                    Row{"2026-01-02T03:04:05.123456+01:00", "2026-01-02T02:04:05.123456Z"},
                    Row{"2026-01-02T03:04:05Z", nullptr}, Row{"2026-01-02T03:04:05.123Z", nullptr},
                    Row{"2026-01-02T03:04:05.1234567Z", nullptr}));

class DurationText : public testing::TestWithParam<Row> {};
TEST_P(DurationText, IsGoCanonical) {
  const Result<std::chrono::nanoseconds> duration = parse_duration(GetParam().in);
  ASSERT_EQ(duration.has_value(), GetParam().out != nullptr);
  if (duration) EXPECT_EQ(duration_text(*duration), GetParam().out);
}
INSTANTIATE_TEST_SUITE_P(
    Table, DurationText,
    testing::Values(Row{"0", "0s"}, Row{"1h", "1h0m0s"}, Row{"90m", "1h30m0s"}, Row{"1.5s", "1.5s"},
                    Row{"1500ms", "1.5s"}, Row{"200ms", "200ms"}, Row{"1us", "1\u00b5s"},
                    Row{"1.001us", "1.001\u00b5s"}, Row{"12ns", "12ns"}, Row{"-1m", "-1m0s"},
                    Row{"+5s", "5s"}, Row{"1m0.5s", "1m0.5s"}, Row{"1h1m1s1ms", "1h1m1.001s"},
                    Row{".5s", "500ms"}, Row{"5.s", "5s"},
                    Row{"9223372036854775807ns", "2562047h47m16.854775807s"},
                    Row{"-9223372036854775808ns", "-2562047h47m16.854775808s"},
                    Row{"9223372036854775808ns", nullptr}, Row{"", nullptr}, Row{"5", nullptr},
                    Row{"s", nullptr}, Row{".s", nullptr}, Row{"5d", nullptr}, Row{"1h ", nullptr}));

}  // namespace
}  // namespace knarr::object
