// SPDX-License-Identifier: Apache-2.0
// A TLS connection. OpenSSL reads and writes the stream below through a BIO without a buffer of its
// own, so that an idle connection holds little more than its keys.
#include "net/tls/context.h"

#include <array>
#include <cstring>

#include <fmt/core.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace knarr::net {
namespace {

constexpr std::string_view kPlainHttpAnswer =
    "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
constexpr std::size_t kRecordHeaderBytes = 5;

// The five bytes where a TLS record should start; the same five beginnings as Go's net/http.
bool looks_like_http(std::string_view header) {
  return header == "GET /" || header == "HEAD " || header == "POST " || header == "PUT /" ||
         header == "OPTIO";
}

// Verification failures in the words of Go's crypto/x509, which users and tests know.
std::string verify_words(long code, std::string_view server_name) {
  switch (code) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
      return "x509: certificate signed by unknown authority";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "x509: certificate has expired or is not yet valid";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return fmt::format("x509: certificate is not valid for {}", server_name);
    case X509_V_ERR_INVALID_PURPOSE:
      return "x509: certificate specifies an incompatible key usage";
    default:
      return fmt::format("x509: {}", X509_verify_cert_error_string(code));
  }
}

std::string to_der(X509* certificate) {
  const int size = i2d_X509(certificate, nullptr);
  if (size <= 0) return "";
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &out);
  return der;
}

class TlsStream final : public Stream {
 public:
  TlsStream(std::unique_ptr<Stream> below, SharedSslCtx context, std::string server_name);
  ~TlsStream() override { close(); }

  Result<std::optional<std::size_t>> try_read(std::span<char> buffer) override;
  Result<std::size_t> try_write(std::string_view bytes) override;
  Task<Result<>> readable() override {
    return read_wants_write_ ? below_->writable() : below_->readable();
  }
  Task<Result<>> writable() override {
    return write_wants_read_ ? below_->readable() : below_->writable();
  }
  Task<Result<>> shutdown_write() override;
  void close() override;
  [[nodiscard]] Address local_address() const override { return below_->local_address(); }
  [[nodiscard]] Address peer_address() const override { return below_->peer_address(); }
  [[nodiscard]] std::shared_ptr<const TlsInfo> tls() const override { return info_; }
  [[nodiscard]] Loop& loop() const override { return below_->loop(); }

  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
  [[nodiscard]] Stream& below() { return *below_; }
  // Bytes that were read before OpenSSL was asked.
  void set_prefix(std::string prefix) { prefix_ = std::move(prefix); }

  Task<Result<>> shake_hands();

 private:
  static BIO_METHOD* bio_method();
  static int bio_read(BIO* bio, char* out, int size);
  static int bio_write(BIO* bio, const char* bytes, int size);

  Error failure(int ssl_error, std::string_view what);
  void describe();

  std::unique_ptr<Stream> below_;
  SharedSslCtx context_;
  UniqueSsl ssl_;
  std::string server_name_;
  std::string prefix_;
  std::shared_ptr<const TlsInfo> info_;
  std::optional<Error> below_error_;
  bool read_wants_write_ = false;
  bool write_wants_read_ = false;
  bool broken_ = false;
  bool closed_ = false;
};

TlsStream::TlsStream(std::unique_ptr<Stream> below, SharedSslCtx context, std::string server_name)
    : below_(std::move(below)),
      context_(std::move(context)),
      ssl_(SSL_new(context_.get())),
      server_name_(std::move(server_name)) {
  CHECK(ssl_ != nullptr);
  BIO* bio = BIO_new(bio_method());
  CHECK(bio != nullptr);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
}

BIO_METHOD* TlsStream::bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "knarr stream");
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_ctrl(made, [](BIO*, int command, long, void*) -> long {
      return command == BIO_CTRL_FLUSH ? 1 : 0;
    });
    return made;
  }();
  return method;
}

