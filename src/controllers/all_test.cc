// SPDX-License-Identifier: Apache-2.0
// Which loops a list turns on.
#include "controllers/all.h"

#include <gtest/gtest.h>

namespace knarr::controllers {
namespace {

struct SelectionCase {
  std::vector<std::string> list;
  bool on;
  bool on_if_off_by_default;
};

class Selection : public testing::TestWithParam<SelectionCase> {};

TEST_P(Selection, FirstMentionCounts) {
  ControllerEntry entry{"a", "a", nullptr, true};
  EXPECT_EQ(is_enabled(entry, GetParam().list), GetParam().on);
  entry.on_by_default = false;
  EXPECT_EQ(is_enabled(entry, GetParam().list), GetParam().on_if_off_by_default);
}

INSTANTIATE_TEST_SUITE_P(Table, Selection,
                         testing::Values(SelectionCase{{"*"}, true, false},
                                         SelectionCase{{}, false, false},
                                         SelectionCase{{"b"}, false, false},
                                         SelectionCase{{"a"}, true, true},
                                         SelectionCase{{"*", "-a"}, false, false},
                                         SelectionCase{{"-a", "a"}, false, false},
                                         SelectionCase{{"*", "a"}, true, true}));

TEST(Controllers, UnknownNamesAreTold) {
  EXPECT_EQ(unknown_controllers({"*", "namespace-controller", "-nope", "nine"}),
            (std::vector<std::string>{"-nope", "nine"}));
}

}  // namespace
}  // namespace knarr::controllers
