// SPDX-License-Identifier: Apache-2.0
#include "schema/patch/managed_fields.h"

#include "codec/typed.h"
#include "object/equality.h"
#include "schema/patch/managers.h"

namespace knarr::schema {

using object::Document;
using object::Draft;
using object::Kind;
using object::NodeRef;
using object::Type;
using object::Value;
namespace atom = object::atom;

namespace {

// A list without entries, or with one empty entry: the client wants no more of it.
bool is_reset(NodeRef entries) {
  if (!entries.is_list()) return false;
  return entries.empty() || (entries.size() == 1 && entries.at(0).is_map() && entries.at(0).empty());
}

Managers decode_or_none(Value entries) {
  auto decoded = Managers::decode(entries);
  return decoded ? std::move(*decoded) : Managers{};
}

// The entries that the write builds upon: the client's, else those of the live object.
Managers base_managers(const Document* live, NodeRef sent, const ManagerInfo& info) {
  const Value stored = live == nullptr ? Value{} : (*live)[atom::metadata][atom::managedFields];
  if (!info.subresource.empty()) return decode_or_none(stored);
  if (is_reset(sent)) return {};
  auto decoded = Managers::decode(sent);
  if (decoded && !decoded->list.empty()) return std::move(*decoded);
  return decode_or_none(stored);
}

// The client sent the entries back as they are.
bool same_entries(const Document* live, NodeRef sent, const ManagerInfo& info) {
  const Value stored = live == nullptr ? Value{} : (*live)[atom::metadata][atom::managedFields];
  if (!info.subresource.empty()) return true;
  return !is_reset(sent) && (!sent.exists() || sent.is_null() || object::equal(stored, sent));
}

Comparison compare_with(const Document* live, NodeRef updated, Type type) {
  if (live != nullptr) return compare_objects(live->root(), updated, type);
  Draft nothing;  // Go's zero value: what is always written out was there before.
  nothing.root().set_map();
  codec::normalize(nothing.root(), type);
  return compare_objects(nothing.root(), updated, type);
}

// The members of two maps are equal, apart from those left out.
template <typename LeftOut>
bool equal_but(Value before, NodeRef after, LeftOut left_out) {
  std::size_t counted = 0;
  for (const auto item : before.entries()) {
    if (left_out(item.key)) continue;
    ++counted;
    const NodeRef other = item.atom ? after[item.atom] : after[item.key];
    if (!other.exists() || !object::equal(item.value, other)) return false;
  }
  for (const auto item : after.entries()) {
    if (!left_out(item.key)) --counted;
  }
  return counted == 0;
}

void exclude(Comparison& change, std::span<const std::string_view> ignored) {
  if (ignored.empty()) return;
  const FieldSet set = FieldSet::of(ignored);
  change.added.subtract_deep(set);
  change.modified.subtract_deep(set);
  change.removed.subtract_deep(set);
}

}  // namespace

void account_update(Managers& managers, Comparison change, const ManagerInfo& info) {
  managers.give_up(change, nullptr);
  managers.drop_empty();
  change.added.unite(change.modified);
  // `metadata` as such is nobody's; its system fields were never compared.
  static constexpr std::string_view kMetadata[] = {"metadata"};
  static const FieldSet kNobodys = FieldSet::of(kMetadata);
  change.added.subtract(kNobodys);
  if (!change.added.empty()) {
    Manager self;
    self.name = info.manager.empty() ? std::string_view("unknown") : info.manager;
    self.api_version = info.api_version;
    self.subresource = info.subresource;
    Manager& entry = managers.ensure(self);
    entry.fields.unite(change.added);
    entry.time = info.now;
  }
  managers.cap();
}

void update_managed_fields(const Document* live, Draft& updated, Type type,
                           const ManagerInfo& info) {
  NodeRef object = updated.root();
  NodeRef metadata = object.ensure_map("metadata");
  NodeRef sent = metadata[atom::managedFields];
  const bool unchanged = same_entries(live, sent, info);
  Managers managers;
  const Value stored = live == nullptr ? Value{} : (*live)[atom::metadata][atom::managedFields];
  if (!unchanged) managers = base_managers(live, sent, info);
  const bool tracked = live == nullptr || (unchanged ? !stored.empty() : !managers.list.empty());
  if (!tracked) {
    metadata.erase(atom::managedFields);
    return;
  }
  metadata.erase(atom::managedFields);
  codec::normalize(object, type);
  Comparison change = compare_with(live, object, type);
  exclude(change, info.ignored);
  if (unchanged && change.empty()) {  // Nothing to account for: most status updates.
    if (stored.exists()) object.ensure_map("metadata").ensure(atom::managedFields).assign(stored);
    return;
  }
  if (unchanged) managers = decode_or_none(stored);
  if (managers.list.empty() && live != nullptr) return;
  account_update(managers, std::move(change), info);
  managers.encode(object);
}

bool keep_managed_times(const Document& live, NodeRef updated) {
  const Value stored = live[atom::metadata][atom::managedFields];
  NodeRef entries = updated[atom::metadata][atom::managedFields];
  if (stored.empty() || stored.size() != entries.size()) return false;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    for (const char* key : {"manager", "operation", "apiVersion", "subresource", "fieldsType",
                            "fieldsV1"}) {
      const Value before = stored.at(i)[key];
      const NodeRef after = entries.at(i)[key];
      if (before.exists() != after.exists()) return false;
      if (before.exists() && !object::equal(before, after)) return false;
    }
  }
  const auto by_itself = [](std::string_view key) {
    return key == "managedFields" || key == "resourceVersion";
  };
  const auto whole = [](std::string_view key) { return key == "metadata"; };
  if (!equal_but(live.root(), updated, whole) ||
      !equal_but(live[atom::metadata], updated[atom::metadata], by_itself)) {
    return false;
  }
  entries.assign(stored);
  return true;
}

}  // namespace knarr::schema
