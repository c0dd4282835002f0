// SPDX-License-Identifier: Apache-2.0
// Protobuf -> Draft. Recursion is bounded by ProtobufLimits::max_depth.
#include "codec/json.h"
#include "codec/json/duplicates.h"
#include "codec/protobuf.h"
#include "codec/protobuf/wire.h"
#include "codec/text/base64.h"
#include "codec/text/utf8.h"
#include "codec/typed/path.h"
#include "object/quantity.h"
#include "object/time_text.h"

#include <fmt/core.h>

#include <vector>

namespace knarr::codec {
namespace {

using internal::Path;
using internal::Wire;
using internal::WireReader;
using object::Field;
using object::NodeRef;
using object::Type;
using object::TypeKind;

constexpr std::size_t kMaxMessage = 1UL << 28U;
constexpr std::string_view kMagic("k8s\0", 4);

bool is_varint(TypeKind kind) {
  return kind == TypeKind::Bool || (kind >= TypeKind::Int32 && kind <= TypeKind::Int64) ||
         kind == TypeKind::Uint32 || kind == TypeKind::Uint64;
}

Wire wire_of(TypeKind kind) {
  if (is_varint(kind)) return Wire::Varint;
  if (kind == TypeKind::Double) return Wire::Fixed64;
  return kind == TypeKind::Float ? Wire::Fixed32 : Wire::Bytes;
}

/// Which fields a message has: those of a struct, or of a struct inlined in it.
struct Scope {
  Type type;
  unsigned level = 0;       // How deep in inlined structs.
  std::uint32_t group = 0;  // Their numbers, as in FieldRow::inline_proto.

  struct Found {
    std::uint32_t position = internal::FieldFinder::kNone;
    std::uint32_t group = 0;  // The number leads to an inlined struct.
  };
  [[nodiscard]] Found find(std::uint32_t number, std::uint32_t from) const {
    const auto count = static_cast<std::uint32_t>(type.field_count());
    const std::uint32_t mask = (1U << (8 * level)) - 1;
    for (std::uint32_t step = 0; step < count; ++step) {
      const std::uint32_t position = from + step < count ? from + step : from + step - count;
      const object::FieldRow& row = type.field(position).row();
      if ((row.inline_proto & mask) != group) continue;
      const std::uint32_t inner = (row.inline_proto >> (8 * level)) & 0xFFU;
      if (inner == number) return {position, inner};
      if (inner == 0 && row.proto == number) return {position, 0};
    }
    return {};
  }
};

class Decoder {
 public:
  explicit Decoder(const ProtobufLimits& limits) : limits_(limits) {}

  Result<> message(NodeRef node, Scope scope, std::string_view bytes, const Path* path,
                   std::size_t depth) {
    if (depth >= limits_.max_depth) {
      return problem(path, fmt::format("more than {} messages inside each other", limits_.max_depth));
    }
    if (!node.is_map()) node.set_map();
    WireReader in(bytes);
    std::uint32_t next = 0;
    // Fields that may be there already; a bit for each of the first 64.
    std::uint64_t seen = node.empty() ? 0 : ~std::uint64_t{0};
    NodeRef last;  // Of the field read last: elements of lists come one after the other.
    std::uint32_t last_position = internal::FieldFinder::kNone;
    while (!in.empty()) {
      std::uint32_t number = 0;
      Wire wire{};
      if (!in.tag(number, wire)) return damaged(path);
      const Scope::Found found = scope.find(number, next);
      if (found.position == internal::FieldFinder::kNone) {
        if (!in.skip(number, wire)) return damaged(path);
        continue;
      }
      if (found.group != 0) {
        std::string_view inner;
        if (wire != Wire::Bytes || !in.bytes(inner)) return damaged(path);
        const Scope inlined{scope.type, scope.level + 1, scope.group | found.group << (8 * scope.level)};
        TRY(message(node, inlined, inner, path, depth + 1));
        continue;
      }
      const Field field = scope.type.field(found.position);
      const Path here(path, field.name());
      next = found.position;
      if (found.position != last_position) {
        const bool is_new = found.position < 64 && (seen >> found.position & 1U) == 0;
        if (is_new && is_zero_scalar(field, wire) && in.take_zero()) continue;
        if (found.position < 64) seen |= std::uint64_t{1} << found.position;
        if (is_new && field.atom()) {
          last = node.append_entry(field.atom());
        } else {
          last = field.atom() ? node.ensure(field.atom()) : node.ensure(field.name());
        }
        last_position = found.position;
      }
      TRY(field_value(last, field.type(), in, wire, &here, depth));
    }
    return ok();
  }

