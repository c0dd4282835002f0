// SPDX-License-Identifier: Apache-2.0
// Trees -> JSON, byte for byte as Go's encoding/json (with HTML escapes) writes them. One writer for
// frozen and mutable trees; recursion is bounded by the depth that readers accept.
#include "codec/json.h"
#include "codec/text/sink.h"
#include "codec/text/utf8.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace knarr::codec {
namespace {

using internal::Sink;
using object::Kind;
using object::NodeRef;
using object::Value;

constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
constexpr std::uint64_t kHighs = 0x8080808080808080ULL;

constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (unsigned c = 0x20; c < 0x80; ++c) plain[c] = true;
  for (const char c : {'"', '\\', '<', '>', '&'}) plain[static_cast<unsigned char>(c)] = false;
  return plain;
}
constexpr std::array<bool, 256> kPlain = make_plain();

std::uint64_t has(std::uint64_t word, char c) {
  const std::uint64_t x = word ^ (kOnes * static_cast<unsigned char>(c));
  return (x - kOnes) & ~x;
}

/// Bytes at the front that go out as they are.
std::size_t plain_prefix(std::string_view text) {
  std::size_t at = 0;
  std::uint64_t word = 0;
  while (at + sizeof word <= text.size()) {
    std::memcpy(&word, text.data() + at, sizeof word);
    const std::uint64_t hits = has(word, '"') | has(word, '\\') | has(word, '<') | has(word, '>') |
                               has(word, '&') | ((word - kOnes * 0x20) & ~word) | word;
    if ((hits & kHighs) != 0) break;
    at += sizeof word;
  }
  while (at < text.size() && kPlain[static_cast<unsigned char>(text[at])]) ++at;
  return at;
}

/// Writes the first character of `text`, which is not plain; returns how many bytes it had.
std::size_t put_escaped(Sink& out, std::string_view text) {
  const auto c = static_cast<unsigned char>(text[0]);
  if (c >= 0x80) {
    const std::size_t length = internal::utf8_length(text);
    if (length == 0) return out.put("\\ufffd"), 1;
    const std::string_view whole = text.substr(0, length);
    if (whole == "\xE2\x80\xA8" || whole == "\xE2\x80\xA9") {
      out.put(whole[2] == '\xA8' ? "\\u2028" : "\\u2029");
    } else {
      out.put(whole);
    }
    return length;
  }
  constexpr std::string_view kFrom = "\"\\\b\f\n\r\t";
  constexpr std::string_view kTo = "\"\\bfnrt";
  if (const std::size_t i = kFrom.find(static_cast<char>(c)); i != std::string_view::npos) {
    out.put('\\');
    out.put(kTo[i]);
    return 1;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  out.put("\\u00");
  out.put(kHex[c >> 4U]);
  out.put(kHex[c & 15U]);
  return 1;
}

void put_string(Sink& out, std::string_view text) {
  out.put('"');
  for (;;) {
    const std::size_t plain = plain_prefix(text);
    out.put(text.substr(0, plain));
    if (plain == text.size()) break;
    text.remove_prefix(plain);
    text.remove_prefix(put_escaped(out, text));
  }
  out.put('"');
}

void put_int(Sink& out, std::int64_t value) {
  constexpr std::size_t kLongest = 20;
  char* at = out.room(kLongest);
  out.took(static_cast<std::size_t>(std::to_chars(at, at + kLongest, value).ptr - at));
}

void put_double(Sink& out, double value) {
  if (!std::isfinite(value)) return out.put("null");  // Go cannot write it; readers never make it.
  constexpr std::size_t kLongest = 32;
  char* at = out.room(kLongest);
  const double magnitude = std::fabs(value);
  constexpr double kExact = 9007199254740992;  // Up to 2^53 the shortest digits are all digits.
  if (magnitude == 0 || (magnitude >= 1e-6 && magnitude < kExact)) {
    const auto end = std::to_chars(at, at + kLongest, value, std::chars_format::fixed).ptr;
    out.took(static_cast<std::size_t>(end - at));
    return;
  }
  char* end = std::to_chars(at, at + kLongest, value, std::chars_format::scientific).ptr;
  if (magnitude >= kExact && magnitude < 1e21) {  // 1.2345e+19 -> 12345000000000000000
    char* const digits = value < 0 ? at + 1 : at;
    const char* const e = std::find(digits, end, 'e');
    const int exponent = (e[2] - '0') * 10 + (e[3] - '0');
    char* to = digits + 1;
    for (const char* from = digits + 2; from < e; ++from) *to++ = *from;
    for (; to - digits <= exponent; ++to) *to = '0';
    out.took(static_cast<std::size_t>(to - at));
    return;
  }
  if (end - at >= 4 && end[-4] == 'e' && end[-3] == '-' && end[-2] == '0') {  // e-07 -> e-7
    end[-2] = end[-1];
    --end;
  }
  out.took(static_cast<std::size_t>(end - at));
}

void put_line(Sink& out, std::size_t depth) {
  out.put('\n');
  for (; depth > 0; --depth) out.put("  ");
}

/// Raw JSON is compact; shows it with indentation. It was checked when it came in.
void put_raw_pretty(Sink& out, std::string_view json, std::size_t depth) {
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"') {
      const std::size_t start = i;
      for (++i; i < json.size() && json[i] != '"'; ++i) {
        if (json[i] == '\\') ++i;
      }
      out.put(json.substr(start, i + 1 - start));
    } else if (c == '{' || c == '[') {
      out.put(c);
      if (i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']')) {
        out.put(json[++i]);
      } else {
        put_line(out, ++depth);
      }
    } else if (c == '}' || c == ']') {
      put_line(out, --depth);
      out.put(c);
    } else if (c == ',') {
      out.put(c);
      put_line(out, depth);
    } else if (c == ':') {
      out.put(": ");
    } else {
      out.put(c);
    }
  }
}

