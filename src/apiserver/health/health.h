// SPDX-License-Identifier: Apache-2.0
// /healthz, /livez and /readyz with named checks, /metrics and /version.
// Source: k8s.io/apiserver server/healthz.
#pragma once

#include "apiserver/api_server.h"
#include "base/result.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace knarr::apiserver {

struct HealthCheck {
  std::string name;
  std::function<Result<>()> check;
  bool live = true;   // Counts for /livez and /healthz.
  bool ready = true;  // Counts for /readyz.
};

class HealthPaths final : public PathHandler {
 public:
  void add(HealthCheck check) { checks_.push_back(std::move(check)); }
  std::optional<ApiReply> handle(const ApiRequest& request) override;
  /// What /readyz would say.
  [[nodiscard]] bool is_ready() const;

 private:
  std::vector<HealthCheck> checks_;
};

class MetricsPath final : public PathHandler {
 public:
  std::optional<ApiReply> handle(const ApiRequest& request) override;
};

class VersionPath final : public PathHandler {
 public:
  std::optional<ApiReply> handle(const ApiRequest& request) override;
};

/// The Kubernetes version that is served: "v1.36.3+knarr1".
extern const std::string_view kGitVersion;

}  // namespace knarr::apiserver
