// SPDX-License-Identifier: Apache-2.0
// The log of a store in memory: a sorted map.
#include "store/memory_store.h"

#include "store/commit/commit_queue.h"
#include "store/commit/log.h"

#include <map>
#include <utility>

namespace knarr::store {

class MemoryDisk {
 public:
  std::map<Bytes, Record, std::less<std::string_view>> records;
  LogState state;
  std::uint64_t bytes = 0;
};

namespace {

Pair pair_of(const Record& record) { return {record.key, record.value, record.created, record.modified}; }

class MemoryLog final : public Log {
 public:
  explicit MemoryLog(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)) {}

  [[nodiscard]] LogState state() const override { return disk_->state; }

  Result<> scan(std::string_view prefix, const PairSink& each) override {
    for (auto it = disk_->records.lower_bound(prefix); it != disk_->records.end(); ++it) {
      if (!it->first.view().starts_with(prefix)) break;
      TRY(each(pair_of(it->second)));
    }
    return ok();
  }

  Result<> scan_keys(const std::function<void(const Pair&)>& each) override {
    for (const auto& [key, record] : disk_->records) each({key, {}, record.created, record.modified});
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
    const auto found = disk_->records.find(record.key.view());
    if (found != disk_->records.end()) {
      disk_->bytes -= record.key.size() + found->second.value.size();
      if (record.erased) {
        disk_->records.erase(found);
        return;
      }
      found->second = record;
    } else if (record.erased) {
      return;
    } else {
      disk_->records.emplace(record.key, record);
    }
    disk_->bytes += record.key.size() + record.value.size();
  }

  std::shared_ptr<MemoryDisk> disk_;
};

}  // namespace

std::shared_ptr<MemoryDisk> make_memory_disk() { return std::make_shared<MemoryDisk>(); }

std::unique_ptr<Store> make_memory_store(std::unique_ptr<Worker> worker, Clock& clock,
                                         std::shared_ptr<MemoryDisk> disk) {
  if (disk == nullptr) disk = make_memory_disk();
  return MUST(CommitQueue::create(std::make_unique<MemoryLog>(std::move(disk)), std::move(worker), clock,
                                  QueueOptions()));
}

}  // namespace knarr::store
