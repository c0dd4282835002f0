// SPDX-License-Identifier: Apache-2.0
// What jobs and cron jobs share, and the text form of completion indexes ("1,3-5").
#pragma once

#include "apiserver/registry/kinds/checks.h"

#include <string>
#include <string_view>

namespace knarr::apiserver::kinds {

/// A job's spec but for the selector. Source: validateJobSpec.
void check_job_spec(Value spec, Value old_spec, const FieldPath& path, FieldErrors& errors);

/// Reads a list of indexes and intervals, rising and below `completions`. Gives a complaint, or an
/// empty text and the number of indexes.
std::string check_indexes(std::string_view text, std::int64_t completions, std::int64_t& count);

/// Source: validateJobStatus and ValidateJobStatusUpdate.
void check_job_status(Value object, Value old, FieldErrors& errors);

/// True when a condition of this type has status True.
bool has_condition(Value status, std::string_view type);

}  // namespace knarr::apiserver::kinds
