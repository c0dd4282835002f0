// SPDX-License-Identifier: Apache-2.0
// serviceaccount-controller: every active namespace has the service account "default".
// Source: k8s.io/kubernetes pkg/controller/serviceaccount.
#pragma once

#include "client/controller.h"

namespace knarr::controllers {

class ServiceAccountController final : public client::Controller {
 public:
  explicit ServiceAccountController(client::LoopContext context);

 protected:
  /// `key` is a namespace's.
  Task<Result<client::Requeue>> reconcile(client::ObjectKey key) override;

 private:
  client::Informer& namespaces_;
  client::Informer& accounts_;
};

}  // namespace knarr::controllers