  /// Map entries may repeat a key: the last one wins. To be called when all is read.
  void settle() {
    for (NodeRef map : unsorted_maps_) internal::KeyFilter::merge_duplicates(map);
  }

 private:
  /// A scalar for which absent and zero are the same: Go's encoder writes them all.
  static bool is_zero_scalar(Field field, Wire wire) {
    if (field.has(object::kPointer)) return false;
    const TypeKind kind = field.type().kind();
    return (is_varint(kind) && wire == Wire::Varint) || (kind == TypeKind::String && wire == Wire::Bytes);
  }

  Result<> field_value(NodeRef node, Type type, WireReader& in, Wire wire, const Path* path,
                       std::size_t depth) {
    const bool wrapped = type.has(object::kTypeProtoMessage);
    if (type.is(TypeKind::List) && !wrapped) return element(node, type.element(), in, wire, path, depth);
    if (type.is(TypeKind::Map) && !wrapped) {
      std::string_view bytes;
      if (wire != Wire::Bytes || !in.bytes(bytes)) return damaged(path);
      return entry(node, type.element(), bytes, path, depth);
    }
    return single(node, type, in, wire, path, depth);
  }

  Result<> element(NodeRef list, Type type, WireReader& in, Wire wire, const Path* path,
                   std::size_t depth) {
    if (!list.is_list()) list.set_list();
    if (wire == Wire::Bytes && wire_of(type.kind()) != Wire::Bytes) {  // Packed.
      std::string_view bytes;
      if (!in.bytes(bytes)) return damaged(path);
      WireReader packed(bytes);
      while (!packed.empty()) {
        TRY(single(list.append(), type, packed, wire_of(type.kind()), path, depth));
      }
      return ok();
    }
    const Path here(path, list.size());
    return single(list.append(), type, in, wire, &here, depth);
  }

  Result<> entry(NodeRef map, Type type, std::string_view bytes, const Path* path, std::size_t depth) {
    if (!map.is_map()) map.set_map();
    std::string_view key;
    std::string_view value;
    Wire value_wire = wire_of(type.kind());
    bool has_value = false;
    WireReader in(bytes);
    WireReader value_reader(value);
    while (!in.empty()) {
      std::uint32_t number = 0;
      Wire wire{};
      if (!in.tag(number, wire)) return damaged(path);
      if (number == 1 && wire == Wire::Bytes) {
        if (!in.bytes(key)) return damaged(path);
      } else if (number == 2 && wire == value_wire) {
        value_reader = in;
        has_value = true;
        if (!in.skip(number, wire)) return damaged(path);
      } else if (!in.skip(number, wire)) {
        return damaged(path);
      }
    }
    const Path here(path, key);
    const std::string_view text = text_of(key);
    if (!map.empty() && map.entry(map.size() - 1).key >= text &&
        (unsorted_maps_.empty() || !unsorted_maps_.back().same(map))) {
      unsorted_maps_.push_back(map);
    }
    NodeRef child = map.append_entry(text);
    if (has_value) return single(child, type, value_reader, value_wire, &here, depth);
    internal::set_zero(child, type);
    if (type.is(TypeKind::Bytes)) child.set_string("");  // Go makes these empty, not nil.
    return ok();
  }

  Result<> single(NodeRef node, Type type, WireReader& in, Wire wire, const Path* path,
                  std::size_t depth) {
    if (++values_ > limits_.max_values) {
      return problem(path, fmt::format("more than {} values", limits_.max_values));
    }
    if (wire != wire_of(type.kind())) return damaged(path);
    if (wire == Wire::Varint) {
      std::uint64_t value = 0;
      if (!in.varint(value)) return damaged(path);
      set_integer(node, type.kind(), value);
      return ok();
    }
    if (wire == Wire::Fixed64) {
      double value = 0;
      return in.fixed(value) ? (node.set_double(value), ok()) : Result<>(damaged(path));
    }
    if (wire == Wire::Fixed32) {
      float value = 0;
      return in.fixed(value) ? (node.set_double(value), ok()) : Result<>(damaged(path));
    }
    std::string_view bytes;
    if (!in.bytes(bytes)) return damaged(path);
    return from_bytes(node, type, bytes, path, depth);
  }

  static void set_integer(NodeRef node, TypeKind kind, std::uint64_t value) {
    switch (kind) {
      case TypeKind::Bool: return node.set_bool(value != 0);
      case TypeKind::Int32: return node.set_int(static_cast<std::int32_t>(value));
      case TypeKind::Uint32: return node.set_int(static_cast<std::uint32_t>(value));
      default: return node.set_int(static_cast<std::int64_t>(value));
    }
  }

