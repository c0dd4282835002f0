// SPDX-License-Identifier: Apache-2.0
// Registry: every collection with the versions it is served at, and the generic read and write
// paths over them. It knows no kind by name: what is special comes from KindRules, admission and
// the API description. All on the API strand.
#pragma once

#include "apiserver/admission/admission.h"
#include "apiserver/registry/collection.h"
#include "base/clock.h"
#include "base/function.h"
#include "base/rng.h"
#include "object/draft.h"
#include "store/store.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::apiserver {

/// What a write is about; lives in the endpoint's frame while the write runs.
struct WriteCall {
  const Served* served = nullptr;
  std::string namespace_;
  std::string name;  // From the URL; empty for a creation.
  std::string subresource;
  auth::User user;
  std::string manager;
  bool dry_run = false;
  bool is_apply = false;
  bool is_patch = false;  // Not apply. A patch that names another uid is invalid, no conflict.
  /// The server's own write of an existing object: neither admission nor the kind's rules run.
  bool bare = false;
  /// Creates the object when it is absent (a PUT of some kinds, server-side apply).
  bool create_if_absent = false;
  std::vector<std::string> warnings;
};

struct Written {
  object::Document object;  // At the stored version.
  bool created = false;
  bool deleted = false;     // The update removed the last finalizer: the object is gone.
};

/// Gives the new object, at the stored version, typed and defaulted, from the current one (null
/// when it is to be created). Called again after a conflict with a newer one.
using Transform = UniqueFunction<Result<object::Draft>(const object::Document* current)>;

struct DeleteOptions {
  std::optional<std::int64_t> grace_seconds;
  std::string propagation;  // "", Orphan, Background, Foreground
  std::optional<bool> orphan_dependents;
  std::optional<std::string> uid;
  std::optional<std::string> resource_version;
  bool dry_run = false;
};

struct Deleted {
  object::Document object;  // As it is now, or as it was last.
  bool gone = false;
};

class Registry {
 public:
  struct Parts {
    store::Store& store;
    WatchCache& cache;
    Clock& clock;
    Rng& rng;
    AdmissionChain& admission;
  };
  explicit Registry(Parts parts);

  /// Makes the collections of every resource in the API description. Before the cache starts.
  void add_built_in();

  /// The resource at a served version, or null. `group`/`version`/`resource` as in the URL.
  [[nodiscard]] const Served* find(std::string_view group, std::string_view version,
                                   std::string_view resource) const;
  [[nodiscard]] bool has_group_version(std::string_view group, std::string_view version) const;
  [[nodiscard]] bool has_group(std::string_view group) const;
  [[nodiscard]] Collection* find_stored(std::string_view group, std::string_view resource) const;
  [[nodiscard]] const std::vector<std::unique_ptr<Served>>& all() const { return served_; }

  // ---- reading

  [[nodiscard]] Result<object::Document> get(const Collection& collection,
                                             std::string_view namespace_,
                                             std::string_view name) const;

  // ---- writing; errors in Kubernetes' wording

  /// Creates `object` (stored version, typed, defaulted).
  Task<Result<Written>> create(WriteCall* call, object::Draft object);
  Task<Result<Written>> update(WriteCall* call, Transform transform);
  Task<Result<Deleted>> remove(WriteCall* call, DeleteOptions options);

  // ---- conversion between versions of one kind

  /// The document as served at this version; the same one when that is the stored version.
  [[nodiscard]] object::Document to_served(const Served& served,
                                           const object::Document& stored) const;
  /// The other way, on a draft. Errors: BadRequest when a value has no place there.
  [[nodiscard]] Result<> to_stored(const Served& served, object::Draft& draft) const;

  Clock& clock() { return parts_.clock; }
  /// For what is admitted without being stored: reviews, tokens, connections.
  AdmissionChain& admission() { return parts_.admission; }
  WatchCache& cache() { return parts_.cache; }
  Rng& rng() { return parts_.rng; }

 private:
  static std::unique_ptr<Collection> make_collection(const api::ResourceRow& row);
  Task<Result<>> admit(WriteCall* call, Operation operation, object::Draft* object,
                       object::Document old);
  Task<Result<>> admit_final(WriteCall* call, Operation operation, object::Document object,
                             object::Document old);
  Task<Result<Written>> try_update(WriteCall* call, Transform* transform, bool* again);
  Result<object::Document> prepare_create(WriteCall& call, object::Draft& object);
  Result<object::Document> prepare_update(WriteCall& call, object::Draft& object,
                                          const object::Document& old);
  static object::Document prepare_bare(WriteCall& call, object::Draft& object,
                                       const object::Document& old);
  /// Commits `object` (or removes the key when it is empty) if the key is still at `modified`
  /// (0: absent). Gives the committed document, or nothing on a conflict.
  Task<Result<std::optional<object::Document>>> commit(Collection* collection, std::string key,
                                                       Revision modified, object::Document object,
                                                       object::Document last);
  [[nodiscard]] RuleContext context(WriteCall& call) const;

  Parts parts_;
  std::vector<std::unique_ptr<Collection>> collections_;
  std::vector<std::unique_ptr<Served>> served_;
  std::map<std::string, const Served*, std::less<>> by_path_;  // "apps/v1/deployments"
  std::set<std::string, std::less<>> group_versions_;
};

}  // namespace knarr::apiserver
