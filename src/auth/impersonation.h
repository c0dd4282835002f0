// SPDX-License-Identifier: Apache-2.0
// Acting as somebody else: what the Impersonate-* headers ask for, and whether the caller may
// (BEHAVIOURS 165). There are five modes; each that applies is tried until one allows it:
//
//   associated-node   the node that the caller's own pod runs on      impersonate:associated-node
//   arbitrary-node    any system:node:<name>                          impersonate:arbitrary-node
//   serviceaccount    a service account                               impersonate:serviceaccount
//   user-info         anybody else, with groups, uid and extra        impersonate:user-info
//   legacy            anybody                                         impersonate
//
// All but the legacy mode also need impersonate-on:<mode>:<verb> for what the request itself asks.
// Source: k8s.io/apiserver pkg/endpoints/filters/impersonation, KEP 5284.
#pragma once

#include "auth/authorizer.h"
#include "auth/client_certificate.h"
#include "base/result.h"

#include <memory>
#include <optional>
#include <string>

namespace knarr::auth {

/// Whom the headers ask to act as: exactly what they say, nothing added. Nothing without such
/// headers. Errors: BadRequest for groups, uid or extra without a user.
Result<std::optional<User>> requested_user(const Headers& headers);

struct Impersonated {
  User user;               // With the groups that go with it.
  std::string constraint;  // The verb that allowed it, for the audit log; "" in the legacy mode.
};

class Impersonator {
 public:
  /// The authorizer outlives it.
  explicit Impersonator(const Authorizer& authorizer);
  ~Impersonator();
  Impersonator(const Impersonator&) = delete;
  Impersonator& operator=(const Impersonator&) = delete;

  /// Decides whether the caller (`request.user`) may make this request as `wanted`. The mode that
  /// last allowed something to a caller is tried first, and what it objects is what a refusal says.
  /// Errors: Forbidden, with the caller's name. Any thread.
  [[nodiscard]] Result<Impersonated> impersonate(const User& wanted,
                                                 const Attributes& request) const;

 private:
  class Modes;
  std::unique_ptr<Modes> modes_;
};

}  // namespace knarr::auth
