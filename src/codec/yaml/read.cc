// SPDX-License-Identifier: Apache-2.0
// libyaml's events -> Draft. Recursion is bounded by JsonLimits::max_depth, the expansion of aliases
// by max_values.
#include "codec/text/base64.h"
#include "codec/yaml.h"
#include "codec/yaml/scalar.h"

#include <fmt/format.h>
#include <yaml.h>

#include <charconv>
#include <cmath>
#include <map>
#include <optional>

namespace knarr::codec {
namespace {

using internal::YamlScalar;
using object::NodeRef;

constexpr std::size_t kMaxText = 1UL << 28U;
constexpr std::string_view kTags = "tag:yaml.org,2002:";

/// Keys of one map under construction. Lines of duplicates are reported, so all are looked up.
class Keys {
 public:
  std::optional<std::uint32_t> find(NodeRef map, std::string_view key) {
    if (map.size() < kLarge) {
      for (std::uint32_t i = 0; i < map.size(); ++i) {
        if (map.entry(i).key == key) return i;
      }
      return std::nullopt;
    }
    for (; indexed_ < map.size(); ++indexed_) index_.emplace(map.entry(indexed_).key, indexed_);
    const auto found = index_.find(key);
    return found == index_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  static constexpr std::size_t kLarge = 32;
  std::map<std::string_view, std::uint32_t> index_;  // Ordered: no hash a sender could attack.
  std::uint32_t indexed_ = 0;
};

struct Key {
  std::string text;
  bool is_text = true;  // Not a number or boolean, for messages.
};

std::string_view view(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

/// Go's FormatFloat(value, 'g', -1, 32), which names float keys.
std::string float_key(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  char buffer[64];
  const auto narrow = static_cast<float>(value);
  const int exponent = narrow == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::fabs(narrow))));
  const bool scientific = exponent < -4 || exponent >= 6;
  const auto form = scientific ? std::chars_format::scientific : std::chars_format::fixed;
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, narrow, form).ptr};
}

