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

void warn_template(const RuleContext& context, Value object, Value old) {
  if (context.warnings == nullptr || !context.subresource.empty()) return;
  if (old.exists() && same(object["spec"], old["spec"])) return;
  const FieldPath spec("spec");
  warn_pod_template(object["spec"]["template"], spec.child("template"), old["spec"]["template"],
                    *context.warnings);
}

void warn_pod_names(const RuleContext& context, Value object) {
  if (context.warnings == nullptr || !context.subresource.empty()) return;
  const schema::Complaints complaints = schema::check_dns1123_label(object::name_of(object));
  if (complaints.empty()) return;
  std::string text =
      "metadata.name: this is used in Pod names and hostnames, which can result in surprising "
      "behavior; a DNS label is recommended: [";
  for (const std::string& complaint : complaints) {
    if (!text.ends_with('[')) text += ' ';
    text += complaint;
  }
  context.warnings->push_back(text + "]");
}

void warn_workload(const RuleContext& context, Value object, Value old) {
  if (!old.exists()) warn_pod_names(context, object);
  warn_template(context, object, old);
}

}  // namespace knarr::apiserver::kinds
