// SPDX-License-Identifier: Apache-2.0
#include "apiserver/registry/kinds/workload.h"

#include "apiserver/registry/kinds/pod.h"

#include <fmt/format.h>

namespace knarr::apiserver::kinds {

void check_template_labels(Value pod_template, bool matches, const FieldPath& path,
                           FieldErrors& errors) {
  if (matches) return;
  errors.invalid(path.child("metadata").child("labels"), pod_template["metadata"]["labels"],
                 "`selector` does not match template `labels`");
}

void check_workload_template(Value pod_template, Value old_template, std::string_view owner,
                             const FieldPath& path, FieldErrors& errors) {
  validate_pod_template(pod_template, path, errors, old_template);
  const Value spec = pod_template["spec"];
  const std::string_view restart = spec["restartPolicy"].as_string();
  const FieldPath spec_path = path.child("spec");
  if (restart != "Always") {
    errors.not_supported(spec_path.child("restartPolicy"), restart, {"Always"});
  }
  if (given(spec["activeDeadlineSeconds"])) {
    errors.forbidden(spec_path.child("activeDeadlineSeconds"),
                     fmt::format("activeDeadlineSeconds in {} is not Supported", owner));
  }
}

void check_not_greater(Value status, std::string_view smaller, std::string_view larger,
                       std::string_view detail, const FieldPath& path, FieldErrors& errors) {
  const std::int64_t value = status[smaller].as_int();
  if (value > status[larger].as_int()) errors.invalid(path.child(smaller), value, detail);
}

void check_collision_count(Value object, Value old, FieldErrors& errors) {
  const Value count = object["status"]["collisionCount"];
  const Value before = old["status"]["collisionCount"];
  if (!given(before) || (given(count) && count.as_int() >= before.as_int())) return;
  errors.invalid(FieldPath("status").child("collisionCount"), count.as_int(),
                 "cannot be decremented");
}

void warn_workload(const RuleContext& context, Value object, Value old) {
  if (context.warnings == nullptr || !context.subresource.empty()) return;
  if (old.exists() && same(object["spec"], old["spec"])) return;
  const FieldPath spec("spec");
  warn_pod_template(object["spec"]["template"], spec.child("template"), old["spec"]["template"],
                    *context.warnings);
}

}  // namespace knarr::apiserver::kinds
