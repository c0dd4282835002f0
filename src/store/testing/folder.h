// SPDX-License-Identifier: Apache-2.0
// A folder for one database that goes with its test.
#pragma once

#include "base/check.h"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace knarr::store {

class Folder {
 public:
  Folder() {
    std::string pattern = testing::TempDir() + "knarr-store-XXXXXX";
    CHECK(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    for (const char* suffix : {"", "-wal", "-shm", ".lock", "-journal"})
      unlink((database() + suffix).c_str());
    rmdir(path_.c_str());
  }
  [[nodiscard]] std::string database() const { return path_ + "/state.db"; }

 private:
  std::string path_;
};

}  // namespace knarr::store
