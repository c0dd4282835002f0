// SPDX-License-Identifier: Apache-2.0
#include "apiserver/endpoints/json_complaint.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)knarr::apiserver::json_complaint({reinterpret_cast<const char*>(data), size});
  return 0;
}
