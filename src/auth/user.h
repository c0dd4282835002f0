// SPDX-License-Identifier: Apache-2.0
// Who asks, what is asked, and the answer of an authorizer.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace knarr::auth {

/// An authenticated (or anonymous) user.
struct User {
  std::string name;
  std::string uid;
  std::vector<std::string> groups;
  /// In order of appearance; keys are lower case.
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;
};

/// What an authorizer is asked. Source: k8s.io/apiserver authorizer.Attributes.
struct Attributes {
  const User* user = nullptr;
  std::string verb;  // get list watch create update patch delete deletecollection ...; for a path
                     // the HTTP method in lower case.
  bool resource_request = true;
  std::string group;
  std::string version;
  std::string resource;
  std::string subresource;
  std::string namespace_;
  std::string name;
  std::string path;  // When it is not a resource request.
};

enum class Decision : std::uint8_t { Allow, Deny, NoOpinion };

struct Answer {
  Decision decision = Decision::NoOpinion;
  std::string reason;  // For logs, SubjectAccessReviews and the refusal's message.
};

}  // namespace knarr::auth
