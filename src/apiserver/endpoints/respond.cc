// SPDX-License-Identifier: Apache-2.0
// Bytes of replies. Built-in documents hold no kind and apiVersion; they are written in front.
#include "apiserver/endpoints/respond.h"

#include "api/types.h"
#include "codec/json.h"
#include "codec/protobuf.h"
#include "codec/typed.h"
#include "codec/yaml.h"

#include <fmt/core.h>

namespace knarr::apiserver {

using object::Document;
using object::Draft;
using object::NodeRef;
using object::Type;
using object::Value;
namespace atom = object::atom;

namespace {

// {"kind":"Pod","apiVersion":"v1", and then the object's own fields.
void write_json_object(std::string& out, const Document& object, std::string_view api_version,
                       std::string_view kind) {
  if (object[atom::kind].exists() || kind.empty()) {
    codec::write_json(out, object);
    return;
  }
  out += "{\"kind\":";
  codec::write_json_string(out, kind);
  out += ",\"apiVersion\":";
  codec::write_json_string(out, api_version);
  const std::size_t brace = out.size();
  codec::write_json(out, object);
  if (out.size() == brace + 2) {  // "{}"
    out.erase(brace, 1);
  } else {
    out[brace] = ',';
  }
}

void write_yaml_object(std::string& out, const Document& object, std::string_view api_version,
                       std::string_view kind) {
  Draft draft = Draft::from(object);
  if (!kind.empty() && !draft[atom::kind].exists()) {
    draft.root().set("kind", kind);
    draft.root().set("apiVersion", api_version);
  }
  codec::write_yaml(out, draft.root());
}

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) out += static_cast<char>(0x80U | (value & 0x7FU));
  out += static_cast<char>(value);
}

void put_bytes_field(std::string& out, int number, std::string_view bytes) {
  put_varint(out, static_cast<std::uint64_t>(number) << 3U | 2U);
  put_varint(out, bytes.size());
  out += bytes;
}

Document list_metadata(const ListReply& list) {
  Draft draft;
  NodeRef metadata = draft.root().ensure_map("metadata");
  metadata.set_map();
  if (list.revision != 0) metadata.set("resourceVersion", std::to_string(list.revision));
  if (!list.continue_token.empty()) metadata.set("continue", list.continue_token);
  if (list.remaining) metadata.set("remainingItemCount", *list.remaining);
  return Draft::freeze(metadata);
}

std::string list_kind(const ListReply& list) {
  return list.list_kind.empty() ? std::string(list.kind) + "List" : std::string(list.list_kind);
}

std::string_view event_name(WatchItem::Type type) {
  switch (type) {
    case WatchItem::Type::Added: return "ADDED";
    case WatchItem::Type::Modified: return "MODIFIED";
    case WatchItem::Type::Deleted: return "DELETED";
    case WatchItem::Type::Bookmark: return "BOOKMARK";
    case WatchItem::Type::Error: return "ERROR";
  }
  return "";
}

std::string_view group_of_meta(std::string_view version) {
  return version == "v1beta1" ? "meta.k8s.io/v1beta1" : "meta.k8s.io/v1";
}

// The object of an item; a bookmark that ends the initial events says so in an annotation
// (BEHAVIOURS 31).
Document marked_bookmark(const WatchItem& item, Type type) {
  if (item.type != WatchItem::Type::Bookmark) return item.object;
  Draft draft = Draft::from(item.object);
  NodeRef metadata = draft.root().ensure_map("metadata");
  if (item.initial_events_end) {
    metadata.ensure_map("annotations").set("k8s.io/initial-events-end", "true");
  }
  return type ? codec::freeze_typed(draft, type) : draft.freeze();
}

}  // namespace

Document status_document(const Error* error, const ErrorDetails* success) {
  Draft draft;
  NodeRef status = draft.root();
  NodeRef metadata = status.ensure_map("metadata");
  if (error != nullptr && !error->continue_token().empty()) {
    metadata.set("continue", error->continue_token());
  }
  status.set("status", error == nullptr ? "Success" : "Failure");
  const ErrorDetails& details = error != nullptr ? error->details() : *success;
  if (error != nullptr) {
    status.set("message", error->message());
    if (!to_string(error->reason()).empty()) status.set("reason", to_string(error->reason()));
    status.set("code", error->code());
  }
  const bool any = !details.name.empty() || !details.group.empty() || !details.kind.empty() ||
                   !details.uid.empty() ||
                   (error != nullptr && (!error->causes().empty() || error->retry_after() ||
                                         error->has_empty_details()));
  if (any) {
    NodeRef out = status.ensure_map("details");
    if (!details.name.empty()) out.set("name", details.name);
    if (!details.group.empty()) out.set("group", details.group);
    if (!details.kind.empty()) out.set("kind", details.kind);
    if (!details.uid.empty()) out.set("uid", details.uid);
    if (error != nullptr && !error->causes().empty()) {
      NodeRef causes = out.ensure_list("causes");
      for (const Cause& cause : error->causes()) {
        NodeRef item = causes.append();
        item.set_map();
        if (!cause.type.empty()) item.set("reason", cause.type);
        if (!cause.message.empty()) item.set("message", cause.message);
        if (!cause.field.empty()) item.set("field", cause.field);
      }
    }
    if (error != nullptr && error->retry_after()) {
      out.set("retryAfterSeconds", static_cast<long>(error->retry_after()->count()));
    }
  }
  return codec::freeze_typed(draft, api::types().find("meta/v1.Status"));
}

