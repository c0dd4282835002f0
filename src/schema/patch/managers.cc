// SPDX-License-Identifier: Apache-2.0
#include "schema/patch/managers.h"

#include "schema/field_error.h"
#include "schema/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace knarr::schema {

using object::Kind;
using object::NodeRef;
using object::Value;

namespace {

constexpr std::size_t kUpdateManagersMax = 10;
constexpr std::string_view kAncientChanges = "ancient-changes";

template <typename Tree>
Result<Manager> decode_entry(Tree entry) {
  Manager out;
  const std::string_view type = entry["fieldsType"].as_string();
  if (type != "FieldsV1") {
    return Error(Reason::BadRequest,
                 type.empty() ? "missing fieldsType in managed fields entry"
                              : fmt::format("unsupported fieldsType {}", go_quote(type)));
  }
  const std::string_view operation = entry["operation"].as_string();
  if (operation != "Apply" && operation != "Update") {
    return Error(Reason::BadRequest, "the operation of a managed fields entry must be Apply or Update");
  }
  out.name = entry["manager"].as_string();
  out.applied = operation == "Apply";
  out.api_version = entry["apiVersion"].as_string();
  out.subresource = entry["subresource"].as_string();
  out.time = entry["time"].as_string();
  const Tree fields = entry["fieldsV1"];
  if (fields.kind() == Kind::Raw) {
    out.fields = TRY(FieldSet::parse(fields.as_raw()));
  } else if (!fields.is_null()) {
    out.fields = TRY(FieldSet::parse(json_text(fields)));
  }
  return out;
}

template <typename Tree>
Result<Managers> decode_entries(Tree entries) {
  Managers out;
  if (!entries.exists() || entries.is_null()) return out;
  if (!entries.is_list()) return Error(Reason::BadRequest, "managedFields must be a list");
  for (const Tree entry : entries.items()) {
    Manager manager = TRY(decode_entry(entry));
    out.ensure(manager) = std::move(manager);  // Of two alike the later one counts.
  }
  return out;
}

bool is_before(const Manager& a, const Manager& b) {
  if (a.applied != b.applied) return a.applied;
  if (a.time != b.time) return a.time < b.time;  // RFC 3339 in UTC: the order of texts is that of time.
  if (a.name != b.name) return a.name < b.name;
  if (a.api_version != b.api_version) return a.api_version < b.api_version;
  return a.subresource < b.subresource;
}

}  // namespace

bool Manager::same(const Manager& other) const {
  return applied == other.applied && name == other.name && subresource == other.subresource &&
         (applied || api_version == other.api_version);
}

std::string Manager::shown() const {
  std::string out = go_quote(name);
  if (!subresource.empty()) out += " with subresource " + go_quote(subresource);
  if (!applied) out += " using " + api_version;
  return out;
}

Result<Managers> Managers::decode(Value entries) { return decode_entries(entries); }
Result<Managers> Managers::decode(NodeRef entries) { return decode_entries(entries); }

Manager* Managers::find(const Manager& like) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const Manager& one) { return one.same(like); });
  return found == list.end() ? nullptr : &*found;
}

Manager& Managers::ensure(const Manager& like) {
  if (Manager* found = find(like)) return *found;
  list.push_back(like);
  return list.back();
}

void Managers::drop_empty() {
  std::erase_if(list, [](const Manager& one) { return one.fields.empty(); });
}

void Managers::give_up(const Comparison& change, const Manager* keep) {
  for (Manager& manager : list) {
    if (keep != nullptr && manager.same(*keep)) continue;
    manager.fields.subtract(change.modified);
    manager.fields.subtract(change.added);
    manager.fields.subtract(change.removed);
  }
}

void Managers::cap() {
  std::vector<std::size_t> updaters;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].applied) updaters.push_back(i);
  }
  if (updaters.size() <= kUpdateManagersMax) return;
  std::sort(updaters.begin(), updaters.end(),
            [&](std::size_t a, std::size_t b) { return is_before(list[a], list[b]); });
  std::size_t left = updaters.size();
  std::map<std::string, std::size_t> first_of_version;
  for (const std::size_t i : updaters) {
    if (left <= kUpdateManagersMax) break;
    const auto [first, is_first] = first_of_version.emplace(list[i].api_version, i);
    if (is_first) continue;
    Manager like;
    like.name = kAncientChanges;
    like.api_version = list[i].api_version;
    Manager* bucket = find(like);
    if (bucket == &list[i]) continue;
    if (bucket == nullptr) {  // The oldest of its version becomes the bucket when the second comes.
      bucket = &list[first->second];
      bucket->name = kAncientChanges;
      bucket->subresource.clear();
    }
    bucket->fields.unite(list[i].fields);
    bucket->time = list[i].time;
    list[i].fields = {};
    --left;
  }
  drop_empty();
}

void Managers::encode(NodeRef object) {
  if (list.empty()) {
    if (NodeRef metadata = object["metadata"]; metadata.is_map()) metadata.erase("managedFields");
    return;
  }
  std::sort(list.begin(), list.end(), is_before);
  NodeRef entries = object.ensure_map("metadata").ensure("managedFields");
  entries.set_list();
  for (const Manager& manager : list) {
    NodeRef entry = entries.append();
    if (!manager.name.empty()) entry.set("manager", manager.name);
    entry.set("operation", manager.applied ? "Apply" : "Update");
    entry.set("apiVersion", manager.api_version);
    if (!manager.time.empty()) entry.set("time", manager.time);
    entry.set("fieldsType", "FieldsV1");
    std::string fields;
    manager.fields.write(fields);
    entry.ensure("fieldsV1").set_raw(fields);
    if (!manager.subresource.empty()) entry.set("subresource", manager.subresource);
  }
}

}  // namespace knarr::schema
