// SPDX-License-Identifier: Apache-2.0
// Ends the process on a bug of ours. Uses _Unwind_Backtrace: backtrace(3) would load libgcc_s at
// run time, which a static program cannot.
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

#include <unwind.h>

namespace knarr {
namespace {

_Unwind_Reason_Code print_frame(_Unwind_Context* context, void* depth) {
  int& count = *static_cast<int*>(depth);
  std::fprintf(stderr, "  #%d %p\n", count, reinterpret_cast<void*>(_Unwind_GetIP(context)));
  return ++count < 64 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

}  // namespace

void fail_check(const char* file, int line, std::string_view message) {
  std::fprintf(stderr, "knarr: bug at %s:%d: %.*s\n", file, line, static_cast<int>(message.size()),
               message.data());
  int depth = 0;
  _Unwind_Backtrace(print_frame, &depth);
  std::fflush(stderr);
  std::abort();
}

}  // namespace knarr
