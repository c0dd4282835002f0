// SPDX-License-Identifier: Apache-2.0
// Maps are merged here, lists in strategic_lists.cc.
#include "schema/patch/strategic_merge.h"

#include "schema/json_text.h"
#include "schema/patch/raw.h"
#include "schema/patch/strategic_lists.h"

#include <fmt/format.h>

#include <unordered_set>

namespace knarr::schema {

using object::Draft;
using object::Field;
using object::Kind;
using object::NodeRef;
using object::Type;
using object::TypeKind;

namespace strategic {

Error bad(std::string message) { return {Reason::BadRequest, std::move(message)}; }

Error unknown_directive(NodeRef directive, NodeRef map) {
  return bad(fmt::format("unknown patch type: {} in map: {}", directive.as_string(), json_text(map)));
}

void drop_nulls(NodeRef node) {
  for (NodeRef item : node.items()) drop_nulls(item);
  if (!node.is_map()) return;
  for (std::size_t i = node.size(); i > 0; --i) {
    const NodeRef value = node.entry(i - 1).value;
    if (value.is_null()) {
      node.erase_at(i - 1);
    } else {
      drop_nulls(value);
    }
  }
}

bool drop_directives(NodeRef node) {
  if (node.is_list()) {
    for (std::size_t i = node.size(); i > 0; --i) {
      if (!drop_directives(node.at(i - 1))) node.erase_at(i - 1);
    }
  }
  if (!node.is_map()) return true;
  if (node["$patch"].as_string() == "delete") return false;
  for (std::size_t i = node.size(); i > 0; --i) {
    const object::NodeEntry entry = node.entry(i - 1);
    const bool directive = entry.key == "$patch" || entry.key == "$retainKeys" ||
                           entry.key.starts_with(kSetOrder) || entry.key.starts_with(kDeleteFrom);
    if (directive || !drop_directives(entry.value)) node.erase_at(i - 1);
  }
  return true;
}

Result<Member> find_member(Type type, std::string_view key) {
  Member member;
  if (!type) return member;  // No schema: an open tree.
  switch (type.kind()) {
    case TypeKind::Struct: break;
    case TypeKind::RawExtension:
    case TypeKind::Json:
    case TypeKind::FieldsV1:
    case TypeKind::Any: return member;
    default:
      return bad(fmt::format("merging an object in json but data type is not struct, instead is: {}",
                             type.is(TypeKind::Map) ? "map" : type.name()));
  }
  const Field field = type.find(key);
  if (!field) {
    return bad(fmt::format("unable to find api field in struct {} for the json field {:?}",
                           type.name(), key));
  }
  member.type = field.type();
  member.merges = field.has(object::kPatchMerge);
  member.replaces = field.has(object::kPatchReplace);
  member.merge_key = field.merge_key();
  return member;
}

namespace {

Result<std::string_view> key_after(std::string_view key, std::string_view prefix) {
  key.remove_prefix(prefix.size());
  if (key.starts_with('/')) return key.substr(1);
  if (prefix == kSetOrder) {
    return bad("invalid patch format of setElementOrder list");
  }
  return bad("invalid patch format of primitive list");
}

Result<> retain_keys(NodeRef original, NodeRef patch) {
  const NodeRef directive = patch["$retainKeys"];
  if (!directive.exists()) return ok();
  if (!directive.is_list()) return bad("invalid patch format of retainKeys");
  std::unordered_set<std::string> kept;
  for (const NodeRef key : directive.items()) kept.emplace(key.as_string());
  for (const auto [key, atom, value] : patch.entries()) {
    const bool counts = !value.is_null() && key != "$retainKeys" && !key.starts_with(kSetOrder) &&
                        !key.starts_with(kDeleteFrom);
    if (counts && !kept.contains(std::string(key))) {
      return bad("invalid patch format of retainKeys");
    }
  }
  for (std::size_t i = original.size(); i > 0; --i) {
    if (!kept.contains(std::string(original.entry(i - 1).key))) original.erase_at(i - 1);
  }
  patch.erase("$retainKeys");
  return ok();
}

// $setElementOrder/x and the patch of x go together, before everything else.
Result<> set_orders(NodeRef original, NodeRef patch, Type type) {
  for (std::size_t i = 0; i < patch.size();) {
    const object::NodeEntry entry = patch.entry(i);
    if (!entry.key.starts_with(kSetOrder)) {
      ++i;
      continue;
    }
    const std::string key(TRY(key_after(entry.key, kSetOrder)));
    if (!entry.value.is_list()) return bad("$setElementOrder must be a list");
    const Member member = TRY(find_member(type, key));
    NodeRef from = original[key];
    if (from.exists()) open_raw(from);
    const NodeRef list = patch[key];
    if ((from.exists() && !from.is_list()) || (list.exists() && !list.is_list())) {
      return bad(fmt::format("$setElementOrder/{} needs lists", key));
    }
    if (from.exists() || list.exists()) {
      TRY(merge_in_order(from.exists() ? from : original.ensure_list(key), from.exists(), list,
                         entry.value, member));
    }
    // Erasing moves later entries up, so the search begins again.
    const std::string directive(entry.key);
    patch.erase(directive);
    patch.erase(key);
    i = 0;
  }
  return ok();
}

void replace(NodeRef original, std::string_view key, NodeRef value) {
  drop_nulls(value);
  if (!drop_directives(value)) {
    original.ensure(key).set_null();
    return;
  }
  original.ensure(key).assign(value);
}

Result<> merge_child(NodeRef original, std::string_view key, NodeRef child, NodeRef value,
                     Type type, bool delete_list) {
  const Member member = TRY(find_member(type, key));
  if (value.is_map()) {
    if (!member.replaces) return merge_map(child, value, member.type);
    child.assign(value);
    return ok();
  }
  if (member.merges || delete_list) return merge_list(child, value, member, delete_list);
  child.assign(value);
  return ok();
}

}  // namespace

Result<> merge_map(NodeRef original, NodeRef patch, Type type) {
  if (const NodeRef directive = patch["$patch"]; directive.exists()) {
    if (directive.as_string() == "replace") {
      patch.erase("$patch");
      original.assign(patch);
    } else if (directive.as_string() == "delete") {
      original.set_map();
    } else {
      return unknown_directive(directive, patch);
    }
    return ok();
  }
  TRY(retain_keys(original, patch));
  TRY(set_orders(original, patch, type));
  for (const auto [name, atom, value] : patch.entries()) {
    std::string_view key = name;
    const bool delete_list = name.starts_with(kDeleteFrom);
    if (delete_list) key = TRY(key_after(name, kDeleteFrom));
    if (value.is_null()) {
      original.erase(key);
      continue;
    }
    NodeRef child = original[key];
    if (child.exists()) open_raw(child);
    const bool alike = child.exists() && child.kind() == value.kind();
    if (alike && (value.is_map() || value.is_list())) {
      TRY(merge_child(original, key, child, value, type, delete_list));
    } else if (!delete_list) {
      replace(original, key, value);
    }
  }
  return ok();
}

}  // namespace strategic

Result<> apply_strategic_merge_patch(Draft& object, NodeRef patch, Type type) {
  if (patch.is_null()) return ok();
  if (!patch.is_map()) return strategic::bad("a strategic merge patch must be a JSON object");
  const Draft own = Draft::from(patch);  // Directives are taken out of it on the way.
  return strategic::merge_map(object.root(), own.root(), type);
}

}  // namespace knarr::schema
