// SPDX-License-Identifier: Apache-2.0
// RE2 behind our door. base/regex alone includes it.
#include "base/regex.h"

#include <utility>

#include <fmt/core.h>
#include <re2/re2.h>

namespace knarr {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

Regex::Regex(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}

Result<Regex> Regex::compile(std::string_view pattern, std::int64_t budget_bytes) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(budget_bytes);
  auto compiled = std::make_shared<const re2::RE2>(piece(pattern), options);
  if (!compiled->ok()) {
    return Error(Reason::Invalid, fmt::format("error parsing regexp: {}", compiled->error()));
  }
  return Regex(std::move(compiled));
}

bool Regex::full_match(std::string_view text) const {
  return compiled_->Match(piece(text), 0, text.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0);
}

bool Regex::partial_match(std::string_view text) const {
  return compiled_->Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

std::optional<std::vector<std::optional<std::string_view>>> Regex::find(
    std::string_view text) const {
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(this->groups()) + 1);
  if (!compiled_->Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, groups.data(),
                        static_cast<int>(groups.size()))) {
    return std::nullopt;
  }
  std::vector<std::optional<std::string_view>> result(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].data() != nullptr)
      result[i] = std::string_view(groups[i].data(), groups[i].size());
  }
  return result;
}

std::string Regex::replace_all(std::string_view text, std::string_view rewrite) const {
  std::string result(text);
  re2::RE2::GlobalReplace(&result, *compiled_, piece(rewrite));
  return result;
}

const std::string& Regex::pattern() const {
  return compiled_->pattern();
}

int Regex::groups() const {
  return compiled_->NumberOfCapturingGroups();
}

}  // namespace knarr
