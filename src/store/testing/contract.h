// SPDX-License-Identifier: Apache-2.0
// The behaviour that every backend shares. A backend's test names itself with
// INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(Backend{...})).
#pragma once

#include "base/executor.h"
#include "base/run_sync.h"
#include "base/testing/sim_clock.h"
#include "base/worker.h"
#include "store/store.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace knarr::store {

/// What outlives a store: opened again, it has what was durable.
class TestDisk {
 public:
  TestDisk() = default;
  TestDisk(const TestDisk&) = delete;
  TestDisk& operator=(const TestDisk&) = delete;
  virtual ~TestDisk() = default;
  virtual std::unique_ptr<Store> open(std::unique_ptr<Worker> worker, Clock& clock) = 0;
};

struct Backend {
  std::string name;
  std::function<std::unique_ptr<TestDisk>()> make_disk;
};
void PrintTo(const Backend& backend, std::ostream* out);

class StoreContract : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override;
  void TearDown() override;

  template <typename T>
  T run(Task<T> task) {
    return run_sync(loop_, std::move(task));
  }
  /// Commits; the outcome must not be an error.
  CommitOutcome commit(Txn txn) { return MUST(run(store_->commit(std::move(txn)))); }
  Revision put(std::string key, std::string value, bool soft = false);
  Revision erase(std::string key);
  /// Collects what is published from now on in `batches_`.
  void subscribe();
  /// Every event published since subscribe(), in order, as "PUT key=value @revision created
  /// previous".
  std::vector<std::string> events();
  /// What load() gives, as "key=value created modified".
  std::vector<std::string> loaded(std::string prefix = "");
  void stop_and_reopen();
  void crash_and_reopen();

  ManualExecutor loop_;
  SimClock clock_{&loop_};
  std::unique_ptr<TestDisk> disk_;
  std::unique_ptr<Store> store_;
  std::vector<EventBatch> batches_;
};

std::string describe(const Event& event);

}  // namespace knarr::store
