// SPDX-License-Identifier: Apache-2.0
#include "schema/patch/field_path.h"

#include "codec/json.h"
#include "schema/field_error.h"
#include "schema/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace knarr::schema {

using object::Kind;

namespace {

template <typename Tree>
PathScalar scalar_of(Tree tree) {
  PathScalar out;
  switch (tree.kind()) {
    case Kind::Null: break;
    case Kind::Bool:
      out.kind = PathScalar::Kind::Bool;
      out.boolean = tree.as_bool();
      break;
    case Kind::Int:
      out.kind = PathScalar::Kind::Number;
      out.integer = tree.as_int();
      break;
    case Kind::Double:
      out.kind = PathScalar::Kind::Number;
      out.whole = false;
      out.real = tree.as_double();
      break;
    case Kind::String:
      out.kind = PathScalar::Kind::Text;
      out.text = tree.as_string();
      break;
    default:
      out.kind = PathScalar::Kind::Other;
      out.text = json_text(tree);
      break;
  }
  return out;
}

std::strong_ordering order(double a, double b) {
  if (a == b) return std::strong_ordering::equal;
  return a < b ? std::strong_ordering::less : std::strong_ordering::greater;
}

Error bad_element(std::string_view text) {
  return {Reason::BadRequest, fmt::format("unrecognized path element {}", go_quote(text))};
}

}  // namespace

PathScalar PathScalar::of(object::Value value) { return scalar_of(value); }
PathScalar PathScalar::of(object::NodeRef node) { return scalar_of(node); }

std::string PathScalar::json() const {
  std::string out;
  switch (kind) {
    case Kind::Null: return "null";
    case Kind::Bool: return boolean ? "true" : "false";
    case Kind::Other: return text;
    case Kind::Text: append_json_string(out, text); return out;
    case Kind::Number: break;
  }
  if (whole) return fmt::format("{}", integer);
  append_json_double(out, real);
  return out;
}

std::strong_ordering operator<=>(const PathScalar& a, const PathScalar& b) {
  if (a.kind != b.kind) return a.kind <=> b.kind;
  switch (a.kind) {
    case PathScalar::Kind::Null: return std::strong_ordering::equal;
    case PathScalar::Kind::Bool: return a.boolean <=> b.boolean;
    case PathScalar::Kind::Text:
    case PathScalar::Kind::Other: return a.text <=> b.text;
    case PathScalar::Kind::Number: break;
  }
  if (a.whole && b.whole) return a.integer <=> b.integer;
  return order(a.whole ? static_cast<double>(a.integer) : a.real,
               b.whole ? static_cast<double>(b.integer) : b.real);
}

PathElement PathElement::field(std::string_view name) {
  PathElement out;
  out.name = name;
  return out;
}

Result<PathElement> PathElement::parse(std::string_view text) {
  PathElement out;
  if (text.size() < 2 || text[1] != ':') return bad_element(text);
  const std::string_view rest = text.substr(2);
  switch (text[0]) {
    case 'f': out.name = rest; return out;
    case 'i': {
      out.kind = Kind::Index;
      const char* end = rest.data() + rest.size();
      const auto read = std::from_chars(rest.data(), end, out.index);
      if (rest.empty() || read.ec != std::errc() || read.ptr != end) return bad_element(text);
      return out;
    }
    case 'v': {
      const auto json = codec::parse_json(rest);
      if (!json) return bad_element(text);
      out.kind = Kind::Value;
      out.value = PathScalar::of(json->root());
      return out;
    }
    case 'k': {
      const auto json = codec::parse_json(rest);
      if (!json || !json->root().is_map()) return bad_element(text);
      out.kind = Kind::Key;
      for (const auto [key, atom, value] : json->root().entries()) {
        out.keys.emplace_back(key, PathScalar::of(value));
      }
      std::sort(out.keys.begin(), out.keys.end(),
                [](const auto& a, const auto& b) { return a.first < b.first; });
      return out;
    }
    default: return bad_element(text);
  }
}

std::string PathElement::serialized() const {
  switch (kind) {
    case Kind::Field: return "f:" + name;
    case Kind::Index: return fmt::format("i:{}", index);
    case Kind::Value: return "v:" + value.json();
    case Kind::Key: break;
  }
  std::string out = "k:{";
  for (const auto& [key, scalar] : keys) {
    if (out.back() != '{') out += ',';
    append_json_string(out, key);
    out += ':';
    out += scalar.json();
  }
  return out + '}';
}

namespace {

std::string shown(const PathScalar& scalar) {
  return scalar.kind == PathScalar::Kind::Text ? go_quote(scalar.text) : scalar.json();
}

}  // namespace

std::string PathElement::text() const {
  switch (kind) {
    case Kind::Field: return "." + name;
    case Kind::Index: return fmt::format("[{}]", index);
    case Kind::Value: return fmt::format("[={}]", shown(value));
    case Kind::Key: break;
  }
  std::string out = "[";
  for (const auto& [key, scalar] : keys) {
    if (out.size() > 1) out += ',';
    out += fmt::format("{}={}", key, shown(scalar));
  }
  return out + ']';
}

std::strong_ordering operator<=>(const PathElement& a, const PathElement& b) {
  if (a.kind != b.kind) return a.kind <=> b.kind;
  switch (a.kind) {
    case PathElement::Kind::Field: return a.name <=> b.name;
    case PathElement::Kind::Value: return a.value <=> b.value;
    case PathElement::Kind::Index: return a.index <=> b.index;
    case PathElement::Kind::Key: break;
  }
  for (std::size_t i = 0; i < a.keys.size() && i < b.keys.size(); ++i) {
    if (const auto by_name = a.keys[i].first <=> b.keys[i].first; by_name != 0) return by_name;
    if (const auto by_value = a.keys[i].second <=> b.keys[i].second; by_value != 0) return by_value;
  }
  return a.keys.size() <=> b.keys.size();
}

std::string path_text(const Path& path) {
  std::string out;
  for (const PathElement& element : path) out += element.text();
  return out;
}

}  // namespace knarr::schema
