// SPDX-License-Identifier: Apache-2.0
// Log: what a backend of the commit queue does. It keeps the newest record of every key and the
// counters, durably; it compares nothing. All calls come from the queue's worker, one at a time.
#pragma once

#include "store/store.h"

#include <functional>
#include <optional>
#include <span>

namespace knarr::store {

/// Names one life of a key in the log, so that a log needs no index of keys: given by the queue
/// when the key is created, rising, never used again.
using Slot = std::uint64_t;

/// The new state of one slot.
struct Record {
  Slot slot = 0;
  Bytes key;
  Bytes value;
  Revision created = 0;
  Revision modified = 0;  // Of the deletion, when erased.
  bool erased = false;
};

/// Written as one: all of it or nothing. At most one record a slot; a slot that is erased may never
/// have been written.
struct LogBatch {
  std::vector<Record> records;  // By rising revision.
  Revision last = 0;            // What LogState::last is afterwards; not below the newest record.
  std::optional<Revision> ceiling;  // To be kept: revisions up to it may be handed out undurably.
};

struct LogState {
  Revision last = 0;     // The newest durable revision, deletions included.
  Revision ceiling = 0;  // Equal to `last` after a clean stop.
};

struct LogSizes {
  std::uint64_t file_bytes = 0;
  std::uint64_t log_bytes = 0;
};

class Log {
 public:
  Log() = default;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  virtual ~Log() = default;

  /// Called once, first: gives every live slot with its key but without its value, in any order, and
  /// what is durable. Checks as much as it has to after what happened before.
  virtual Result<LogState> start(const std::function<void(Slot slot, const Pair& pair)>& each) = 0;
  /// The pairs of live slots, in this order.
  virtual Result<> read(std::span<const Slot> slots, const PairSink& each) = 0;
  /// Returns after the batch is durable. After an error nobody knows whether it is, and only
  /// recover() may follow.
  virtual Result<> append(const LogBatch& batch) = 0;
  /// Makes the log work again, or says why not; gives what is durable now, beyond doubt.
  virtual Result<LogState> recover() = 0;
  /// Called after the batch was acknowledged: the time for what may take long.
  virtual void maintain() {}
  /// Gives back space that is free inside.
  virtual Result<> shrink() { return ok(); }
  virtual Result<> check() = 0;
  virtual LogSizes sizes() = 0;
  virtual void close() = 0;
};

}  // namespace knarr::store
