// SPDX-License-Identifier: Apache-2.0
#include "controllers/expectations.h"

#include <algorithm>

namespace knarr::controllers {

namespace {
constexpr std::chrono::minutes kForgotten{5};
}

Expectations::Pending& Expectations::pending(const std::string& owner) {
  Pending& entry = pending_[owner];
  entry.since = clock_.steady_now();
  return entry;
}

void Expectations::expect_creations(const std::string& owner, int count) {
  pending(owner).creations += count;
}

void Expectations::expect_deletion(const std::string& owner, std::string_view uid) {
  pending(owner).deletions.emplace(uid);
}

void Expectations::creation_observed(const std::string& owner, int count) {
  const auto found = pending_.find(owner);
  if (found == pending_.end()) return;
  found->second.creations = std::max(0, found->second.creations - count);
}

void Expectations::deletion_observed(const std::string& owner, std::string_view uid) {
  const auto found = pending_.find(owner);
  if (found == pending_.end()) return;
  const auto entry = found->second.deletions.find(uid);
  if (entry != found->second.deletions.end()) found->second.deletions.erase(entry);
}

bool Expectations::satisfied(const std::string& owner) const {
  const auto found = pending_.find(owner);
  if (found == pending_.end()) return true;
  const Pending& entry = found->second;
  if (entry.creations <= 0 && entry.deletions.empty()) return true;
  return clock_.steady_now() - entry.since > kForgotten;
}

}  // namespace knarr::controllers
