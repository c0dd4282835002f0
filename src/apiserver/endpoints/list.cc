// SPDX-License-Identifier: Apache-2.0
// LIST: a walk over a snapshot. Pages pin a revision; their token is Kubernetes' own form
// (BEHAVIOURS 23, 32, 135).
#include "apiserver/endpoints/list_options.h"
#include "base/base64.h"
#include "codec/json.h"

#include <fmt/core.h>

namespace knarr::apiserver {

using object::Document;

namespace {

struct Page {
  Snapshot snapshot;
  std::string from;  // The first key wanted.
};

struct Token {
  std::int64_t revision = 0;  // -1: wherever the list is now ("inconsistent").
  std::string start;
};

std::string encode_token(std::int64_t revision, std::string_view last_key) {
  object::Draft draft;
  draft.root().set("v", "meta.k8s.io/v1");
  draft.root().set("rv", revision);
  draft.root().set("start", std::string(last_key) + '\0');
  std::string json;
  codec::write_json(json, draft.root());
  return base64_encode(json, Base64::UrlRaw);
}

Result<Token> decode_token(std::string_view text) {
  const auto refuse = [](std::string_view why) {
    return Error(Reason::BadRequest, fmt::format("continue key is not valid: {}", why));
  };
  const auto json = base64_decode(text, Base64::UrlRaw);
  if (!json) return refuse("illegal base64");
  auto draft = codec::parse_json(*json, {}, nullptr);
  if (!draft) return refuse(draft.error().message());
  if ((*draft)["v"].as_string() != "meta.k8s.io/v1") return refuse("server does not recognize this encoded version");
  const object::NodeRef version = (*draft)["rv"];
  const std::string_view start = (*draft)["start"].as_string();
  if (!version.is_int() || version.as_int() == 0) {
    return refuse("incorrect encoded start resourceVersion (version meta.k8s.io/v1)");
  }
  if (start.empty()) return refuse("encoded start key empty (version meta.k8s.io/v1)");
  return Token{version.as_int(), std::string(start)};
}

Error expired_page(std::string_view next) {
  // The client may go on from where it was, on the newest state (BEHAVIOURS 32).
  return Error(Reason::Expired,
               "The provided continue parameter is too old to display a consistent list result. You "
               "can start a new list without the continue parameter, or use the continue token in "
               "this response to retrieve the remainder of the results. Continuing with the provided "
               "token results in an inconsistent list - objects that were created, modified, or "
               "deleted between the time the first chunk was returned and now may show up in the "
               "list.")
      .with_continue(encode_token(-1, next));
}

Task<Result<Page>> continued(Call* call, const ListOptions* options) {
  const Token token = CO_TRY(decode_token(options->continue_token));
  if (!options->resource_version.empty() && options->resource_version != "0") {
    co_return Error(Reason::BadRequest, "specifying resource version is not allowed when using continue");
  }
  // A token of one namespace leads into no other.
  const std::string& prefix = options->selection.key_prefix;
  Page page{{}, prefix + token.start};
  if (token.revision < 0) {
    page.snapshot = call->collection().cache->snapshot();
    co_return page;
  }
  auto snapshot = call->collection().cache->snapshot_at(static_cast<Revision>(token.revision));
  if (!snapshot) {
    std::string_view start = token.start;
    if (!start.empty() && start.back() == '\0') start.remove_suffix(1);
    co_return expired_page(start);
  }
  page.snapshot = std::move(*snapshot);
  co_return page;
}

Task<Result<Page>> first_page(Call* call, const ListOptions* options) {
  const Revision revision = CO_TRY(parse_version(options->resource_version));
  CO_TRY(co_await wait_for_version(call->parts->registry.cache(), options->resource_version));
  const bool exact = options->version_match == "Exact" ||
                     (options->version_match.empty() && options->limit > 0 && revision != 0);
  Page page{{}, options->selection.key_prefix};
  if (exact) {
    auto snapshot = call->collection().cache->snapshot_at(revision);
    if (!snapshot) {
      co_return Error(Reason::Expired, "The resourceVersion for the provided list is too old.");
    }
    page.snapshot = std::move(*snapshot);
  } else {
    page.snapshot = call->collection().cache->snapshot();
  }
  co_return page;
}

std::string prefix_end(std::string prefix) {
  if (!prefix.empty()) prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

}  // namespace

Task<Result<ListReply>> read_list(Call* call) {
  const ListOptions options = CO_TRY(read_list_options(*call));
  const Page page = options.continue_token.empty() ? CO_TRY(co_await first_page(call, &options))
                                                   : CO_TRY(co_await continued(call, &options));
  const Served& served = *call->served;
  const bool unlimited = options.limit <= 0 || (options.resource_version == "0" &&
                                                options.continue_token.empty() &&
                                                options.version_match != "Exact");
  ListReply list{.items = {},
                 .type = served.type,
                 .api_version = served.api_version,
                 .kind = served.row->kind(),
                 .list_kind = served.row->list_kind(),
                 .revision = page.snapshot.revision(),
                 .continue_token = {},
                 .remaining = {},
                 .served = &served};
  const bool is_one = options.selection.fields.required("metadata.name").has_value();
  const std::string end = prefix_end(options.selection.key_prefix);
  std::string last;
  for (const CacheItem* item = page.snapshot.lower_bound(page.from); item != nullptr;
       item = page.snapshot.after(item->key)) {
    if (!end.empty() && item->key >= end) break;
    // Whether something selected comes later is not looked at: more objects, more pages.
    if (!unlimited && !is_one && list.items.size() == static_cast<std::size_t>(options.limit)) {
      std::string_view relative = last;
      relative.remove_prefix(options.selection.key_prefix.size());
      list.continue_token = encode_token(static_cast<std::int64_t>(list.revision), relative);
      if (options.selection.everything()) {
        list.remaining = static_cast<std::int64_t>(page.snapshot.count(item->key, end));
      }
      break;
    }
    if (!options.selection.everything() && !options.selection.matches(item->object)) continue;
    list.items.push_back(call->parts->registry.to_served(served, item->object));
    last = item->key;
  }
  co_return list;
}

Task<ApiReply> serve_list(Call* call) {
  auto list = co_await read_list(call);
  if (!list) co_return failed(*call, std::move(list).error());
  ApiReply reply;
  reply.warnings = std::move(call->warnings);
  reply.body = std::move(*list);
  co_return reply;
}

}  // namespace knarr::apiserver
