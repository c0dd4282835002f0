// SPDX-License-Identifier: Apache-2.0
// kube-system/extension-apiserver-authentication: how extension API servers know requests that come
// through this one. Brought up to date at each start.
// Source: k8s.io/kubernetes pkg/controlplane/controller/clusterauthenticationtrust.
#include "apiserver/bootstrap/extension_authentication.h"

namespace knarr::apiserver {

using object::Draft;
using object::NodeRef;
namespace atom = object::atom;

Draft extension_authentication(const BootstrapOptions& options, const object::Document& stored) {
  Draft draft = Draft::from(stored);
  NodeRef metadata = draft.root().ensure_map("metadata");
  metadata.set("name", kExtensionAuthentication);
  metadata.set("namespace", "kube-system");
  NodeRef data = draft.root().ensure_map("data");
  data.set("client-ca-file", options.client_ca);
  data.set("requestheader-allowed-names", "[\"front-proxy-client\"]");
  data.set("requestheader-client-ca-file", options.request_header_ca);
  data.set("requestheader-extra-headers-prefix", "[\"X-Remote-Extra-\"]");
  data.set("requestheader-group-headers", "[\"X-Remote-Group\"]");
  data.set("requestheader-username-headers", "[\"X-Remote-User\"]");
  return draft;
}

}  // namespace knarr::apiserver