int TlsStream::bio_read(BIO* bio, char* out, int size) {
  auto* self = static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (!self->prefix_.empty()) {
    const std::size_t count = std::min(self->prefix_.size(), static_cast<std::size_t>(size));
    std::memcpy(out, self->prefix_.data(), count);
    self->prefix_.erase(0, count);
    return static_cast<int>(count);
  }
  auto got = self->below_->try_read({out, static_cast<std::size_t>(size)});
  if (!got) {
    self->below_error_.emplace(std::move(got).error());
    return -1;
  }
  if (!*got) {
    BIO_set_retry_read(bio);
    return -1;
  }
  return static_cast<int>(**got);
}

int TlsStream::bio_write(BIO* bio, const char* bytes, int size) {
  auto* self = static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  auto put = self->below_->try_write({bytes, static_cast<std::size_t>(size)});
  if (!put) {
    self->below_error_.emplace(std::move(put).error());
    return -1;
  }
  if (*put == 0) {
    BIO_set_retry_write(bio);
    return -1;
  }
  return static_cast<int>(*put);
}

Error TlsStream::failure(int ssl_error, std::string_view what) {
  broken_ = true;
  if (below_error_) {
    ERR_clear_error();
    return *below_error_;
  }
  if (ssl_error == SSL_ERROR_SSL) {
    return {Reason::ServiceUnavailable, fmt::format("{}: tls: {}", what, take_openssl_error())};
  }
  ERR_clear_error();
  return {Reason::ServiceUnavailable, fmt::format("{}: unexpected EOF", what)};
}

Result<std::optional<std::size_t>> TlsStream::try_read(std::span<char> buffer) {
  if (closed_) return closed_error();
  ERR_clear_error();
  read_wants_write_ = false;
  std::size_t got = 0;
  if (SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &got) == 1) return got;
  const int error = SSL_get_error(ssl_.get(), 0);
  switch (error) {
    case SSL_ERROR_WANT_READ:
      return std::nullopt;
    case SSL_ERROR_WANT_WRITE:
      read_wants_write_ = true;
      return std::nullopt;
    case SSL_ERROR_ZERO_RETURN:
      return std::size_t{0};
    default:
      return failure(error, "read");
  }
}

Result<std::size_t> TlsStream::try_write(std::string_view bytes) {
  if (closed_) return closed_error();
  std::size_t total = 0;
  write_wants_read_ = false;
  while (total < bytes.size()) {
    ERR_clear_error();
    std::size_t put = 0;
    if (SSL_write_ex(ssl_.get(), bytes.data() + total, bytes.size() - total, &put) == 1) {
      total += put;
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), 0);
    if (error == SSL_ERROR_WANT_WRITE) return total;
    if (error == SSL_ERROR_WANT_READ) {
      write_wants_read_ = true;
      return total;
    }
    return failure(error, "write");
  }
  return total;
}

Task<Result<>> TlsStream::shutdown_write() {
  while (true) {
    if (closed_) co_return closed_error();
    ERR_clear_error();
    const int result = SSL_shutdown(ssl_.get());
    if (result >= 0) co_return ok();
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_WRITE) {
      CO_TRY(co_await below_->writable());
    } else if (error == SSL_ERROR_WANT_READ) {
      CO_TRY(co_await below_->readable());
    } else {
      co_return failure(error, "shutdown");
    }
  }
}

void TlsStream::close() {
  if (closed_) return;
  closed_ = true;
  if (!broken_ && SSL_is_init_finished(ssl_.get()) != 0)
    SSL_shutdown(ssl_.get());  // If it fits, good.
  ERR_clear_error();
  below_->close();
}

Task<Result<>> TlsStream::shake_hands() {
  while (true) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) break;
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ) {
      CO_TRY(co_await below_->readable());
    } else if (error == SSL_ERROR_WANT_WRITE) {
      CO_TRY(co_await below_->writable());
    } else {
      const long verified = SSL_get_verify_result(ssl_.get());
      Error failed = failure(error, "handshake");
      if (SSL_is_server(ssl_.get()) == 0 && verified != X509_V_OK) {
        co_return Error(Reason::ServiceUnavailable, "tls: failed to verify certificate: " +
                                                        verify_words(verified, server_name_));
      }
      co_return failed;
    }
  }
  describe();
  co_return ok();
}

