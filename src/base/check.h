// SPDX-License-Identifier: Apache-2.0
// CHECK and MUST: for our own bugs only. They print where and what, then end the process with a
// stack trace. Never for what a client, a peer or a disk sent: that is an Error.
#pragma once

#include <string_view>
#include <utility>

namespace knarr {

/// Prints "file:line: message" and a stack trace to standard error, then aborts.
[[noreturn]] void fail_check(const char* file, int line, std::string_view message);

}  // namespace knarr

#define CHECK(...)                                                        \
  do {                                                                    \
    if (!(__VA_ARGS__)) [[unlikely]]                                      \
      ::knarr::fail_check(__FILE__, __LINE__, "CHECK(" #__VA_ARGS__ ")"); \
  } while (false)

/// Gives the value of a Result that cannot fail unless we have a bug.
#define MUST(...)                                                                   \
  __extension__({                                                                   \
    auto&& knarr_must_result = (__VA_ARGS__);                                       \
    if (!knarr_must_result) [[unlikely]]                                            \
      ::knarr::fail_check(__FILE__, __LINE__, knarr_must_result.error().message()); \
    std::move(knarr_must_result).value();                                           \
  })
