// SPDX-License-Identifier: Apache-2.0
// OpenAPI: /openapi/v3 with a document a group version, for `kubectl explain` and the clients'
// schemas, and /openapi/v2 with all in one, for older clients. JSON only.
// Source: k8s.io/kube-openapi/pkg/handler3; BEHAVIOURS 12, 13, 137.
#pragma once

#include "apiserver/api_server.h"
#include "apiserver/openapi/operations.h"
#include "base/function.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::apiserver {

/// Serves /openapi/v3 and /openapi/v2. Documents are made when they are asked for and dropped afterwards; of each
/// only its hash is kept. On the API strand.
class OpenApiPaths final : public PathHandler {
 public:
  explicit OpenApiPaths(const Registry& registry) : registry_(registry) {}

  std::optional<ApiReply> handle(const ApiRequest& request) override;

  /// Adds or replaces a document of resources made at run time; `path` as in the index
  /// ("apis/example.com/v1"). `make` gives its JSON.
  void set_document(std::string path, UniqueFunction<std::string()> make);
  void remove_document(std::string_view path);

 private:
  ApiReply serve_v2(const ApiRequest& request);
  ApiReply serve_index(const ApiRequest& request);
  ApiReply serve_document(const ApiRequest& request, std::string_view path);
  void find_documents();
  [[nodiscard]] std::vector<openapi::Resource> resources_of(std::string_view group,
                                                            std::string_view version) const;
  [[nodiscard]] std::string make_document(std::string_view path);
  const std::string& hash_of(std::string_view path);

  struct Document {
    UniqueFunction<std::string()> make;  // Empty for built-in ones.
    std::string hash;                    // "" until it is known.
  };

  const Registry& registry_;
  std::map<std::string, Document, std::less<>> documents_;
  bool found_ = false;
  std::string v2_hash_;
};

}  // namespace knarr::apiserver
