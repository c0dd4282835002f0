// SPDX-License-Identifier: Apache-2.0
// Plays golden exchanges (what a real server answered) against the rules of kinds alone: no server,
// no store. A step is played when it creates, replaces or patches an object whose kind has a type
// table; decode -> default -> prepare -> validate is run as the write path does.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::apiserver::testing {

struct GoldenScore {
  std::size_t played = 0;
  /// The code is right and so are, for a refusal, its message and causes.
  std::size_t right = 0;
  /// Accepted by both, and the object is the same but for what the server makes up.
  std::size_t same_objects = 0;
  std::size_t objects = 0;  // Accepted by both, and the answer holds an object.
  /// One text for each step that differs: case, step, what was wanted and what came.
  std::vector<std::string> differences;
};

/// Plays a golden file; only cases whose name contains `only`.
GoldenScore play_golden(std::string_view json, std::string_view only = {});

}  // namespace knarr::apiserver::testing
