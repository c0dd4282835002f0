// SPDX-License-Identifier: Apache-2.0
// The index of live keys, and the decisions of one batch: which transactions hold and what they
// write. Plain data, no waiting, no disk: a batch that fails is thrown away and has changed nothing.
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
  void apply(const Event& event);
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  std::unordered_map<Bytes, Versions, BytesHash, BytesEqual> entries_;
};

/// The newest record of each key that was changed, until it is durable.
class RecordSet {
 public:
  void add(const Event& event);
  void add_all(const RecordSet& newer);
  [[nodiscard]] bool empty() const { return records_.empty(); }
  [[nodiscard]] std::size_t size() const { return records_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// By rising revision; those of one transaction in any order.
  [[nodiscard]] std::vector<Record> in_order() const;
  void clear();

 private:
  void add(Record record);

  std::unordered_map<Bytes, Record, BytesHash, BytesEqual> records_;
  std::size_t bytes_ = 0;
};

class Batch {
 public:
  /// `last`: the newest revision given out. The index must not change while the batch is used.
  Batch(const Index& index, Revision last) : index_(index), last_(last) {}

  /// Decides the transaction against the index and what this batch did before.
  CommitOutcome add(Txn txn);

  [[nodiscard]] bool empty() const { return events_.empty(); }
  /// True when a transaction that changes something must be durable before it is acknowledged.
  [[nodiscard]] bool is_hard() const { return hard_; }
  [[nodiscard]] Revision last() const { return last_; }
  [[nodiscard]] const RecordSet& records() const { return records_; }
  [[nodiscard]] std::vector<Event>& events() { return events_; }

 private:
  [[nodiscard]] Versions versions(std::string_view key) const;
  [[nodiscard]] std::optional<Conflict> first_conflict(const Txn& txn) const;
  bool append(Op op, Revision revision);

  const Index& index_;
  Revision last_;
  bool hard_ = false;
  std::vector<Event> events_;
  std::unordered_map<Bytes, Versions, BytesHash, BytesEqual> changed_;  // Over the index.
  RecordSet records_;
};

/// Errors: Invalid, RequestEntityTooLarge. Gives the bytes of the transaction.
Result<std::size_t> validate(const Txn& txn);

}  // namespace knarr::store
