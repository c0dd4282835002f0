// SPDX-License-Identifier: Apache-2.0
// The keys and certificates of a server and of a node on disk, laid out as K3s does it. Makes what
// is missing, renews what ends soon. Called at start and then daily; blocks on the disk: run it on
// a worker. Files are 0600 and are replaced atomically, keys before certificates, so that no crash
// leaves a pair that does not fit; one that does not fit is made anew, an authority's is an error.
#pragma once

#include "auth/certificates.h"
#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace knarr::auth {

/// Certificates are renewed when they end within this time.
inline constexpr std::chrono::seconds kRenewBefore = std::chrono::days(90);

/// The name by which the API server identifies itself to extension API servers.
inline constexpr std::string_view kRequestHeaderName = "front-proxy-client";

struct ServerPkiOptions {
  std::string data_dir;  // Files are below <data_dir>/server/tls.
  /// What the API server answers to, beside localhost and kubernetes[.default[.svc[.<domain>]]]:
  /// host names and IP addresses, among them the service IP of `kubernetes`.
  std::vector<std::string> names;
  std::string cluster_domain = "cluster.local";
};

struct ServerPki {
  CertificateAuthority server_ca;          // server-ca: of what serves.
  CertificateAuthority client_ca;          // client-ca: of users and nodes.
  CertificateAuthority request_header_ca;  // request-header-ca: of the API server as a proxy.
  CertifiedKey serving;                    // serving-kube-apiserver
  CertifiedKey admin;                      // client-admin: system:admin in system:masters.
  CertifiedKey to_kubelets;    // client-kube-apiserver: system:apiserver in system:masters.
  CertifiedKey auth_proxy;     // client-auth-proxy: kRequestHeaderName, of the request-header CA.
  PrivateKey service_account;  // service.key: signs service account tokens.
  bool changed = false;        // Some file was written.
};

/// Loads the PKI of a server, after making or renewing what has to be: a certificate that ends
/// within kRenewBefore, that another authority signed, or that lacks one of the names.
/// Errors: InternalError for the disk, BadRequest for an authority or service.key that cannot be
/// read, ServiceUnavailable as check_clock().
Result<ServerPki> ensure_server_pki(const ServerPkiOptions& options, SystemTime now);

/// What a node's kubelet shows to the API server, and what it serves with.
struct NodePki {
  CertifiedKey client;   // client-kubelet: system:node:<name> in system:nodes.
  CertifiedKey serving;  // serving-kubelet: the node's name and addresses.
};

CertificateSpec node_client_spec(std::string_view node);
CertificateSpec node_serving_spec(std::string_view node, const std::vector<std::string>& names);

/// The same for a node whose server runs in this process, below <data_dir>/agent.
Result<NodePki> ensure_node_pki(const ServerPki& server, const std::string& data_dir,
                                std::string_view node, const std::vector<std::string>& names,
                                SystemTime now);

/// Writes a file of mode 0600 atomically and durably. Errors: InternalError with path and cause.
Result<> write_private_file(const std::string& path, std::string_view contents);
/// Reads a file of at most 4 MB. Errors: NotFound, InternalError.
Result<std::string> read_private_file(const std::string& path);

struct KubeconfigOptions {
  std::string server;  // "https://127.0.0.1:6443"
  std::string ca_pem;
  std::string name = "default";  // Of cluster, user and context.
  // Either a certificate with its key, or a token.
  std::string client_certificate_pem;
  std::string client_key_pem;
  std::string token;
};

/// A kubeconfig in YAML with everything inside. Source: K3s' k3s.yaml.
std::string kubeconfig(const KubeconfigOptions& options);

}  // namespace knarr::auth
