// SPDX-License-Identifier: Apache-2.0
// decode_typed(): walks tree and type side by side. Recursion is bounded by the depth of the tree,
// which its reader bounds.
#include "codec/text/base64.h"
#include "codec/typed.h"
#include "codec/typed/path.h"
#include "object/quantity.h"
#include "object/time_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace knarr::codec {
namespace {

using internal::Path;
using object::Kind;
using object::NodeRef;
using object::Type;
using object::TypeKind;

constexpr std::size_t kMaxProblems = 100;  // As many as Go reports.

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::Null: return "null";
    case Kind::Bool: return "a boolean";
    case Kind::Int: return "a number";
    case Kind::Double: return "a number with a fraction or beyond 64 bits";
    case Kind::String: return "a string";
    case Kind::List: return "a list";
    default: return "a map";
  }
}

class TypedDecoder {
 public:
  explicit TypedDecoder(DecodeNotes* notes) : notes_(notes) {}

  Result<> value(NodeRef node, Type type, const Path* path) {
    switch (type.kind()) {
      case TypeKind::Struct: return structure(node, type, path);
      case TypeKind::List: return list(node, type.element(), path);
      case TypeKind::Map: return map(node, type.element(), path);
      case TypeKind::String: return expect(node, Kind::String, "a string", path);
      case TypeKind::Bool: return expect(node, Kind::Bool, "true or false", path);
      case TypeKind::Int32: return integer<std::int32_t>(node, path);
      case TypeKind::Int64: return integer<std::int64_t>(node, path);
      case TypeKind::Uint32: return integer<std::uint32_t>(node, path);
      case TypeKind::Uint64: return unsigned_64(node, path);
      case TypeKind::Double:
      case TypeKind::Float: return real(node, path);
      case TypeKind::Bytes: return bytes(node, path);
      case TypeKind::Quantity: return quantity(node, path);
      case TypeKind::Time: return time(node, false, path);
      case TypeKind::MicroTime: return time(node, true, path);
      case TypeKind::Duration: return duration(node, path);
      case TypeKind::IntOrString:
        if (node.is_string()) return ok();
        if (!node.is_int()) return wrong(node, "an integer or a string", path);
        return integer<std::int32_t>(node, path);
      case TypeKind::RawExtension:
      case TypeKind::FieldsV1: return raw(node);
      case TypeKind::Json:
        // Kubernetes passes these through its internal version: keys sorted, 1.0 is 1.
        node.sort_keys_deep();
        return raw(node, false);
      case TypeKind::SchemaOrArray:
      case TypeKind::SchemaOrBool:
      case TypeKind::SchemaOrStringArray: return schema_or(node, type, path);
      case TypeKind::Any: return ok();
    }
    return ok();
  }

 private:
  Result<> structure(NodeRef node, Type type, const Path* path) {
    if (!node.is_map()) return wrong(node, "an object", path);
    internal::FieldFinder finder(type);
    internal::IndexBuffer drop;
    for (std::uint32_t i = 0; i < node.size(); ++i) {
      const object::NodeEntry entry = node.entry(i);
      const Path here(path, entry.key);
      const object::Field field = finder.find(entry.key, entry.atom);
      if (!field) {
        if (type.has(object::kTypePreserveUnknown)) continue;
        note_unknown(here);
        drop.push_back(i);
        continue;
      }
      if (entry.value.is_null()) {
        drop.push_back(i);
      } else {
        TRY(value(entry.value, field.type(), &here));
        if (entry.value.is_null()) drop.push_back(i);  // A zero time.
      }
      if (node.is_duplicated(i)) note_duplicate(here);
    }
    node.erase_many(drop.span());
    return ok();
  }

  Result<> list(NodeRef node, Type element, const Path* path) {
    if (!node.is_list()) return wrong(node, "a list", path);
    for (std::size_t i = 0; i < node.size(); ++i) {
      const Path here(path, i);
      TRY(item(node.at(i), element, &here));
    }
    return ok();
  }

