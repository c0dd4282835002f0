// SPDX-License-Identifier: Apache-2.0
// Keys, certificates, authorities that issue them, and requests for them. Everything is immutable
// and cheap to copy once made; any thread. Times are passed in: nothing here reads a clock.
#pragma once

#include "base/clock.h"
#include "base/result.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;  // OpenSSL's, so that its headers stay inside.
struct x509_st;

namespace knarr::auth {

/// A public key: EC P-256, P-384, P-521, RSA or Ed25519.
class PublicKey {
 public:
  /// Reads the first public key, private key or certificate of a PEM text. Errors: BadRequest.
  static Result<PublicKey> from_pem(std::string_view pem);
  explicit PublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

  /// "-----BEGIN PUBLIC KEY-----"
  [[nodiscard]] std::string pem() const;
  /// SubjectPublicKeyInfo.
  [[nodiscard]] std::string der() const;
  [[nodiscard]] bool same_as(const PublicKey& other) const;
  [[nodiscard]] evp_pkey_st* handle() const { return key_.get(); }

 protected:
  std::shared_ptr<evp_pkey_st> key_;
};

class PrivateKey : public PublicKey {
 public:
  /// A new EC P-256 key.
  static PrivateKey generate();
  /// PKCS#8, "EC PRIVATE KEY" or "RSA PRIVATE KEY", not encrypted. Errors: BadRequest.
  static Result<PrivateKey> from_pem(std::string_view pem);
  using PublicKey::PublicKey;

  /// "EC PRIVATE KEY", or PKCS#1 for RSA: what K3s writes.
  [[nodiscard]] std::string private_pem() const;
};

/// One X.509 certificate.
class Certificate {
 public:
  /// Reads the first certificate of a PEM text. Errors: BadRequest.
  static Result<Certificate> from_pem(std::string_view pem);
  /// Reads all certificates of a PEM text, at least one. Errors: BadRequest.
  static Result<std::vector<Certificate>> all_from_pem(std::string_view pem);
  static Result<Certificate> from_der(std::string_view der);
  explicit Certificate(std::shared_ptr<x509_st> x509) : x509_(std::move(x509)) {}

  [[nodiscard]] std::string pem() const;
  [[nodiscard]] std::string der() const;
  [[nodiscard]] std::string common_name() const;
  [[nodiscard]] std::vector<std::string> organizations() const;
  [[nodiscard]] std::vector<std::string> dns_names() const;
  [[nodiscard]] std::vector<std::string> ip_addresses() const;  // As text, canonical.
  [[nodiscard]] SystemTime not_before() const;
  [[nodiscard]] SystemTime not_after() const;
  [[nodiscard]] bool is_authority() const;
  [[nodiscard]] PublicKey public_key() const;
  /// SHA-256 of the DER form, in small hex digits.
  [[nodiscard]] std::string fingerprint() const;
  [[nodiscard]] x509_st* handle() const { return x509_.get(); }

 private:
  std::shared_ptr<x509_st> x509_;
};

/// What a certificate shall say.
struct CertificateSpec {
  std::string common_name;
  std::vector<std::string> organizations;
  std::string subject_der;  // A whole subject, instead of the two above; "" for none.
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> emails;
  std::vector<std::string> uris;
  /// Kubernetes' names: "digital signature", "key encipherment", "server auth", "client auth", ...
  std::vector<std::string> usages;
  std::chrono::seconds lifetime = std::chrono::days(365);
};

/// A certificate, those above it that a peer should be sent, and its key.
struct CertifiedKey {
  Certificate certificate;
  std::vector<Certificate> chain;
  PrivateKey key;

  [[nodiscard]] std::string chain_pem() const;  // The certificate first.
};

/// A certificate request (PKCS#10) of somebody else.
class CertificateRequest {
 public:
  /// Reads "-----BEGIN CERTIFICATE REQUEST-----" and checks its signature. Errors: BadRequest.
  static Result<CertificateRequest> from_pem(std::string_view pem);
  /// Makes one, for the key's owner to send. Only subject and names of the spec count.
  static std::string make_pem(const CertificateSpec& spec, const PrivateKey& key);

  /// The subject and the names it asks for; usages and lifetime are the caller's to fill in.
  [[nodiscard]] const CertificateSpec& spec() const { return spec_; }
  [[nodiscard]] const PublicKey& public_key() const { return key_; }

 private:
  CertificateRequest(CertificateSpec spec, PublicKey key)
      : spec_(std::move(spec)), key_(std::move(key)) {}
  CertificateSpec spec_;
  PublicKey key_;
};

/// A certificate authority with its key.
class CertificateAuthority {
 public:
  /// How far certificates reach back: for peers whose clocks are behind.
  static constexpr std::chrono::seconds kBackdate = std::chrono::hours(1);

  /// A new self-signed authority, valid for ten years. Errors: as check_clock().
  static Result<CertificateAuthority> create(std::string common_name, SystemTime now);
  /// From PEM texts. The bundle's first certificate issues, the others are sent along with what it
  /// issues. Errors: BadRequest when they cannot be read or do not belong together.
  static Result<CertificateAuthority> from_pem(std::string_view bundle, std::string_view key);
  /// A new self-signed certificate for a key that exists.
  static Result<CertificateAuthority> create_with_key(std::string common_name, PrivateKey key,
                                                      SystemTime now);

  /// Signs a certificate for a key; it ends with the authority at the latest. Errors: BadRequest
  /// for a usage, name or address that cannot be; as check_clock().
  [[nodiscard]] Result<Certificate> sign(const CertificateSpec& spec, const PublicKey& key,
                                         SystemTime now) const;
  /// Makes a key and signs a certificate for it.
  [[nodiscard]] Result<CertifiedKey> issue(const CertificateSpec& spec, SystemTime now) const;

  /// Whether this authority's key signed a certificate.
  [[nodiscard]] bool has_signed(const Certificate& certificate) const;
  [[nodiscard]] const Certificate& certificate() const { return bundle_.front(); }
  [[nodiscard]] const std::vector<Certificate>& bundle() const { return bundle_; }
  [[nodiscard]] std::string bundle_pem() const;
  [[nodiscard]] const PrivateKey& key() const { return key_; }

 private:
  CertificateAuthority(std::vector<Certificate> bundle, PrivateKey key)
      : bundle_(std::move(bundle)), key_(std::move(key)) {}
  std::vector<Certificate> bundle_;
  PrivateKey key_;
};

/// Refuses a time before this program was written: a machine without a battery for its clock would
/// make certificates that nobody else takes. Errors: ServiceUnavailable, saying what to do.
Result<> check_clock(SystemTime now);

/// Whether a certificate ends within `margin` of `now`, or has ended.
bool ends_soon(const Certificate& certificate, SystemTime now, std::chrono::seconds margin);

/// An IPv4 or IPv6 address as certificates show it ("::1"), "" for what is none.
std::string canonical_ip_address(std::string_view text);

}  // namespace knarr::auth
