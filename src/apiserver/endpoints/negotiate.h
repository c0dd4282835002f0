// SPDX-License-Identifier: Apache-2.0
// Content negotiation: which format and which transformation a client accepts.
// Source: k8s.io/apiserver endpoints/handlers/negotiation; RFC 9110 12.5.1.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace knarr::apiserver {

enum class Format : std::uint8_t { Json, Yaml, Protobuf };

/// What `as=` asks for: nothing, a Table, or objects cut down to their metadata.
enum class As : std::uint8_t { Object, Table, PartialMetadata };

struct Accepted {
  Format format = Format::Json;
  As as = As::Object;
  std::string_view meta_version;  // Of meta.k8s.io, for a form other than Object: "v1", "v1beta1".
  bool partial_list = false;      // PartialObjectMetadataList: the answer must be a list.
  bool stream_watch = false;       // ";stream=watch" was asked for.
  bool pretty = false;
};

/// The best of what an Accept header names. An empty header accepts JSON.
/// Errors: NotAcceptable naming what there is. `watch`: YAML is no watch format.
Result<Accepted> negotiate(std::string_view accept, bool watch);

/// How a path that is no resource reads Accept: Exact refuses types it does not have by name, and
/// wildcards such as "application/*" (as go-restful does, in its words).
enum class PathMatch : std::uint8_t { Any, Exact };

/// Whether the types of an Accept header are known at all, before their parameters are looked at.
/// Errors: NotAcceptable, in the words of go-restful.
Result<> check_accept(std::string_view accept);

/// The format for an answer without transformations (discovery, version): clauses with "as" do not
/// count. Errors: NotAcceptable.
Result<Format> negotiate_path(std::string_view accept, PathMatch match);

/// The format of aggregated discovery (apidiscovery.k8s.io/v2), or nothing when no clause asks for
/// it. It is preferred to every other clause. v2beta1 is not served (BEHAVIOURS 137).
std::optional<Format> negotiate_discovery(std::string_view accept);

/// "application/json", ...
std::string_view content_type(Format format);

/// The format of a request body's Content-Type; parameters are ignored, empty is JSON.
/// Errors: UnsupportedMediaType.
Result<Format> body_format(std::string_view content_type);

}  // namespace knarr::apiserver
