// SPDX-License-Identifier: Apache-2.0
// FileWatch: tells when files in a folder change: manifests, static pods, certificates, the sockets
// of device plug-ins. On inotify.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "net/loop.h"

#include <memory>
#include <string>
#include <vector>

namespace knarr::net {

/// What happened to one name in the folder.
struct FileEvent {
  enum class Kind : std::uint8_t {
    Written,   // Created, moved in, or closed after writing.
    Removed,   // Deleted or moved away.
    Overflow,  // Too much happened: look at everything again. `name` is empty.
    Gone,      // The folder itself is no more. `name` is empty; the last event.
  };
  Kind kind = Kind::Written;
  std::string name;
};

class FileWatch {
 public:
  /// Watches the entries of `folder`, not of its subfolders. Errors: NotFound, InternalError.
  [[nodiscard]] static Result<std::unique_ptr<FileWatch>> create(Loop& loop,
                                                                 const std::string& folder);
  virtual ~FileWatch() = default;
  /// The next events, at least one, in order. On the loop's thread. Errors: Cancelled.
  virtual Task<Result<std::vector<FileEvent>>> next() = 0;
};

}  // namespace knarr::net
