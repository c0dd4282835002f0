// SPDX-License-Identifier: Apache-2.0
// Content negotiation: which format and which transformation a client accepts.
// Source: k8s.io/apiserver endpoints/handlers/negotiation; RFC 9110 12.5.1.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string_view>

namespace knarr::apiserver {

enum class Format : std::uint8_t { Json, Yaml, Protobuf };

/// What `as=` asks for: nothing, a Table, or objects cut down to their metadata.
enum class As : std::uint8_t { Object, Table, PartialMetadata };

struct Accepted {
  Format format = Format::Json;
  As as = As::Object;
  std::string_view table_version;  // "v1" or "v1beta1".
  bool stream_watch = false;       // ";stream=watch" was asked for.
  bool pretty = false;
};

/// The best of what an Accept header names. An empty header accepts JSON.
/// Errors: NotAcceptable naming what there is. `watch`: YAML is no watch format.
Result<Accepted> negotiate(std::string_view accept, bool watch);

/// "application/json", ...
std::string_view content_type(Format format);

/// The format of a request body's Content-Type; parameters are ignored, empty is JSON.
/// Errors: UnsupportedMediaType.
Result<Format> body_format(std::string_view content_type);

}  // namespace knarr::apiserver
