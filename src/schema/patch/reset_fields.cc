// SPDX-License-Identifier: Apache-2.0
// Source: GetResetFields of the registry strategies of Kubernetes 1.36.
#include "schema/patch/reset_fields.h"

namespace knarr::schema {

namespace {

using Names = std::span<const std::string_view>;

constexpr std::string_view kStatus[] = {"status"};
constexpr std::string_view kSpec[] = {"spec"};
constexpr std::string_view kSpecAndLabels[] = {"spec", "metadata.labels"};
constexpr std::string_view kSpecAndMetadata[] = {"spec", "metadata"};
constexpr std::string_view kPodStatus[] = {"spec", "metadata.deletionTimestamp",
                                           "metadata.ownerReferences"};
constexpr std::string_view kSpecAndConditions[] = {"spec", "status.conditions"};
constexpr std::string_view kSpecAndCertificate[] = {"spec", "status.certificate"};

struct Row {
  std::string_view type;
  std::string_view subresource;
  Names names;
};

constexpr Row kRows[] = {
    {"apps/v1.Deployment", "status", kSpecAndLabels},
    {"core/v1.Pod", "status", kPodStatus},
    {"resource.k8s.io/v1.ResourceClaim", "status", kSpecAndMetadata},
    {"certificates.k8s.io/v1.CertificateSigningRequest", "status", kSpecAndConditions},
    {"certificates.k8s.io/v1.CertificateSigningRequest", "approval", kSpecAndCertificate},
};

}  // namespace

Names reset_fields(object::Type type, bool has_status, std::string_view subresource) {
  if (type) {
    for (const Row& row : kRows) {
      if (row.subresource == subresource && row.type == type.name()) return row.names;
    }
  }
  if (subresource == "status") return kSpec;
  if (subresource == "scale" || !has_status) return {};
  return kStatus;
}

}  // namespace knarr::schema
