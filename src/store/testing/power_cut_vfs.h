// SPDX-License-Identifier: Apache-2.0
// A SQLite VFS in memory whose power can be cut. What was written and not synced is kept apart, in
// sectors; at a cut each such sector has any of the contents it had since the last sync, sizes and
// names likewise. kill -9 cannot show a missing fsync: the page cache survives it.
#pragma once

#include "base/rng.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace knarr::store {

class PowerCutDisk {
 public:
  static constexpr std::size_t kSectorBytes = 512;

  /// Registers a VFS of its own under name().
  PowerCutDisk();
  ~PowerCutDisk();
  PowerCutDisk(const PowerCutDisk&) = delete;
  PowerCutDisk& operator=(const PowerCutDisk&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }

  /// The power goes at the n-th changing operation from now (writes, syncs, truncations, deletions,
  /// creations); from then on everything fails.
  void cut_after(std::uint64_t operations);
  [[nodiscard]] bool is_cut() const;
  /// Changing operations so far.
  [[nodiscard]] std::uint64_t operations() const;
  /// Decides what is left of what was not synced, and turns the power on. All files must be closed.
  void restore_power(Rng& rng);

  /// The n-th sync from now fails, once, and the kernel then forgets that what it did not write is
  /// dirty: later syncs succeed without it, though it can still be read (as Linux does).
  void fail_sync_after(std::uint64_t syncs);

  /// From now on syncs of files whose names end so do nothing and say they did: the fault that a
  /// test of syncing must find. "" is every file.
  void ignore_syncs_of(std::string suffix) {
    ignored_suffix_ = std::move(suffix), ignoring_ = true;
  }

  // For the VFS's functions alone.
  struct File;
  struct Handle;
  struct Functions;

 private:
  friend struct Functions;
  bool change();  // Counts; false when there is no power.

  std::string name_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<File>> files_;    // As the running system sees them.
  std::map<std::string, std::shared_ptr<File>> on_disk_;  // Names that are durable.
  std::uint64_t operations_ = 0;
  std::uint64_t cut_at_ = UINT64_MAX;
  std::uint64_t syncs_until_failure_ = 0;  // 0: none fails.
  bool cut_ = false;
  bool ignoring_ = false;
  std::string ignored_suffix_;
  struct Registration;
  std::unique_ptr<Registration> registration_;
};

}  // namespace knarr::store
