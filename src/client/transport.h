// SPDX-License-Identifier: Apache-2.0
// Transport: how a loop talks to the API. Two implementations, one contract suite: inside the process
// (server/ plugs the API server in: documents are handed over as they are) and HTTPS
// (client/https/). A loop cannot tell which one it has (DESIGN section 6).
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "object/document.h"
#include "object/draft.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::client {

/// A resource at a version, as in a URL. The texts are literals or live as long as the program.
struct Resource {
  std::string_view group;  // "" for core.
  std::string_view version;
  std::string_view plural;
  std::string_view kind;
  bool namespaced = true;
};

/// What a call is about.
struct Target {
  Resource resource;
  std::string namespace_;  // Empty: all namespaces, or cluster-scoped.
  std::string name;        // Empty for collections.
  std::string subresource;
};

struct ListOptions {
  std::string label_selector;
  std::string field_selector;
  std::int64_t limit = 0;
  std::string continue_token;
  std::string resource_version;
};

struct List {
  std::vector<object::Document> items;
  std::uint64_t revision = 0;
  std::string continue_token;
};

struct WatchOptions {
  std::string label_selector;
  std::string field_selector;
  std::uint64_t since = 0;       // 0 with initial_events: begin with what there is.
  bool initial_events = false;   // WatchList: all objects as Added, then a Bookmark with
                                 // initial_events_end.
};

struct WatchEvent {
  enum class Type : std::uint8_t { Added, Modified, Deleted, Bookmark };
  Type type = Type::Added;
  object::Document object;  // Bookmark: empty.
  std::uint64_t revision = 0;
  bool initial_events_end = false;
};

class Watch {
 public:
  virtual ~Watch() = default;
  /// The next event. Errors: Expired (list again), Gone when the server ended the watch in the
  /// ordinary way (watch again from the last revision), ServiceUnavailable, Cancelled.
  virtual Task<Result<WatchEvent>> next() = 0;
};

struct WriteOptions {
  std::string field_manager;  // Empty: from the loop's user agent.
  bool dry_run = false;
  bool force = false;  // Server-side apply only.
};

struct DeleteOptions {
  std::optional<std::int64_t> grace_seconds;
  std::string propagation;  // "", Background, Foreground, Orphan
  std::string uid;               // Preconditions, empty: none.
  std::string resource_version;
};

enum class PatchType : std::uint8_t { Json, Merge, StrategicMerge, Apply };

/// Errors of all: what the API server answers, as an Error with its reason; ServiceUnavailable when
/// it cannot be reached; Cancelled. Objects given and taken hold kind and apiVersion or not, as the
/// API gives them. Calls of one Transport may run concurrently, on its strand.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Task<Result<object::Document>> get(Target target) = 0;
  virtual Task<Result<List>> list(Target target, ListOptions options) = 0;
  virtual Task<Result<std::unique_ptr<Watch>>> watch(Target target, WatchOptions options) = 0;
  virtual Task<Result<object::Document>> create(Target target, object::Draft object,
                                                WriteOptions options) = 0;
  /// The object's metadata.resourceVersion, if any, must be the current one (else Conflict).
  virtual Task<Result<object::Document>> update(Target target, object::Draft object,
                                                WriteOptions options) = 0;
  virtual Task<Result<object::Document>> patch(Target target, PatchType type, object::Draft patch,
                                               WriteOptions options) = 0;
  /// Gives the object as it is now, or an empty document when only a Status came.
  virtual Task<Result<object::Document>> remove(Target target, DeleteOptions options) = 0;
};

}  // namespace knarr::client
