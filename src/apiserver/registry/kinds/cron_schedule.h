// SPDX-License-Identifier: Apache-2.0
// Checks the schedule and the time zone of a cron job, in the words of the cron library and the
// time package that Kubernetes uses (robfig/cron v3, ParseStandard).
#pragma once

#include <string>
#include <string_view>

namespace knarr::apiserver::kinds {

/// What is wrong with a schedule ("*/5 * * * *", "@daily", "@every 1h"), or "".
std::string check_cron_schedule(std::string_view schedule);

/// What is wrong with the name of a time zone, or "". Looks into the system's database of time
/// zones; without one every well-formed name is accepted.
std::string check_time_zone(std::string_view name);

}  // namespace knarr::apiserver::kinds
