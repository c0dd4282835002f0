// SPDX-License-Identifier: Apache-2.0
// Replies as bytes: objects, lists, Status, in the format and shape a client accepts. The one place
// that turns an Error into a wire Status.
#pragma once

#include "apiserver/api.h"
#include "apiserver/endpoints/negotiate.h"
#include "apiserver/table/table.h"

#include <span>
#include <string>
#include <string_view>

namespace knarr::apiserver {

/// The meta/v1 Status of an error (or, with a null error, of a success).
object::Document status_document(const Error* error, const ErrorDetails* details);

/// One object with its kind and apiVersion. `type` may be false (custom objects: JSON only).
void encode_object(std::string& out, Format format, const object::Document& object,
                   object::Type type, std::string_view api_version, std::string_view kind);

/// A list in pieces, so that memory does not grow with it: begin, items..., end.
class ListEncoder {
 public:
  ListEncoder(const ListReply& list, Format format) : list_(list), format_(format) {}
  void begin(std::string& out) const;
  void item(std::string& out, std::size_t index) const;
  void end(std::string& out) const;
  /// Protobuf's envelope must know the size of all: measured by encoding once without keeping.
 private:
  const ListReply& list_;
  Format format_;
};

/// The metadata of an object alone, as a PartialObjectMetadata with its kind and apiVersion.
object::Document partial_metadata(const object::Document& object, std::string_view meta_version);

/// Turns a list into one of PartialObjectMetadata. `meta_version`: "v1" or "v1beta1".
void as_partial_list(ListReply& list, std::string_view meta_version);

/// One frame of a watch whose objects are Tables (JSON).
void encode_table_event(std::string& out, const WatchReply& watch, const WatchItem& item,
                        const TableOptions& options);

/// One frame of a watch.
void encode_watch_event(std::string& out, const WatchReply& watch, const WatchItem& item,
                        const Accepted& accepted);

}  // namespace knarr::apiserver
