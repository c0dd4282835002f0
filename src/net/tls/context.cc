// SPDX-License-Identifier: Apache-2.0
// SSL_CTX set up as Go's crypto/tls sets itself up by default: TLS 1.2 with ECDHE and AEAD only, or
// 1.3. No session tickets: a resumed session would carry an old client certificate.
#include "net/tls/context.h"

#include <cstdio>
#include <cstdlib>
#include <mutex>

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <unistd.h>

namespace knarr::net {
namespace {

constexpr const char* kTls12Ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

// Where distributions keep their authorities, as in Go's crypto/x509.
constexpr const char* kSystemBundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                          "/etc/pki/tls/certs/ca-bundle.crt",
                                          "/etc/ssl/ca-bundle.pem",
                                          "/etc/pki/tls/cacert.pem",
                                          "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                                          "/etc/ssl/cert.pem"};

Error invalid(std::string_view what) {
  return {Reason::Invalid, fmt::format("{}: {}", what, take_openssl_error())};
}

Result<UniqueSslCtx> make_context(const SSL_METHOD* method) {
  init_openssl();
  UniqueSslCtx context(SSL_CTX_new(method));
  if (context == nullptr) return invalid("make TLS context");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), kTls12Ciphers);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_read_ahead(context.get(), 1);  // A record costs one read, not two.
  return context;
}

Result<> use_certificate(SSL_CTX* context, std::string_view certificate, std::string_view key) {
  const UniqueBio bio = memory_bio(certificate);
  const UniqueX509 leaf(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
  if (leaf == nullptr) return invalid("read certificate");
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1) return invalid("use certificate");
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, next) != 1) {
      X509_free(next);
      return invalid("use certificate chain");
    }
  }
  ERR_clear_error();  // The end of the PEM text.
  const UniqueBio key_bio = memory_bio(key);
  const UniqueKey private_key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  if (private_key == nullptr) return invalid("read private key");
  if (SSL_CTX_use_PrivateKey(context, private_key.get()) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return invalid("private key does not belong to the certificate");
  }
  return ok();
}

// Adds every certificate of a PEM text to the trusted ones; as in Go any of them ends a chain.
Result<int> trust(SSL_CTX* context, std::string_view pem, bool announce) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  const UniqueBio bio = memory_bio(pem);
  int count = 0;
  while (true) {
    const UniqueX509 authority(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (authority == nullptr) break;
    X509_STORE_add_cert(store, authority.get());
    if (announce) SSL_CTX_add_client_CA(context, authority.get());
    ++count;
  }
  const unsigned long last = ERR_peek_last_error();
  const bool at_end =
      ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
  if (!at_end || count == 0) return invalid("read CA certificates");
  ERR_clear_error();
  return count;
}

// The wire form of a protocol list: length-prefixed names (RFC 7301 3.1).
std::string alpn_wire(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& name : protocols) {
    wire += static_cast<char>(name.size());
    wire += name;
  }
  return wire;
}

void free_alpn(void* /*parent*/, void* data, CRYPTO_EX_DATA* /*ad*/, int /*index*/, long /*argl*/,
               void* /*argp*/) {
  delete static_cast<std::string*>(data);
}

int alpn_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_alpn);
  return index;
}

int select_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                const unsigned char* in, unsigned int in_size, void* /*arg*/) {
  // The list hangs on the context that the connection holds: a reload may free the newer one's.
  const auto* ours =
      static_cast<const std::string*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), alpn_index()));
  unsigned char* chosen = nullptr;
  if (ours == nullptr ||
      SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(ours->data()),
                            static_cast<unsigned>(ours->size()), in,
                            in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Result<SharedSslCtx> make_server_context(const TlsServerConfig& config) {
  UniqueSslCtx context = TRY(make_context(TLS_server_method()));
  TRY(use_certificate(context.get(), config.certificate, config.key));
  if (!config.client_ca.empty()) {
    TRY(trust(context.get(), config.client_ca, true));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER,
                       [](int /*ok*/, X509_STORE_CTX*) { return 1; });
  }
  SSL_CTX_set_ex_data(context.get(), alpn_index(), new std::string(alpn_wire(config.alpn)));
  SSL_CTX_set_alpn_select_cb(context.get(), select_alpn, nullptr);
  return SharedSslCtx(context.release(), OpenSslFree<SSL_CTX_free>());
}

Result<> trust_system(SSL_CTX* context) {
  X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN);
  const char* chosen = std::getenv("SSL_CERT_FILE");
  for (const char* bundle : kSystemBundles) {
    if (chosen != nullptr) break;
    if (::access(bundle, R_OK) == 0) chosen = bundle;
  }
  // Without any bundle nothing is trusted, which the first handshake will tell.
  if (chosen != nullptr && SSL_CTX_load_verify_file(context, chosen) != 1) {
    return invalid(fmt::format("read CA bundle {}", chosen));
  }
  return ok();
}

}  // namespace

void init_openssl() {
  static std::once_flag once;
  std::call_once(once, [] { OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr); });
}

std::string take_openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  std::string text = reason != nullptr ? reason : "unknown error";
  ERR_clear_error();
  return text;
}

UniqueBio memory_bio(std::string_view text) {
  return UniqueBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Result<std::shared_ptr<TlsServerContext>> TlsServerContext::create(const TlsServerConfig& config) {
  return std::make_shared<ServerContext>(TRY(make_server_context(config)));
}

Result<> ServerContext::reload(const TlsServerConfig& config) {
  SharedSslCtx fresh = TRY(make_server_context(config));
  std::lock_guard lock(mutex_);
  native_.swap(fresh);
  return ok();
}

Result<std::shared_ptr<TlsClientContext>> TlsClientContext::create(const TlsClientConfig& config) {
  UniqueSslCtx context = TRY(make_context(TLS_client_method()));
  if (config.insecure_skip_verify) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  } else {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    if (config.ca.empty()) {
      TRY(trust_system(context.get()));
    } else {
      TRY(trust(context.get(), config.ca, false));
    }
  }
  if (!config.certificate.empty())
    TRY(use_certificate(context.get(), config.certificate, config.key));
  const std::string wire = alpn_wire(config.alpn);
  SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(wire.data()),
                          static_cast<unsigned>(wire.size()));
  return std::make_shared<ClientContext>(std::move(context), !config.insecure_skip_verify);
}

}  // namespace knarr::net
