// SPDX-License-Identifier: Apache-2.0
// Applies the conversions that api/ declares.
#include "api/conversion.h"

#include "api/autoscaler_conversion.h"
#include "api/conversion_table.h"
#include "base/check.h"
#include "codec/typed.h"

#include <string>
#include <vector>

namespace knarr::api {
namespace {

using object::Document;
using object::Draft;
using object::NodeRef;
using object::Type;

struct Found {
  const ConversionRow* row = nullptr;
  bool reversed = false;
};

Found find_conversion(Type from, Type to) {
  for (const ConversionRow& row : conversions().rows) {
    if (row.from == from.index() && row.to == to.index()) return {&row, false};
    if (row.from == to.index() && row.to == from.index()) return {&row, true};
  }
  return {};
}

std::span<const RenameRow> renames_of(const ConversionRow& row) {
  return conversions().renames.subspan(row.first_rename, row.rename_count);
}

void rename_fields(NodeRef object, const Found& found) {
  const ConversionTable& table = conversions();
  // In two steps: a name may be the old one of one field and the new one of another.
  std::vector<std::pair<std::string_view, NodeRef>> moved;
  Draft aside;
  for (const RenameRow& rename : renames_of(*found.row)) {
    const std::string_view from = table.text(found.reversed ? rename.to : rename.from);
    const std::string_view to = table.text(found.reversed ? rename.from : rename.to);
    NodeRef value = object[from];
    if (!value.exists()) continue;
    NodeRef kept = aside.root().ensure(to);
    kept.assign(value);
    moved.emplace_back(to, kept);
    object.erase(from);
  }
  for (auto& [name, value] : moved) object.ensure(name).assign(value);
}

void run_hook(std::string_view name, NodeRef object, bool reversed) {
  if (name.empty()) return;
  CHECK(name == "horizontal_pod_autoscaler");
  reversed ? autoscaler_to_v1(object) : autoscaler_from_v1(object);
}

/// "autoscaling/v2.HorizontalPodAutoscaler" -> "autoscaling/v2", "core/v1.Event" -> "v1"
std::string_view api_version_of(Type type) {
  std::string_view name = type.name();
  name = name.substr(0, name.rfind('.'));
  if (name.starts_with("core/")) name.remove_prefix(5);
  return name;
}

}  // namespace

Result<> convert(Draft& draft, Type from, Type to) {
  NodeRef object = draft.root();
  if (const Found found = find_conversion(from, to); found.row != nullptr) {
    rename_fields(object, found);
    run_hook(conversions().text(found.row->hook), object, found.reversed);
  }
  if (from != to && object["apiVersion"].exists()) object.set("apiVersion", api_version_of(to));
  return ok();
}

Document convert(const Document& document, Type from, Type to) {
  Draft draft = Draft::from(document);
  MUST(convert(draft, from, to));
  return codec::freeze_typed(draft, to);
}

std::string_view converted_field(std::string_view field, Type from, Type to) {
  const Found found = find_conversion(from, to);
  if (found.row == nullptr) return field;
  for (const RenameRow& rename : renames_of(*found.row)) {
    const std::string_view old_name = conversions().text(found.reversed ? rename.to : rename.from);
    if (old_name == field) return conversions().text(found.reversed ? rename.from : rename.to);
  }
  return field;
}

}  // namespace knarr::api
