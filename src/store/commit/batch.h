// SPDX-License-Identifier: Apache-2.0
// The index of live keys, and the decisions of one batch: which transactions hold and what they
// write. Plain data, no waiting, no disk: a batch that fails is thrown away and has changed
// nothing.
#pragma once

#include "store/commit/log.h"
#include "store/store.h"

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace knarr::store {

struct Versions {
  Revision created = 0;
  Revision modified = 0;  // 0: no such key.
  Slot slot = 0;
};

/// key -> versions of the keys that live, acknowledged soft changes included.
class Index {
 public:
  struct Found {
    const Bytes* key = nullptr;
    Versions versions;
  };
  [[nodiscard]] Found find(std::string_view key) const;
  void set(const Bytes& key, Versions versions) { entries_.insert_or_assign(key, versions); }
  void erase(const Bytes& key) { entries_.erase(key); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// The slots of all keys that begin so, in the order of keys.
  [[nodiscard]] std::vector<Slot> slots(std::string_view prefix) const;

 private:
  std::unordered_map<Bytes, Versions, BytesHash, BytesEqual> entries_;
};

/// The newest record of each slot that was changed, until it is durable.
class RecordSet {
 public:
  void add(Record record);
  void add_all(const RecordSet& newer);
  [[nodiscard]] bool empty() const { return records_.empty(); }
  [[nodiscard]] std::size_t size() const { return records_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// By rising revision; those of one transaction in any order.
  [[nodiscard]] std::vector<Record> in_order() const;
  void clear();

 private:
  std::unordered_map<Slot, Record> records_;
  std::size_t bytes_ = 0;
};

/// What becomes true when a batch is acknowledged.
struct Changes {
  std::vector<Event> events;
  // The new entries of the index; `modified` 0: the key goes.
  std::unordered_map<Bytes, Versions, BytesHash, BytesEqual> versions;
};

class Batch {
 public:
  /// `last` and `last_slot`: the newest given out. The index must not change while the batch is
  /// used.
  Batch(const Index& index, Revision last, Slot last_slot)
      : index_(index), last_(last), last_slot_(last_slot) {}

  /// Decides the transaction against the index and what this batch did before.
  CommitOutcome add(Txn txn);

  [[nodiscard]] bool empty() const { return changes_.events.empty(); }
  /// True when a transaction that changes something must be durable before it is acknowledged.
  [[nodiscard]] bool is_hard() const { return hard_; }
  [[nodiscard]] Revision last() const { return last_; }
  [[nodiscard]] Slot last_slot() const { return last_slot_; }
  [[nodiscard]] const RecordSet& records() const { return records_; }
  [[nodiscard]] Changes take_changes() { return std::move(changes_); }

 private:
  [[nodiscard]] Versions versions(std::string_view key) const;
  [[nodiscard]] std::optional<Conflict> first_conflict(const Txn& txn) const;
  bool append(Op op, Revision revision);

  const Index& index_;
  Revision last_;
  Slot last_slot_;
  bool hard_ = false;
  Changes changes_;
  RecordSet records_;
};

/// Errors: Invalid, RequestEntityTooLarge. Gives the bytes of the transaction.
Result<std::size_t> validate(const Txn& txn);

}  // namespace knarr::store
