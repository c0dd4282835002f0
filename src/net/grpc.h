// SPDX-License-Identifier: Apache-2.0
// gRPC calls over HTTP/2: CRI, etcd, CSI and device plugins. Messages are bytes; who calls encodes.
#pragma once

#include "net/http_client.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace knarr::net {

/// Codes of google.rpc.Code that callers act on.
enum class GrpcCode : std::uint8_t {
  Ok = 0,
  Cancelled = 1,
  Unknown = 2,
  InvalidArgument = 3,
  DeadlineExceeded = 4,
  NotFound = 5,
  AlreadyExists = 6,
  PermissionDenied = 7,
  ResourceExhausted = 8,
  FailedPrecondition = 9,
  Aborted = 10,
  OutOfRange = 11,
  Unimplemented = 12,
  Internal = 13,
  Unavailable = 14,
  DataLoss = 15,
  Unauthenticated = 16,
};

struct GrpcStatus {
  GrpcCode code = GrpcCode::Ok;
  std::string message;
};

/// The Error of a status: NotFound for NOT_FOUND and so on, with the server's words. OUT_OF_RANGE
/// is Expired, as etcd means it; CANCELLED by the server is ServiceUnavailable, since Cancelled is
/// ours.
[[nodiscard]] Error grpc_error(const GrpcStatus& status);

struct GrpcOptions {
  /// Sent to the server (grpc-timeout) and kept on this side. Zero: none; only for streams.
  std::chrono::milliseconds timeout{0};
  /// More request headers.
  Headers metadata = {};
  std::size_t max_message_bytes = std::size_t{16} << 20;  // As the kubelet allows CRI.
};

/// One call with any number of messages each way.
class GrpcCall {
 public:
  GrpcCall(std::unique_ptr<HttpCall> call, std::size_t max_message_bytes);

  /// Sends a message. Errors: as HttpCall.
  Task<Result<>> write(std::string message);
  /// No more messages follow.
  Task<Result<>> finish_writes();
  /// The next message; nullopt after the last, when the server's status is OK. Errors: that status
  /// as grpc_error(); ServiceUnavailable when the connection fails; Cancelled.
  Task<Result<std::optional<std::string>>> read();
  /// What the server ended with, once read() told the end or an error.
  [[nodiscard]] const std::optional<GrpcStatus>& status() const { return status_; }

 private:
  Task<Result<>> wait_head();
  Task<Result<std::optional<std::string>>> end();

  std::unique_ptr<HttpCall> call_;
  const std::size_t max_message_bytes_;
  std::string received_;
  bool head_done_ = false;
  std::optional<GrpcStatus> status_;
};

/// Calls of one server. The HttpClient must speak HTTP/2 (http2_prior_knowledge for plain sockets).
class GrpcClient {
 public:
  explicit GrpcClient(HttpClient& http) : http_(http) {}

  /// A unary call of `method` ("/runtime.v1.RuntimeService/Version"). Errors: as GrpcCall::read();
  /// Timeout.
  Task<Result<std::string>> call(std::string method, std::string message, GrpcOptions options);
  /// A call that streams, with one message sent and the sending side ended.
  Task<Result<std::unique_ptr<GrpcCall>>> server_stream(std::string method, std::string message,
                                                        GrpcOptions options);
  /// A call that streams both ways.
  Task<Result<std::unique_ptr<GrpcCall>>> open(std::string method, GrpcOptions options);

 private:
  HttpClient& http_;
};

}  // namespace knarr::net
