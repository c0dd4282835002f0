// SPDX-License-Identifier: Apache-2.0
// The subresources resize (cpu and memory of running containers) and ephemeralcontainers.
#include "api/resources_sum.h"
#include "api/types.h"
#include "apiserver/registry/kinds/go_text.h"
#include "apiserver/registry/kinds/pod_checks.h"
#include "apiserver/registry/kinds/pod_update.h"
#include "object/draft.h"

#include <fmt/format.h>

namespace knarr::apiserver {

using object::Draft;
using object::NodeRef;
using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

constexpr std::string_view kLists[] = {"containers", "initContainers"};

bool check_order(Value spec, Value old, const FieldPath& spec_path, FieldErrors& errors) {
  const std::size_t before = errors.size();
  for (const std::string_view list : kLists) {
    const FieldPath path = spec_path.child(list);
    if (spec[list].size() != old[list].size()) {
      errors.forbidden(path, fmt::format("{} may not be added or removed on resize", list));
      continue;
    }
    for (std::size_t i = 0; i < spec[list].size(); ++i) {
      const FieldPath at = path.index(i);
      if (spec[list].at(i)["name"].as_string() == old[list].at(i)["name"].as_string()) continue;
      errors.forbidden(at.child("name"),
                       fmt::format("{} may not be renamed or reordered on resize", list));
    }
  }
  return errors.size() == before;
}

bool something_removed(Value now, Value before) {
  for (const auto [name, atom, quantity] : before.entries()) {
    if (!now[name].exists()) return true;
  }
  return false;
}

void check_removals(Value now, Value before, const FieldPath& path, FieldErrors& errors) {
  if (something_removed(now["limits"], before["limits"])) {
    errors.forbidden(path.child("limits"), "resource limits cannot be removed");
  }
  if (something_removed(now["requests"], before["requests"])) {
    errors.forbidden(path.child("requests"), "resource requests cannot be removed");
  }
}

// cpu and memory as they were.
void put_back_basics(NodeRef resources, Value old) {
  for (const std::string_view field : {"limits", "requests"}) {
    for (const std::string_view name : {"cpu", "memory"}) {
      if (old[field][name].exists()) {
        resources.ensure_map(field).ensure(name).assign(old[field][name]);
      } else if (resources[field].is_map()) {
        resources[field].erase(name);
      }
    }
  }
}

bool only_basics_changed(Value spec, Value old) {
  Draft draft = Draft::from(spec);
  NodeRef munged = draft.root();
  for (const std::string_view list : kLists) {
    std::size_t i = 0;
    for (NodeRef container : munged[list].items()) {
      const Value before = old[list].at(i++)["resources"];
      NodeRef resources = container.ensure_map("resources");
      put_back_basics(resources, before);
      if (before["claims"].exists()) resources.ensure("claims").assign(before["claims"]);
      else resources.erase("claims");
    }
  }
  if (munged["resources"].exists() || has(old["resources"])) {
    put_back_basics(munged.ensure_map("resources"), old["resources"]);
  }
  return go_equal(Draft::freeze(munged).root(), old, api::types().find("core/v1.PodSpec"));
}

}  // namespace

void validate_pod_resize(Value pod, Value old, FieldErrors& errors) {
  const FieldPath whole;
  const FieldPath path("spec");
  if (is_mirror_pod(old)) {
    errors = {};
    return errors.forbidden(whole.key(""), "static pods cannot be resized");
  }
  if (old["spec"]["os"]["name"].as_string() == "windows") {
    errors = {};
    return errors.forbidden(whole.key(""), "windows pods cannot be resized");
  }
  const std::string_view qos = old["status"]["qosClass"].as_string(
      to_string(api::qos_class(old["spec"])));
  const bool has_order = pod["spec"]["containers"].size() == old["spec"]["containers"].size();
  if (has_order && qos != to_string(api::qos_class(pod["spec"]))) {
    errors.invalid(path, qos, "Pod QOS Class may not change as a result of resizing");
  }
  if (!check_order(pod["spec"], old["spec"], path, errors)) return;
  for (const std::string_view list : kLists) {
    const FieldPath containers = path.child(list);
    for (std::size_t i = 0; i < pod["spec"][list].size(); ++i) {
      const FieldPath at = containers.index(i);
      check_removals(pod["spec"][list].at(i)["resources"], old["spec"][list].at(i)["resources"],
                     at.child("resources"), errors);
    }
  }
  check_removals(pod["spec"]["resources"], old["spec"]["resources"], path.child("resources"),
                 errors);
  if (!only_basics_changed(pod["spec"], old["spec"])) {
    errors.forbidden(path, "only cpu and memory resources are mutable");
  }
}

void validate_ephemeral_update(Value pod, Value old, FieldErrors& errors) {
  const FieldPath whole;
  if (is_mirror_pod(old)) {
    errors = {};
    return errors.forbidden(whole.key(""), "static pods do not support ephemeral containers");
  }
  const FieldPath spec("spec");
  const FieldPath path = spec.child("ephemeralContainers");
  const object::Type type = api::types().find("core/v1.EphemeralContainer");
  for (const Value before : old["spec"]["ephemeralContainers"].items()) {
    const std::string_view name = before["name"].as_string();
    Value now;
    for (const Value one : pod["spec"]["ephemeralContainers"].items()) {
      if (one["name"].as_string() == name) now = one;
    }
    if (!now.exists()) {
      errors.forbidden(path, fmt::format("existing ephemeral containers {} may not be removed\n",
                                         schema::go_quote(name)));
    } else if (!go_equal(now, before, type)) {
      errors.forbidden(path,
                       fmt::format("existing ephemeral containers {} may not be changed\n{}",
                                   schema::go_quote(name), go_diff(before, now, type)));
    }
  }
}

}  // namespace knarr::apiserver
