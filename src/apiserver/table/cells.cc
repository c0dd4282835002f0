// SPDX-License-Identifier: Apache-2.0
// What cells share: paths, ages, joined texts, and the look-up of hooks.
// Source: k8s.io/apimachinery/pkg/util/duration HumanDuration.
#include "apiserver/table/cells.h"

#include "codec/json.h"
#include "object/time_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <vector>

namespace knarr::apiserver::cells {

using object::Value;

Hook find_hook(std::string_view name) {
  static const std::map<std::string_view, Hook> hooks = [] {
    std::map<std::string_view, Hook> all;
    for (const auto area : {pod_hooks(), workload_hooks(), core_hooks(), network_hooks(), policy_hooks()}) {
      for (const NamedHook& hook : area) all.emplace(hook.name, hook.write);
    }
    return all;
  }();
  const auto found = hooks.find(name);
  return found == hooks.end() ? nullptr : found->second;
}

Value at_path(Value object, std::string_view path) {
  Value value = object;
  while (!path.empty() && value) {
    const std::size_t end = std::min(path.find_first_of(".["), path.size());
    if (end != 0) value = value[path.substr(0, end)];
    path.remove_prefix(end);
    if (!path.empty() && path.front() == '[') {
      std::size_t index = 0;
      std::size_t i = 1;
      for (; i < path.size() && path[i] != ']'; ++i) {
        index = index * 10 + static_cast<std::size_t>(path[i] - '0');
      }
      value = value.at(index);
      path.remove_prefix(std::min(i + 1, path.size()));
    }
    if (!path.empty() && path.front() == '.') path.remove_prefix(1);
  }
  return value;
}

void put_text(std::string& out, std::string_view text) {
  codec::write_json_string(out, text);
}

void put_number(std::string& out, std::int64_t number) {
  out += std::to_string(number);
}

std::string duration_text(std::chrono::nanoseconds duration) {
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  const auto two = [](std::int64_t first, char a, std::int64_t second, char b) {
    return second == 0 ? fmt::format("{}{}", first, a) : fmt::format("{}{}{}{}", first, a, second, b);
  };
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return fmt::format("{}s", seconds);
  const std::int64_t minutes = seconds / 60;
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return fmt::format("{}m", minutes);
  const std::int64_t hours = minutes / 60;
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return fmt::format("{}h", hours);
  const std::int64_t days = hours / 24;
  if (days < 8) return two(days, 'd', hours % 24, 'h');
  if (days < 2 * 365) return fmt::format("{}d", days);
  if (days < 8 * 365) return two(days / 365, 'y', days % 365, 'd');
  return fmt::format("{}y", days / 365);
}

bool has_time(Value time) {
  if (time.as_string().empty()) return false;
  const auto parsed = object::parse_time(time.as_string());
  return parsed && *parsed != object::kZeroTime;
}

std::string age_text(SystemTime now, Value time) {
  const auto parsed = object::parse_time(time.as_string());
  if (!parsed || *parsed == object::kZeroTime) return "<unknown>";
  // Years far from now do not fit into nanoseconds; seconds do.
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now) -
                       std::chrono::floor<std::chrono::seconds>(*parsed);
  constexpr std::chrono::seconds kFar{std::chrono::hours{24 * 365 * 250}};
  return duration_text(std::clamp(seconds, -kFar, kFar));
}

std::string FirstThree::text() const {
  if (count_ <= kShown) return shown_.text();
  return fmt::format("{} + {} more...", shown_.text(), count_ - kShown);
}

std::string labels_text(Value labels) {
  std::vector<std::pair<std::string_view, std::string_view>> sorted;
  for (const auto& [key, atom, value] : labels.entries()) sorted.emplace_back(key, value.as_string());
  std::sort(sorted.begin(), sorted.end());
  Joined joined;
  for (const auto& [key, value] : sorted) joined.add(fmt::format("{}={}", key, value));
  return joined.text();
}

Value find_condition(Value object, std::string_view type) {
  for (Value condition : object["status"]["conditions"].items()) {
    if (condition["type"].as_string() == type) return condition;
  }
  return {};
}

bool has_condition(Value object, std::string_view type) {
  return find_condition(object, type)["status"].as_string() == "True";
}

bool is_deleting(Value object) {
  return has_time(object["metadata"]["deletionTimestamp"]);
}

}  // namespace knarr::apiserver::cells
