// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error, and the macros that pass an Error on. TRY is for ordinary
// functions, CO_TRY for coroutines; both are statement expressions that give the value.
#pragma once

#include "base/error.h"

#include <expected>
#include <utility>

namespace knarr {

template <typename T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using Base = std::expected<T, Error>;
  using Base::Base;
  using value_type = T;
  Result(Error error)
      : Base(std::unexpect, std::move(error)) {}  // NOLINT(google-explicit-constructor)
};

/// The Result of a function that has nothing to return but may fail: `return ok();`.
inline Result<> ok() {
  return {};
}

}  // namespace knarr

#define KNARR_TRY_(expression, leave)                            \
  __extension__({                                                \
    auto&& knarr_try_result = (expression);                      \
    if (!knarr_try_result) [[unlikely]] {                        \
      leave ::knarr::Error(std::move(knarr_try_result).error()); \
    }                                                            \
    std::move(knarr_try_result).value();                         \
  })

/// Gives the value of a Result or returns its Error from this function.
#define TRY(...) KNARR_TRY_((__VA_ARGS__), return)
/// The same inside a coroutine: `auto pods = CO_TRY(co_await client_.list(...));`.
#define CO_TRY(...) KNARR_TRY_((__VA_ARGS__), co_return)
