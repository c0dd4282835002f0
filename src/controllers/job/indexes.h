// SPDX-License-Identifier: Apache-2.0
// Sets of completion indexes and their text in a Job's status: "1,3-5,7". Pure.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace knarr::controllers::job {

using Indexes = std::set<std::int64_t>;

/// What is no number, and indexes from `limit` on, are left out.
Indexes parse_indexes(std::string_view text, std::int64_t limit);
/// Ranges from three on: "0,1,3-5".
std::string indexes_text(const Indexes& indexes);

}  // namespace knarr::controllers::job