void TlsStream::describe() {
  auto info = std::make_shared<TlsInfo>();
  info->version = SSL_get_version(ssl_.get());
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
  info->alpn.assign(reinterpret_cast<const char*>(protocol), size);
  const bool is_server = SSL_is_server(ssl_.get()) != 0;
  if (is_server) {
    if (const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name))
      info->server_name = name;
  } else {
    info->server_name = server_name_;
  }
  // The server side's chain lacks the leaf (SSL_get_peer_cert_chain(3)).
  if (is_server) {
    if (X509* leaf = SSL_get0_peer_certificate(ssl_.get()))
      info->peer_certificates.push_back(to_der(leaf));
  }
  STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl_.get());
  for (int i = 0; i < sk_X509_num(chain); ++i)
    info->peer_certificates.push_back(to_der(sk_X509_value(chain, i)));
  if (!info->peer_certificates.empty()) {
    const long verified = SSL_get_verify_result(ssl_.get());
    if (verified != X509_V_OK) info->verify_error = verify_words(verified, server_name_);
  }
  info_ = std::move(info);
}

Result<> prepare_client(SSL* ssl, bool verify, const std::string& server_name) {
  SSL_set_connect_state(ssl);
  const bool is_ip = IpAddress::parse(server_name).has_value();
  if (!is_ip && !server_name.empty()) SSL_set_tlsext_host_name(ssl, server_name.c_str());
  if (!verify) return ok();
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(
      parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const int set =
      is_ip ? X509_VERIFY_PARAM_set1_ip_asc(parameters, server_name.c_str())
            : X509_VERIFY_PARAM_set1_host(parameters, server_name.data(), server_name.size());
  if (server_name.empty() || set != 1) {
    return Error(Reason::Invalid, fmt::format("tls: \"{}\" is no server name", server_name));
  }
  return ok();
}

}  // namespace

Task<Result<std::unique_ptr<Stream>>> tls_accept(std::shared_ptr<TlsServerContext> context,
                                                 std::unique_ptr<Stream> stream) {
  std::string header;
  std::array<char, kRecordHeaderBytes> buffer;
  while (header.size() < kRecordHeaderBytes) {
    const std::size_t got =
        CO_TRY(co_await stream->read({buffer.data(), kRecordHeaderBytes - header.size()}));
    if (got == 0) co_return Error(Reason::ServiceUnavailable, "handshake: EOF");
    header.append(buffer.data(), got);
  }
  if (looks_like_http(header)) {
    (void)stream->try_read(scratch_buffer());  // Unread bytes would turn our close into a reset.
    CO_TRY(co_await stream->write(kPlainHttpAnswer));
    co_return Error(Reason::BadRequest, "client sent an HTTP request to an HTTPS server");
  }
  const SharedSslCtx native = std::static_pointer_cast<ServerContext>(context)->native();
  auto tls = std::make_unique<TlsStream>(std::move(stream), native, "");
  tls->set_prefix(std::move(header));
  SSL_set_accept_state(tls->ssl());
  CO_TRY(co_await tls->shake_hands());
  co_return tls;
}

Task<Result<std::unique_ptr<Stream>>> tls_connect(std::shared_ptr<TlsClientContext> context,
                                                  std::unique_ptr<Stream> stream,
                                                  std::string server_name) {
  const auto client = std::static_pointer_cast<ClientContext>(context);
  const SharedSslCtx native(client, client->native());  // Owned with the context itself.
  auto tls = std::make_unique<TlsStream>(std::move(stream), native, server_name);
  CO_TRY(prepare_client(tls->ssl(), client->verifies(), server_name));
  CO_TRY(co_await tls->shake_hands());
  co_return tls;
}

}  // namespace knarr::net
