// SPDX-License-Identifier: Apache-2.0
// The rules of kinds Pod and PodTemplate.
#include "apiserver/registry/kinds/pod.h"

#include "apiserver/registry/kinds/pod_checks.h"
#include "apiserver/registry/kinds/pod_prepare.h"
#include "apiserver/registry/kinds/pod_update.h"
#include "apiserver/registry/kinds/pod_warnings.h"

namespace knarr::apiserver {

using object::NodeRef;
using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

// What templates are spared.
void check_pod_only(Value pod, FieldErrors& errors) {
  const FieldPath spec_path("spec");
  const Value spec = pod["spec"];
  if (spec["serviceAccountName"].as_string().empty()) {
    const FieldPath volumes = spec_path.child("volumes");
    std::size_t v = 0;
    for (const Value volume : spec["volumes"].items()) {
      const FieldPath at = volumes.index(v++);
      const FieldPath projected = at.child("projected");
      const FieldPath sources = projected.child("sources");
      std::size_t s = 0;
      for (const Value source : volume["projected"]["sources"].items()) {
        const FieldPath source_path = sources.index(s++);
        if (!has(source["serviceAccountToken"])) continue;
        errors.forbidden(source_path.child("serviceAccountToken"),
                         "must not be specified when serviceAccountName is not set");
      }
    }
  }
  for (const std::string_view list : {"containers", "initContainers"}) {
    const FieldPath containers = spec_path.child(list);
    std::size_t i = 0;
    for (const Value container : spec[list].items()) {
      const FieldPath at = containers.index(i++);
      const std::string_view image = container["image"].as_string();
      if (trim_space(image) != image) {
        errors.invalid(at.child("image"), image, "must not have leading or trailing whitespace");
      }
    }
  }
}

}  // namespace

void validate_pod(Value pod, Value old, FieldErrors& errors) {
  const FieldPath metadata("metadata");
  const FieldPath spec_path("spec");
  const Value spec = pod["spec"];
  check_pod_annotations(pod["metadata"]["annotations"], spec, metadata.child("annotations"),
                        errors);
  const PodSpecOptions options{
      .metadata = pod["metadata"], .in_template = false, .old_spec = old["spec"]};
  validate_pod_spec(spec, options, spec_path, errors);
  check_pod_only(pod, errors);
}

namespace {

void validate_new_pod(const RuleContext& context, Value pod, FieldErrors& errors) {
  validate_pod(pod, {}, errors);
  const FieldPath path("spec");
  const Value spec = pod["spec"];
  if (!spec["ephemeralContainers"].empty()) {
    errors.forbidden(path.child("ephemeralContainers"), "cannot be set on create");
  }
  if (!spec["nodeName"].as_string().empty() && !spec["schedulingGates"].empty()) {
    errors.forbidden(path.child("nodeName"),
                     "cannot be set until all schedulingGates have been cleared");
  }
  check_annotations_match_fields(pod, path, errors);
}

// Seconds before a deleted pod goes: its own grace unless the request says; none when no node has
// it or when it has finished.
std::int64_t pod_grace_seconds(Value pod, std::int64_t requested) {
  const Value spec = pod["spec"];
  const std::string_view phase = pod["status"]["phase"].as_string();
  if (spec["nodeName"].as_string().empty()) return 0;
  if (one_of(phase, {"Failed", "Succeeded"})) return 0;
  std::int64_t seconds = requested;
  if (requested == -1) seconds = spec["terminationGracePeriodSeconds"].as_int();
  return seconds < 0 ? 1 : seconds;
}

void validate_new_template(const RuleContext&, Value object, FieldErrors& errors) {
  validate_pod_template(object["template"], FieldPath("template"), errors);
}

void prepare_new_template(const RuleContext&, NodeRef object) {
  if (NodeRef spec = object["template"]["spec"]; spec.is_map()) drop_disabled_pod_fields(spec);
}

void prepare_template_update(const RuleContext& context, NodeRef object, Value) {
  prepare_new_template(context, object);
}

void validate_template_update(const RuleContext&, Value object, Value old, FieldErrors& errors) {
  validate_pod_template(object["template"], FieldPath("template"), errors, old["template"]);
}

void warn_template(const RuleContext& context, Value object, Value old) {
  if (context.warnings == nullptr) return;
  warn_pod_template(object["template"], FieldPath("template"), old["template"], *context.warnings);
}

}  // namespace

const KindRules kPodRules{.group = "",
                          .resource = "pods",
                          .generation = Generation::OnSpecChange,
                          .delete_returns_object = true,
                          .prepare_create = prepare_new_pod,
                          .prepare_update = prepare_pod_update,
                          .prepare_status = prepare_pod_status,
                          .validate = validate_new_pod,
                          .validate_update = validate_pod_update,
                          .validate_status = validate_pod_status,
                          .warn = warn_new_pod,
                          .grace_seconds = pod_grace_seconds};

const KindRules kPodTemplateRules{.group = "",
                                  .resource = "podtemplates",
                                  .generation = Generation::OnSpecChange,
                                  .delete_returns_object = true,
                                  .prepare_create = prepare_new_template,
                                  .prepare_update = prepare_template_update,
                                  .validate = validate_new_template,
                                  .validate_update = validate_template_update,
                                  .warn = warn_template};

}  // namespace knarr::apiserver
