// SPDX-License-Identifier: Apache-2.0
// Allocator: what a kind takes from a shared pool while it is written (cluster IPs, node ports).
// What was taken goes back unless the write is committed.
#pragma once

#include "apiserver/registry/kind_rules.h"
#include "base/function.h"
#include "base/result.h"
#include "object/draft.h"

#include <utility>

namespace knarr::apiserver {

/// Gives back what was taken when it dies, unless keep() was called. keep() also lets go of what
/// the committed change no longer needs.
class Reservation {
 public:
  Reservation() = default;
  Reservation(UniqueFunction<void()> undo, UniqueFunction<void()> done)
      : undo_(std::move(undo)), done_(std::move(done)) {}
  Reservation(Reservation&& other) noexcept
      : undo_(std::exchange(other.undo_, {})), done_(std::exchange(other.done_, {})) {}
  Reservation& operator=(Reservation&& other) noexcept {
    if (this != &other) {
      if (undo_) undo_();
      undo_ = std::exchange(other.undo_, {});
      done_ = std::exchange(other.done_, {});
    }
    return *this;
  }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  ~Reservation() {
    if (undo_) undo_();
  }
  void keep() {
    undo_ = {};
    if (done_) std::exchange(done_, {})();
  }

 private:
  UniqueFunction<void()> undo_;
  UniqueFunction<void()> done_;
};

class Allocator {
 public:
  virtual ~Allocator() = default;
  /// Fills what the server allocates into `object`; `old` does not exist on creation. On a dry run
  /// nothing is taken. Errors: Invalid with the field.
  virtual Result<Reservation> allocate(const RuleContext& context, object::NodeRef object,
                                       object::Value old) = 0;
  /// After `object` was removed from the store.
  virtual void released(object::Value object) = 0;
  /// An object that is there already, at start.
  virtual void restore(object::Value object) = 0;
};

}  // namespace knarr::apiserver