  Result<> from_bytes(NodeRef node, Type type, std::string_view bytes, const Path* path,
                      std::size_t depth) {
    switch (type.kind()) {
      case TypeKind::String: node.set_string(text_of(bytes)); return ok();
      case TypeKind::Bytes: {
        scratch_.clear();
        append_base64(scratch_, bytes);
        node.set_string(scratch_);
        return ok();
      }
      case TypeKind::Struct: return message(node, {type}, bytes, path, depth + 1);
      case TypeKind::List:
        if (!node.is_list()) node.set_list();
        return wrapped(node, type, bytes, path, depth);
      case TypeKind::Map:
        if (!node.is_map()) node.set_map();
        return wrapped(node, type, bytes, path, depth);
      case TypeKind::RawExtension:
      case TypeKind::FieldsV1:
      case TypeKind::Json: return raw(node, bytes, path);
      case TypeKind::SchemaOrArray:
      case TypeKind::SchemaOrBool:
      case TypeKind::SchemaOrStringArray: return schema_or(node, type, bytes, path, depth);
      default: return scalar_message(node, type.kind(), bytes, path);
    }
  }

  /// A named list or map that is a message of its own, with the items in field 1.
  Result<> wrapped(NodeRef node, Type type, std::string_view bytes, const Path* path, std::size_t depth) {
    WireReader in(bytes);
    while (!in.empty()) {
      std::uint32_t number = 0;
      Wire wire{};
      if (!in.tag(number, wire)) return damaged(path);
      if (number != 1) {
        if (!in.skip(number, wire)) return damaged(path);
      } else if (type.is(TypeKind::List)) {
        TRY(element(node, type.element(), in, wire, path, depth));
      } else {
        std::string_view bytes_of_entry;
        if (wire != Wire::Bytes || !in.bytes(bytes_of_entry)) return damaged(path);
        TRY(entry(node, type.element(), bytes_of_entry, path, depth));
      }
    }
    return ok();
  }

  /// Fields 1 to 3 of a small message of numbers and texts.
  struct Small {
    std::uint64_t numbers[4] = {};
    std::string_view texts[4];
  };
  static bool read_small(std::string_view bytes, Small& small) {
    WireReader in(bytes);
    while (!in.empty()) {
      std::uint32_t number = 0;
      Wire wire{};
      if (!in.tag(number, wire)) return false;
      if (number <= 3 && wire == Wire::Varint) {
        if (!in.varint(small.numbers[number])) return false;
      } else if (number <= 3 && wire == Wire::Bytes) {
        if (!in.bytes(small.texts[number])) return false;
      } else if (!in.skip(number, wire)) {
        return false;
      }
    }
    return true;
  }

  Result<> scalar_message(NodeRef node, TypeKind kind, std::string_view bytes, const Path* path) {
    Small small;
    if (!read_small(bytes, small)) return damaged(path);
    const auto number = static_cast<std::int64_t>(small.numbers[1]);
    switch (kind) {
      case TypeKind::Quantity: {
        Result<std::string> text = object::canonical_quantity(small.texts[1]);
        if (!text) return problem(path, text.error().message());
        node.set_string(*text);
        return ok();
      }
      case TypeKind::Time:
      case TypeKind::MicroTime: {
        if (bytes.empty()) return node.set_null(), ok();
        constexpr std::int64_t kFirst = -62135596800;  // Year 1 to 9999.
        constexpr std::int64_t kLast = 253402300799;
        if (number < kFirst || number > kLast) return problem(path, "time out of range");
        const auto nanos = static_cast<std::int32_t>(small.numbers[2]);
        const object::TimePoint time =
            object::TimePoint(std::chrono::seconds(number)) +
            std::chrono::floor<std::chrono::microseconds>(std::chrono::nanoseconds(nanos));
        if (time == object::kZeroTime) return node.set_null(), ok();
        node.set_string(kind == TypeKind::Time ? object::time_text(time) : object::micro_time_text(time));
        return ok();
      }
      case TypeKind::Duration:
        node.set_string(object::duration_text(std::chrono::nanoseconds(number)));
        return ok();
      case TypeKind::IntOrString:
        if (number == 0) {
          node.set_int(static_cast<std::int32_t>(small.numbers[2]));
        } else {
          node.set_string(text_of(small.texts[3]));
        }
        return ok();
      default: return problem(path, "this type has no protobuf form");
    }
  }

  Result<> raw(NodeRef node, std::string_view bytes, const Path* path) {
    Small small;
    if (!read_small(bytes, small)) return damaged(path);
    const std::string_view json = small.texts[1];
    if (json.empty()) return node.set_null(), ok();
    scratch_.clear();
    Result<> compact = compact_json(scratch_, json);
    if (!compact) return problem(path, compact.error().message());
    if (scratch_ == "null") {
      node.set_null();
    } else {
      node.set_raw(scratch_);
    }
    return ok();
  }

