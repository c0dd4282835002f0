// SPDX-License-Identifier: Apache-2.0
// How many golden steps the rules of kinds answer as a real server does. Marks may only rise.
// KNARR_SHARED names the folder of the golden files; KNARR_GOLDEN_SHOW=FILE[:CASE] prints what differs.
#include "apiserver/testing/golden_replay.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace knarr::apiserver {
namespace {

struct Mark {
  std::string_view file;
  std::size_t right;         // Steps answered rightly, at least.
  std::size_t same_objects;  // Accepted objects that are the same, at least.
};

constexpr Mark kMarks[] = {
    {"pods-validation-containers", 619, 229},
    {"pods-validation-spec", 484, 204},
    {"pods-validation-volumes", 349, 153},
    {"pods-update", 223, 108},
    {"pods-lifecycle", 8, 1},
    {"pods-defaults", 153, 141},
    {"pods-admission", 98, 45},
};

std::string golden_folder() {
  const char* shared = std::getenv("KNARR_SHARED");
  return fmt::format("{}/golden", shared != nullptr ? shared : KNARR_SOURCE_DIR "/../shared");
}

std::string read_golden(std::string_view name) {
  std::ifstream in(fmt::format("{}/{}.json", golden_folder(), name));
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(GoldenValidation, KindsAnswerAsTheReferenceServerDid) {
  const char* shown = std::getenv("KNARR_GOLDEN_SHOW");
  const std::string_view show = shown == nullptr ? "" : shown;
  for (const Mark& mark : kMarks) {
    const std::string json = read_golden(mark.file);
    if (json.empty()) GTEST_SKIP() << "no golden files in " << golden_folder();
    const bool print = !show.empty() && show.substr(0, show.find(':')) == mark.file;
    const std::string_view only =
        print && show.find(':') != std::string_view::npos ? show.substr(show.find(':') + 1) : "";
    const testing::GoldenScore score = testing::play_golden(json, only);
    fmt::print("{:<28} {:4} of {:4} right, {:4} of {:4} objects the same\n", mark.file, score.right,
               score.played, score.same_objects, score.objects);
    if (print) {
      for (const std::string& text : score.differences) fmt::print("{}\n", text);
      continue;
    }
    EXPECT_GE(score.right, mark.right) << mark.file;
    EXPECT_GE(score.same_objects, mark.same_objects) << mark.file;
  }
}

}  // namespace
}  // namespace knarr::apiserver
