// SPDX-License-Identifier: Apache-2.0
// StorageCodec: documents to stored bytes and back. Built-in kinds are kept in Kubernetes' protobuf
// envelope, custom ones as JSON, so that moving in from K3s or etcd is a copy (DESIGN section 5).
// Stored bytes never hold the resource version.
#pragma once

#include "apiserver/watch_cache/watch_cache.h"
#include "base/result.h"
#include "object/document.h"
#include "object/type_table.h"

#include <string>
#include <string_view>

namespace knarr::apiserver {

/// Any thread; stateless after construction.
class StorageCodec final : public StorageDecoder {
 public:
  /// `type` false: a custom resource, stored as JSON.
  StorageCodec(object::Type type, std::string api_version, std::string kind)
      : type_(type), api_version_(std::move(api_version)), kind_(std::move(kind)) {}

  [[nodiscard]] std::string encode(const object::Document& document) const;
  /// Errors: InternalError naming the key when bytes cannot be read.
  [[nodiscard]] Result<object::Document> decode(std::string_view key,
                                                std::string_view bytes) const override;

 private:
  object::Type type_;
  std::string api_version_;
  std::string kind_;
};

}  // namespace knarr::apiserver
