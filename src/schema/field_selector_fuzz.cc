// SPDX-License-Identifier: Apache-2.0
#include "schema/field_selector.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto& fields = knarr::schema::builtin_selectable_fields("", "Pod");
  if (const auto selector = knarr::schema::FieldSelector::parse(text, fields, "v1", "Pod")) {
    (void)selector->matches({});
    (void)selector->text();
  }
  return 0;
}
