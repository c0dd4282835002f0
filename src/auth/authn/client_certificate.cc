// SPDX-License-Identifier: Apache-2.0
#include "auth/client_certificate.h"

#include "auth/crypto/openssl.h"
#include "base/check.h"

#include <fmt/core.h>
#include <openssl/err.h>

namespace knarr::auth {

namespace {

constexpr std::size_t kMaxChain = 10;
constexpr const char* kUidOid = "1.3.6.1.4.1.57683.2";

using Chain =
    std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) { sk_X509_free(stack); })>;

std::string uid_of(const X509_NAME* subject) {
  using Object = std::unique_ptr<ASN1_OBJECT, crypto::Deleter<ASN1_OBJECT_free>>;
  const Object oid(OBJ_txt2obj(kUidOid, 1));
  const int at = X509_NAME_get_index_by_OBJ(subject, oid.get(), -1);
  if (at < 0) return {};
  const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

}  // namespace

CertificateVerifier::CertificateVerifier(const std::vector<Certificate>& authorities) {
  crypto::init();
  crypto::StoreHandle store(X509_STORE_new());
  CHECK(store != nullptr);
  for (const Certificate& authority : authorities) {
    X509_STORE_add_cert(store.get(), authority.handle());  // A repeated one is no harm.
  }
  ERR_clear_error();
  store_ = std::shared_ptr<X509_STORE>(store.release(), X509_STORE_free);
}

Result<Certificate> CertificateVerifier::verify(const std::vector<std::string>& chain,
                                                SystemTime now) const {
  if (chain.empty()) return Error(Reason::Unauthorized, "no client certificate");
  if (chain.size() > kMaxChain) {
    return Error(Reason::Unauthorized, "too many certificates from the client");
  }
  std::vector<Certificate> certificates;
  for (const std::string& der : chain) {
    Result<Certificate> certificate = Certificate::from_der(der);
    if (!certificate) return Error(Reason::Unauthorized, certificate.error().message());
    certificates.push_back(std::move(*certificate));
  }
  const Chain above(sk_X509_new_null());
  for (std::size_t i = 1; i < certificates.size(); ++i) {
    sk_X509_push(above.get(), certificates[i].handle());
  }

  const crypto::StoreContext context(X509_STORE_CTX_new());
  CHECK(X509_STORE_CTX_init(context.get(), store_.get(), certificates[0].handle(), above.get()) ==
        1);
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(
      parameters, std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT);
  // An authority of ours may itself be signed by somebody we do not know.
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
  if (X509_verify_cert(context.get()) != 1) {
    const int code = X509_STORE_CTX_get_error(context.get());
    ERR_clear_error();
    return Error(Reason::Unauthorized,
                 fmt::format("client certificate of \"{}\": {}", certificates[0].common_name(),
                             X509_verify_cert_error_string(code)));
  }
  return std::move(certificates[0]);
}

std::optional<User> user_of(const Certificate& certificate) {
  User user;
  user.name = certificate.common_name();
  if (user.name.empty()) return std::nullopt;
  user.uid = uid_of(X509_get_subject_name(certificate.handle()));
  user.groups = certificate.organizations();
  user.extra.add(kExtraCredentialId, "X509SHA256=" + certificate.fingerprint());
  return user;
}

}  // namespace knarr::auth
