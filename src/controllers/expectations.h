// SPDX-License-Identifier: Apache-2.0
// Expectations: what a controller has done and its informer has not shown yet. Until it has, acting
// again would be acting twice. Forgotten after five minutes, so that a lost event cannot block an
// owner. One strand. Source: k8s.io/kubernetes pkg/controller/controller_utils.go.
#pragma once

#include "base/clock.h"

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace knarr::controllers {

class Expectations {
 public:
  explicit Expectations(Clock& clock) : clock_(clock) {}

  void expect_creations(const std::string& owner, int count);
  void expect_deletion(const std::string& owner, std::string_view uid);
  /// Seen, or given up: the call failed.
  void creation_observed(const std::string& owner, int count = 1);
  void deletion_observed(const std::string& owner, std::string_view uid);
  [[nodiscard]] bool satisfied(const std::string& owner) const;
  void forget(const std::string& owner) { pending_.erase(owner); }
  void clear() { pending_.clear(); }

 private:
  struct Pending {
    int creations = 0;
    std::set<std::string, std::less<>> deletions;
    SteadyTime since;
  };
  Pending& pending(const std::string& owner);

  Clock& clock_;
  std::map<std::string, Pending> pending_;
};

}  // namespace knarr::controllers