  Result<> map(NodeRef node, Type element, const Path* path) {
    if (!node.is_map()) return wrong(node, "an object", path);
    for (std::size_t i = 0; i < node.size(); ++i) {
      const object::NodeEntry entry = node.entry(i);
      const Path here(path, entry.key);
      TRY(item(entry.value, element, &here));
      if (node.is_duplicated(i)) note_duplicate(here);
    }
    return ok();
  }

  /// A value in a list or map: null stands for the zero value there.
  Result<> item(NodeRef node, Type type, const Path* path) {
    if (node.is_null()) {
      internal::set_zero(node, type);
      return ok();
    }
    return value(node, type, path);
  }

  Result<> expect(NodeRef node, Kind kind, std::string_view what, const Path* path) {
    return node.kind() == kind ? ok() : wrong(node, what, path);
  }

  template <typename Int>
  Result<> integer(NodeRef node, const Path* path) {
    if (!node.is_int()) return wrong(node, "an integer", path);
    const std::int64_t value = node.as_int();
    constexpr auto kLow = static_cast<std::int64_t>(std::numeric_limits<Int>::min());
    constexpr auto kHigh = static_cast<std::int64_t>(std::numeric_limits<Int>::max());
    if (value >= kLow && value <= kHigh) return ok();
    return problem(path, fmt::format("{} is out of range: expected an integer from {} to {}", value, kLow, kHigh));
  }

  Result<> unsigned_64(NodeRef node, const Path* path) {
    // Kept as the int64 of the same bits: the tree has no unsigned numbers.
    if (!node.is_int()) return wrong(node, "an integer", path);
    return node.as_int() >= 0 ? ok() : problem(path, "expected a number that is not negative");
  }

  Result<> real(NodeRef node, const Path* path) {
    if (!node.is_int() && node.kind() != Kind::Double) return wrong(node, "a number", path);
    node.set_double(node.as_double());
    return ok();
  }

  Result<> bytes(NodeRef node, const Path* path) {
    scratch_.clear();
    if (node.is_list()) {
      for (NodeRef item : node.items()) {
        const std::int64_t value = item.as_int(item.is_null() ? 0 : -1);
        if (value < 0 || value > 255) return problem(path, "expected base64 text");
        scratch_.push_back(static_cast<char>(value));
      }
    } else if (!node.is_string()) {
      return wrong(node, "base64 text", path);
    } else if (!read_base64(scratch_, node.as_string())) {
      return problem(path, "the text is not base64 (RFC 4648, with padding)");
    }
    std::string text;
    append_base64(text, scratch_);
    if (text != node.as_string() || !node.is_string()) node.set_string(text);
    return ok();
  }

  Result<> quantity(NodeRef node, const Path* path) {
    std::string number;
    std::string_view text = node.as_string();
    if (node.is_int()) {
      number = std::to_string(node.as_int());
      text = number;
    } else if (node.kind() == Kind::Double) {
      text = node.number_text();
      if (text.empty()) {
        write_json_number(number, node.as_double());
        text = number;
      }
    } else if (!node.is_string()) {
      return wrong(node, "a quantity such as \"500m\" or \"1Gi\"", path);
    }
    Result<std::string> canonical = object::canonical_quantity(text);
    if (!canonical) {
      return problem(path, fmt::format("{:?} is not a quantity such as \"500m\" or \"1Gi\": {}",
                                       text.substr(0, 64), canonical.error().message()));
    }
    if (!node.is_string() || *canonical != text) node.set_string(*canonical);
    return ok();
  }

  Result<> time(NodeRef node, bool micro, const Path* path) {
    if (!node.is_string()) return wrong(node, "a time such as \"2006-01-02T15:04:05Z\"", path);
    Result<object::TimePoint> time =
        micro ? object::parse_micro_time(node.as_string()) : object::parse_time(node.as_string());
    if (!time) return problem(path, time.error().message());
    if (*time == object::kZeroTime) {
      node.set_null();
      return ok();
    }
    const std::string text = micro ? object::micro_time_text(*time) : object::time_text(*time);
    if (text != node.as_string()) node.set_string(text);
    return ok();
  }

  Result<> duration(NodeRef node, const Path* path) {
    if (!node.is_string()) return wrong(node, "a duration such as \"1h30m\"", path);
    Result<std::chrono::nanoseconds> duration = object::parse_duration(node.as_string());
    if (!duration) return problem(path, duration.error().message());
    const std::string text = object::duration_text(*duration);
    if (text != node.as_string()) node.set_string(text);
    return ok();
  }