/// kSource: numbers of a Draft keep the text they were read from.
template <bool kPretty, bool kSource = false>
class Writer {
 public:
  Writer(Sink& out, std::uint64_t resource_version) : out_(out), version_(resource_version) {}

  template <typename V>
  void any(V value) {
    any(value, 0);
  }

  /// A whole object, with the resource version from its header.
  void object(Value value) {
    if (version_ == 0 || !value.is_map()) return any(value, 0);
    out_.put('{');
    bool first = true;
    for (auto [key, atom, child] : value.entries()) {
      next(first, 1);
      put_key(key, atom);
      if (atom == knarr::object::atom::metadata && child.is_map()) {
        metadata(child);
      } else {
        any(child, 1);
      }
    }
    close('}', first, 0);
  }

 private:
  template <typename V>
  void any(V value, std::size_t depth) {
    switch (value.kind()) {
      case Kind::Null: return out_.put("null");
      case Kind::Bool: return out_.put(value.as_bool() ? "true" : "false");
      case Kind::Int: return put_int(out_, value.as_int());
      case Kind::Double: return number(value);
      case Kind::String: return put_string(out_, value.as_string());
      case Kind::Raw: return raw(value.as_raw(), depth);
      case Kind::List: return list(value, depth);
      case Kind::Map: return map(value, depth);
    }
  }

  void number(Value value) { put_double(out_, value.as_double()); }
  void number(NodeRef node) {
    if constexpr (kSource) {
      if (const std::string_view text = node.number_text(); !text.empty()) return out_.put(text);
    }
    put_double(out_, node.as_double());
  }

  void raw(std::string_view json, std::size_t depth) {
    if (json.empty()) return out_.put("null");
    if constexpr (kPretty) {
      put_raw_pretty(out_, json, depth);
    } else {
      out_.put(json);
    }
  }

