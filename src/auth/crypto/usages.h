// SPDX-License-Identifier: Apache-2.0
// Kubernetes' names of key usages and what they are in a certificate; private to auth.
// Source: k8s.io/api/certificates/v1 KeyUsage.
#pragma once

#include <optional>
#include <string_view>

namespace knarr::auth::crypto {

struct Usage {
  std::string_view name;
  int key_usage = 0;     // A KU_ bit, or 0.
  int extended_nid = 0;  // An extended key usage, or 0.
};

std::optional<Usage> find_usage(std::string_view name);

}  // namespace knarr::auth::crypto
