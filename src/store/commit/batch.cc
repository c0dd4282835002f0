// SPDX-License-Identifier: Apache-2.0
// Deciding transactions and keeping the newest record of each changed key.
#include "store/commit/batch.h"

#include <algorithm>
#include <utility>

namespace knarr::store {

Index::Found Index::find(std::string_view key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return {};
  return {&found->first, found->second};
}

std::vector<Slot> Index::slots(std::string_view prefix) const {
  std::vector<std::pair<std::string_view, Slot>> found;
  for (const auto& [key, versions] : entries_) {
    if (key.view().starts_with(prefix)) found.emplace_back(key.view(), versions.slot);
  }
  std::ranges::sort(found);
  std::vector<Slot> slots;
  slots.reserve(found.size());
  for (const auto& [key, slot] : found) slots.push_back(slot);
  return slots;
}

void RecordSet::add(Record record) {
  const auto [place, added] = records_.try_emplace(record.slot);
  if (!added) bytes_ -= place->second.key.size() + place->second.value.size();
  bytes_ += record.key.size() + record.value.size();
  place->second = std::move(record);
}

void RecordSet::add_all(const RecordSet& newer) {
  for (const auto& [slot, record] : newer.records_) add(record);
}

std::vector<Record> RecordSet::in_order() const {
  std::vector<Record> records;
  records.reserve(records_.size());
  for (const auto& [slot, record] : records_) records.push_back(record);
  std::ranges::sort(records, {},
                    [](const Record& record) { return std::pair(record.modified, record.slot); });
  return records;
}

void RecordSet::clear() {
  records_.clear();
  bytes_ = 0;
}

CommitOutcome Batch::add(Txn txn) {
  if (const std::optional<Conflict> conflict = first_conflict(txn)) return {last_, conflict};
  const Revision revision = last_ + 1;
  bool changes = false;
  for (Op& op : txn.ops) {
    if (append(std::move(op), revision)) changes = true;
  }
  if (changes) {
    last_ = revision;
    if (!txn.soft) hard_ = true;
  }
  return {last_, std::nullopt};
}

Versions Batch::versions(std::string_view key) const {
  const auto changed = changes_.versions.find(key);
  return changed != changes_.versions.end() ? changed->second : index_.find(key).versions;
}

std::optional<Conflict> Batch::first_conflict(const Txn& txn) const {
  for (std::size_t i = 0; i < txn.compares.size(); ++i) {
    const Revision modified = versions(txn.compares[i].key).modified;
    if (modified != txn.compares[i].modified) return Conflict{i, modified};
  }
  return std::nullopt;
}

bool Batch::append(Op op, Revision revision) {
  const Index::Found indexed = index_.find(op.key);
  const Versions before = versions(op.key);
  const bool erase = op.type == Op::Type::Delete;
  if (erase && before.modified == 0) return false;
  Event event{
      .type = erase ? Event::Type::Delete : Event::Type::Put,
      .key = indexed.key != nullptr ? *indexed.key : Bytes(op.key),
      .value = std::move(op.value),
      .attachment = std::move(op.attachment),
      .revision = revision,
      .created = before.modified == 0 ? revision : before.created,
      .previous = before.modified,
  };
  const Slot slot = before.modified == 0 ? ++last_slot_ : before.slot;
  changes_.versions.insert_or_assign(event.key,
                                     erase ? Versions{} : Versions{event.created, revision, slot});
  records_.add({slot, event.key, event.value, event.created, revision, erase});
  changes_.events.push_back(std::move(event));
  return true;
}

Result<std::size_t> validate(const Txn& txn) {
  if (txn.ops.size() > Txn::kMaxOps || txn.compares.size() > Txn::kMaxOps) {
    return Error(Reason::Invalid,
                 fmt::format("a transaction may have {} operations and compares, not {}",
                             Txn::kMaxOps, std::max(txn.ops.size(), txn.compares.size())));
  }
  std::size_t bytes = 0;
  std::vector<std::string_view> keys;
  keys.reserve(txn.ops.size());
  for (const Op& op : txn.ops) {
    if (op.key.empty() || op.key.size() > Txn::kMaxKeyBytes) {
      return Error(Reason::Invalid, fmt::format("a key may have 1 to {} bytes, not {}",
                                                Txn::kMaxKeyBytes, op.key.size()));
    }
    bytes += op.key.size() + op.value.size();
    keys.push_back(op.key);
  }
  for (const Compare& compare : txn.compares) bytes += compare.key.size();
  if (bytes > Txn::kMaxBytes) {
    return Error(Reason::RequestEntityTooLarge,
                 fmt::format("the object has {} bytes, the limit is {}", bytes, Txn::kMaxBytes));
  }
  std::ranges::sort(keys);
  if (const auto twice = std::ranges::adjacent_find(keys); twice != keys.end()) {
    return Error(Reason::Invalid,
                 fmt::format("two operations on the key {} in one transaction", *twice));
  }
  return bytes;
}

}  // namespace knarr::store
