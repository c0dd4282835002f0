// SPDX-License-Identifier: Apache-2.0
#include "schema/field_error.h"

#include "schema/json_text.h"

#include <fmt/format.h>

#include <unordered_set>

namespace knarr::schema {

using object::Kind;
using object::Value;

std::string FieldPath::text() const {
  std::vector<const FieldPath*> parts;
  for (const FieldPath* part = this; part != nullptr; part = part->parent_) parts.push_back(part);
  std::string out;
  for (auto i = parts.rbegin(); i != parts.rend(); ++i) {
    const FieldPath& part = **i;
    switch (part.part_) {
      case Part::Name:
        if (part.parent_ == nullptr && part.name_.empty()) break;  // The object itself.
        if (!out.empty()) out += '.';
        out += part.name_;
        break;
      case Part::Index: fmt::format_to(std::back_inserter(out), "[{}]", part.index_); break;
      case Part::Key: fmt::format_to(std::back_inserter(out), "[{}]", part.name_); break;
    }
  }
  if (out.empty() && parts.size() == 1) return "<nil>";
  return out;
}

namespace {

// One code point of UTF-8, or length 0 when the bytes are not UTF-8.
struct Rune {
  char32_t value = 0;
  std::size_t length = 0;
};

Rune decode_rune(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return {first, 1};
  std::size_t length = 0;
  char32_t value = 0;
  char32_t least = 0;
  if (first >= 0xC2 && first < 0xE0) {
    length = 2, value = first & 0x1FU, least = 0x80;
  } else if (first >= 0xE0 && first < 0xF0) {
    length = 3, value = first & 0x0FU, least = 0x800;
  } else if (first >= 0xF0 && first < 0xF5) {
    length = 4, value = first & 0x07U, least = 0x10000;
  } else {
    return {};
  }
  if (text.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0U) != 0x80U) return {};
    value = value << 6U | (at(i) & 0x3FU);
  }
  if (value < least || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return {};
  return {value, length};
}

// What Go's strconv.IsPrint refuses, by range: controls, format characters, spaces other than the
// ASCII one, private use and noncharacters. Unassigned code points count as printable here.
bool is_printable(char32_t c) {
  struct Range {
    char32_t first, last;
  };
  static constexpr Range kHidden[] = {
      {0x00, 0x1F},     {0x7F, 0xA0},     {0xAD, 0xAD},     {0x600, 0x605},   {0x61C, 0x61C},
      {0x6DD, 0x6DD},   {0x70F, 0x70F},   {0x1680, 0x1680}, {0x180E, 0x180E}, {0x2000, 0x200F},
      {0x2028, 0x202F}, {0x205F, 0x206F}, {0x3000, 0x3000}, {0xD800, 0xF8FF}, {0xFEFF, 0xFEFF},
      {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0x10FFFF}};
  for (const Range& range : kHidden) {
    if (c >= range.first && c <= range.last) return false;
  }
  return true;
}

std::string with_detail(std::string_view head, std::string_view detail) {
  return detail.empty() ? std::string(head) : fmt::format("{}: {}", head, detail);
}

}  // namespace

std::string go_quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const Rune rune = decode_rune(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    const std::size_t length = rune.length == 0 ? 1 : rune.length;
    if (rune.length == 0) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else if (byte == '"' || byte == '\\') {
      out += '\\', out += text[0];
    } else if (is_printable(rune.value)) {
      out += text.substr(0, length);
    } else {
      static constexpr std::string_view kNamed = "\a\b\f\n\r\t\v";
      const std::size_t named = rune.value < 0x80 ? kNamed.find(text[0]) : std::string_view::npos;
      if (named != std::string_view::npos) {
        out += '\\', out += "abfnrtv"[named];
      } else if (rune.value < 0x80) {
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
      } else {
        const auto code = static_cast<std::uint32_t>(rune.value);
        if (code < 0x10000) fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
        else fmt::format_to(std::back_inserter(out), "\\U{:08x}", code);
      }
    }
    text.remove_prefix(length);
  }
  return out + '"';
}

std::string print_value(Value value) {
  return value.is_string() ? go_quote(value.as_string()) : json_text(value);
}

void FieldErrors::add(std::string_view type, const FieldPath& path, std::string message) {
  causes_.push_back({std::string(type), path.text(), std::move(message)});
}

void FieldErrors::required(const FieldPath& path, std::string_view detail) {
  add("FieldValueRequired", path, with_detail("Required value", detail));
}

void FieldErrors::invalid_text(const FieldPath& path, std::string_view printed,
                               std::string_view detail) {
  add("FieldValueInvalid", path, with_detail(fmt::format("Invalid value: {}", printed), detail));
}

void FieldErrors::invalid(const FieldPath& path, Value value, std::string_view detail) {
  invalid_text(path, print_value(value), detail);
}