  template <typename V>
  void list(V value, std::size_t depth) {
    out_.put('[');
    bool first = true;
    for (V item : value.items()) {
      next(first, depth + 1);
      any(item, depth + 1);
    }
    close(']', first, depth);
  }

  template <typename V>
  void map(V value, std::size_t depth) {
    out_.put('{');
    bool first = true;
    for (auto [key, atom, child] : value.entries()) {
      next(first, depth + 1);
      put_key(key, atom);
      any(child, depth + 1);
    }
    close('}', first, depth);
  }

  /// The map of metadata, with resourceVersion where the schema (or, sorted, the alphabet) has it.
  void metadata(Value value) {
    out_.put('{');
    bool first = true;
    bool done = false;
    for (auto [key, atom, child] : value.entries()) {
      if (!done && comes_after_version(value, key, atom)) {
        version(first);
        done = true;
      }
      next(first, 2);
      put_key(key, atom);
      any(child, 2);
    }
    if (!done) version(first);
    close('}', first, 1);
  }

  static bool comes_after_version(Value map, std::string_view key, knarr::object::Atom atom) {
    if (map.is_sorted_map()) return key > "resourceVersion";
    // ObjectMeta: name, generateName, namespace, selfLink, uid; ListMeta: selfLink.
    return atom != knarr::object::atom::name && atom != knarr::object::atom::generateName &&
           atom != knarr::object::atom::namespace_ && atom != knarr::object::atom::selfLink &&
           atom != knarr::object::atom::uid;
  }

  void version(bool& first) {
    next(first, 2);
    put_key("resourceVersion", knarr::object::atom::resourceVersion);
    out_.put('"');
    put_int(out_, static_cast<std::int64_t>(version_));
    out_.put('"');
  }

  void next(bool& first, std::size_t depth) {
    if (!first) out_.put(',');
    first = false;
    if constexpr (kPretty) put_line(out_, depth);
  }
  void close(char c, bool empty, std::size_t depth) {
    if constexpr (kPretty) {
      if (!empty) put_line(out_, depth);
    }
    out_.put(c);
  }
  void put_key(std::string_view key, knarr::object::Atom atom) {
    if (atom) {  // Names of the API description need no escapes.
      char* at = out_.room(key.size() + 3);
      *at = '"';
      std::memcpy(at + 1, key.data(), key.size());
      at[key.size() + 1] = '"';
      at[key.size() + 2] = ':';
      out_.took(key.size() + 3);
    } else {
      put_string(out_, key);
      out_.put(':');
    }
    if constexpr (kPretty) out_.put(' ');
  }

  Sink& out_;
  std::uint64_t version_;
};

template <typename V>
void write(std::string& out, V value, JsonStyle style) {
  Sink sink(out);
  if (style == JsonStyle::Pretty) {
    Writer<true>(sink, 0).any(value);
  } else {
    Writer<false>(sink, 0).any(value);
  }
}

}  // namespace

void write_json(std::string& out, Value value, JsonStyle style) { write(out, value, style); }
void write_json(std::string& out, NodeRef node, JsonStyle style) { write(out, node, style); }

void write_json(std::string& out, const object::Document& document, JsonOptions options) {
  out.reserve(out.size() + document.size_bytes() * 2);
  const std::uint64_t version = options.without_resource_version ? 0 : document.resource_version();
  Sink sink(out);
  if (options.style == JsonStyle::Pretty) {
    Writer<true>(sink, version).object(document.root());
  } else {
    Writer<false>(sink, version).object(document.root());
  }
}

void write_source_json(std::string& out, NodeRef node) {
  Sink sink(out);
  Writer<false, true>(sink, 0).any(node);
}

void write_json_string(std::string& out, std::string_view text) {
  Sink sink(out);
  put_string(sink, text);
}

void write_json_number(std::string& out, double value) {
  Sink sink(out);
  put_double(sink, value);
}

}  // namespace knarr::codec
