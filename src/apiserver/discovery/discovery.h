// SPDX-License-Identifier: Apache-2.0
// Discovery: which groups, versions and resources there are, in the old form (a document a path)
// and the aggregated one (all at once). Source: k8s.io/apiserver endpoints/discovery, BEHAVIOURS 13,
// 14, 137.
#pragma once

#include "apiserver/api_server.h"
#include "apiserver/discovery/documents.h"
#include "apiserver/endpoints/negotiate.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace knarr::apiserver {

struct DiscoveryOptions {
  std::string server_address;            // "10.0.0.1:6443", for serverAddressByClientCIDRs.
  std::vector<std::string> other_paths;  // What else `/` lists: "/healthz", "/openapi/v3".
};

/// Serves `/`, /api, /apis and what is below them down to the versions. Bodies are made from the
/// registry's resources when first asked for, then kept. On the API strand.
class DiscoveryPaths final : public PathHandler {
 public:
  DiscoveryPaths(const Registry& registry, DiscoveryOptions options);

  std::optional<ApiReply> handle(const ApiRequest& request) override;

  /// To be called when resources came or went (CustomResourceDefinitions): bodies are made anew.
  void changed();

 private:
  struct Version {
    std::string name;
    std::vector<const api::ResourceRow*> rows;
  };
  struct Group {
    std::string name;
    std::vector<Version> versions;
    [[nodiscard]] discovery::GroupView view() const;
  };
  struct Body {
    std::shared_ptr<const std::string> bytes;
    std::string etag;
  };

  void collect();
  [[nodiscard]] const Group* find_group(std::string_view name) const;
  ApiReply serve_root();
  ApiReply serve_aggregated(const ApiRequest& request, bool core, Format format);
  std::optional<ApiReply> serve_groups(const ApiRequest& request, std::string_view path);
  ApiReply serve_version(const ApiRequest& request, std::string_view path, const Version& version);
  ApiReply serve_core(const ApiRequest& request);

  const Registry& registry_;
  DiscoveryOptions options_;
  std::vector<Group> groups_;  // In order; empty: to be collected.
  std::map<std::string, Body, std::less<>> bodies_;  // By path and format.
};

}  // namespace knarr::apiserver
