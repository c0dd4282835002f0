// SPDX-License-Identifier: Apache-2.0
#include "auth/pki.h"

#include <algorithm>
#include <optional>

#include <fmt/core.h>

namespace knarr::auth {

namespace {

/// One folder of key pairs.
class Folder {
 public:
  Folder(std::string path, SystemTime now) : path_(std::move(path)), now_(now) {}

  /// An authority; made when neither of its files exists. A key alone is what a crash left.
  Result<CertificateAuthority> authority(std::string_view name) {
    Result<std::string> bundle = read_private_file(file(name, "crt"));
    Result<std::string> key = read_private_file(file(name, "key"));
    if (!bundle && !bundle.error().is(Reason::NotFound)) return std::move(bundle).error();
    if (!key && !key.error().is(Reason::NotFound)) return std::move(key).error();
    if (bundle && key) {
      Result<CertificateAuthority> loaded = CertificateAuthority::from_pem(*bundle, *key);
      if (!loaded) return std::move(loaded).error().with(fmt::format("load {}", file(name, "crt")));
      return loaded;
    }
    if (bundle) {
      return Error(
          Reason::BadRequest,
          fmt::format("{} is missing, while its certificate is there: restore it, or remove "
                      "{} to make a new authority (every certificate it signed ends then)",
                      file(name, "key"), file(name, "crt")));
    }
    PrivateKey made = key ? TRY(PrivateKey::from_pem(*key)) : PrivateKey::generate();
    CertificateAuthority authority = TRY(CertificateAuthority::create_with_key(
        fmt::format("knarr-{}@{}", name,
                    std::chrono::floor<std::chrono::seconds>(now_).time_since_epoch().count()),
        std::move(made), now_));
    TRY(write(name, authority.bundle_pem(), authority.key()));
    return authority;
  }

  /// A certificate that `ca` signed, made anew when the one on disk will not do.
  Result<CertifiedKey> certificate(std::string_view name, const CertificateAuthority& ca,
                                   const CertificateSpec& spec) {
    if (auto loaded = load(name, ca, spec)) return std::move(*loaded);
    CertifiedKey issued = TRY(ca.issue(spec, now_));
    TRY(write(name, issued.chain_pem(), issued.key));
    return issued;
  }

  Result<PrivateKey> key(std::string_view name) {
    Result<std::string> pem = read_private_file(file(name, "key"));
    if (pem) {
      Result<PrivateKey> key = PrivateKey::from_pem(*pem);
      if (!key) return std::move(key).error().with(fmt::format("load {}", file(name, "key")));
      return key;
    }
    if (!pem.error().is(Reason::NotFound)) return std::move(pem).error();
    PrivateKey made = PrivateKey::generate();
    TRY(write_private_file(file(name, "key"), made.private_pem()));
    changed_ = true;
    return made;
  }

  [[nodiscard]] bool changed() const { return changed_; }

 private:
  [[nodiscard]] std::string file(std::string_view name, std::string_view extension) const {
    return fmt::format("{}/{}.{}", path_, name, extension);
  }

  Result<> write(std::string_view name, std::string_view certificates, const PrivateKey& key) {
    changed_ = true;
    TRY(write_private_file(file(name, "key"), key.private_pem()));
    return write_private_file(file(name, "crt"), certificates);
  }

  std::optional<CertifiedKey> load(std::string_view name, const CertificateAuthority& ca,
                                   const CertificateSpec& spec) const;

