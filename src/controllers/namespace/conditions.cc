// SPDX-License-Identifier: Apache-2.0
// The conditions in Kubernetes' order and words.
#include "controllers/namespace/conditions.h"

#include "object/time_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace knarr::controllers {

using object::NodeRef;

namespace {

struct Condition {
  std::string_view type;
  bool status = false;
  std::string_view reason;
  std::string message;
};

std::string aggregate(const std::vector<std::string>& errors) {
  if (errors.size() == 1) return errors.front();
  return fmt::format("[{}]", fmt::join(errors, ", "));
}

// Maps are sorted by their keys, texts by all of it: as Kubernetes sorts the whole phrases.
std::string phrases(const std::map<std::string, std::int64_t>& counts, std::string_view pattern) {
  std::vector<std::string> list;
  for (const auto& [name, count] : counts) {
    list.push_back(fmt::format(fmt::runtime(pattern), name, count));
  }
  std::sort(list.begin(), list.end());
  return fmt::format("{}", fmt::join(list, ", "));
}

std::vector<Condition> conditions_of(const NamespaceFindings& findings) {
  std::vector<Condition> list = {
      {"NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered",
       "All resources successfully discovered"},
      {"NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions",
       "All legacy kube types successfully parsed"},
      {"NamespaceDeletionContentFailure", false, "ContentDeleted",
       "All content successfully deleted, may be waiting on finalization"},
      {"NamespaceContentRemaining", false, "ContentRemoved", "All content successfully removed"},
      {"NamespaceFinalizersRemaining", false, "ContentHasNoFinalizers",
       "All content-preserving finalizers finished"}};
  if (!findings.discovery_errors.empty()) {
    list[0] = {list[0].type, true, "DiscoveryFailed",
               fmt::format("Discovery failed for some groups, {} failing: {}",
                           findings.discovery_errors.size(), aggregate(findings.discovery_errors))};
  }
  if (!findings.content_errors.empty()) {
    list[2] = {list[2].type, true, "ContentDeletionFailed",
               fmt::format("Failed to delete all resource types, {} remaining: {}",
                           findings.content_errors.size(), aggregate(findings.content_errors))};
  }
  if (!findings.remaining.empty()) {
    list[3] = {list[3].type, true, "SomeResourcesRemain",
               "Some resources are remaining: " +
                   phrases(findings.remaining, "{} has {} resource instances")};
  }
  if (!findings.finalizers.empty()) {
    list[4] = {list[4].type, true, "SomeFinalizersRemain",
               "Some content in the namespace has finalizers remaining: " +
                   phrases(findings.finalizers, "{} in {} resource instances")};
  }
  return list;
}

}  // namespace

bool update_conditions(const NamespaceFindings& findings, NodeRef status, SystemTime now) {
  bool changed = false;
  NodeRef list = status.ensure_list("conditions");
  for (const Condition& condition : conditions_of(findings)) {
    const std::string_view state = condition.status ? "True" : "False";
    NodeRef found;
    for (NodeRef one : list.items()) {
      if (one["type"].as_string() == condition.type) found = one;
    }
    const bool fresh = !found.exists();
    if (fresh) {
      found = list.append();
      found.set_map();
      found.set("type", condition.type);
    } else if (found["status"].as_string() == state &&
               found["reason"].as_string() == condition.reason &&
               found["message"].as_string() == condition.message) {
      continue;
    }
    changed = true;
    if (found["status"].as_string() != state) {
      found.set("status", state);
      found.set("lastTransitionTime",
                object::time_text(std::chrono::floor<std::chrono::microseconds>(now)));
    }
    found.set("reason", condition.reason);
    found.set("message", condition.message);
  }
  return changed;
}

}  // namespace knarr::controllers
