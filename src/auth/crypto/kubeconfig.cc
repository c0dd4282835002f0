// SPDX-License-Identifier: Apache-2.0
#include "auth/pki.h"
#include "auth/user.h"
#include "base/base64.h"

#include <fmt/core.h>

namespace knarr::auth {

std::string kubeconfig(const KubeconfigOptions& options) {
  // Texts from outside are quoted: Go's %q of what may be in a URL or a name is a YAML text as
  // well.
  const std::string name = quoted(options.name);
  std::string user;
  if (!options.client_certificate_pem.empty()) {
    user += fmt::format("    client-certificate-data: {}\n    client-key-data: {}\n",
                        base64_encode(options.client_certificate_pem),
                        base64_encode(options.client_key_pem));
  }
  if (!options.token.empty()) user += fmt::format("    token: {}\n", quoted(options.token));
  return fmt::format(
      "apiVersion: v1\n"
      "clusters:\n"
      "- cluster:\n"
      "    certificate-authority-data: {}\n"
      "    server: {}\n"
      "  name: {}\n"
      "contexts:\n"
      "- context:\n"
      "    cluster: {}\n"
      "    user: {}\n"
      "  name: {}\n"
      "current-context: {}\n"
      "kind: Config\n"
      "preferences: {{}}\n"
      "users:\n"
      "- name: {}\n"
      "  user:\n"
      "{}",
      base64_encode(options.ca_pem), quoted(options.server), name, name, name, name, name, name,
      user.empty() ? std::string("    {}\n") : user);
}

}  // namespace knarr::auth
