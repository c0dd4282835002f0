// SPDX-License-Identifier: Apache-2.0
#include "schema/json_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace knarr::schema {

using object::Kind;

void append_json_string(std::string& out, std::string_view text, bool escape_html) {
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    switch (c) {
      case '"': out += "\\\""; continue;
      case '\\': out += "\\\\"; continue;
      case '\b': out += "\\b"; continue;
      case '\f': out += "\\f"; continue;
      case '\n': out += "\\n"; continue;
      case '\r': out += "\\r"; continue;
      case '\t': out += "\\t"; continue;
      default: break;
    }
    const bool html = escape_html && (c == '<' || c == '>' || c == '&');
    if (c < 0x20 || html) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    } else if (c == 0xE2 && text.substr(i).starts_with("\xE2\x80\xA8")) {
      out += "\\u2028";  // Legal in JSON, not in JavaScript: Go always escapes the two.
      i += 2;
    } else if (c == 0xE2 && text.substr(i).starts_with("\xE2\x80\xA9")) {
      out += "\\u2029";
      i += 2;
    } else {
      out += text[i];
    }
  }
  out += '"';
}

void append_json_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  const double size = std::fabs(value);
  char buffer[512];
  const bool exponent = size != 0 && (size < 1e-6 || size >= 1e21);
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value,
                                 exponent ? std::chars_format::scientific : std::chars_format::fixed);
  std::string_view text(buffer, static_cast<std::size_t>(end.ptr - buffer));
  const std::size_t e = text.rfind("e-0");
  if (exponent && e != std::string_view::npos) {  // Go writes 1e-7, not 1e-07.
    out += text.substr(0, e + 2);
    out += text.substr(e + 3);
    return;
  }
  out += text;
}

namespace {

// Value and NodeRef read alike.
template <typename Tree>
void append(std::string& out, Tree tree) {
  switch (tree.kind()) {
    case Kind::Null: out += "null"; return;
    case Kind::Bool: out += tree.as_bool() ? "true" : "false"; return;
    case Kind::Int: fmt::format_to(std::back_inserter(out), "{}", tree.as_int()); return;
    case Kind::Double: append_json_double(out, tree.as_double()); return;
    case Kind::String: append_json_string(out, tree.as_string()); return;
    case Kind::Raw: out += tree.as_raw(); return;
    case Kind::List: {
      out += '[';
      bool first = true;
      for (auto item : tree.items()) {
        if (!first) out += ',';
        first = false;
        append(out, item);
      }
      out += ']';
      return;
    }
    case Kind::Map: {
      out += '{';
      bool first = true;
      for (auto entry : tree.entries()) {
        if (!first) out += ',';
        first = false;
        append_json_string(out, entry.key);
        out += ':';
        append(out, entry.value);
      }
      out += '}';
      return;
    }
  }
}

}  // namespace

std::string json_text(object::Value value) {
  std::string out;
  append(out, value);
  return out;
}

std::string json_text(object::NodeRef node) {
  std::string out;
  append(out, node);
  return out;
}

}  // namespace knarr::schema
