// SPDX-License-Identifier: Apache-2.0
// Trees -> protobuf, back to front, in one pass. The rules of Kubernetes' messages (which fields go
// out although empty, the special types) are those of its round-trip data.
#include "codec/protobuf.h"
#include "codec/protobuf/wire.h"
#include "codec/text/base64.h"
#include "object/time_text.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <vector>

namespace knarr::codec {
namespace {

using internal::BackwardWriter;
using internal::Wire;
using object::Field;
using object::Type;
using object::TypeKind;
using object::Value;

bool is_packable(TypeKind kind) {
  return kind == TypeKind::Bool || (kind >= TypeKind::Int32 && kind <= TypeKind::Uint64);
}

/// A field that has to be written, or that only shows that its inlined struct is there.
struct Item {
  Field field;
  Value value;
  bool is_version = false;

  /// The number at a level: 0 is the message itself, 1 the struct inlined in it, and so on.
  [[nodiscard]] std::uint32_t group(unsigned level) const {
    return (field.row().inline_proto >> (8 * level)) & 0xFFU;
  }
  [[nodiscard]] std::uint32_t number(unsigned level) const {
    const std::uint32_t outer = group(level);
    return outer != 0 ? outer : field.row().proto;
  }
};

class Encoder {
 public:
  Encoder(BackwardWriter& out, std::uint64_t resource_version) : out_(out) {
    if (resource_version == 0) return;
    version_.resize(20);
    const auto end = std::to_chars(version_.data(), version_.data() + version_.size(), resource_version).ptr;
    version_.resize(static_cast<std::size_t>(end - version_.data()));
  }

  enum class Place : std::uint8_t { Object, Metadata, Below };

  void message(Value value, Type type, Place place) {
    // Items of all levels of recursion share one vector; each level uses its own end of it.
    const std::size_t first = items_.size();
    if (!collect_in_order(value, type, place)) {
      items_.resize(first);
      previous_inline_ = 0;
      for (std::size_t i = 0; i < type.field_count(); ++i) {
        const Field field = type.field(i);
        add(field, field.atom() ? value[field.atom()] : value[field.name()], place);
      }
    }
    write_items(first, items_.size(), 0, place);
    items_.resize(first);
  }

 private:
  /// Walks fields and entries side by side; false when the entries are not in the order of fields.
  bool collect_in_order(Value value, Type type, Place place) {
    const object::MapRange entries = value.entries();
    auto entry = entries.begin();
    const auto end = entries.end();
    previous_inline_ = 0;
    for (std::size_t i = 0; i < type.field_count(); ++i) {
      const Field field = type.field(i);
      Value found;
      if (entry != end && field.atom() && (*entry).atom == field.atom()) {
        found = (*entry).value;
        ++entry;
      }
      add(field, found, place);
    }
    return !(entry != end);
  }

  void add(Field field, Value value, Place place) {
    const object::FieldRow& row = field.row();
    if (row.proto == 0) return;
    const bool is_version = place == Place::Metadata && !version_.empty() &&
                            field.atom() == object::atom::resourceVersion;
    // Go writes an inlined struct that has nothing in it as an empty message.
    const bool opens_group = row.inline_proto != 0 && row.inline_proto != previous_inline_;
    previous_inline_ = row.inline_proto;
    if (is_written(field, value) || is_version || opens_group) {
      items_.push_back({field, value, is_version && !value.exists()});
    }
  }

  static bool is_written(Field field, Value value) {
    if (field.has(object::kProtoAlways)) return true;
    if (!value.exists() || value.is_null()) return false;
    if (field.has(object::kPointer)) return true;
    switch (field.type().kind()) {  // proto3: a zero scalar is not there.
      case TypeKind::String: return !value.as_string().empty();
      case TypeKind::Bool: return value.as_bool();
      case TypeKind::Int32:
      case TypeKind::Int64:
      case TypeKind::Uint32:
      case TypeKind::Uint64: return value.as_int() != 0;
      case TypeKind::Double:
      case TypeKind::Float: return value.as_double() != 0;
      default: return true;
    }
  }

