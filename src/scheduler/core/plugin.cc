// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/plugin.h"

#include <algorithm>

namespace knarr::scheduler {

void normalize_scores(std::span<std::int64_t> scores, bool reverse) {
  std::int64_t most = 0;
  for (const std::int64_t score : scores) most = std::max(most, score);
  for (std::int64_t& score : scores) {
    if (most == 0) {
      if (reverse) score = kMaxScore;
      continue;
    }
    score = kMaxScore * score / most;
    if (reverse) score = kMaxScore - score;
  }
}

}  // namespace knarr::scheduler
