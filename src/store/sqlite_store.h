// SPDX-License-Identifier: Apache-2.0
// The embedded store: one SQLite file owned by this process.
#pragma once

#include "base/clock.h"
#include "base/worker.h"
#include "store/store.h"

#include <memory>
#include <string>

namespace knarr::store {

struct SqliteOptions {
  /// The database; "-wal" and "-shm" files appear beside it, and ".lock" while it is in use.
  std::string path;
  /// The SQLite VFS to use instead of the files of the system; then nothing is locked. For tests.
  std::string vfs;
  /// The write-ahead log is copied into the database when it has so many pages.
  int checkpoint_pages = 1000;
};

/// Opens the database, made if it is missing, and checks it. Blocks (a second for every few hundred
/// MB after a crash, else milliseconds). `worker` becomes the writer's thread; `clock` outlives the
/// store. Errors, each saying what to do: ServiceUnavailable (in use by another process, no
/// permission, disk full, read-only), InternalError (damaged, not ours, made by a newer program).
Result<std::unique_ptr<Store>> open_sqlite_store(SqliteOptions options,
                                                 std::unique_ptr<Worker> worker, Clock& clock);

}  // namespace knarr::store