  std::string path_;
  SystemTime now_;
  bool changed_ = false;
};

bool has_all(std::vector<std::string> have, const std::vector<std::string>& want) {
  return std::all_of(want.begin(), want.end(), [&](const std::string& name) {
    return std::find(have.begin(), have.end(), name) != have.end();
  });
}

std::optional<CertifiedKey> Folder::load(std::string_view name, const CertificateAuthority& ca,
                                         const CertificateSpec& spec) const {
  const Result<std::string> pem = read_private_file(file(name, "crt"));
  const Result<std::string> key_pem = read_private_file(file(name, "key"));
  if (!pem || !key_pem) return std::nullopt;
  Result<std::vector<Certificate>> certificates = Certificate::all_from_pem(*pem);
  Result<PrivateKey> key = PrivateKey::from_pem(*key_pem);
  if (!certificates || !key) return std::nullopt;
  Certificate certificate = std::move(certificates->front());
  certificates->erase(certificates->begin());
  const bool good = !ends_soon(certificate, now_, kRenewBefore) &&
                    certificate.not_before() <= now_ && certificate.public_key().same_as(*key) &&
                    ca.has_signed(certificate) && certificate.common_name() == spec.common_name &&
                    certificate.organizations() == spec.organizations &&
                    has_all(certificate.dns_names(), spec.dns_names) &&
                    has_all(certificate.ip_addresses(), spec.ip_addresses);
  if (!good) return std::nullopt;
  return CertifiedKey{std::move(certificate), std::move(*certificates), std::move(*key)};
}

CertificateSpec client_spec(std::string_view name, std::vector<std::string> groups) {
  return {.common_name = std::string(name),
          .organizations = std::move(groups),
          .usages = {"digital signature", "key encipherment", "client auth"}};
}

CertificateSpec serving_spec(std::string_view name, const std::vector<std::string>& names) {
  CertificateSpec spec{.common_name = std::string(name),
                       .usages = {"digital signature", "key encipherment", "server auth"}};
  for (const std::string& text : names) {
    const std::string address = canonical_ip_address(text);
    std::vector<std::string>& list = address.empty() ? spec.dns_names : spec.ip_addresses;
    const std::string& entry = address.empty() ? text : address;
    if (std::find(list.begin(), list.end(), entry) == list.end()) list.push_back(entry);
  }
  return spec;
}

std::vector<std::string> server_names(const ServerPkiOptions& options) {
  std::vector<std::string> names = {
      "kubernetes",
      "kubernetes.default",
      "kubernetes.default.svc",
      fmt::format("kubernetes.default.svc.{}", options.cluster_domain),
      "localhost",
      "127.0.0.1",
      "::1",
  };
  names.insert(names.end(), options.names.begin(), options.names.end());
  return names;
}

}  // namespace

Result<ServerPki> ensure_server_pki(const ServerPkiOptions& options, SystemTime now) {
  TRY(check_clock(now));
  Folder folder(options.data_dir + "/server/tls", now);
  CertificateAuthority server_ca = TRY(folder.authority("server-ca"));
  CertificateAuthority client_ca = TRY(folder.authority("client-ca"));
  CertificateAuthority header_ca = TRY(folder.authority("request-header-ca"));
  CertifiedKey serving = TRY(folder.certificate(
      "serving-kube-apiserver", server_ca, serving_spec("kube-apiserver", server_names(options))));
  CertifiedKey admin = TRY(folder.certificate("client-admin", client_ca,
                                              client_spec("system:admin", {"system:masters"})));
  CertifiedKey to_kubelets = TRY(folder.certificate(
      "client-kube-apiserver", client_ca, client_spec("system:apiserver", {"system:masters"})));
  CertifiedKey auth_proxy =
      TRY(folder.certificate("client-auth-proxy", header_ca, client_spec(kRequestHeaderName, {})));
  PrivateKey service_account = TRY(folder.key("service"));
  return ServerPki{std::move(server_ca),  std::move(client_ca),       std::move(header_ca),
                   std::move(serving),    std::move(admin),           std::move(to_kubelets),
                   std::move(auth_proxy), std::move(service_account), folder.changed()};
}

CertificateSpec node_client_spec(std::string_view node) {
  return client_spec(fmt::format("system:node:{}", node), {"system:nodes"});
}

CertificateSpec node_serving_spec(std::string_view node, const std::vector<std::string>& names) {
  std::vector<std::string> all = {std::string(node), "localhost", "127.0.0.1", "::1"};
  all.insert(all.end(), names.begin(), names.end());
  return serving_spec(node, all);
}

Result<NodePki> ensure_node_pki(const ServerPki& server, const std::string& data_dir,
                                std::string_view node, const std::vector<std::string>& names,
                                SystemTime now) {
  Folder folder(data_dir + "/agent", now);
  CertifiedKey client =
      TRY(folder.certificate("client-kubelet", server.client_ca, node_client_spec(node)));
  CertifiedKey serving =
      TRY(folder.certificate("serving-kubelet", server.server_ca, node_serving_spec(node, names)));
  return NodePki{std::move(client), std::move(serving)};
}

}  // namespace knarr::auth
