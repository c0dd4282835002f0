// SPDX-License-Identifier: Apache-2.0
// ResourceNames: numbers for the names of resources, so that amounts are kept in plain vectors and
// compared without texts.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace knarr::scheduler {

using ResourceId = std::uint16_t;
inline constexpr ResourceId kCpu = 0;     // In thousandths of a core.
inline constexpr ResourceId kMemory = 1;  // All others in whole units.
inline constexpr ResourceId kStorage = 2;

class ResourceNames {
 public:
  ResourceNames() {
    for (const std::string_view name : {"cpu", "memory", "ephemeral-storage"}) (void)id(name);
  }
  /// The number of a name, given when it is first seen. Names stay: few exist in a cluster.
  ResourceId id(std::string_view name) {
    const auto found = ids_.find(name);
    if (found != ids_.end()) return found->second;
    const auto next = static_cast<ResourceId>(names_.size());
    ids_.emplace(names_.emplace_back(name), next);
    return next;
  }
  [[nodiscard]] const std::string& name(ResourceId id) const { return names_[id]; }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  std::deque<std::string> names_;
  std::map<std::string, ResourceId, std::less<>> ids_;
};

}  // namespace knarr::scheduler
