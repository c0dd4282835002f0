// SPDX-License-Identifier: Apache-2.0
#include "controllers/job/indexes.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace knarr::controllers::job {

namespace {

std::optional<std::int64_t> to_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Indexes parse_indexes(std::string_view text, std::int64_t limit) {
  Indexes indexes;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    const std::size_t dash = part.find('-');
    const auto first = to_number(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : to_number(part.substr(dash + 1));
    if (!first || !last) continue;
    for (std::int64_t i = *first; i <= std::min(*last, limit - 1); ++i) indexes.insert(indexes.end(), i);
  }
  return indexes;
}

std::string indexes_text(const Indexes& indexes) {
  std::string text;
  for (auto at = indexes.begin(); at != indexes.end();) {
    const std::int64_t first = *at;
    std::int64_t last = first;
    for (++at; at != indexes.end() && *at == last + 1; ++at) last = *at;
    if (!text.empty()) text += ',';
    text += std::to_string(first);
    if (last > first) text += fmt::format("{}{}", last == first + 1 ? "," : "-", last);
  }
  return text;
}

}  // namespace knarr::controllers::job
