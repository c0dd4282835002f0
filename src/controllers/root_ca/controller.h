// SPDX-License-Identifier: Apache-2.0
// root-ca-certificate-publisher-controller: every active namespace has the config map
// kube-root-ca.crt with the certificates that pods check the API server by; it is made again when
// deleted and mended when changed (BEHAVIOURS 86).
// Source: k8s.io/kubernetes pkg/controller/certificates/rootcacertpublisher.
#pragma once

#include "client/controller.h"
#include "controllers/all.h"

namespace knarr::controllers {

class RootCaController final : public client::Controller {
 public:
  RootCaController(client::LoopContext context, const ControllerOptions& options);

 protected:
  /// `key` is a namespace's.
  Task<Result<client::Requeue>> reconcile(client::ObjectKey key) override;

 private:
  Task<Result<client::Requeue>> create(client::ObjectKey key);
  Task<Result<client::Requeue>> mend(client::ObjectKey key, object::Document config_map);

  std::string root_ca_pem_;
  client::Informer& namespaces_;
  client::Informer& config_maps_;  // Those of our name only.
};

}  // namespace knarr::controllers
