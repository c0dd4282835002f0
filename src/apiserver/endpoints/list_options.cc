// SPDX-License-Identifier: Apache-2.0
// List and watch options. Source: k8s.io/apimachinery apis/meta/internalversion/validation.
#include "apiserver/endpoints/list_options.h"

#include "schema/field_error.h"

#include <fmt/core.h>

#include <charconv>

namespace knarr::apiserver {

using schema::FieldErrors;
using schema::FieldPath;
namespace atom = object::atom;

namespace {

constexpr std::chrono::milliseconds kVersionPatience{3000};

Result<std::int64_t> int_parameter(const Query& query, std::string_view name) {
  if (!query.has(name)) return 0;
  const std::string_view text = query.get(name);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  return Error(Reason::BadRequest,
               fmt::format("strconv.ParseInt: parsing \"{}\": {}", text,
                           error == std::errc::result_out_of_range ? "value out of range"
                                                                   : "invalid syntax"));
}

void check_list_options(const ListOptions& options, FieldErrors& errors) {
  const FieldPath match("resourceVersionMatch");
  if (!options.version_match.empty()) {
    if (options.resource_version.empty()) {
      errors.forbidden(match, "resourceVersionMatch is forbidden unless resourceVersion is provided");
    }
    if (!options.continue_token.empty()) {
      errors.forbidden(match, "resourceVersionMatch is forbidden when continue is provided");
    }
    if (options.version_match != "Exact" && options.version_match != "NotOlderThan") {
      errors.not_supported(match, options.version_match, {"Exact", "NotOlderThan", ""});
    }
    if (options.version_match == "Exact" && options.resource_version == "0") {
      errors.forbidden(match, "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
    }
  }
  if (options.send_initial_events) {
    errors.forbidden(FieldPath("sendInitialEvents"), "sendInitialEvents is forbidden for list");
  }
}

void check_watch_options(const ListOptions& options, FieldErrors& errors) {
  const FieldPath match("resourceVersionMatch");
  if (options.send_initial_events && options.version_match != "NotOlderThan") {
    errors.forbidden(match, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
  if (options.version_match.empty()) return;
  if (!options.send_initial_events) {
    errors.forbidden(match, "resourceVersionMatch is forbidden for watch unless sendInitialEvents is "
                            "provided");
  }
  if (options.version_match != "NotOlderThan") {
    errors.not_supported(match, options.version_match, {"NotOlderThan"});
  }
  if (!options.continue_token.empty()) {
    errors.forbidden(match, "resourceVersionMatch is forbidden when continue is provided");
  }
}

}  // namespace

bool Selection::matches(const object::Document& object) const {
  return labels.matches(object[atom::metadata][atom::labels]) && fields.matches(object.root());
}

Result<Revision> parse_version(std::string_view text) {
  if (text.empty()) return 0;
  Revision value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  return Error(Reason::BadRequest,
               fmt::format("invalid resource version: resourceVersion: Invalid value: \"{}\": "
                           "strconv.ParseUint: parsing \"{}\": {}",
                           text, text,
                           error == std::errc::result_out_of_range ? "value out of range"
                                                                   : "invalid syntax"));
}

Task<Result<>> wait_for_version(WatchCache& cache, std::string version) {
  const Revision revision = CO_TRY(parse_version(version));
  if (revision <= cache.revision()) co_return ok();
  auto waited = co_await cache.wait_for(revision, kVersionPatience);
  if (!waited && waited.error().is(Reason::Timeout)) {
    co_return Error(Reason::Timeout, fmt::format("Too large resource version: {}, current: {}",
                                                 revision, cache.revision()))
        .with_causes({{"ResourceVersionTooLarge", "", "Too large resource version"}})
        .with_retry_after(std::chrono::seconds(1));
  }
  co_return waited;
}

Result<ListOptions> read_list_options(const Call& call) {
  const Query& query = call.query();
  const RequestInfo& info = call.info();
  ListOptions options;
  options.limit = TRY(int_parameter(query, "limit"));
  const std::int64_t timeout = TRY(int_parameter(query, "timeoutSeconds"));
  if (query.has("timeoutSeconds")) options.timeout = std::chrono::seconds(timeout);
  options.resource_version = query.get("resourceVersion");
  options.version_match = query.get("resourceVersionMatch");
  options.continue_token = query.get("continue");
  options.watch = info.verb == "watch";
  options.bookmarks = query.flag("allowWatchBookmarks");
  if (query.has("sendInitialEvents")) options.send_initial_events = query.flag("sendInitialEvents");

  options.selection.labels = TRY(api::LabelSelector::parse(query.get("labelSelector")));
  options.selection.fields =
      TRY(schema::FieldSelector::parse(
      query.get("fieldSelector"),
      schema::builtin_selectable_fields(call.served->row->group(), call.served->row->kind()),
      call.served->api_version, call.served->row->kind()));

  FieldErrors errors;
  if (options.watch) {
    check_watch_options(options, errors);
  } else {
    check_list_options(options, errors);
  }
  if (!errors.empty()) return std::move(errors).to_error("meta.k8s.io", "ListOptions", "");
  if (call.collection().namespaced && !info.namespace_.empty()) {
    options.selection.key_prefix = info.namespace_ + "/";
  }
  return options;
}

}  // namespace knarr::apiserver
