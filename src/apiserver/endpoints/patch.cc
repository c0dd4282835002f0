// SPDX-License-Identifier: Apache-2.0
// PATCH: JSON, merge and strategic merge patches and server-side apply. The patch is applied to the
// served form of the current object; a conflict re-runs it on a newer one (BEHAVIOURS 41-44, 140-145).
#include "apiserver/endpoints/endpoint.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "schema/defaulting.h"
#include "schema/field_error.h"
#include "schema/patch/json_patch.h"
#include "schema/patch/merge_patch.h"
#include "schema/patch/server_side_apply.h"
#include "schema/patch/strategic_merge.h"

#include <fmt/format.h>

namespace knarr::apiserver {

using object::Document;
using object::Draft;
using object::NodeRef;
namespace atom = object::atom;

namespace {

enum class PatchKind : std::uint8_t { Json, Merge, Strategic, Apply };

// Case counts, parameters do not (BEHAVIOURS 142).
Result<PatchKind> patch_kind(const Call& call) {
  std::string_view type = call.request->content_type;
  type = type.substr(0, type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  if (type == "application/json-patch+json") return PatchKind::Json;
  if (type == "application/merge-patch+json") return PatchKind::Merge;
  if (type == "application/strategic-merge-patch+json" && call.served->type) return PatchKind::Strategic;
  if (type == "application/apply-patch+yaml") return PatchKind::Apply;
  return Error(Reason::UnsupportedMediaType, "415: Unsupported Media Type").with_empty_details();
}

struct Patch {
  PatchKind kind = PatchKind::Json;
  Draft tree;
  codec::JsonNotes notes;
};

Result<Patch> read_patch(Call& call, PatchKind kind) {
  Patch patch{kind, {}, {}};
  if (auto* draft = std::get_if<Draft>(&call.request->body)) {
    patch.tree = std::move(*draft);
    return patch;
  }
  const auto* wire = std::get_if<WireBody>(&call.request->body);
  const std::string_view bytes = wire != nullptr ? std::string_view(wire->bytes) : "";
  codec::JsonNotes notes;
  auto tree = kind == PatchKind::Apply ? codec::parse_yaml(bytes, {}, &notes)
                                       : codec::parse_json(bytes, {}, &notes);
  if (!tree) {
    return Error(Reason::BadRequest,
                 kind == PatchKind::Apply
                     ? fmt::format("error decoding YAML: {}", tree.error().message())
                     : tree.error().message());
  }
  patch.tree = std::move(*tree);
  patch.notes = std::move(notes);
  return patch;
}

// The served form of the current object with the patch applied, not yet decoded.
Result<Draft> patch_tree(const Call& call, const Patch& patch, const Document& current) {
  const Served& served = *call.served;
  Draft draft = Draft::from(call.parts->registry.to_served(served, current));
  draft.root().set("kind", served.row->kind());
  draft.root().set("apiVersion", served.api_version);
  switch (patch.kind) {
    case PatchKind::Json: TRY(schema::apply_json_patch(draft, patch.tree.root())); break;
    case PatchKind::Merge: TRY(schema::apply_merge_patch(draft, patch.tree.root())); break;
    case PatchKind::Strategic:
      TRY(schema::apply_strategic_merge_patch(draft, patch.tree.root(), served.type));
      break;
    case PatchKind::Apply: break;
  }
  return draft;
}

// A patch that gives no good object of the kind: 422 on the field "patch" that quotes the result
// (BEHAVIOURS 140). Decoding has changed the tree, so it is made anew.
Error undecodable(const Call& call, const Patch& patch, const Document& current,
                  std::string_view why) {
  std::string quoted;
  if (auto again = patch_tree(call, patch, current)) {
    again->root().sort_keys_deep();
    codec::write_json(quoted, again->root());
  }
  schema::FieldErrors errors;
  errors.invalid(schema::FieldPath("patch"), std::string_view(quoted), why);
  return std::move(errors).to_error("", "", "");
}

Result<Draft> patched(Call& call, const Patch& patch, const Document& current,
                      const WriteOptions& options) {
  const Served& served = *call.served;
  Draft draft = TRY(patch_tree(call, patch, current));
  const std::string_view kind = draft[atom::kind].as_string();
  const std::string_view api_version = draft[atom::apiVersion].as_string();
  if (kind != served.row->kind() || api_version != served.api_version) {
    return undecodable(call, patch, current,
                       fmt::format("the patch makes it a {} of {}, but it is a {} of {}",
                                   kind.empty() ? "thing without kind" : kind,
                                   api_version.empty() ? "no version" : api_version,
                                   served.row->kind(), served.api_version));
  }
  draft.root().sort_keys_deep();  // Problems are told in the order of keys.
  codec::DecodeNotes notes;
  notes.duplicate_fields = patch.notes.duplicate_fields;
  notes.problems = patch.notes.problems;
  auto decoded = codec::decode_typed(draft.root(), served.type, &notes);
  if (!decoded) return undecodable(call, patch, current, decoded.error().message());
  call.warnings.clear();
  const std::vector<std::string>& problems = notes.problems;
  if (options.validation == WriteOptions::Validation::Strict && !problems.empty()) {
    return undecodable(call, patch, current, fmt::format("strict decoding error: {}", fmt::join(problems, ", ")));
  }
  if (options.validation == WriteOptions::Validation::Warn) call.warnings = problems;
  draft.root().erase(atom::kind);
  draft.root().erase(atom::apiVersion);
  return draft;
}

// Name and namespace of a patched object must stay those of the URL.
Result<> keep_identity(const Call& call, NodeRef object) {
  NodeRef metadata = object.ensure_map("metadata");
  const std::string_view name = metadata[atom::name].as_string();
  if (name.empty()) return undetermined_name(call.info().name);
  if (name != call.info().name) {
    return Error(Reason::BadRequest,
                 fmt::format("the name of the object ({}) does not match the name on the URL ({})",
                             name, call.info().name));
  }
  if (!call.collection().namespaced) return ok();
  const std::string_view space = metadata[atom::namespace_].as_string();
  if (space != call.info().namespace_) {
    return Error(Reason::BadRequest,
                 "the namespace of the provided object does not match the namespace sent on the "
                 "request");
  }
  return ok();
}

Task<Result<ApiReply>> modify(Call* call, Patch patch, WriteOptions options) {
  Registry& registry = call->parts->registry;
  const Served& served = *call->served;
  WriteCall write = write_call(*call, options);
  write.is_patch = true;
  auto written = co_await registry.update(
      &write, [&](const Document* current) -> Result<Draft> {
        if (current == nullptr) return call->collection().not_found(call->info().name);
        Draft draft = TRY(patched(*call, patch, *current, options));
        TRY(keep_identity(*call, draft.root()));
        schema::apply_defaults(draft.root(), served.type);
        TRY(track_fields(write, served, registry, current, draft, registry.clock().system_now()));
        TRY(registry.to_stored(served, draft));
        return draft;
      });
  call->warnings.insert(call->warnings.end(), write.warnings.begin(), write.warnings.end());
  if (!written) co_return std::move(written).error();
  co_return object_reply(*call, written->object, 200);
}

// What an applied configuration must say of itself; the URL fills in the rest (BEHAVIOURS 143).
Result<> check_applied(Call& call, NodeRef applied) {
  const Served& served = *call.served;
  if (!applied.is_map()) {
    return Error(Reason::BadRequest, "error decoding YAML: an applied configuration must be a map");
  }
  NodeRef metadata = applied.ensure_map("metadata");
  if (metadata[atom::name].as_string().empty()) metadata.set("name", call.info().name);
  if (served.collection->namespaced && metadata[atom::namespace_].as_string().empty()) {
    metadata.set("namespace", call.info().namespace_);
  }
  if (!served.collection->namespaced) metadata.erase(atom::namespace_);
  return keep_identity(call, applied);
}

Task<Result<ApiReply>> apply(Call* call, Patch patch, WriteOptions options) {
  Registry& registry = call->parts->registry;
  const Served& served = *call->served;
  CO_TRY(check_applied(*call, patch.tree.root()));
  WriteCall write = write_call(*call, options);
  write.is_apply = true;
  write.create_if_absent = call->info().subresource.empty();
  auto written = co_await registry.update(
      &write, [&](const Document* current) -> Result<Draft> {
        if (current == nullptr) TRY(require_create(*call));
        Draft draft = TRY(apply_fields(write, served, registry, current, patch.tree, options.force,
                                       registry.clock().system_now()));
        TRY(registry.to_stored(served, draft));
        return draft;
      });
  call->warnings.insert(call->warnings.end(), write.warnings.begin(), write.warnings.end());
  if (!written) co_return std::move(written).error();
  co_return object_reply(*call, written->object, written->created ? 201 : 200);
}

Task<Result<ApiReply>> serve(Call* call) {
  const PatchKind kind = CO_TRY(patch_kind(*call));
  WriteOptions options = CO_TRY(read_write_options(
      *call, kind == PatchKind::Apply ? WriteVerb::Apply : WriteVerb::Patch));
  Patch patch = CO_TRY(read_patch(*call, kind));
  if (kind == PatchKind::Apply) co_return co_await apply(call, std::move(patch), std::move(options));
  co_return co_await modify(call, std::move(patch), std::move(options));
}

}  // namespace

Task<ApiReply> serve_patch(Call* call) {
  auto reply = co_await serve(call);
  if (!reply) co_return failed(*call, std::move(reply).error());
  co_return std::move(*reply);
}

}  // namespace knarr::apiserver