void encode_object(std::string& out, Format format, const Document& object, Type type,
                   std::string_view api_version, std::string_view kind) {
  switch (format) {
    case Format::Json:
      write_json_object(out, object, api_version, kind);
      out += '\n';
      break;
    case Format::Yaml: write_yaml_object(out, object, api_version, kind); break;
    case Format::Protobuf: codec::encode_envelope(out, api_version, kind, object, type); break;
  }
}

void ListEncoder::begin(std::string& out) const {
  if (format_ != Format::Json) return;
  out += "{\"kind\":";
  codec::write_json_string(out, list_kind(list_));
  out += ",\"apiVersion\":";
  codec::write_json_string(out, list_.api_version);
  out += ",\"metadata\":";
  codec::write_json(out, list_metadata(list_).root());
  // Go's list of partial objects is nil when it is empty.
  out += list_.items.empty() && list_.kind == "PartialObjectMetadata" ? ",\"items\":null" : ",\"items\":[";
}

void ListEncoder::item(std::string& out, std::size_t index) const {
  if (format_ != Format::Json) return;
  if (index != 0) out += ',';
  codec::write_json(out, list_.items[index]);
}

void ListEncoder::end(std::string& out) const {
  if (format_ == Format::Json) {
    out += list_.items.empty() && list_.kind == "PartialObjectMetadata" ? "}\n" : "]}\n";
    return;
  }
  if (format_ == Format::Protobuf) {
    std::string raw;
    std::string part;
    codec::encode_protobuf(part, list_metadata(list_).root(), api::types().find("meta/v1.ListMeta"));
    put_bytes_field(raw, 1, part);
    for (const Document& item : list_.items) {
      part.clear();
      codec::encode_protobuf(part, item, list_.type);
      put_bytes_field(raw, 2, part);
    }
    codec::encode_envelope_raw(out, list_.api_version, list_kind(list_), raw);
    return;
  }
  Draft draft;
  draft.root().set("kind", list_kind(list_));
  draft.root().set("apiVersion", list_.api_version);
  draft.root().ensure("metadata").assign(list_metadata(list_).root());
  NodeRef items = draft.root().ensure_list("items");
  for (const Document& item : list_.items) items.append().assign(Draft::from(item).root());
  codec::write_yaml(out, draft.root());
}

Document partial_metadata(const Document& object, std::string_view meta_version) {
  Draft draft;
  draft.root().set("kind", "PartialObjectMetadata");
  draft.root().set("apiVersion", group_of_meta(meta_version));
  draft.root().ensure("metadata").assign(object[atom::metadata]);
  Document result = draft.freeze();
  if (object.resource_version() != 0) result.set_resource_version(object.resource_version());
  return result;
}

void as_partial_list(ListReply& list, std::string_view meta_version) {
  for (Document& item : list.items) item = partial_metadata(item, meta_version);
  list.type = api::types().find("meta/v1.PartialObjectMetadata");
  list.api_version = group_of_meta(meta_version);
  list.kind = "PartialObjectMetadata";
  list.list_kind = "PartialObjectMetadataList";
}

void encode_table_event(std::string& out, const WatchReply& watch, const WatchItem& item,
                        const TableOptions& options) {
  out += "{\"type\":\"";
  out += event_name(item.type);
  out += "\",\"object\":";
  const Document object = marked_bookmark(item, watch.type);
  TableOptions shown = options;
  // Clients look for the mark in what the row holds.
  if (item.initial_events_end && shown.include == TableOptions::Include::None) {
    shown.include = TableOptions::Include::Metadata;
  }
  write_table(out, *watch.served, shown, std::span(&object, 1), {object.resource_version(), {}, {}});
  if (out.back() == '\n') out.pop_back();
  out += "}\n";
}

void encode_watch_event(std::string& out, const WatchReply& watch, const WatchItem& item,
                        const Accepted& accepted) {
  Document object = marked_bookmark(item, watch.type);
  Type type = watch.type;
  std::string_view api_version = watch.api_version;
  std::string_view kind = watch.kind;
  if (item.type == WatchItem::Type::Error) {
    object = status_document(&*item.error, nullptr);
    type = api::types().find("meta/v1.Status");
    api_version = "v1";
    kind = "Status";
  }
  if (item.type != WatchItem::Type::Error && accepted.as == As::PartialMetadata) {
    object = partial_metadata(object, accepted.meta_version);
    type = api::types().find("meta/v1.PartialObjectMetadata");
    api_version = group_of_meta(accepted.meta_version);
    kind = "PartialObjectMetadata";
  }
  if (accepted.format != Format::Protobuf) {
    out += "{\"type\":\"";
    out += event_name(item.type);
    out += "\",\"object\":";
    write_json_object(out, object, api_version, kind);
    out += "}\n";
    return;
  }
  // A frame is a length and a bare WatchEvent whose object is a whole envelope.
  std::string inner;
  codec::encode_envelope(inner, api_version, kind, object, type);
  std::string extension;
  put_bytes_field(extension, 1, inner);
  std::string event;
  put_bytes_field(event, 1, event_name(item.type));
  put_bytes_field(event, 2, extension);
  const auto size = static_cast<std::uint32_t>(event.size());
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(size >> static_cast<unsigned>(shift));
  out += event;
}

}  // namespace knarr::apiserver
