// SPDX-License-Identifier: Apache-2.0
// LockFile: this process owns a database as long as it lives. The kernel lets go of it when the
// process ends, however that happens.
#pragma once

#include "base/result.h"

#include <string>
#include <utility>

namespace knarr::store::sqlite {

class LockFile {
 public:
  /// Locks "<path>.lock" and writes our process id into it; makes the database file, if missing,
  /// readable by its owner alone (it holds secrets). Errors: ServiceUnavailable.
  static Result<LockFile> take(const std::string& path);

  LockFile() = default;
  LockFile(LockFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  LockFile& operator=(LockFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile();

 private:
  explicit LockFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace knarr::store::sqlite
