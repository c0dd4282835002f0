// SPDX-License-Identifier: Apache-2.0
// JSON text -> Draft, in one pass. Recursion is bounded by JsonLimits::max_depth.
#include "codec/json.h"
#include "codec/json/duplicates.h"
#include "codec/json/lexer.h"
#include "codec/text/utf8.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace knarr::codec {
namespace {

using internal::JsonLexer;
using internal::KeyFilter;
using object::NodeRef;

constexpr std::size_t kMaxText = 1UL << 28U;  // A document's texts and counts end there.

/// A container that is open: where we are, for the paths of duplicates.
struct Frame {
  const Frame* outer = nullptr;
  NodeRef container;
  std::size_t index = 0;
};

std::string path_of(const Frame* frame) {
  std::vector<const Frame*> chain;
  for (; frame != nullptr; frame = frame->outer) chain.push_back(frame);
  std::string path;
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    if ((*it)->container.is_list()) {
      path += fmt::format("[{}]", (*it)->index);
    } else {
      if (!path.empty()) path += '.';
      path += (*it)->container.entry((*it)->index).key;
    }
  }
  return path;
}

class Reader {
 public:
  Reader(std::string_view text, const JsonLimits& limits, JsonNotes* notes)
      : in_(text), limits_(limits), notes_(notes) {}

  bool document(NodeRef root) {
    if (!value(root, nullptr, 0)) return false;
    if (in_.peek() != '\0' || !in_.at_end()) return in_.fail("more text after the value");
    return true;
  }
  [[nodiscard]] Error error() const { return in_.error(); }

 private:
  bool value(NodeRef node, const Frame* outer, std::size_t depth) {
    if (++values_ > limits_.max_values) {
      return in_.fail(fmt::format("more than {} values", limits_.max_values));
    }
    switch (const char c = in_.peek()) {
      case '"': {
        std::string_view text;
        if (!in_.string(text)) return false;
        node.set_string(text);
        return true;
      }
      case '{': return deeper(depth) && map(node, outer, depth + 1);
      case '[': return deeper(depth) && list(node, outer, depth + 1);
      case 't': return in_.word("true") && (node.set_bool(true), true);
      case 'f': return in_.word("false") && (node.set_bool(false), true);
      case 'n': return in_.word("null") && (node.set_null(), true);
      default:
        if (c == '-' || (c >= '0' && c <= '9')) return number(node);
        return in_.fail(in_.at_end() ? "unexpected end of input" : "expected a value");
    }
  }

  bool deeper(std::size_t depth) {
    if (depth < limits_.max_depth) return true;
    return in_.fail(fmt::format("more than {} lists and maps inside each other", limits_.max_depth));
  }

  bool map(NodeRef node, const Frame* outer, std::size_t depth) {
    node.set_map();
    in_.advance();
    Frame frame{outer, node, 0};
    KeyFilter filter;
    if (in_.peek() == '}') return in_.advance(), true;
    for (;;) {
      if (in_.peek() != '"') return expected("a key in quotes");
      std::string_view key;
      if (!in_.string(key)) return false;
      const object::Atom atom = object::find_atom(key);
      const std::size_t seen = filter.find(node, key, atom);
      NodeRef child;
      if (seen == KeyFilter::kNone) {
        frame.index = node.size();
        child = node.append_entry(key, atom);
      } else {
        frame.index = seen;
        duplicate(frame);
        child = node.entry(seen).value;
      }
      if (in_.peek() != ':') return expected("':' after a key");
      in_.advance();
      if (!value(child, &frame, depth)) return false;
      const char c = in_.peek();
      if (c != ',' && c != '}') return expected("',' or '}' in a map");
      in_.advance();
      if (c == '}') break;
    }
    filter.finish(node, [this, &frame](std::size_t index) {
      frame.index = index;
      duplicate(frame);
    });
    return true;
  }

  bool list(NodeRef node, const Frame* outer, std::size_t depth) {
    node.set_list();
    in_.advance();
    Frame frame{outer, node, 0};
    if (in_.peek() == ']') return in_.advance(), true;
    for (;; ++frame.index) {
      if (!value(node.append(), &frame, depth)) return false;
      const char c = in_.peek();
      if (c != ',' && c != ']') return expected("',' or ']' in a list");
      in_.advance();
      if (c == ']') return true;
    }
  }

  bool expected(std::string_view what) {
    if (in_.at_end()) return in_.fail("unexpected end of input");
    return in_.fail(fmt::format("expected {}", what));
  }

  void duplicate(const Frame& frame) {
    NodeRef container = frame.container;
    container.mark_duplicated(frame.index);
    if (notes_ == nullptr) return;
    std::string path = path_of(&frame);
    if (std::ranges::find(notes_->duplicate_fields, path) != notes_->duplicate_fields.end()) return;
    if (notes_->duplicate_fields.size() < kMaxNotes) notes_->duplicate_fields.push_back(std::move(path));
  }