  void write_items(std::size_t first, std::size_t last, unsigned level, Place place) {
    const auto by_number = [this, level](std::size_t i) { return items_[i].number(level); };
    for (std::size_t i = first + 1; i < last; ++i) {  // Nearly sorted: insertion.
      const Item item = items_[i];
      std::size_t at = i;
      for (; at > first && by_number(at - 1) > item.number(level); --at) items_[at] = items_[at - 1];
      items_[at] = item;
    }
    for (std::size_t end = last; end > first;) {
      std::size_t begin = end - 1;
      const std::uint32_t group = items_[begin].group(level);
      if (group == 0) {
        field(items_[begin], place);
      } else {
        while (begin > first && items_[begin - 1].group(level) == group) --begin;
        const std::size_t before = out_.size();
        write_items(begin, end, level + 1, Place::Below);
        out_.close(before, group);
      }
      end = begin;
    }
  }

  void field(Item item, Place place) {  // By value: nested messages grow the vector.
    const Field field = item.field;
    const std::uint32_t number = field.row().proto;
    if (item.is_version) return out_.bytes_field(number, version_);
    if (!is_written(field, item.value)) return;  // It only opened its group.
    const Type type = field.type();
    switch (type.kind()) {
      case TypeKind::List:
        if (type.has(object::kTypeProtoMessage)) return single(item.value, type, number, Place::Below);
        return list(item.value, type.element(), number, field.has(object::kProtoPacked));
      case TypeKind::Map:
        if (type.has(object::kTypeProtoMessage)) return single(item.value, type, number, Place::Below);
        return map(item.value, type.element(), number);
      default: {
        const bool metadata = place == Place::Object && field.atom() == object::atom::metadata;
        single(item.value, type, number, metadata ? Place::Metadata : Place::Below);
      }
    }
  }

  void list(Value value, Type element, std::uint32_t number, bool packed) {
    const std::size_t before = out_.size();
    packed = packed && is_packable(element.kind());
    for (std::size_t i = value.size(); i-- > 0;) {
      if (packed) {
        out_.varint(static_cast<std::uint64_t>(integer(value.at(i))));
      } else {
        single(value.at(i), element, number, Place::Below);
      }
    }
    if (packed && value.size() != 0) out_.close(before, number);
  }

  void map(Value value, Type element, std::uint32_t number) {
    std::vector<object::MapItem> entries;
    entries.reserve(value.size());
    for (const object::MapItem entry : value.entries()) entries.push_back(entry);
    if (!value.is_sorted_map()) std::ranges::sort(entries, {}, &object::MapItem::key);
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      const std::size_t before = out_.size();
      if (!element.is(TypeKind::Bytes) || !entry->value.is_null()) {
        single(entry->value, element, 2, Place::Below);
      }
      out_.bytes_field(1, entry->key);
      out_.close(before, number);
    }
  }

  static std::int64_t integer(Value value) {
    return value.kind() == object::Kind::Bool ? static_cast<std::int64_t>(value.as_bool()) : value.as_int();
  }

  /// One tagged value; a missing or null one is the zero value.
  void single(Value value, Type type, std::uint32_t number, Place place) {
    switch (type.kind()) {
      case TypeKind::String: return out_.bytes_field(number, value.as_string());
      case TypeKind::Bool: return out_.varint_field(number, value.as_bool() ? 1 : 0);
      case TypeKind::Int32:
      case TypeKind::Int64:
      case TypeKind::Uint32:
      case TypeKind::Uint64: return out_.varint_field(number, static_cast<std::uint64_t>(value.as_int()));
      case TypeKind::Double:
        out_.fixed(value.as_double());
        return out_.tag(number, Wire::Fixed64);
      case TypeKind::Float:
        out_.fixed(static_cast<float>(value.as_double()));
        return out_.tag(number, Wire::Fixed32);
      case TypeKind::Bytes:
        scratch_.clear();
        read_base64(scratch_, value.as_string());
        return out_.bytes_field(number, scratch_);
      default: break;
    }
    const std::size_t before = out_.size();
    content(value, type, place);
    out_.close(before, number);
  }

