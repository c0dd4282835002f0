// SPDX-License-Identifier: Apache-2.0
// ApiRequest and ApiReply: a call of the API as values, between the front door (HTTP) or a loop of
// this process on one side and the endpoints on the other. A loop's call skips TLS and bytes and
// nothing else (DESIGN section 6): its body is a Draft, its reply a Document.
#pragma once

#include "apiserver/front/request_info.h"
#include "apiserver/watch_cache/watch_cache.h"
#include "auth/user.h"
#include "base/result.h"
#include "base/task.h"
#include "object/document.h"
#include "object/draft.h"
#include "object/type_table.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace knarr::apiserver {

struct Served;

/// A body as it came over the wire.
struct WireBody {
  std::string content_type;  // As sent; "" when there was none.
  std::string bytes;
};

struct ApiRequest {
  std::string method;  // Upper case.
  Query query;
  RequestInfo info;
  auth::User user;
  std::string user_agent;
  std::variant<std::monostate, WireBody, object::Draft> body;
  std::string content_type;  // Of a PATCH made in this process.
  std::string accept;        // As sent; negotiated in endpoints/negotiate.h.
  std::string if_none_match;  // As sent; discovery and OpenAPI know it.

  /// The field manager when the query names none: the user agent up to "/" (BEHAVIOURS 144).
  [[nodiscard]] std::string default_manager() const;
};

/// One object at a served version. Built-in documents hold no kind and apiVersion of their own.
struct ObjectReply {
  object::Document object;
  object::Type type;  // False for custom objects.
  std::string_view api_version;
  std::string_view kind;
  const Served* served = nullptr;  // Null for what is no resource: reviews, Scale.
};

struct ListReply {
  std::vector<object::Document> items;  // At the served version, in order.
  object::Type type;                    // Of an item.
  std::string_view api_version;
  std::string_view kind;  // Of an item; the list's is kind + "List" unless list_kind says otherwise.
  std::string_view list_kind;
  Revision revision = 0;
  std::string continue_token;
  std::optional<std::int64_t> remaining;
  const Served* served = nullptr;
};

struct WatchItem {
  enum class Type : std::uint8_t { Added, Modified, Deleted, Bookmark, Error };
  Type type = Type::Added;
  object::Document object;        // At the served version. Bookmark: an object with metadata only.
  bool initial_events_end = false;  // Bookmark: k8s.io/initial-events-end (BEHAVIOURS 31).
  std::optional<::knarr::Error> error;
};

/// A served watch: selectors applied, versions converted.
class WatchStream {
 public:
  virtual ~WatchStream() = default;
  /// The next item. After an Error item, and at the end of its time, gives Error Cancelled ("end").
  virtual Task<Result<WatchItem>> next() = 0;
  /// An item that is there already, without waiting.
  virtual std::optional<WatchItem> poll() = 0;
};

struct WatchReply {
  std::unique_ptr<WatchStream> stream;
  object::Type type;
  std::string_view api_version;
  std::string_view kind;
  const Served* served = nullptr;
};

/// Any other answer: text, OpenAPI, discovery.
struct RawReply {
  std::string content_type;
  std::shared_ptr<const std::string> bytes;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// A success told as a Status (deletions).
struct StatusReply {
  ErrorDetails details;
};

struct ApiReply {
  int code = 200;
  std::vector<std::string> warnings;
  std::variant<std::monostate, ObjectReply, ListReply, WatchReply, RawReply, StatusReply, Error> body;

  [[nodiscard]] bool failed() const { return std::holds_alternative<Error>(body); }
};

}  // namespace knarr::apiserver