  bool number(NodeRef node) {
    std::string_view token;
    bool integer = false;
    if (!in_.number(token, integer)) return false;
    const char* end = token.data() + token.size();
    if (integer) {
      std::int64_t value = 0;
      if (std::from_chars(token.data(), end, value).ec == std::errc()) return node.set_int(value), true;
    }
    double real = 0;
    const auto result = std::from_chars(token.data(), end, real);
    if (result.ec == std::errc::result_out_of_range) {
      // Too small is 0, too large is an error, as in Go. The library does not say which it was.
      const std::size_t e = token.find_first_of("eE");
      if (e == std::string_view::npos || token[e + 1] != '-') return in_.fail("number out of range");
      real = 0;
    }
    node.set_number(real, token);
    return true;
  }

  static constexpr std::size_t kMaxNotes = 100;  // As many as Go reports.

  JsonLexer in_;
  const JsonLimits& limits_;
  JsonNotes* notes_;
  std::size_t values_ = 0;
};

class Compactor {
 public:
  Compactor(std::string& out, std::string_view text, const JsonLimits& limits)
      : out_(out),
        in_(text),
        limits_(limits),
        plain_(internal::valid_utf8_prefix(text) == text.size() && !text.contains('<') && !text.contains('>') && !text.contains('&') && !text.contains('\xE2')) {
    out_.reserve(out_.size() + text.size());
  }

  bool document() {
    if (!value(0)) return false;
    if (in_.peek() != '\0' || !in_.at_end()) return in_.fail("more text after the value");
    return true;
  }
  [[nodiscard]] Error error() const { return in_.error(); }

 private:
  bool value(std::size_t depth) {
    const char c = in_.peek();
    if (c == '"') return text();
    if (c == 't') return in_.word("true") && put("true");
    if (c == 'f') return in_.word("false") && put("false");
    if (c == 'n') return in_.word("null") && put("null");
    if (c == '-' || (c >= '0' && c <= '9')) {
      std::string_view token;
      bool integer = false;
      return in_.number(token, integer) && put(token);
    }
    if (c != '{' && c != '[') {
      return in_.fail(in_.at_end() ? "unexpected end of input" : "expected a value");
    }
    if (depth >= limits_.max_depth) return in_.fail("too many lists and maps inside each other");
    return children(c == '{', depth + 1);
  }

  bool children(bool map, std::size_t depth) {
    const char close = map ? '}' : ']';
    in_.advance();
    out_ += map ? '{' : '[';
    for (bool first = true;; first = false) {
      const char c = in_.peek();
      if (first && c == close) break;
      if (map) {
        if (c != '"') return in_.fail("expected a key in quotes");
        if (!text()) return false;
        if (in_.peek() != ':') return in_.fail("expected ':' after a key");
        in_.advance();
        out_ += ':';
      }
      if (!value(depth)) return false;
      const char next = in_.peek();
      if (next == close) break;
      if (next != ',') return in_.fail("expected ',' or the end of a list or map");
      in_.advance();
      out_ += ',';
    }
    in_.advance();
    out_ += close;
    return true;
  }

  bool text() {
    std::string_view token;
    if (!in_.string_token(token)) return false;
    if (plain_) return put(token);
    while (!token.empty()) {
      const char c = token[0];
      const std::size_t length = internal::utf8_length(token);
      const std::string_view whole = token.substr(0, length);
      if (length == 0) {
        out_ += internal::kReplacement;
      } else if (c == '<' || c == '>' || c == '&') {
        out_ += c == '<' ? "\\u003c" : (c == '>' ? "\\u003e" : "\\u0026");
      } else if (whole == "\xE2\x80\xA8" || whole == "\xE2\x80\xA9") {
        out_ += whole[2] == '\xA8' ? "\\u2028" : "\\u2029";
      } else {
        out_ += whole;
      }
      token.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return true;
  }

  bool put(std::string_view token) {
    out_ += token;
    return true;
  }

  std::string& out_;
  JsonLexer in_;
  const JsonLimits& limits_;
  bool plain_;  // Nothing in the text that Go escapes or replaces.
};

}  // namespace

Result<> parse_json_into(NodeRef node, std::string_view text, const JsonLimits& limits,
                         JsonNotes* notes) {
  if (text.size() >= kMaxText) {
    return Error(Reason::RequestEntityTooLarge, fmt::format("JSON of {} bytes is too large", text.size()));
  }
  Reader reader(text, limits, notes);
  if (!reader.document(node)) return reader.error();
  return ok();
}

Result<object::Draft> parse_json(std::string_view text, const JsonLimits& limits, JsonNotes* notes) {
  object::Draft draft;
  TRY(parse_json_into(draft.root(), text, limits, notes));
  return draft;
}

Result<> compact_json(std::string& out, std::string_view json, const JsonLimits& limits) {
  const std::size_t before = out.size();
  Compactor compactor(out, json, limits);
  if (compactor.document()) return ok();
  out.resize(before);
  return compactor.error();
}

}  // namespace knarr::codec