  void content(Value value, Type type, Place place) {
    switch (type.kind()) {
      case TypeKind::Struct: return message(value, type, place);
      case TypeKind::List: return list(value, type.element(), 1, false);
      case TypeKind::Map: return map(value, type.element(), 1);
      case TypeKind::Quantity: return out_.bytes_field(1, value.as_string("0"));
      case TypeKind::Time:
      case TypeKind::MicroTime: return time(value, type.is(TypeKind::MicroTime));
      case TypeKind::Duration: {
        const Result<std::chrono::nanoseconds> duration = object::parse_duration(value.as_string("0s"));
        return out_.varint_field(1, static_cast<std::uint64_t>(duration ? duration->count() : 0));
      }
      case TypeKind::IntOrString:
        out_.bytes_field(3, value.as_string());
        out_.varint_field(2, static_cast<std::uint64_t>(value.as_int()));
        return out_.varint_field(1, value.is_string() ? 1 : 0);
      case TypeKind::RawExtension:
      case TypeKind::FieldsV1:
      case TypeKind::Json:
        if (!value.as_raw().empty()) out_.bytes_field(1, value.as_raw());
        return;
      case TypeKind::SchemaOrArray:
        if (value.is_map()) return single(value, type.element(), 1, Place::Below);
        return list(value, type.element(), 2, false);
      case TypeKind::SchemaOrBool:
        if (value.is_map()) single(value, type.element(), 2, Place::Below);
        return out_.varint_field(1, value.is_map() || value.as_bool() ? 1 : 0);
      case TypeKind::SchemaOrStringArray:
        if (value.is_map()) return single(value, type.element(), 1, Place::Below);
        for (std::size_t i = value.size(); i-- > 0;) out_.bytes_field(2, value.at(i).as_string());
        return;
      default: return;
    }
  }

  void time(Value value, bool micro) {
    if (!value.is_string()) return;  // The zero time is an empty message.
    const Result<object::TimePoint> time =
        micro ? object::parse_micro_time(value.as_string()) : object::parse_time(value.as_string());
    if (!time) return;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(*time);
    const std::chrono::nanoseconds rest = *time - seconds;
    out_.varint_field(2, static_cast<std::uint64_t>(rest.count()));
    out_.varint_field(1, static_cast<std::uint64_t>(seconds.time_since_epoch().count()));
  }

  BackwardWriter& out_;
  std::vector<Item> items_;
  std::uint16_t previous_inline_ = 0;
  std::string version_;
  std::string scratch_;
};

void put_envelope(BackwardWriter& out, std::string_view api_version, std::string_view kind) {
  const std::size_t before = out.size();
  out.bytes_field(2, kind);
  out.bytes_field(1, api_version);
  out.close(before, 1);
  out.bytes(std::string_view("k8s\0", 4));
}

std::uint64_t version_of(const object::Document& document, ProtobufOptions options) {
  return options.without_resource_version ? 0 : document.resource_version();
}

}  // namespace

void encode_protobuf(std::string& out, Value value, Type type) {
  BackwardWriter writer(256);
  Encoder(writer, 0).message(value, type, Encoder::Place::Object);
  out += writer.view();
}

void encode_protobuf(std::string& out, const object::Document& document, Type type,
                     ProtobufOptions options) {
  BackwardWriter writer(document.size_bytes());
  Encoder(writer, version_of(document, options)).message(document.root(), type, Encoder::Place::Object);
  out += writer.view();
}

void encode_envelope(std::string& out, std::string_view api_version, std::string_view kind,
                     const object::Document& document, Type type, ProtobufOptions options) {
  BackwardWriter writer(document.size_bytes() + 64);
  writer.bytes_field(4, "");
  writer.bytes_field(3, "");
  const std::size_t before = writer.size();
  Encoder(writer, version_of(document, options)).message(document.root(), type, Encoder::Place::Object);
  writer.close(before, 2);
  put_envelope(writer, api_version, kind);
  out += writer.view();
}

void encode_envelope_raw(std::string& out, std::string_view api_version, std::string_view kind,
                         std::string_view raw) {
  BackwardWriter writer(raw.size() + 64);
  writer.bytes_field(4, "");
  writer.bytes_field(3, "");
  writer.bytes_field(2, raw);
  put_envelope(writer, api_version, kind);
  out += writer.view();
}

}  // namespace knarr::codec