void FieldErrors::invalid(const FieldPath& path, std::string_view value, std::string_view detail) {
  invalid_text(path, go_quote(value), detail);
}

void FieldErrors::invalid(const FieldPath& path, std::int64_t value, std::string_view detail) {
  invalid_text(path, fmt::format("{}", value), detail);
}

void FieldErrors::invalid_each(const FieldPath& path, std::string_view value,
                               const std::vector<std::string>& complaints) {
  for (const std::string& complaint : complaints) invalid(path, value, complaint);
}

void FieldErrors::type_invalid(const FieldPath& path, Value value, std::string_view detail) {
  add("FieldValueTypeInvalid", path,
      with_detail(fmt::format("Invalid value: {}", print_value(value)), detail));
}

void FieldErrors::type_invalid(const FieldPath& path, std::string_view value,
                               std::string_view detail) {
  add("FieldValueTypeInvalid", path,
      with_detail(fmt::format("Invalid value: {}", go_quote(value)), detail));
}

namespace {

std::string supported_detail(const std::vector<std::string_view>& supported) {
  std::string detail;
  for (const std::string_view one : supported) {
    detail += detail.empty() ? "supported values: " : ", ";
    detail += go_quote(one);
  }
  return detail;
}

}  // namespace

void FieldErrors::not_supported(const FieldPath& path, std::string_view value,
                                std::initializer_list<std::string_view> supported) {
  not_supported(path, value, std::vector<std::string_view>(supported));
}

void FieldErrors::not_supported(const FieldPath& path, std::string_view value,
                                const std::vector<std::string_view>& supported) {
  add("FieldValueNotSupported", path,
      with_detail(fmt::format("Unsupported value: {}", go_quote(value)), supported_detail(supported)));
}

void FieldErrors::not_supported(const FieldPath& path, object::Value value,
                                const std::vector<std::string_view>& supported) {
  add("FieldValueNotSupported", path,
      with_detail(fmt::format("Unsupported value: {}", print_value(value)), supported_detail(supported)));
}

void FieldErrors::forbidden(const FieldPath& path, std::string_view detail) {
  add("FieldValueForbidden", path, with_detail("Forbidden", detail));
}

void FieldErrors::duplicate(const FieldPath& path, std::string_view value,
                            std::string_view detail) {
  add("FieldValueDuplicate", path,
      with_detail(fmt::format("Duplicate value: {}", go_quote(value)), detail));
}

void FieldErrors::duplicate(const FieldPath& path, Value value, std::string_view detail) {
  add("FieldValueDuplicate", path,
      with_detail(fmt::format("Duplicate value: {}", print_value(value)), detail));
}

void FieldErrors::not_found(const FieldPath& path, std::string_view value,
                            std::string_view detail) {
  add("FieldValueNotFound", path,
      with_detail(fmt::format("Not found: {}", go_quote(value)), detail));
}

void FieldErrors::too_long(const FieldPath& path, std::size_t maximum_bytes) {
  add("FieldValueTooLong", path,
      fmt::format("Too long: may not be more than {} bytes", maximum_bytes));
}

void FieldErrors::too_many(const FieldPath& path, std::size_t actual, std::size_t maximum) {
  add("FieldValueTooMany", path,
      fmt::format("Too many: {}: must have at most {} item{}", actual, maximum,
                  maximum == 1 ? "" : "s"));
}

void FieldErrors::internal(const FieldPath& path, std::string_view detail) {
  add("InternalError", path, with_detail("Internal error", detail));
}

void FieldErrors::append(FieldErrors other) {
  if (causes_.empty()) {
    causes_ = std::move(other.causes_);
    return;
  }
  for (Cause& cause : other.causes_) causes_.push_back(std::move(cause));
}

Error FieldErrors::to_error(std::string_view group, std::string_view kind,
                            std::string_view name) && {
  // The message names each text once, the causes hold them all (Go's utilerrors.Aggregate).
  std::unordered_set<std::string> seen;
  std::string list;
  for (const Cause& cause : causes_) {
    std::string text = fmt::format("{}: {}", cause.field, cause.message);
    if (seen.contains(text)) continue;
    if (!list.empty()) list += ", ";
    list += text;
    seen.insert(std::move(text));
  }
  if (seen.size() > 1) list = fmt::format("[{}]", list);
  std::string message =
      fmt::format("{}{}{} {} is invalid", kind, group.empty() ? "" : ".", group, go_quote(name));
  if (!list.empty()) message += ": " + list;
  return Error(Reason::Invalid, std::move(message))
      .with_causes(std::move(causes_))
      .with_details({.group = std::string(group), .kind = std::string(kind),
                     .name = std::string(name), .uid = {}});
}

}  // namespace knarr::schema
