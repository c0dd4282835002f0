// SPDX-License-Identifier: Apache-2.0
// namespace-controller: empties a namespace that was deleted, pods before everything else, tells in
// its conditions what is left, and removes its own finalizer when nothing is (BEHAVIOURS 96).
// Source: k8s.io/kubernetes pkg/controller/namespace.
#pragma once

#include "client/controller.h"
#include "controllers/namespace/content.h"

namespace knarr::controllers {

class NamespaceController final : public client::Controller {
 public:
  explicit NamespaceController(client::LoopContext context);

 protected:
  Task<Result<client::Requeue>> reconcile(client::ObjectKey key) override;

 private:
  /// Deletes what there is; `findings` tells what is left. True when all is gone.
  Task<bool> empty(std::string namespace_, NamespaceFindings* findings);
  Task<> delete_one(client::Resource resource, std::string namespace_, NamespaceFindings* findings);
  /// Writes the conditions, if they changed. Gives the namespace as it is then.
  Task<Result<object::Document>> tell(object::Document namespace_, NamespaceFindings findings);
  Task<Result<>> finalize(object::Document namespace_);

  client::Informer& namespaces_;
  client::Informer& pods_;
  client::Informer& definitions_;
  NamespacedResources resources_;
};

}  // namespace knarr::controllers