  Result<> raw(NodeRef node, bool as_read = true) {
    if (node.kind() == Kind::Raw || node.is_null()) return ok();
    scratch_.clear();
    as_read ? write_source_json(scratch_, node) : write_json(scratch_, node);
    node.set_raw(scratch_);
    return ok();
  }

  /// JSONSchemaPropsOr...: an object is a schema. Go reads inside without being strict.
  Result<> schema_or(NodeRef node, Type type, const Path* path) {
    DecodeNotes* const notes = notes_;
    notes_ = nullptr;
    Result<> result = ok();
    if (node.is_map()) {
      result = structure(node, type.element(), path);
    } else if (type.is(TypeKind::SchemaOrBool)) {
      result = expect(node, Kind::Bool, "a schema, true or false", path);
    } else if (!node.is_list()) {
      result = wrong(node, "a schema or a list", path);
    } else if (type.is(TypeKind::SchemaOrArray)) {
      result = list(node, type.element(), path);
    } else {
      for (std::size_t i = 0; result && i < node.size(); ++i) {
        const Path here(path, i);
        if (node.at(i).is_null()) node.at(i).set_string("");
        result = expect(node.at(i), Kind::String, "a string", &here);
      }
    }
    notes_ = notes;
    return result;
  }

  static Error wrong(NodeRef node, std::string_view expected, const Path* path) {
    return problem(path, fmt::format("expected {}, got {}", expected, name_of(node.kind())));
  }

  static Error problem(const Path* path, std::string_view what) {
    const std::string field = internal::to_text(path);
    if (field.empty()) return {Reason::BadRequest, std::string(what)};
    return {Reason::BadRequest, fmt::format("{}: {}", field, what)};
  }

  void note_unknown(const Path& path) {
    if (notes_ != nullptr) add("unknown", internal::to_text(&path), notes_->unknown_fields);
  }
  void note_duplicate(const Path& path) {
    if (notes_ != nullptr) add("duplicate", internal::to_text(&path), notes_->duplicate_fields);
  }
  void add(std::string_view what, std::string path, std::vector<std::string>& paths) {
    if (notes_->problems.size() >= kMaxProblems) return;
    notes_->problems.push_back(fmt::format("{} field \"{}\"", what, path));
    paths.push_back(std::move(path));
  }

  DecodeNotes* notes_;
  std::string scratch_;
};

/// Duplicates inside a value that a later duplicate replaced are not in the tree any more. They go
/// before the next duplicate of the text that is.
void add_lost_duplicates(DecodeNotes& notes, const std::vector<std::string>& all) {
  const auto inside = [](std::string_view path, std::string_view outer) {
    return path.size() > outer.size() && path.starts_with(outer) &&
           (path[outer.size()] == '.' || path[outer.size()] == '[');
  };
  std::string next;
  const std::vector<std::string> kept = notes.duplicate_fields;
  for (auto path = all.rbegin(); path != all.rend(); ++path) {
    std::string text = fmt::format("duplicate field \"{}\"", *path);
    if (std::ranges::find(kept, *path) != kept.end()) {
      next = std::move(text);
    } else if (std::ranges::any_of(kept, [&](const std::string& outer) { return inside(*path, outer); })) {
      notes.problems.insert(std::ranges::find(notes.problems, next), text);
      notes.duplicate_fields.push_back(*path);
      next = std::move(text);
    }
  }
}

}  // namespace

Result<> decode_typed(NodeRef tree, Type type, DecodeNotes* notes) {
  if (!type) return ok();
  if (tree.is_null()) {
    internal::set_zero(tree, type);
    return ok();
  }
  if (notes == nullptr) return TypedDecoder(nullptr).value(tree, type, nullptr);
  const std::vector<std::string> duplicates = std::exchange(notes->duplicate_fields, {});
  TRY(TypedDecoder(notes).value(tree, type, nullptr));
  if (!notes->duplicate_fields.empty()) add_lost_duplicates(*notes, duplicates);
  return ok();
}

}  // namespace knarr::codec
