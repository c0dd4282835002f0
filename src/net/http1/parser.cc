// SPDX-License-Identifier: Apache-2.0
// Beast's basic_parser behind our door. It refuses what smuggles requests: two lengths, a length
// together with chunks, spaces before the colon.
#include "net/http1/parser.h"

#include <limits>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <fmt/core.h>

namespace knarr::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using ErrorCode = boost::beast::error_code;

std::string_view view(string_view text) {
  return {text.data(), text.size()};
}

Error parse_error(const ErrorCode& code) {
  if (code == http::error::header_limit) {
    return {Reason::RequestEntityTooLarge, "request header fields too large"};
  }
  return {Reason::BadRequest, fmt::format("malformed HTTP message: {}", code.message())};
}

}  // namespace

class Http1Parser::Machine {
 public:
  virtual ~Machine() = default;
  virtual std::size_t put(std::string_view bytes, ErrorCode& code) = 0;
  virtual void put_end(ErrorCode& code) = 0;
  virtual void skip_body() = 0;
  [[nodiscard]] virtual bool is_header_done() const = 0;
  [[nodiscard]] virtual bool is_done() const = 0;

  Head head;
  Headers trailers;
  std::string body;
};

template <bool kIsRequest>
class Http1Parser::BeastMachine final : public Machine, private http::basic_parser<kIsRequest> {
  using Base = http::basic_parser<kIsRequest>;

 public:
  explicit BeastMachine(std::uint32_t max_header_bytes) {
    Base::eager(true);
    Base::header_limit(max_header_bytes);
    Base::body_limit(std::numeric_limits<std::uint64_t>::max());  // Bounded by who reads the body.
  }

  std::size_t put(std::string_view bytes, ErrorCode& code) override {
    return Base::put(boost::asio::const_buffer(bytes.data(), bytes.size()), code);
  }
  void put_end(ErrorCode& code) override { Base::put_eof(code); }
  void skip_body() override { Base::skip(true); }
  [[nodiscard]] bool is_header_done() const override { return Base::is_header_done(); }
  [[nodiscard]] bool is_done() const override { return Base::is_done(); }

 private:
  void on_request_impl(http::verb /*verb*/, string_view method, string_view target, int version,
                       ErrorCode& /*code*/) override {
    this->head.method = view(method);
    this->head.target = view(target);
    this->head.version = version == 10 ? HttpVersion::Http10 : HttpVersion::Http11;
  }
  void on_response_impl(int status, string_view /*reason*/, int version,
                        ErrorCode& /*code*/) override {
    this->head.status = status;
    this->head.version = version == 10 ? HttpVersion::Http10 : HttpVersion::Http11;
  }
  void on_field_impl(http::field /*field*/, string_view name, string_view value,
                     ErrorCode& /*code*/) override {
    (header_done_ ? this->trailers : this->head.headers).add(view(name), view(value));
  }
  void on_header_impl(ErrorCode& /*code*/) override {
    header_done_ = true;
    this->head.chunked = Base::chunked();
    this->head.keep_alive = Base::keep_alive();
    if (const auto length = Base::content_length()) this->head.content_length = *length;
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>& /*length*/,
                         ErrorCode& /*code*/) override {}
  std::size_t on_body_impl(string_view bytes, ErrorCode& /*code*/) override {
    this->body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t /*size*/, string_view /*extensions*/,
                            ErrorCode& /*code*/) override {}
  std::size_t on_chunk_body_impl(std::uint64_t /*remain*/, string_view bytes,
                                 ErrorCode& /*code*/) override {
    this->body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(ErrorCode& /*code*/) override {}

  bool header_done_ = false;
};

Http1Parser::Http1Parser(Kind kind, std::uint32_t max_header_bytes) {
  if (kind == Kind::Request) {
    machine_ = std::make_unique<BeastMachine<true>>(max_header_bytes);
  } else {
    machine_ = std::make_unique<BeastMachine<false>>(max_header_bytes);
  }
}

Http1Parser::~Http1Parser() = default;

Result<std::size_t> Http1Parser::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !machine_->is_done()) {
    ErrorCode code;
    const std::size_t step = machine_->put(bytes.substr(used), code);
    used += step;
    if (code == http::error::need_more) break;
    if (code) return parse_error(code);
    if (step == 0) break;
  }
  return used;
}

Result<> Http1Parser::feed_end() {
  if (is_done()) return ok();
  if (!is_head_done()) return Error(Reason::BadRequest, "malformed HTTP message: unexpected end");
  ErrorCode code;
  machine_->put_end(code);
  if (code) return parse_error(code);
  return ok();
}

void Http1Parser::expect_no_body() {
  machine_->skip_body();
}
bool Http1Parser::is_head_done() const {
  return machine_->is_header_done();
}
bool Http1Parser::is_done() const {
  return machine_->is_done();
}
Http1Parser::Head& Http1Parser::head() {
  return machine_->head;
}
std::string Http1Parser::take_body() {
  return std::exchange(machine_->body, {});
}
std::size_t Http1Parser::body_size() const {
  return machine_->body.size();
}
const Headers& Http1Parser::trailers() const {
  return machine_->trailers;
}

}  // namespace knarr::net
