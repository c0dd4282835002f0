// SPDX-License-Identifier: Apache-2.0
// The log of a store in memory: a map of slots.
#include "store/memory_store.h"

#include "store/commit/commit_queue.h"
#include "store/commit/log.h"

#include <unordered_map>
#include <utility>

namespace knarr::store {

class MemoryDisk {
 public:
  std::unordered_map<Slot, Record> records;
  LogState state;
  std::uint64_t bytes = 0;
};

namespace {

Pair pair_of(const Record& record) {
  return {record.key, record.value, record.created, record.modified};
}

class MemoryLog final : public Log {
 public:
  explicit MemoryLog(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)) {}

  Result<LogState> start(const std::function<void(Slot, const Pair&)>& each) override {
    for (const auto& [slot, record] : disk_->records) each(slot, pair_of(record));
    return disk_->state;
  }

  Result<> read(std::span<const Slot> slots, const PairSink& each) override {
    for (const Slot slot : slots) TRY(each(pair_of(disk_->records.at(slot))));
    return ok();
  }

  Result<> append(const LogBatch& batch) override {
    for (const Record& record : batch.records) write(record);
    disk_->state.last = batch.last;
    if (batch.ceiling) disk_->state.ceiling = *batch.ceiling;
    return ok();
  }

  Result<LogState> recover() override { return disk_->state; }
  Result<> check() override { return ok(); }
  LogSizes sizes() override { return {.file_bytes = disk_->bytes, .log_bytes = 0}; }
  void close() override {}

 private:
  void write(const Record& record) {
    const auto found = disk_->records.find(record.slot);
    if (found != disk_->records.end())
      disk_->bytes -= record.key.size() + found->second.value.size();
    if (record.erased) {
      disk_->records.erase(record.slot);
      return;
    }
    disk_->records.insert_or_assign(record.slot, record);
    disk_->bytes += record.key.size() + record.value.size();
  }

  std::shared_ptr<MemoryDisk> disk_;
};

}  // namespace

std::shared_ptr<MemoryDisk> make_memory_disk() {
  return std::make_shared<MemoryDisk>();
}

std::unique_ptr<Store> make_memory_store(std::unique_ptr<Worker> worker, Clock& clock,
                                         std::shared_ptr<MemoryDisk> disk) {
  if (disk == nullptr) disk = make_memory_disk();
  return MUST(CommitQueue::create(std::make_unique<MemoryLog>(std::move(disk)), std::move(worker),
                                  clock, QueueOptions()));
}

}  // namespace knarr::store
