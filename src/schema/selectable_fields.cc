// SPDX-License-Identifier: Apache-2.0
// What each built-in kind may be selected by. Source: the field label conversions and GetAttrs of
// Kubernetes 1.36. Paths are at the stored version: events.k8s.io is stored as core/v1.
#include "schema/field_selector.h"

#include <map>

namespace knarr::schema {
namespace {

using Refusal = SelectableFields::Refusal;

SelectableField at(std::string_view path) {
  return {std::string(path), ValuePath(path), ValuePath(), {}};
}

SelectableField at(std::string_view label, std::string_view path, std::string_view missing = {},
                   std::string_view else_path = {}) {
  return {std::string(label), ValuePath(path), ValuePath(else_path), std::string(missing)};
}

SelectableFields own(std::vector<SelectableField> fields, Refusal refusal = Refusal::Plain) {
  return {std::move(fields), refusal};
}

// The reference of an event, under the name that the group gives it.
void add_event_reference(std::vector<SelectableField>& fields, std::string_view name) {
  for (const char* part :
       {"kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"}) {
    fields.push_back(at(std::string(name) + "." + part, std::string("involvedObject.") + part));
  }
}

SelectableFields core_events() {
  std::vector<SelectableField> fields = {at("metadata.name"), at("metadata.namespace")};
  add_event_reference(fields, "involvedObject");
  fields.push_back(at("reason"));
  fields.push_back(at("reportingComponent"));
  fields.push_back(at("source", "source.component", {}, "reportingComponent"));
  fields.push_back(at("type"));
  return own(std::move(fields));
}

SelectableFields new_events() {
  std::vector<SelectableField> fields = {at("metadata.name"), at("metadata.namespace")};
  add_event_reference(fields, "regarding");
  fields.push_back(at("reason"));
  fields.push_back(at("reportingController", "reportingComponent"));
  fields.push_back(at("type"));
  return own(std::move(fields));
}

SelectableFields pods() {
  return own({at("metadata.name"), at("metadata.namespace"), at("spec.nodeName"),
              at("spec.host", "spec.nodeName"), at("spec.restartPolicy"), at("spec.schedulerName"),
              at("spec.serviceAccountName"), at("spec.hostNetwork", "spec.hostNetwork", "false"),
              at("status.phase"), at("status.podIP", "status.podIPs[0].ip"),
              at("status.podIPs", ""),  // Accepted, never has a value.
              at("status.nominatedNodeName")});
}

using Table = std::map<std::string, SelectableFields, std::less<>>;

const Table& table() {
  static const Table kTable = {
      {"/Event", core_events()},
      {"events.k8s.io/Event", new_events()},
      {"/Namespace", own({at("metadata.name"), at("status.phase")})},
      {"/Node", own({at("metadata.name"), at("spec.unschedulable", "spec.unschedulable", "false")})},
      {"/Pod", pods()},
      {"/ReplicationController", own({at("metadata.name"), at("metadata.namespace"),
                                      at("status.replicas", "status.replicas", "0")})},
      {"/Secret", own({at("metadata.name"), at("metadata.namespace"), at("type")})},
      {"/Service", own({at("metadata.name"), at("metadata.namespace"), at("spec.clusterIP"),
                        at("spec.type")})},
      {"batch/Job", own({at("metadata.name"), at("metadata.namespace"),
                         at("status.successful", "status.succeeded", "0")},
                        Refusal::NamesKind)},
      {"certificates.k8s.io/CertificateSigningRequest",
       own({at("metadata.name"), at("spec.signerName")})},
      {"certificates.k8s.io/ClusterTrustBundle", own({at("metadata.name"), at("spec.signerName")})},
      {"certificates.k8s.io/PodCertificateRequest",
       own({at("metadata.name"), at("spec.signerName"), at("spec.podName"), at("spec.nodeName")})},
      {"resource.k8s.io/ResourceSlice",
       own({at("metadata.name"), at("spec.nodeName"), at("spec.driver")},
           Refusal::NamesGroupVersionKind)},
  };
  return kTable;
}

}  // namespace

const SelectableFields& builtin_selectable_fields(std::string_view group, std::string_view kind) {
  static const SelectableFields kMetadata = {{at("metadata.name"), at("metadata.namespace")},
                                             Refusal::KnownOnly};
  std::string key(group);
  key += '/';
  key += kind;
  const auto found = table().find(key);
  return found == table().end() ? kMetadata : found->second;
}

SelectableFields custom_selectable_fields(bool namespaced,
                                          const std::vector<std::string_view>& json_paths) {
  SelectableFields out = own({at("metadata.name")});
  if (namespaced) out.fields.push_back(at("metadata.namespace"));
  for (std::string_view path : json_paths) {
    if (path.starts_with('.')) path.remove_prefix(1);
    out.fields.push_back(at(path));
  }
  return out;
}

}  // namespace knarr::schema
