// SPDX-License-Identifier: Apache-2.0
#include "api/label_selector.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto selector = knarr::api::LabelSelector::parse(text)) {
    (void)selector->matches({});
    (void)selector->text();
  }
  return 0;
}
