// SPDX-License-Identifier: Apache-2.0
#include "schema/patch/json_patch.h"

#include "object/equality.h"
#include "schema/json_text.h"
#include "schema/patch/raw.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string>

namespace knarr::schema {

using object::Draft;
using object::Kind;
using object::NodeRef;

namespace {

constexpr std::size_t kOperationsMax = 10'000;
constexpr std::size_t kCopiedBytesMax = 3UL * 1024 * 1024;  // JSONPatchMaxCopyBytes

Error does_not_apply() {
  return Error(Reason::Invalid, "the server rejected our request due to an error in our request")
      .with_empty_details();
}

std::string_view go_kind(NodeRef node) {
  switch (node.kind()) {
    case Kind::Bool: return "bool";
    case Kind::Int:
    case Kind::Double: return "number";
    case Kind::String: return "string";
    case Kind::List: return "array";
    case Kind::Map: return "object";
    default: return "null";
  }
}

Result<> check_operation(NodeRef operation) {
  if (operation.is_null()) return ok();
  if (!operation.is_map()) {
    return Error(Reason::BadRequest,
                 fmt::format("error decoding patch: json: cannot unmarshal {} into Go value of type "
                             "handlers.jsonPatchOp",
                             go_kind(operation)));
  }
  for (const char* name : {"op", "from", "path"}) {
    const NodeRef value = operation[name];
    if (value.is_null() || value.is_string()) continue;
    return Error(Reason::BadRequest,
                 fmt::format("error decoding patch: json: cannot unmarshal {} into Go struct field "
                             "jsonPatchOp.{} of type string",
                             go_kind(value), name));
  }
  return ok();
}

std::string decode_key(std::string_view part) {
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '~' && i + 1 < part.size() && (part[i + 1] == '0' || part[i + 1] == '1')) {
      out += part[++i] == '0' ? '~' : '/';
    } else {
      out += part[i];
    }
  }
  return out;
}

// An index as strconv.Atoi reads it; negative ones count from the end. Nothing when outside of
// [0, limit) then.
std::optional<std::size_t> index_of(std::string_view key, std::size_t size, std::size_t limit) {
  if (key.starts_with('+')) {
    key.remove_prefix(1);
    if (key.starts_with('-')) return std::nullopt;
  }
  std::int64_t index = 0;
  const char* end = key.data() + key.size();
  const auto result = std::from_chars(key.data(), end, index);
  if (key.empty() || result.ec != std::errc() || result.ptr != end) return std::nullopt;
  if (index < 0) index += static_cast<std::int64_t>(size);
  if (index < 0 || index >= static_cast<std::int64_t>(limit)) return std::nullopt;
  return static_cast<std::size_t>(index);
}

// The map or list that a path ends in, and its last key.
struct Place {
  NodeRef parent;
  std::string key;
};

// What stands at a place. A member that is not there reads as null, an element beyond the list is an
// error (false): so the library does it.
bool readable(const Place& place) {
  return place.parent.is_map() ||
         index_of(place.key, place.parent.size(), place.parent.size()).has_value();
}

NodeRef child_at(const Place& place) {
  if (place.parent.is_map()) return place.parent[place.key];
  const auto index = index_of(place.key, place.parent.size(), place.parent.size());
  return index ? place.parent.at(*index) : NodeRef();
}

std::optional<Place> find_place(NodeRef root, NodeRef path_node) {
  std::string_view path = path_node.as_string();
  // What stands before the first slash is not looked at.
  std::size_t slash = path.find('/');
  if (!path_node.is_string() || slash == std::string_view::npos) return std::nullopt;
  path.remove_prefix(slash + 1);
  Place place{root, {}};
  while (true) {
    open_raw(place.parent);
    if (!place.parent.is_map() && !place.parent.is_list()) return std::nullopt;
    slash = path.find('/');
    place.key = decode_key(path.substr(0, slash));
    if (slash == std::string_view::npos) return place;
    place.parent = child_at(place);
    path.remove_prefix(slash + 1);
  }
}

// Makes room for a value at a place. A missing one: it does not apply.
NodeRef make_place(const Place& place) {
  if (place.parent.is_map()) {
    return NodeRef(place.parent).ensure(place.key);
  }
  const std::size_t size = place.parent.size();
  if (place.key == "-") return NodeRef(place.parent).append();
  const auto index = index_of(place.key, size + 1, size + 1);  // -1 is the end.
  return index ? NodeRef(place.parent).insert_at(*index) : NodeRef();
}

