// SPDX-License-Identifier: Apache-2.0
// The contract, kept by the store in memory.
#include "store/memory_store.h"

#include "store/testing/contract.h"

namespace knarr::store {
namespace {

class MemoryTestDisk final : public TestDisk {
 public:
  std::unique_ptr<Store> open(std::unique_ptr<Worker> worker, Clock& clock) override {
    return make_memory_store(std::move(worker), clock, disk_);
  }

 private:
  std::shared_ptr<MemoryDisk> disk_ = make_memory_disk();
};

INSTANTIATE_TEST_SUITE_P(Memory, StoreContract,
                         testing::Values(Backend{
                             "memory", [] { return std::make_unique<MemoryTestDisk>(); }}));

}  // namespace
}  // namespace knarr::store
