// SPDX-License-Identifier: Apache-2.0
// Trees -> YAML through libyaml's emitter, with go-yaml's choices of style and its order of keys.
#include "base/check.h"
#include "codec/text/base64.h"
#include "codec/text/utf8.h"
#include "codec/yaml.h"
#include "codec/yaml/scalar.h"

#include <yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace knarr::codec {
namespace {

using object::Kind;
using object::NodeRef;
using object::Value;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// Keys are nearly always ASCII; letters of other scripts count as letters.
bool is_letter(char c) {
  const auto value = static_cast<unsigned char>(c);
  return (value >= 'a' && value <= 'z') || (value >= 'A' && value <= 'Z') || value >= 0x80;
}

/// Decides between two keys that first differ at `i`: numbers inside them count as numbers.
bool digits_less(std::string_view a, std::string_view b, std::size_t i) {
  std::int64_t left = 0;
  std::int64_t right = 0;
  if (a[i] == '0' || b[i] == '0') {
    for (std::size_t j = i; j-- > 0 && is_digit(a[j]);) {
      if (a[j] != '0') {
        left = right = 1;
        break;
      }
    }
  }
  const auto number = [i](std::string_view text, std::int64_t& value) {
    std::size_t at = i;
    for (; at < text.size() && is_digit(text[at]); ++at) {
      value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) * 10 +
                                        static_cast<std::uint64_t>(text[at] - '0'));
    }
    return at;
  };
  const std::size_t left_end = number(a, left);
  const std::size_t right_end = number(b, right);
  if (left != right) return left < right;
  if (left_end != right_end) return left_end < right_end;
  return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[i]);
}

/// go-yaml's order of keys: other characters before letters, numbers by value.
bool key_less(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a[i] == b[i]) continue;
    const bool left = is_letter(a[i]);
    const bool right = is_letter(b[i]);
    if (left && right) return static_cast<unsigned char>(a[i]) < static_cast<unsigned char>(b[i]);
    if (left || right) return right;
    return digits_less(a, b, i);
  }
  return a.size() < b.size();
}

/// Go's FormatFloat(value, 'g', -1, 64).
std::string float_text(double value) {
  char buffer[64];
  char* end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t e = text.find('e');
  const int exponent = std::atoi(std::string(text.substr(e + 1)).c_str());
  if (exponent < -4 || exponent >= 6) return std::string(text);
  end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
  return {buffer, end};
}

class YamlWriter {
 public:
  explicit YamlWriter(std::string& out) : out_(out) {
    CHECK(yaml_emitter_initialize(&emitter_) != 0);
    yaml_emitter_set_output(&emitter_, &append, &out_);
    yaml_emitter_set_unicode(&emitter_, 1);
    yaml_event_t event;
    emit(yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), event);
    emit(yaml_document_start_event_initialize(&event, nullptr, nullptr, nullptr, 1), event);
  }
  YamlWriter(const YamlWriter&) = delete;
  YamlWriter& operator=(const YamlWriter&) = delete;
  ~YamlWriter() { yaml_emitter_delete(&emitter_); }

  void finish() {
    yaml_event_t event;
    emit(yaml_document_end_event_initialize(&event, 1), event);
    emitter_.open_ended = 0;
    emit(yaml_stream_end_event_initialize(&event), event);
  }

  template <typename V>
  void value(V value) {
    switch (value.kind()) {
      case Kind::Null: return plain("null");
      case Kind::Bool: return plain(value.as_bool() ? "true" : "false");
      case Kind::Int: return plain(std::to_string(value.as_int()));
      case Kind::Double: return plain(number(value.as_double()));
      case Kind::String: return text(value.as_string());
      case Kind::Raw: return raw(value.as_raw());
      case Kind::List: return list(value);
      case Kind::Map: return map(value);
    }
  }

 private:
  static int append(void* out, unsigned char* bytes, std::size_t size) {
    static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), size);
    return 1;
  }
  // libyaml fails for want of memory or for events in a wrong order: our own bugs.
  void emit(int made, yaml_event_t& event) {
    CHECK(made != 0);
    CHECK(yaml_emitter_emit(&emitter_, &event) != 0);
  }

  /// Go reads the JSON text of a number again and writes what that is.
  static std::string number(double value) {
    std::string json;
    write_json_number(json, value);
    return internal::resolve_plain(json).kind == internal::YamlScalar::Kind::Float ? float_text(value) : json;
  }

  void raw(std::string_view json) {
    const Result<object::Draft> draft = parse_json(json);
    if (!draft) return text(json);
    value(draft->root());
  }

  template <typename V>
  void list(V list) {
    yaml_event_t event;
    emit(yaml_sequence_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_SEQUENCE_STYLE), event);
    for (V item : list.items()) value(item);
    emit(yaml_sequence_end_event_initialize(&event), event);
  }

  template <typename V>
  void map(V map) {
    std::vector<std::pair<std::string_view, V>> entries;
    entries.reserve(map.size());
    for (auto [key, atom, child] : map.entries()) entries.emplace_back(key, child);
    // go-yaml's order has cycles ("1:2" < "08" < "0o17" < "1:2"): a sort that bears them.
    const auto less = [](const auto& a, const auto& b) { return key_less(a.first, b.first); };
    std::ranges::make_heap(entries, less);
    std::ranges::sort_heap(entries, less);
    yaml_event_t event;
    emit(yaml_mapping_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_MAPPING_STYLE), event);
    for (const auto& [key, child] : entries) {
      text(key);
      value(child);
    }
    emit(yaml_mapping_end_event_initialize(&event), event);
  }

  void plain(std::string_view text) { scalar(text, nullptr, YAML_PLAIN_SCALAR_STYLE); }

  void text(std::string_view text) {
    if (internal::valid_utf8_prefix(text) != text.size()) {
      std::string base64;
      append_base64(base64, text);
      return scalar(base64, "tag:yaml.org,2002:binary", YAML_DOUBLE_QUOTED_SCALAR_STYLE);
    }
    if (text.contains('\n')) return scalar(text, nullptr, YAML_LITERAL_SCALAR_STYLE);
    scalar(text, nullptr,
           internal::needs_quotes(text) ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE);
  }

  void scalar(std::string_view text, const char* tag, yaml_scalar_style_t style) {
    if (text.empty()) text = "";  // libyaml wants a pointer.
    yaml_event_t event;
    const int implicit = tag == nullptr ? 1 : 0;
    emit(yaml_scalar_event_initialize(&event, nullptr, reinterpret_cast<const yaml_char_t*>(tag),
                                      reinterpret_cast<const yaml_char_t*>(text.data()),
                                      static_cast<int>(text.size()), implicit, implicit, style),
         event);
  }

  std::string& out_;
  yaml_emitter_t emitter_{};
};

}  // namespace

void write_yaml(std::string& out, NodeRef node) {
  YamlWriter writer(out);
  writer.value(node);
  writer.finish();
}

void write_yaml(std::string& out, Value value) {
  YamlWriter writer(out);
  writer.value(value);
  writer.finish();
}

void write_yaml(std::string& out, const object::Document& document) {
  const object::Draft draft = object::Draft::from(document);
  write_yaml(out, draft.root());
}

}  // namespace knarr::codec