class YamlReader {
 public:
  YamlReader(std::string_view text, const JsonLimits& limits, JsonNotes* notes)
      : limits_(limits), notes_(notes) {
    ready_ = yaml_parser_initialize(&parser_) != 0;
    if (!ready_) return;
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  YamlReader(const YamlReader&) = delete;
  YamlReader& operator=(const YamlReader&) = delete;
  ~YamlReader() {
    drop_event();
    if (ready_) yaml_parser_delete(&parser_);
  }

  /// Goes to the start of the next document; false at the end of the text.
  Result<bool> next_document() {
    if (!ready_) return problem("out of memory");
    for (;;) {
      TRY(next());
      if (event_.type == YAML_STREAM_END_EVENT) return false;
      if (event_.type == YAML_DOCUMENT_START_EVENT) break;
    }
    anchors_.clear();
    return true;
  }

  Result<> document(NodeRef root) {
    TRY(next());
    TRY(node(root, 0));
    if (notes_ != nullptr && !duplicates_.empty()) {
      std::string all = "yaml: unmarshal errors:";
      for (const std::string& duplicate : duplicates_) all += "\n  " + duplicate;
      notes_->problems.push_back(std::move(all));
    }
    duplicates_.clear();
    return ok();
  }

 private:
  struct Anchor {
    NodeRef node;
    bool complete = false;
  };

  void drop_event() {
    if (has_event_) yaml_event_delete(&event_);
    has_event_ = false;
  }

  Result<> next() {
    drop_event();
    if (yaml_parser_parse(&parser_, &event_) != 0) {
      has_event_ = true;
      return ok();
    }
    if (parser_.error == YAML_MEMORY_ERROR) return problem("out of memory");
    std::string text = parser_.problem == nullptr ? "cannot be read" : parser_.problem;
    if (parser_.error == YAML_READER_ERROR) {
      return Error(Reason::BadRequest, fmt::format("yaml: offset {}: {}", parser_.problem_offset, text));
    }
    if (parser_.context != nullptr) text = fmt::format("{}, {}", text, parser_.context);
    return Error(Reason::BadRequest, fmt::format("yaml: line {}: {}", parser_.problem_mark.line + 1, text));
  }

  [[nodiscard]] std::size_t line() const { return event_.start_mark.line + 1; }
  [[nodiscard]] Error problem(std::string_view what) const {
    return {Reason::BadRequest, has_event_ ? fmt::format("yaml: line {}: {}", line(), what)
                                           : fmt::format("yaml: {}", what)};
  }

  Result<> count(std::size_t depth) {
    if (depth >= limits_.max_depth) {
      return problem(fmt::format("more than {} lists and maps inside each other", limits_.max_depth));
    }
    if (++values_ > limits_.max_values) {
      return problem(fmt::format("more than {} values, those of aliases counted each time", limits_.max_values));
    }
    return ok();
  }

  /// Reads the node whose first event is the present one; afterwards the last one is.
  Result<> node(NodeRef out, std::size_t depth) {
    TRY(count(depth));
    switch (event_.type) {
      case YAML_SCALAR_EVENT: {
        define(event_.data.scalar.anchor, out, true);
        return scalar(out);
      }
      case YAML_ALIAS_EVENT: return alias(out, depth);
      case YAML_SEQUENCE_START_EVENT: {
        const std::string name = define(event_.data.sequence_start.anchor, out, false);
        out.set_list();
        for (TRY(next()); event_.type != YAML_SEQUENCE_END_EVENT; TRY(next())) {
          TRY(node(out.append(), depth + 1));
        }
        complete(name);
        return ok();
      }
      case YAML_MAPPING_START_EVENT: {
        const std::string name = define(event_.data.mapping_start.anchor, out, false);
        TRY(mapping(out, depth));
        complete(name);
        return ok();
      }
      default: return problem("a value is missing");
    }
  }

  std::string define(const yaml_char_t* name, NodeRef node, bool is_complete) {
    if (name == nullptr) return {};
    std::string text(view(name));
    anchors_[text] = {node, is_complete};
    return text;
  }
  void complete(const std::string& name) {
    if (!name.empty()) anchors_[name].complete = true;
  }

  Result<> alias(NodeRef out, std::size_t depth) {
    const std::string_view name = view(event_.data.alias.anchor);
    const auto anchor = anchors_.find(name);
    if (anchor == anchors_.end()) return problem(fmt::format("unknown anchor '{}' referenced", name));
    if (!anchor->second.complete) return problem(fmt::format("anchor '{}' value contains itself", name));
    return copy(out, anchor->second.node, depth);
  }

  Result<> copy(NodeRef out, NodeRef from, std::size_t depth) {
    TRY(count(depth));
    if (from.is_list()) {
      out.set_list();
      for (std::size_t i = 0; i < from.size(); ++i) TRY(copy(out.append(), from.at(i), depth + 1));
      return ok();
    }
    if (from.is_map()) {
      out.set_map();
      for (std::size_t i = 0; i < from.size(); ++i) {
        const object::NodeEntry entry = from.entry(i);
        TRY(copy(out.append_entry(entry.key), entry.value, depth + 1));
      }
      return ok();
    }
    out.assign(from);
    return ok();
  }

  Result<> mapping(NodeRef out, std::size_t depth) {
    out.set_map();
    Keys keys;
    for (TRY(next()); event_.type != YAML_MAPPING_END_EVENT; TRY(next())) {
      if (is_merge()) {
        TRY(next());
        TRY(merge(out, keys, depth));
        continue;
      }
      const Key name = TRY(key());
      TRY(next());
      const std::optional<std::uint32_t> seen = keys.find(out, name.text);
      const std::size_t value_line = line();
      // An alias may still mean the value that stood there first.
      TRY(node(seen ? out.renew_at(*seen) : out.append_entry(name.text), depth + 1));
      if (seen) note_duplicate(name, value_line);
    }
    return ok();
  }

  void note_duplicate(const Key& name, std::size_t line) {
    constexpr std::size_t kMaxNotes = 100;
    if (duplicates_.size() >= kMaxNotes) return;
    const std::string shown = name.is_text ? fmt::format("{:?}", name.text) : name.text;
    duplicates_.push_back(fmt::format("line {}: key {} already set in map", line, shown));
  }

  [[nodiscard]] bool is_merge() const {
    if (event_.type != YAML_SCALAR_EVENT) return false;
    const auto& scalar = event_.data.scalar;
    return view(scalar.value) == "<<" && (scalar.plain_implicit != 0 || view(scalar.tag) == "tag:yaml.org,2002:merge");
  }

  /// "<<: *base": the other map's entries, as if they stood here.
  Result<> merge(NodeRef out, Keys& keys, std::size_t depth) {
    object::Draft other;
    TRY(node(other.root(), depth + 1));
    const NodeRef root = other.root();
    const std::size_t maps = root.is_list() ? root.size() : 1;
    for (std::size_t i = maps; i-- > 0;) {  // Of several the first one wins.
      const NodeRef from = root.is_list() ? root.at(i) : root;
      if (!from.is_map()) return problem("map merge requires map or sequence of maps as the value");
      for (auto [key, atom, value] : from.entries()) {
        const std::optional<std::uint32_t> index = keys.find(out, key);
        if (index) note_duplicate({std::string(key), true}, line());
        NodeRef child = index ? out.renew_at(*index) : out.append_entry(key);
        child.assign(value);
      }
    }
    return ok();
  }

  Result<Key> key() {
    if (event_.type == YAML_ALIAS_EVENT) {
      const auto anchor = anchors_.find(view(event_.data.alias.anchor));
      if (anchor == anchors_.end() || !anchor->second.node.is_string()) return problem("a key must be a text");
      return Key{std::string(anchor->second.node.as_string()), true};
    }
    if (event_.type != YAML_SCALAR_EVENT) return problem("invalid map key: it must be a text");
    const Resolved resolved = TRY(resolve());
    if (const yaml_char_t* anchor = event_.data.scalar.anchor; anchor != nullptr) {
      object::Draft& kept = kept_.emplace_back();  // A key is no node of the tree, its anchor needs one.
      kept.root().set_string(resolved.text);
      define(anchor, kept.root(), true);
    }
    switch (resolved.scalar.kind) {
      case YamlScalar::Kind::Null: return problem("unsupported map key: null");
      case YamlScalar::Kind::Bool: return Key{resolved.scalar.boolean ? "true" : "false", false};
      case YamlScalar::Kind::Int: return Key{std::to_string(resolved.scalar.integer), false};
      case YamlScalar::Kind::Unsigned: return Key{std::to_string(resolved.scalar.natural), false};
      case YamlScalar::Kind::Float: return Key{float_key(resolved.scalar.real), false};
      case YamlScalar::Kind::String: break;
    }
    return Key{resolved.text, true};
  }

  struct Resolved {
    YamlScalar scalar;
    std::string text;
  };

  /// The meaning of the present scalar: its tag, its quotes and its text.
  Result<Resolved> resolve() {
    const auto& event = event_.data.scalar;
    Resolved resolved;
    resolved.text.assign(reinterpret_cast<const char*>(event.value), event.length);
    std::string_view tag = view(event.tag);
    if (tag.empty() && event.plain_implicit == 0) return resolved;  // In quotes.
    if (tag.starts_with(kTags)) {
      tag.remove_prefix(kTags.size());
      if (tag == "str" || tag == "timestamp") return resolved;
      if (tag == "binary") {
        std::string bytes;
        if (!read_base64(bytes, resolved.text)) return problem("!!binary value contains invalid base64 data");
        resolved.text = std::move(bytes);
        return resolved;
      }
    } else if (!tag.empty()) {
      return resolved;  // Tags of others say nothing to us.
    }
    resolved.scalar = internal::resolve_plain(resolved.text);
    TRY(check_tag(tag, resolved));
    return resolved;
  }

  Result<> check_tag(std::string_view tag, Resolved& resolved) {
    using Kind = YamlScalar::Kind;
    YamlScalar& scalar = resolved.scalar;
    bool fits = true;
    if (tag == "int") {
      fits = scalar.kind == Kind::Int || scalar.kind == Kind::Unsigned;
    } else if (tag == "float") {
      if (scalar.kind == Kind::Int) {
        scalar.kind = Kind::Float;
        scalar.real = static_cast<double>(scalar.integer);
      }
      fits = scalar.kind == Kind::Float;
    } else if (tag == "bool") {
      fits = scalar.kind == Kind::Bool;
    } else if (tag == "null") {
      fits = scalar.kind == Kind::Null;
    } else if (!tag.empty()) {
      scalar = YamlScalar();
    }
    if (fits) return ok();
    return problem(fmt::format("cannot decode `{}` as a !!{}", resolved.text.substr(0, 64), tag));
  }

  Result<> scalar(NodeRef out) {
    const Resolved resolved = TRY(resolve());
    switch (resolved.scalar.kind) {
      case YamlScalar::Kind::Null: out.set_null(); break;
      case YamlScalar::Kind::Bool: out.set_bool(resolved.scalar.boolean); break;
      case YamlScalar::Kind::Int: out.set_int(resolved.scalar.integer); break;
      case YamlScalar::Kind::Unsigned:
        out.set_number(static_cast<double>(resolved.scalar.natural), std::to_string(resolved.scalar.natural));
        break;
      case YamlScalar::Kind::Float: return real(out, resolved);
      case YamlScalar::Kind::String: out.set_string(resolved.text); break;
    }
    return ok();
  }

  /// Kubernetes goes through JSON here, so 1.0 is the integer 1.
  Result<> real(NodeRef out, const Resolved& resolved) {
    const double value = resolved.scalar.real;
    if (!std::isfinite(value)) return problem(fmt::format("{} cannot be written as JSON", resolved.text));
    std::string json;
    write_json_number(json, value);
    std::int64_t integer = 0;
    const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), integer);
    if (error == std::errc() && end == json.data() + json.size()) {
      out.set_int(integer);
    } else {
      out.set_number(value, json);
    }
    return ok();
  }

  yaml_parser_t parser_{};
  yaml_event_t event_{};
  bool ready_ = false;
  bool has_event_ = false;
  const JsonLimits& limits_;
  JsonNotes* notes_;
  std::size_t values_ = 0;
  std::map<std::string, Anchor, std::less<>> anchors_;
  std::vector<object::Draft> kept_;
  std::vector<std::string> duplicates_;
};

Result<> check_size(std::string_view text) {
  if (text.size() < kMaxText) return ok();
  return Error(Reason::RequestEntityTooLarge, fmt::format("YAML of {} bytes is too large", text.size()));
}

}  // namespace

Result<object::Draft> parse_yaml(std::string_view text, const JsonLimits& limits, JsonNotes* notes) {
  TRY(check_size(text));
  YamlReader reader(text, limits, notes);
  object::Draft draft;
  if (TRY(reader.next_document())) TRY(reader.document(draft.root()));
  return draft;
}

Result<std::vector<object::Draft>> parse_yaml_documents(std::string_view text, const JsonLimits& limits) {
  TRY(check_size(text));
  YamlReader reader(text, limits, nullptr);
  std::vector<object::Draft> documents;
  while (TRY(reader.next_document())) {
    object::Draft draft;
    TRY(reader.document(draft.root()));
    if (!draft.root().is_null()) documents.push_back(std::move(draft));
  }
  return documents;
}

}  // namespace knarr::codec
