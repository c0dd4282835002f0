// SPDX-License-Identifier: Apache-2.0
// Error's copies and the two tables of its reasons.
#include "base/error.h"

#include <utility>

namespace knarr {

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::Unknown:
      return "";
    case Reason::Unauthorized:
      return "Unauthorized";
    case Reason::Forbidden:
      return "Forbidden";
    case Reason::NotFound:
      return "NotFound";
    case Reason::AlreadyExists:
      return "AlreadyExists";
    case Reason::Conflict:
      return "Conflict";
    case Reason::Gone:
      return "Gone";
    case Reason::Invalid:
      return "Invalid";
    case Reason::ServerTimeout:
      return "ServerTimeout";
    case Reason::Timeout:
      return "Timeout";
    case Reason::TooManyRequests:
      return "TooManyRequests";
    case Reason::BadRequest:
      return "BadRequest";
    case Reason::MethodNotAllowed:
      return "MethodNotAllowed";
    case Reason::NotAcceptable:
      return "NotAcceptable";
    case Reason::RequestEntityTooLarge:
      return "RequestEntityTooLarge";
    case Reason::UnsupportedMediaType:
      return "UnsupportedMediaType";
    case Reason::InternalError:
      return "InternalError";
    case Reason::Expired:
      return "Expired";
    case Reason::ServiceUnavailable:
      return "ServiceUnavailable";
    case Reason::NotImplemented:
      return "";
    case Reason::Cancelled:
      return "Cancelled";
  }
  return "";
}

int http_code(Reason reason) {
  switch (reason) {
    case Reason::Unauthorized:
      return 401;
    case Reason::Forbidden:
      return 403;
    case Reason::NotFound:
      return 404;
    case Reason::AlreadyExists:
    case Reason::Conflict:
      return 409;
    case Reason::Gone:
    case Reason::Expired:
      return 410;
    case Reason::Invalid:
      return 422;
    case Reason::TooManyRequests:
      return 429;
    case Reason::BadRequest:
      return 400;
    case Reason::MethodNotAllowed:
      return 405;
    case Reason::NotAcceptable:
      return 406;
    case Reason::RequestEntityTooLarge:
      return 413;
    case Reason::UnsupportedMediaType:
      return 415;
    case Reason::NotImplemented:
      return 501;
    case Reason::ServiceUnavailable:
      return 503;
    case Reason::Timeout:
      return 504;
    case Reason::Unknown:
    case Reason::ServerTimeout:
    case Reason::InternalError:
    case Reason::Cancelled:
      return 500;
  }
  return 500;
}

Error::Error(Reason reason, std::string message) : data_(std::make_unique<Data>()) {
  data_->reason = reason;
  data_->message = std::move(message);
}

Error::Error(const Error& other) : data_(std::make_unique<Data>(*other.data_)) {}

Error& Error::operator=(const Error& other) {
  if (this != &other) data_ = std::make_unique<Data>(*other.data_);
  return *this;
}

Error Error::with(std::string_view context) && {
  data_->message.insert(0, ": ").insert(0, context);
  return std::move(*this);
}

Error Error::with_causes(std::vector<Cause> causes) && {
  data_->causes = std::move(causes);
  return std::move(*this);
}

Error Error::with_details(ErrorDetails details) && {
  data_->details = std::move(details);
  return std::move(*this);
}

Error Error::with_retry_after(std::chrono::seconds after) && {
  data_->retry_after = after;
  return std::move(*this);
}

Error Error::with_code(int code) && {
  data_->code = code;
  return std::move(*this);
}

Error Error::with_continue(std::string token) && {
  data_->continue_token = std::move(token);
  return std::move(*this);
}

Error Error::with_empty_details() && {
  data_->empty_details = true;
  return std::move(*this);
}

}  // namespace knarr
