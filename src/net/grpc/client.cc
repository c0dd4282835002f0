// SPDX-License-Identifier: Apache-2.0
// Calls: HTTP/2 POST, framed messages, the status in the trailers.
#include "net/grpc.h"
#include "net/grpc/wire.h"

#include <charconv>

#include <fmt/core.h>

namespace knarr::net {
namespace {

Reason reason_of(GrpcCode code) {
  switch (code) {
    case GrpcCode::InvalidArgument:
      return Reason::BadRequest;
    case GrpcCode::DeadlineExceeded:
      return Reason::Timeout;
    case GrpcCode::NotFound:
      return Reason::NotFound;
    case GrpcCode::AlreadyExists:
      return Reason::AlreadyExists;
    case GrpcCode::PermissionDenied:
      return Reason::Forbidden;
    case GrpcCode::ResourceExhausted:
      return Reason::TooManyRequests;
    case GrpcCode::FailedPrecondition:
    case GrpcCode::Aborted:
      return Reason::Conflict;
    case GrpcCode::OutOfRange:
      return Reason::Expired;
    case GrpcCode::Unimplemented:
      return Reason::NotImplemented;
    case GrpcCode::Cancelled:
    case GrpcCode::Unavailable:
      return Reason::ServiceUnavailable;
    case GrpcCode::Unauthenticated:
      return Reason::Unauthorized;
    case GrpcCode::Ok:
    case GrpcCode::Unknown:
    case GrpcCode::Internal:
    case GrpcCode::DataLoss:
      return Reason::InternalError;
  }
  return Reason::InternalError;
}

// From an HTTP status without gRPC's own, as its specification maps them.
GrpcCode code_of_http(int status) {
  switch (status) {
    case 400:
      return GrpcCode::Internal;
    case 401:
      return GrpcCode::Unauthenticated;
    case 403:
      return GrpcCode::PermissionDenied;
    case 404:
      return GrpcCode::Unimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return GrpcCode::Unavailable;
    default:
      return GrpcCode::Unknown;
  }
}

std::optional<GrpcStatus> status_in(const Headers& headers) {
  const auto text = headers.get("grpc-status");
  if (!text) return std::nullopt;
  unsigned code = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), code);
  if (error != std::errc() || end != text->data() + text->size() || code > 16)
    code = static_cast<unsigned>(GrpcCode::Unknown);
  return GrpcStatus{static_cast<GrpcCode>(code),
                    decode_grpc_message(headers.get_or("grpc-message", ""))};
}

HttpClientRequest make_request(std::string method, const GrpcOptions& options) {
  HttpClientRequest request{
      .method = "POST", .target = std::move(method), .headers = options.metadata};
  request.headers.set("content-type", "application/grpc");
  request.headers.set("te", "trailers");
  if (options.timeout.count() > 0)
    request.headers.set("grpc-timeout", grpc_timeout(options.timeout));
  return request;
}

Task<Result<std::string>> call_unary(GrpcClient* client, std::string method, std::string message,
                                     GrpcOptions options) {
  const auto call = CO_TRY(
      co_await client->server_stream(std::move(method), std::move(message), std::move(options)));
  std::optional<std::string> reply = CO_TRY(co_await call->read());
  if (!reply) co_return Error(Reason::InternalError, "grpc: no message in the reply");
  if (CO_TRY(co_await call->read()))
    co_return Error(Reason::InternalError, "grpc: more than one message in the reply");
  co_return std::move(*reply);
}

}  // namespace

Error grpc_error(const GrpcStatus& status) {
  return {reason_of(status.code), status.message};
}

GrpcCall::GrpcCall(std::unique_ptr<HttpCall> call, std::size_t max_message_bytes)
    : call_(std::move(call)), max_message_bytes_(max_message_bytes) {}

Task<Result<>> GrpcCall::write(std::string message) {
  return call_->write(grpc_frame(message));
}

Task<Result<>> GrpcCall::finish_writes() {
  return call_->finish();
}

Task<Result<>> GrpcCall::wait_head() {
  if (head_done_) co_return ok();
  CO_TRY(co_await call_->wait_response());
  head_done_ = true;
  const std::string_view type = call_->headers().get_or("content-type", "");
  if (call_->status() == 200 && type.starts_with("application/grpc")) co_return ok();
  status_ = status_in(call_->headers());
  if (!status_)
    status_ = GrpcStatus{
        code_of_http(call_->status()),
        fmt::format("grpc: server answered {} with content type \"{}\"", call_->status(), type)};
  co_return grpc_error(*status_);
}

Task<Result<std::optional<std::string>>> GrpcCall::read() {
  if (status_) co_return co_await end();
  CO_TRY(co_await wait_head());
  while (true) {
    if (auto message = CO_TRY(take_grpc_message(received_, max_message_bytes_))) co_return message;
    const std::string bytes = CO_TRY(co_await call_->body().read());
    if (bytes.empty()) break;
    received_ += bytes;
  }
  status_ = status_in(call_->body().trailers());
  if (!status_) status_ = status_in(call_->headers());  // A reply of trailers only.
  if (!status_) status_ = GrpcStatus{GrpcCode::Internal, "grpc: the server ended without a status"};
  if (status_->code == GrpcCode::Ok && !received_.empty())
    status_ = GrpcStatus{GrpcCode::Internal, "grpc: a message was cut off"};
  co_return co_await end();
}

Task<Result<std::optional<std::string>>> GrpcCall::end() {
  if (status_->code != GrpcCode::Ok) co_return grpc_error(*status_);
  co_return std::nullopt;
}

Task<Result<std::unique_ptr<GrpcCall>>> GrpcClient::open(std::string method, GrpcOptions options) {
  auto call = CO_TRY(co_await http_.open(make_request(std::move(method), options)));
  co_return std::make_unique<GrpcCall>(std::move(call), options.max_message_bytes);
}

Task<Result<std::unique_ptr<GrpcCall>>> GrpcClient::server_stream(std::string method,
                                                                  std::string message,
                                                                  GrpcOptions options) {
  auto call = CO_TRY(co_await open(std::move(method), std::move(options)));
  // A server that answers before it has read everything ends the stream: its status is what counts.
  const Result<> written = co_await call->write(std::move(message));
  if (!written && written.error().is(Reason::Cancelled)) co_return written.error();
  (void)co_await call->finish_writes();
  co_return call;
}

Task<Result<std::string>> GrpcClient::call(std::string method, std::string message,
                                           GrpcOptions options) {
  const auto timeout = options.timeout;
  auto unary = call_unary(this, std::move(method), std::move(message), std::move(options));
  if (timeout.count() <= 0) return unary;
  return with_deadline(http_.loop(), timeout, std::move(unary));
}

}  // namespace knarr::net
