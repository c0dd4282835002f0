// SPDX-License-Identifier: Apache-2.0
// The documents of discovery, made from resource rows. Private to discovery/.
#pragma once

#include "api/resources.h"
#include "object/document.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::apiserver::discovery {

struct VersionView {
  std::string_view group;
  std::string_view version;
  std::span<const api::ResourceRow* const> rows;  // Sorted by plural.
};

struct GroupView {
  std::string_view name;
  std::vector<VersionView> versions;  // Preferred first.
};

/// "apps/v1", "v1".
std::string group_version(std::string_view group, std::string_view version);

object::Document resource_list(const VersionView& version);
object::Document group(const GroupView& group);
object::Document group_list(std::span<const GroupView> groups);
object::Document core_versions(std::span<const VersionView> versions, std::string_view server_address);
/// apidiscovery.k8s.io/v2 APIGroupDiscoveryList.
object::Document aggregated(std::span<const GroupView> groups);

/// Whether version `a` comes before `b` by Kubernetes' rules: v2, v1, v1beta2, v1alpha1, others.
bool version_before(std::string_view a, std::string_view b);

}  // namespace knarr::apiserver::discovery
