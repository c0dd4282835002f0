// SPDX-License-Identifier: Apache-2.0
// Cancellation. A CancelSource cancels once; its CancelTokens, cheap to copy, tell. A source made
// with a parent token is cancelled with the parent. Safe across threads.
#pragma once

#include "base/function.h"

#include <memory>
#include <stop_token>
#include <utility>

namespace knarr {

/// Tells whether somebody wants the work to end. A default one is never cancelled.
class CancelToken {
 public:
  CancelToken() = default;
  explicit CancelToken(std::stop_token token) : token_(std::move(token)) {}

  [[nodiscard]] bool is_cancelled() const { return token_.stop_requested(); }
  /// False for a token that nobody can ever cancel.
  [[nodiscard]] bool can_be_cancelled() const { return token_.stop_possible(); }
  [[nodiscard]] const std::stop_token& native() const { return token_; }

 private:
  std::stop_token token_;
};

/// Runs `callback` once when the token is cancelled: on the cancelling thread, or inside this
/// constructor if it is already. After the destructor returned it does not run any more; the
/// destructor waits for a run on another thread.
class CancelCallback {
 public:
  CancelCallback(const CancelToken& token, UniqueFunction<void()> callback)
      : callback_(token.native(), std::move(callback)) {}

 private:
  std::stop_callback<UniqueFunction<void()>> callback_;
};

class CancelSource {
 public:
  CancelSource() = default;
  /// Is cancelled with `parent`, or alone.
  explicit CancelSource(const CancelToken& parent) {
    if (!parent.can_be_cancelled()) return;
    link_ = std::make_unique<CancelCallback>(
        parent, [source = source_]() mutable { source.request_stop(); });
  }
  CancelSource(CancelSource&&) noexcept = default;
  CancelSource& operator=(CancelSource&&) noexcept = default;
  CancelSource(const CancelSource&) = delete;
  CancelSource& operator=(const CancelSource&) = delete;
  ~CancelSource() = default;

  /// Cancels and runs the callbacks of all tokens, on this thread. Any thread; again does nothing.
  void cancel() { source_.request_stop(); }
  [[nodiscard]] bool is_cancelled() const { return source_.stop_requested(); }
  [[nodiscard]] CancelToken token() const { return CancelToken(source_.get_token()); }

 private:
  std::stop_source source_;
  std::unique_ptr<CancelCallback> link_;
};

}  // namespace knarr
