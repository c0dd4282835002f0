// SPDX-License-Identifier: Apache-2.0
// A store in memory: the same contract, durable as long as its MemoryDisk. For tests, the
// simulation and trying things out.
#pragma once

#include "base/clock.h"
#include "base/worker.h"
#include "store/store.h"

#include <memory>

namespace knarr::store {

/// What a store in memory leaves behind: give it to the next one to start again where it was. One
/// store at a time.
class MemoryDisk;
std::shared_ptr<MemoryDisk> make_memory_disk();

/// `worker` runs the store's jobs: a thread, or an executor in the simulation. `clock` outlives the
/// store. Without a disk it starts empty.
std::unique_ptr<Store> make_memory_store(std::unique_ptr<Worker> worker, Clock& clock,
                                         std::shared_ptr<MemoryDisk> disk = nullptr);

}  // namespace knarr::store
