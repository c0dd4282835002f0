// SPDX-License-Identifier: Apache-2.0
// Error: an expected failure as a value. It carries a Kubernetes reason, a message a user can act
// on, causes by field and the object it is about; one function in apiserver/endpoints turns it into
// the wire Status. Bugs end the process (check.h), they are never an Error.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace knarr {

/// Why something failed. All but Cancelled are spelled as the `reason` of a Kubernetes Status
/// (k8s.io/apimachinery StatusReason); Cancelled never reaches a client.
enum class Reason : std::uint8_t {
  Unknown,
  Unauthorized,
  Forbidden,
  NotFound,
  AlreadyExists,
  Conflict,
  Gone,
  Invalid,
  ServerTimeout,
  Timeout,
  TooManyRequests,
  BadRequest,
  MethodNotAllowed,
  NotAcceptable,
  RequestEntityTooLarge,
  UnsupportedMediaType,
  InternalError,
  Expired,
  ServiceUnavailable,
  NotImplemented,
  Cancelled,
};

/// The spelling of a reason in a Status ("NotFound"). Unknown and NotImplemented give "".
std::string_view to_string(Reason reason);

/// The HTTP code that goes with a reason (404 for NotFound, 422 for Invalid, ...). Source:
/// k8s.io/apimachinery/pkg/api/errors.
int http_code(Reason reason);

/// One entry of a Status' `details.causes`.
struct Cause {
  std::string type;  // FieldValueRequired, FieldValueInvalid, ...: the wire spelling of the reason.
  std::string field;  // "spec.containers[0].name"; empty when it is about the whole.
  std::string message;
};

/// What a Status' `details` say beside the causes. `kind` holds what Kubernetes puts there: the
/// plural resource for most reasons, the kind for Invalid.
struct ErrorDetails {
  std::string group;
  std::string kind;
  std::string name;
  std::string uid;
};

class [[nodiscard]] Error {
 public:
  Error(Reason reason, std::string message);
  Error(const Error& other);
  Error& operator=(const Error& other);
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  ~Error() = default;

  [[nodiscard]] static Error cancelled() { return {Reason::Cancelled, "cancelled"}; }

  [[nodiscard]] Reason reason() const { return data_->reason; }
  [[nodiscard]] bool is(Reason reason) const { return data_->reason == reason; }
  [[nodiscard]] const std::string& message() const { return data_->message; }
  [[nodiscard]] const std::vector<Cause>& causes() const { return data_->causes; }
  [[nodiscard]] const ErrorDetails& details() const { return data_->details; }
  [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const {
    return data_->retry_after;
  }
  /// The HTTP code: the reason's, unless with_code() set another one.
  [[nodiscard]] int code() const { return data_->code != 0 ? data_->code : http_code(reason()); }

  /// Puts context in front: "pull image nginx" + ": " + message. Lower case, no full stop.
  Error with(std::string_view context) &&;
  Error with_causes(std::vector<Cause> causes) &&;
  Error with_details(ErrorDetails details) &&;
  Error with_retry_after(std::chrono::seconds after) &&;
  Error with_code(int code) &&;
  /// The token with which a client may go on with an expired list (Status' metadata.continue).
  Error with_continue(std::string token) &&;
  /// Kubernetes writes `details: {}` for some refusals that are about no object.
  Error with_empty_details() &&;
  [[nodiscard]] const std::string& continue_token() const { return data_->continue_token; }
  [[nodiscard]] bool has_empty_details() const { return data_->empty_details; }

 private:
  struct Data {
    Reason reason = Reason::Unknown;
    int code = 0;
    std::string message;
    std::vector<Cause> causes;
    ErrorDetails details;
    std::optional<std::chrono::seconds> retry_after;
    std::string continue_token;
    bool empty_details = false;
  };
  std::unique_ptr<Data> data_;  // One pointer: a Result stays as small as its value.
};

}  // namespace knarr
