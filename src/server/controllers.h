// SPDX-License-Identifier: Apache-2.0
// The control loops beside the API server: each with a user of its own, all with the same informers.
#pragma once

#include "apiserver/api_server.h"
#include "base/clock.h"
#include "base/executor.h"
#include "client/informer.h"
#include "controllers/all.h"
#include "server/local_transport.h"

#include <memory>
#include <string>
#include <vector>

namespace knarr::server {

struct ControllerSettings {
  std::vector<std::string> selection = {"*"};  // As ServerOptions::controllers.
  controllers::ControllerOptions options;
};

class ControllerSet {
 public:
  /// All outlive the set; `strand` is the API's.
  ControllerSet(apiserver::ApiServer& api, Executor& strand, Clock& clock,
                const ControllerSettings& settings);

  /// May be repeated after stop().
  void start();
  Task<> stop();

 private:
  LocalTransport watching_;  // As the controller manager itself.
  client::InformerFactory informers_;
  std::vector<std::unique_ptr<LocalTransport>> transports_;
  std::vector<std::unique_ptr<client::Controller>> controllers_;
};

/// The user of a loop: the service account of this name in kube-system.
auth::User loop_user(std::string_view account);

}  // namespace knarr::server