  Result<> schema_or(NodeRef node, Type type, std::string_view bytes, const Path* path, std::size_t depth) {
    WireReader in(bytes);
    if (type.is(TypeKind::SchemaOrBool)) {
      node.set_bool(false);
    } else {
      node.set_null();
    }
    const std::uint32_t schema = type.is(TypeKind::SchemaOrBool) ? 2 : 1;
    while (!in.empty()) {
      std::uint32_t number = 0;
      Wire wire{};
      if (!in.tag(number, wire)) return damaged(path);
      std::string_view inner;
      std::uint64_t value = 0;
      if (wire == Wire::Bytes && number == schema) {
        if (!in.bytes(inner)) return damaged(path);
        TRY(from_bytes(node, type.element(), inner, path, depth));
      } else if (wire == Wire::Bytes && number == 2) {
        if (!in.bytes(inner)) return damaged(path);
        const bool texts = type.is(TypeKind::SchemaOrStringArray);
        if (!node.is_list()) node.set_list();
        if (texts) {
          node.append_string(text_of(inner));
        } else {
          TRY(from_bytes(node.append(), type.element(), inner, path, depth));
        }
      } else if (wire == Wire::Varint && number == 1 && type.is(TypeKind::SchemaOrBool)) {
        if (!in.varint(value)) return damaged(path);
        if (!node.is_map()) node.set_bool(value != 0);
      } else if (!in.skip(number, wire)) {
        return damaged(path);
      }
    }
    return ok();
  }

  /// Text with invalid bytes replaced. The view may be into a buffer that the next call reuses.
  std::string_view text_of(std::string_view bytes) {
    std::size_t valid = internal::valid_utf8_prefix(bytes);
    if (valid == bytes.size()) return bytes;
    text_.clear();
    while (!bytes.empty()) {
      text_ += bytes.substr(0, valid);
      bytes.remove_prefix(valid);
      if (bytes.empty()) break;
      text_ += internal::kReplacement;
      bytes.remove_prefix(1);
      valid = internal::valid_utf8_prefix(bytes);
    }
    return text_;
  }

  static Error damaged(const Path* path) { return problem(path, "the message is damaged"); }
  static Error problem(const Path* path, std::string_view what) {
    const std::string field = internal::to_text(path);
    return {Reason::BadRequest,
            field.empty() ? fmt::format("invalid protobuf: {}", what)
                          : fmt::format("invalid protobuf: {}: {}", field, what)};
  }

  const ProtobufLimits& limits_;
  std::size_t values_ = 0;
  std::string scratch_;
  std::string text_;
  std::vector<NodeRef> unsorted_maps_;
};

}  // namespace

Result<object::Draft> decode_protobuf(std::string_view message, Type type, const ProtobufLimits& limits) {
  if (message.size() >= kMaxMessage) {
    return Error(Reason::RequestEntityTooLarge, fmt::format("protobuf of {} bytes is too large", message.size()));
  }
  object::Draft draft;
  Decoder decoder(limits);
  TRY(decoder.message(draft.root(), {type}, message, nullptr, 0));
  decoder.settle();
  return draft;
}

bool is_envelope(std::string_view bytes) { return bytes.starts_with(kMagic); }

Result<Envelope> decode_envelope(std::string_view bytes) {
  const Error damaged(Reason::BadRequest, "invalid protobuf: the envelope is damaged");
  if (!is_envelope(bytes)) {
    return Error(Reason::BadRequest, "invalid protobuf: the body does not begin with the bytes k8s\\0");
  }
  Envelope envelope;
  WireReader in(bytes.substr(kMagic.size()));
  while (!in.empty()) {
    std::uint32_t number = 0;
    Wire wire{};
    if (!in.tag(number, wire)) return damaged;
    if (wire != Wire::Bytes) {
      if (!in.skip(number, wire)) return damaged;
      continue;
    }
    std::string_view value;
    if (!in.bytes(value)) return damaged;
    switch (number) {
      case 1: {
        WireReader meta(value);
        while (!meta.empty()) {
          std::uint32_t inner = 0;
          if (!meta.tag(inner, wire)) return damaged;
          std::string_view text;
          if (inner <= 2 && wire == Wire::Bytes) {
            if (!meta.bytes(text)) return damaged;
            (inner == 1 ? envelope.api_version : envelope.kind) = text;
          } else if (!meta.skip(inner, wire)) {
            return damaged;
          }
        }
        break;
      }
      case 2: envelope.raw = value; break;
      case 3: envelope.content_encoding = value; break;
      case 4: envelope.content_type = value; break;
      default: break;
    }
  }
  return envelope;
}

}  // namespace knarr::codec
