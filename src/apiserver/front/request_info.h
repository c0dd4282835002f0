// SPDX-License-Identifier: Apache-2.0
// What a URL asks for: the path, verb and query of a request taken apart as Kubernetes does.
// Source: k8s.io/apiserver endpoints/request RequestInfoFactory.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace knarr::apiserver {

/// The decoded query parameters, in order.
class Query {
 public:
  Query() = default;
  /// Parses "a=1&b=x%20y". Broken escapes are kept as they are.
  static Query parse(std::string_view text);

  void add(std::string name, std::string value) {
    pairs_.emplace_back(std::move(name), std::move(value));
  }
  [[nodiscard]] bool has(std::string_view name) const;
  /// The first value, or "".
  [[nodiscard]] std::string_view get(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
  /// Kubernetes' reading of booleans: only absence, "0" and "false" in any case are false
  /// (BEHAVIOURS 136).
  [[nodiscard]] bool flag(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& pairs() const {
    return pairs_;
  }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

/// Undoes %XX escapes; broken ones stay. `plus_is_space` for queries.
std::string percent_decode(std::string_view text, bool plus_is_space);

struct RequestInfo {
  bool is_resource = false;
  std::string path;  // Decoded, without query.
  std::string verb;  // For a resource: get list watch create update patch delete deletecollection;
                     // for a path: the method in lower case.
  std::string group;
  std::string version;
  std::string namespace_;
  std::string resource;
  std::string subresource;
  std::string name;
  std::vector<std::string> parts;  // After the version: "namespaces", "x", "pods", ...
};

/// Takes a request apart. `method` in upper case.
RequestInfo parse_request_info(std::string_view method, std::string path, const Query& query);

}  // namespace knarr::apiserver