bool erase_place(const Place& place) {
  if (place.parent.is_map()) return NodeRef(place.parent).erase(place.key);
  const auto index = index_of(place.key, place.parent.size(), place.parent.size());
  if (!index) return false;
  NodeRef(place.parent).erase_at(*index);
  return true;
}

void set_value(NodeRef node, NodeRef value) {
  if (value.exists()) {
    node.assign(value);
  } else {
    node.set_null();
  }
}

// Numbers are compared as they are written: 1 is not 1.0.
bool same_value(NodeRef a, NodeRef b) {
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  const bool numbers = a.is_int() != b.is_int();
  return !numbers && object::equal(a, b);
}

class Patcher {
 public:
  explicit Patcher(Draft& object) : root_(object.root()) {}

  bool apply(NodeRef operation) {
    const std::string_view op = operation["op"].as_string();
    const NodeRef value = operation["value"];
    if (op == "add") return add(operation["path"], value);
    if (op == "remove") return remove(operation["path"]);
    if (op == "replace") return replace(operation["path"], value);
    if (op == "test") return test(operation["path"], value);
    if (op == "move") return move(operation["from"], operation["path"]);
    if (op == "copy") return copy(operation["from"], operation["path"]);
    return false;
  }

 private:
  bool add(NodeRef path, NodeRef value) {
    const auto place = find_place(root_, path);
    const NodeRef node = place ? make_place(*place) : NodeRef();
    if (!node.exists()) return false;
    set_value(node, value);
    return true;
  }

  bool remove(NodeRef path) {
    const auto place = find_place(root_, path);
    return place && erase_place(*place);
  }

  bool replace(NodeRef path, NodeRef value) {
    if (path.is_string() && path.as_string().empty()) {
      if (value.is_map() || value.is_list()) root_.assign(value);
      return value.exists();  // Another value is taken and thrown away.
    }
    const auto place = find_place(root_, path);
    if (!place || !readable(*place)) return false;
    set_value(place->parent.is_map() ? make_place(*place) : child_at(*place), value);
    return true;
  }

  bool test(NodeRef path, NodeRef value) {
    if (path.is_string() && path.as_string().empty()) {
      expand_raw(root_);
      return same_value(root_, value);
    }
    const auto place = find_place(root_, path);
    if (!place || !readable(*place)) return false;
    const NodeRef node = child_at(*place);
    if (node.exists()) expand_raw(node);
    return same_value(node, value);
  }

  bool move(NodeRef from, NodeRef path) {
    const auto source = find_place(root_, from);
    const NodeRef value = source ? child_at(*source) : NodeRef();
    if (!value.exists()) return false;
    erase_place(*source);  // The node itself stays in the Draft.
    const auto target = find_place(root_, path);
    NodeRef node = target ? make_place(*target) : NodeRef();
    if (!node.exists()) return false;
    node.take(value);
    return true;
  }

  bool copy(NodeRef from, NodeRef path) {
    const auto source = find_place(root_, from);
    if (!source || !readable(*source)) return false;
    const NodeRef value = child_at(*source);
    copied_bytes_ += json_text(value).size();
    if (copied_bytes_ > kCopiedBytesMax) return false;
    Draft taken;  // The target may be inside of the source.
    if (value.exists()) taken.root().assign(value);
    const auto target = find_place(root_, path);
    NodeRef node = target ? make_place(*target) : NodeRef();
    if (!node.exists()) return false;
    node.assign(taken.root());
    return true;
  }

  NodeRef root_;
  std::size_t copied_bytes_ = 0;
};

}  // namespace

Result<> apply_json_patch(Draft& object, NodeRef patch) {
  if (patch.is_null()) return ok();
  if (!patch.is_list()) {
    return Error(Reason::BadRequest,
                 fmt::format("error decoding patch: json: cannot unmarshal {} into Go value of type "
                             "[]handlers.jsonPatchOp",
                             go_kind(patch)));
  }
  for (const NodeRef operation : patch.items()) TRY(check_operation(operation));
  if (patch.size() > kOperationsMax) {
    return Error(Reason::RequestEntityTooLarge,
                 fmt::format("Request entity too large: The allowed maximum operations in a JSON "
                             "patch is {}, got {}",
                             kOperationsMax, patch.size()));
  }
  Patcher patcher(object);
  for (const NodeRef operation : patch.items()) {
    if (!patcher.apply(operation)) return does_not_apply();
  }
  return ok();
}

}  // namespace knarr::schema
