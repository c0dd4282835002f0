// SPDX-License-Identifier: Apache-2.0
// Any patch on any object: two JSON texts with a line between them. Types come from no table (custom
// objects), where the walks are the freest.
#include "codec/json.h"
#include "object/draft.h"
#include "schema/patch/field_set.h"
#include "schema/patch/json_patch.h"
#include "schema/patch/managed_fields.h"
#include "schema/patch/merge_patch.h"
#include "schema/patch/server_side_apply.h"
#include "schema/patch/strategic_merge.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace {

using knarr::object::Draft;

void patch(std::string_view object_text, std::string_view patch_text) {
  const auto object = knarr::codec::parse_json(object_text);
  const auto patch = knarr::codec::parse_json(patch_text);
  if (!object || !patch) return;
  Draft draft = Draft::from(object->root());
  (void)knarr::schema::apply_json_patch(draft, patch->root());
  draft = Draft::from(object->root());
  (void)knarr::schema::apply_merge_patch(draft, patch->root());
  draft = Draft::from(object->root());
  (void)knarr::schema::apply_strategic_merge_patch(draft, patch->root(), {});
  const auto live = Draft::freeze(object->root());
  (void)knarr::schema::server_side_apply(&live, patch->root(), {}, {"m", "", "", "", true, "", {}});
  draft = Draft::from(patch->root());
  knarr::schema::update_managed_fields(&live, draft, {}, {"m", "v1", "", "", {}});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto fields = knarr::schema::FieldSet::parse(text)) {
    std::string out;
    fields->write(out);
  }
  const std::size_t line = text.find('\n');
  if (line != std::string_view::npos) patch(text.substr(0, line), text.substr(line + 1));
  return 0;
}
