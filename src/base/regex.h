// SPDX-License-Identifier: Apache-2.0
// The door over RE2: patterns come from users, so matching is linear in the text. Go's syntax.
#pragma once

#include "base/result.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace knarr {

/// A compiled pattern; cheap to copy, matched from any thread.
class Regex {
 public:
  /// Errors: Invalid, with RE2's words. `budget_bytes` bounds the compiled program.
  static Result<Regex> compile(std::string_view pattern, std::int64_t budget_bytes = 1 << 20);

  /// The whole text matches.
  [[nodiscard]] bool full_match(std::string_view text) const;
  /// Some part of the text matches.
  [[nodiscard]] bool partial_match(std::string_view text) const;
  /// The first match and its groups, the whole match first; nullopt groups took no part. They view
  /// into `text`. nullopt: no match.
  [[nodiscard]] std::optional<std::vector<std::optional<std::string_view>>> find(
      std::string_view text) const;
  /// Replaces every match; `\1` in `rewrite` is a group.
  [[nodiscard]] std::string replace_all(std::string_view text, std::string_view rewrite) const;
  [[nodiscard]] const std::string& pattern() const;
  [[nodiscard]] int groups() const;

 private:
  explicit Regex(std::shared_ptr<const re2::RE2> compiled);
  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace knarr
