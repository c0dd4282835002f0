// SPDX-License-Identifier: Apache-2.0
// Cells of a Table row. Generic kinds of cells are made from a path; a hook makes a cell that needs
// more than one field. The hooks live in cells_<area>.cc. Private to table/.
#pragma once

#include "base/clock.h"
#include "object/document.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace knarr::apiserver::cells {

/// What a hook may look at.
struct Input {
  object::Value object;  // At the stored version.
  SystemTime now;
};

/// Appends one cell as JSON.
using Hook = void (*)(std::string& out, const Input& in);

struct NamedHook {
  std::string_view name;
  Hook write = nullptr;
};

std::span<const NamedHook> pod_hooks();
std::span<const NamedHook> workload_hooks();
std::span<const NamedHook> core_hooks();
std::span<const NamedHook> network_hooks();
std::span<const NamedHook> policy_hooks();

/// The hook of a name, or null.
Hook find_hook(std::string_view name);

/// The value at a path such as "status.podIPs[0].ip".
object::Value at_path(object::Value object, std::string_view path);

void put_text(std::string& out, std::string_view text);
void put_number(std::string& out, std::int64_t number);

/// How long a time is, as kubectl shows it: "5d", "3m20s", "<invalid>" below -1 s.
std::string duration_text(std::chrono::nanoseconds duration);
/// The age of a time; "<unknown>" without one.
std::string age_text(SystemTime now, object::Value time);
/// Whether a time is there and not Go's zero time.
bool has_time(object::Value time);

/// Texts with a separator between them.
class Joined {
 public:
  explicit Joined(std::string_view separator = ",") : separator_(separator) {}
  void add(std::string_view text) {
    if (count_++ != 0) text_ += separator_;
    text_ += text;
  }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string_view separator_;
  std::string text_;
  std::size_t count_ = 0;
};

/// The first three of some texts; the rest is counted: "a,b,c + 4 more...".
class FirstThree {
 public:
  void add(std::string_view text) {
    if (++count_ <= kShown) shown_.add(text);
  }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::string text() const;

 private:
  static constexpr std::size_t kShown = 3;
  Joined shown_;
  std::size_t count_ = 0;
};

/// "a=1,b=2" of a map of texts, sorted by key.
std::string labels_text(object::Value labels);

/// The condition of a type in `status.conditions`, or a missing value.
object::Value find_condition(object::Value object, std::string_view type);
/// Whether that condition is there and True.
bool has_condition(object::Value object, std::string_view type);
bool is_deleting(object::Value object);

}  // namespace knarr::apiserver::cells
