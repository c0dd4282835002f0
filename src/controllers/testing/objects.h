// SPDX-License-Identifier: Apache-2.0
// Objects for tests, from JSON.
#pragma once

#include "codec/json.h"
#include "object/document.h"

#include <string_view>

namespace knarr::controllers::testing {

/// A document; empty when the JSON is no good.
inline object::Document document(std::string_view json) {
  auto draft = codec::parse_json(json);
  return draft ? draft->freeze() : object::Document();
}

}  // namespace knarr::controllers::testing
