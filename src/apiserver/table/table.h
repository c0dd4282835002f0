// SPDX-License-Identifier: Apache-2.0
// The Table form of objects and lists: what `kubectl get` prints. Columns and cells come from the
// API description; cells that need computing are hooks in cells_*.cc.
// Source: k8s.io/kubernetes printers, k8s.io/apimachinery meta/v1 Table.
#pragma once

#include "apiserver/registry/collection.h"
#include "base/clock.h"
#include "base/result.h"
#include "object/document.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace knarr::apiserver {

struct TableOptions {
  enum class Include : std::uint8_t { None, Metadata, Object } include = Include::Metadata;
  std::string_view version = "v1";  // Of meta.k8s.io: v1 or v1beta1.
  bool headers = true;              // Watches send the column definitions once.
  SystemTime now;                   // For ages.
};

/// Reads includeObject. Errors: BadRequest.
Result<TableOptions::Include> parse_include(std::string_view text);

struct TableMeta {
  Revision revision = 0;
  std::string_view continue_token;
  std::optional<std::int64_t> remaining;
};

/// Appends the whole Table as JSON (with a newline). `items` are at the served version.
void write_table(std::string& out, const Served& served, const TableOptions& options,
                 std::span<const object::Document> items, const TableMeta& meta);

}  // namespace knarr::apiserver
