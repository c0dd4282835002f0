// SPDX-License-Identifier: Apache-2.0
// The resources whose objects a namespace may hold, and their removal, one resource at a time.
#pragma once

#include "client/controller.h"
#include "controllers/namespace/conditions.h"

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace knarr::controllers {

/// Finds out what may be in a namespace: every stored built-in resource once, at the version it is
/// stored in, and the custom ones there are now. Names of custom resources are kept for good,
/// because client::Resource borrows its texts.
class NamespacedResources {
 public:
  /// `definitions` gives CustomResourceDefinitions.
  [[nodiscard]] std::vector<client::Resource> list(const std::vector<object::Document>& definitions);

 private:
  std::string_view keep(std::string_view text) { return *texts_.emplace(text).first; }

  std::set<std::string, std::less<>> texts_;
};

/// What is left of one resource after an attempt to delete all of it.
struct ResourceRemains {
  std::int64_t count = 0;
  std::map<std::string, std::int64_t> finalizers;
  bool graceful = false;  // Something was there that may take its time to end (pods).
};

/// Deletes all objects of a resource in a namespace and looks again. A resource that cannot be
/// listed or deleted, or is not served any more, counts as empty. Errors: what the API answers.
Task<Result<ResourceRemains>> delete_resource(client::Transport* transport,
                                              client::Resource resource, std::string namespace_);

}  // namespace knarr::controllers
