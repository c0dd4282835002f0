// SPDX-License-Identifier: Apache-2.0
// The options of lists and watches, and what selects among objects. Private to endpoints/.
#pragma once

#include "api/label_selector.h"
#include "apiserver/endpoints/endpoint.h"
#include "schema/field_selector.h"

#include <chrono>
#include <optional>
#include <string>

namespace knarr::apiserver {

/// Which objects of a collection a request is about.
struct Selection {
  api::LabelSelector labels;
  schema::FieldSelector fields;
  std::string key_prefix;  // "namespace/" or "".

  [[nodiscard]] bool everything() const { return labels.selects_everything() && fields.empty(); }
  /// `object` is at the stored version.
  [[nodiscard]] bool matches(const object::Document& object) const;
};

struct ListOptions {
  Selection selection;
  std::string resource_version;
  std::string version_match;
  std::int64_t limit = 0;
  std::string continue_token;
  bool watch = false;
  bool bookmarks = false;
  std::optional<bool> send_initial_events;
  std::optional<std::chrono::seconds> timeout;
};

/// Errors: Invalid (ListOptions, field), BadRequest (selectors, numbers).
Result<ListOptions> read_list_options(const Call& call);

/// A revision from its text; 0 for "" and "0". Errors: BadRequest.
Result<Revision> parse_version(std::string_view text);

/// Waits until memory has reached a revision. Errors: Timeout after three seconds (BEHAVIOURS 135).
Task<Result<>> wait_for_version(WatchCache& cache, std::string version);

/// The list that a request asks for, at the served version.
Task<Result<ListReply>> read_list(Call* call);

}  // namespace knarr::apiserver
