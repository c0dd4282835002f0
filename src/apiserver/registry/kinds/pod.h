// SPDX-License-Identifier: Apache-2.0
// Pods and what workloads share with them: the rules of kind Pod, the validation of pod specs and
// pod templates, the quality-of-service class. Pure functions on documents; any thread.
#pragma once

#include "api/resources_sum.h"
#include "apiserver/registry/kind_rules.h"
#include "object/document.h"
#include "object/draft.h"
#include "schema/field_error.h"

#include <string>
#include <string_view>
#include <vector>

namespace knarr::apiserver {

extern const KindRules kPodRules;
extern const KindRules kPodTemplateRules;  // The kind PodTemplate (core/v1).

/// What the validation of a pod spec leans on besides the spec.
struct PodSpecOptions {
  object::Value metadata;      // The pod's or the template's: claims of ephemeral volumes take its name.
  bool in_template = false;    // In a workload: its restart policy and more is checked by the caller.
  /// Some rules came late: an object that broke one of them before may keep doing so. The spec of
  /// the stored object, or a missing value on creation.
  object::Value old_spec;
};

/// Checks everything inside a pod spec. Source: k8s.io/kubernetes/pkg/apis/core/validation
/// ValidatePodSpec of 1.36. Defaults must have been applied.
void validate_pod_spec(object::Value spec, const PodSpecOptions& options,
                       const schema::FieldPath& path, schema::FieldErrors& errors);

/// Checks a pod template: labels, annotations, spec (no ephemeral containers). `old_template` is
/// the stored one on updates. Source: ValidatePodTemplateSpec.
void validate_pod_template(object::Value pod_template, const schema::FieldPath& path,
                           schema::FieldErrors& errors, object::Value old_template = {});

/// Removes the fields of a pod spec whose features are off in this release (stop signals, trust
/// bundles and certificates in volumes, scheduling groups). For pods and for templates of workloads.
void drop_disabled_pod_fields(object::NodeRef pod_spec);

/// Warnings about a pod template for a client, with paths below `path`; `old_template` does not
/// exist on creation. Source: k8s.io/kubernetes/pkg/api/pod/warnings.go.
void warn_pod_template(object::Value pod_template, const schema::FieldPath& path,
                       object::Value old_template, std::vector<std::string>& warnings);

/// The names of the secrets (config maps) that a pod refers to, from volumes, variables and pull
/// secrets; sorted, each once.
std::vector<std::string> pod_secret_names(object::Value pod);
std::vector<std::string> pod_config_map_names(object::Value pod);

using api::qos_class;  // The class a pod belongs to by its spec: api/resources_sum.h.
using api::QosClass;

}  // namespace knarr::apiserver
