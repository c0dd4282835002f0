// SPDX-License-Identifier: Apache-2.0
// The store's door: one log of revisions with etcd's semantics. A transaction is data, so that
// every backend can run it. Backends: memory_store.h, sqlite_store.h.
//
// The order of things, for every transaction: compared, written, durable, attachments told their
// revision, published to the sink, acknowledged. All of that in the order of revisions.
#pragma once

#include "base/executor.h"
#include "base/result.h"
#include "base/task.h"
#include "store/attachment.h"
#include "store/bytes.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace knarr::store {

/// Counts transactions over the whole store; never goes back, also not over a crash. The first
/// transaction of an empty store has 1.
using Revision = std::uint64_t;

struct Compare {
  std::string key;
  Revision modified = 0;  // Of the key's last change; Txn::kAbsent when there must be no such key.
};

struct Op {
  enum class Type : std::uint8_t { Put, Delete };
  Type type = Type::Put;
  std::string key;
  Bytes value;
  Attachment attachment;
};

/// A transaction: if all compares hold, all operations are done, else none. Each key has at most
/// one operation. All operations get the transaction's one revision and are published in this
/// order.
class Txn {
 public:
  static constexpr Revision kAbsent = 0;
  static constexpr std::size_t kMaxKeyBytes = 4096;
  static constexpr std::size_t kMaxBytes = 4U << 20;  // Of all keys and values.
  static constexpr std::size_t kMaxOps = 1024;

  void compare(std::string key, Revision modified) {
    compares.push_back({std::move(key), modified});
  }
  void put(std::string key, Bytes value, Attachment attachment = {}) {
    ops.push_back({Op::Type::Put, std::move(key), std::move(value), std::move(attachment)});
  }
  /// Removing an absent key does nothing; a transaction that does nothing takes no revision. The
  /// attachment, if any, is the object's last state and is told the revision of the deletion.
  void erase(std::string key, Attachment attachment = {}) {
    ops.push_back({Op::Type::Delete, std::move(key), {}, std::move(attachment)});
  }

  std::vector<Compare> compares;
  std::vector<Op> ops;
  /// May be acknowledged and published before it is durable, and be lost by a crash (not by
  /// stop()). For what is renewed or forgotten anyway: a node's lease, Events.
  bool soft = false;
};

/// Which compare did not hold and what it met: the key's modified revision, 0 if it is absent.
struct Conflict {
  std::size_t compare = 0;
  Revision modified = 0;
};

struct CommitOutcome {
  /// The transaction's revision; after a conflict the store's at that moment.
  Revision revision = 0;
  std::optional<Conflict> conflict;
};

struct Event {
  enum class Type : std::uint8_t { Put, Delete };
  Type type = Type::Put;
  Bytes key;
  Bytes value;            // Empty for Delete.
  Attachment attachment;  // The writer's own; nothing for what another server wrote.
  Revision revision = 0;
  Revision created = 0;   // Of this life of the key.
  Revision previous = 0;  // The key's modified revision before; 0 when this event creates it.

  [[nodiscard]] bool is_create() const { return type == Type::Put && previous == 0; }
};

/// Everything that happened after the batch before, up to and with `revision`. Never splits a
/// transaction.
struct EventBatch {
  Revision revision = 0;
  std::vector<Event> events;
};

using EventSink = std::function<void(EventBatch batch)>;

/// A live pair during load(); the views end with the call.
struct Pair {
  std::string_view key;
  std::string_view value;
  Revision created = 0;
  Revision modified = 0;
};

using PairSink = std::function<Result<>(const Pair& pair)>;

/// Revisions after `after`, up to and with `through`; empty when equal.
struct RevisionRange {
  Revision after = 0;
  Revision through = 0;
  [[nodiscard]] bool empty() const { return after == through; }
  [[nodiscard]] bool contains(Revision revision) const {
    return revision > after && revision <= through;
  }
};

struct Stats {
  std::uint64_t keys = 0;
  std::uint64_t file_bytes = 0;  // The database.
  std::uint64_t log_bytes = 0;   // The write-ahead log beside it.
  std::uint64_t soft_keys = 0;   // Acknowledged, not yet durable.
  std::uint64_t soft_bytes = 0;
  std::uint64_t transactions = 0;  // Since the start.
  std::uint64_t batches = 0;       // Made durable since the start.
};

class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  // All functions may be called from any thread.

  /// Gives the outcome when the transaction is durable (soft ones: when it is ordered). A compare
  /// that does not hold is an outcome, not an error. Errors: Invalid (empty or long key, a key with
  /// two operations, too many operations), RequestEntityTooLarge, TooManyRequests (too much is
  /// waiting), ServiceUnavailable and InternalError (the disk; stopped), Cancelled. After Cancelled
  /// and after an error of the disk the transaction may still turn out to be done: look.
  virtual Task<Result<CommitOutcome>> commit(Txn txn) = 0;

  /// The newest acknowledged revision. An atomic read.
  [[nodiscard]] virtual Revision current() const = 0;
  /// What was asked to be compacted; 0 at first.
  [[nodiscard]] virtual Revision compacted() const = 0;
  /// Revisions that were handed out, or may have been, and were lost by the crash before this start
  /// (soft transactions). Who knows one of them must list again: Expired. Below current(), always.
  [[nodiscard]] virtual RevisionRange lost() const = 0;

  /// Calls `each` for every live key that begins with `prefix`, in the order of keys, on the
  /// store's thread while the caller waits; gives the revision of which this is the state. An error
  /// of `each` ends it. A caller that loads on the executor of the sink gets the result after all
  /// events up to that revision and before all later ones.
  virtual Task<Result<Revision>> load(std::string prefix, PairSink each) = 0;

  /// From now on every batch goes to `sink`, called on `executor`, in order, once. Gives the
  /// revision after which it starts. One subscriber: again replaces it. `executor` outlives the
  /// store or its stop().
  virtual Task<Result<Revision>> subscribe(Executor& executor, EventSink sink) = 0;

  /// Forgets history up to `revision`. Errors: Invalid for a revision not reached yet.
  virtual Task<Result<>> compact(Revision revision) = 0;
  /// Checks the whole database. Errors: InternalError with what is damaged.
  virtual Task<Result<>> check() = 0;
  /// Makes soft transactions durable.
  virtual Task<Result<>> flush() = 0;
  virtual Task<Result<Stats>> stats() = 0;
  /// Whether writes work, as far as known; the last error if not. Asking makes it try again, at
  /// most once a second. For readyz.
  [[nodiscard]] virtual Result<> health() = 0;

  /// Refuses new work, ends what is accepted, flushes, closes. Before the destructor, else soft
  /// transactions are lost. Errors: the flush's; it is closed in any case. Again does nothing.
  virtual Task<Result<>> stop() = 0;
};

}  // namespace knarr::store
