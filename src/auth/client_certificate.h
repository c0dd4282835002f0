// SPDX-License-Identifier: Apache-2.0
// Users by their client certificates, and by the headers of a trusted proxy. The TLS handshake only
// proves that the peer has the key; whether anybody we trust vouches for it is decided here. Once a
// connection is enough, but the certificate's end must be looked at with each request.
// Immutable after creation; any thread. Source: k8s.io/apiserver pkg/authentication/request/x509.
#pragma once

#include "auth/certificates.h"
#include "auth/user.h"
#include "base/result.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct x509_store_st;

namespace knarr::auth {

/// Checks chains of client certificates against a set of authorities.
class CertificateVerifier {
 public:
  explicit CertificateVerifier(const std::vector<Certificate>& authorities);

  /// The peer's own certificate, after checking signatures up to one of the authorities, validity
  /// at `now` and that it may be used by clients. `chain` is what the peer sent, in DER, its own
  /// certificate first. Errors: Unauthorized.
  [[nodiscard]] Result<Certificate> verify(const std::vector<std::string>& chain,
                                           SystemTime now) const;

 private:
  std::shared_ptr<x509_store_st> store_;
};

/// The user that a certificate names: name = common name, groups = organizations, uid if the
/// subject has one (OID 1.3.6.1.4.1.57683.2), the fingerprint as credential id. Nothing without a
/// name. Without system:authenticated.
std::optional<User> user_of(const Certificate& certificate);

using Headers = std::vector<std::pair<std::string, std::string>>;  // Names in small letters.

struct RequestHeaderOptions {
  std::vector<std::string> allowed_names;  // Of the proxy's certificate; empty: any.
  std::vector<std::string> user_headers = {"x-remote-user"};
  std::vector<std::string> uid_headers = {"x-remote-uid"};
  std::vector<std::string> group_headers = {"x-remote-group"};
  std::vector<std::string> extra_prefixes = {"x-remote-extra-"};
};

/// The user that a proxy names in headers, when its certificate is good for that; nothing when
/// there is no certificate of the verifier's authorities or no user header. Errors: Unauthorized
/// for a certificate of these authorities whose name is not allowed.
Result<std::optional<User>> request_header_user(const CertificateVerifier& verifier,
                                                const RequestHeaderOptions& options,
                                                const std::vector<std::string>& chain,
                                                const Headers& headers, SystemTime now);

/// The token of an Authorization header: what follows `Bearer ` (any case) up to a blank; nothing
/// for another scheme or without a token (BEHAVIOURS 166).
std::optional<std::string_view> bearer_token(std::string_view authorization);

/// The key of an extra header's name: what is left of it, percent-decoded where that can be done.
std::string decode_extra_key(std::string_view encoded);

}  // namespace knarr::auth
