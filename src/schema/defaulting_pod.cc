// SPDX-License-Identifier: Apache-2.0
// Defaults of pods: requests from limits, pod-level resources, host ports, pull policies, volumes.
// What is said of core/v1.Pod holds for pods alone, not for pod templates.
#include "object/quantity.h"
#include "schema/defaulting_hooks.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>

namespace knarr::schema::defaulting {

using object::NodeRef;
using object::Quantity;

namespace {

// ---------------------------------------------------------------- images

constexpr std::size_t kImageMax = 255;  // A longer name is none, by the same source.

bool is_lower_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// A repository's name without its domain: lower case, with separators between letters only.
bool is_repository(std::string_view name) {
  if (name.empty()) return false;
  bool after_separator = true;
  for (const char c : name) {
    if (is_lower_alnum(c)) {
      after_separator = false;
    } else if (c == '/') {
      if (after_separator) return false;
      after_separator = true;
    } else if (c != '.' && c != '_' && c != '-') {
      return false;
    }
  }
  return is_lower_alnum(name.back()) && is_lower_alnum(name.front());
}

struct ImageName {
  std::string_view tag;
  std::string_view digest;
  bool valid = false;
};

// Source: github.com/distribution/reference, normalized names.
ImageName parse_image(std::string_view image) {
  ImageName out;
  std::string_view name = image;
  if (const std::size_t at = name.find('@'); at != std::string_view::npos) {
    out.digest = name.substr(at + 1);
    name = name.substr(0, at);
    if (out.digest.find(':') == std::string_view::npos) return out;
  }
  const std::size_t slash = name.rfind('/');
  const std::size_t colon = name.rfind(':');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    out.tag = name.substr(colon + 1);
    name = name.substr(0, colon);
    if (out.tag.empty()) return out;
  }
  const std::size_t first = name.find('/');
  if (first != std::string_view::npos) {
    const std::string_view domain = name.substr(0, first);
    const bool upper = std::any_of(domain.begin(), domain.end(),
                                   [](char c) { return c >= 'A' && c <= 'Z'; });
    if (upper || domain == "localhost" || domain.find_first_of(".:") != std::string_view::npos) {
      name = name.substr(first + 1);
    }
  }
  out.valid = is_repository(name) && image.size() <= kImageMax;
  return out;
}

const char* pull_policy(std::string_view image) {
  const ImageName name = parse_image(image);
  const bool latest =
      name.valid && (name.tag == "latest" || (name.tag.empty() && name.digest.empty()));
  return latest ? "Always" : "IfNotPresent";
}

void container(NodeRef object, const Context& /*context*/) {
  fill_empty(object, "imagePullPolicy", pull_policy(object["image"].as_string()));
}

void volume(NodeRef object, const Context& /*context*/) {
  bool has_source = false;
  for (auto entry : object.entries()) {
    has_source = has_source || (entry.key != "name" && !entry.value.is_null());
  }
  if (!has_source) object.ensure_map("emptyDir");
  const NodeRef image = object["image"];
  if (image.is_map()) {
    fill_empty(image, "pullPolicy", pull_policy(image["reference"].as_string()));
  }
}

// ---------------------------------------------------------------- resources

void requests_from_limits(NodeRef container) {
  const NodeRef limits = container["resources"]["limits"];
  if (!limits.is_map() || limits.empty()) return;
  NodeRef requests = container["resources"].ensure_map("requests");
  for (auto entry : limits.entries()) {
    if (!requests[entry.key].exists()) requests.ensure(entry.key).assign(entry.value);
  }
}

using Amounts = std::map<std::string, Quantity, std::less<>>;

void add(Amounts& to, const Amounts& amounts) {
  for (const auto& [name, amount] : amounts) to[name] += amount;
}

void raise(Amounts& to, const Amounts& amounts) {
  for (const auto& [name, amount] : amounts) {
    const auto [at, added] = to.emplace(name, amount);
    if (!added && at->second < amount) at->second = amount;
  }
}

Amounts read(NodeRef list) {
  Amounts out;
  for (auto entry : list.entries()) {
    out.emplace(entry.key, Quantity::of(entry.value.as_string()));
  }
  return out;
}

// What all containers of a pod take together: sidecars add up, other init containers run one by one
// beside the sidecars before them. Source: k8s.io/component-helpers/resource.
Amounts aggregate(NodeRef spec, std::string_view what) {
  Amounts total;
  for (NodeRef container : spec["containers"].items()) {
    add(total, read(container["resources"][what]));
  }
  Amounts sidecars;
  Amounts peak;
  for (NodeRef container : spec["initContainers"].items()) {
    Amounts own = read(container["resources"][what]);
    if (container["restartPolicy"].as_string() == "Always") {
      add(total, own);
      add(sidecars, own);
      raise(peak, sidecars);
    } else {
      add(own, sidecars);
      raise(peak, own);
    }
  }
  raise(total, peak);
  return total;
}

bool is_huge_pages(std::string_view resource) { return resource.starts_with("hugepages-"); }
bool is_pod_level(std::string_view resource) {
  return resource == "cpu" || resource == "memory" || is_huge_pages(resource);
}

void pod_limits(NodeRef spec, NodeRef resources) {
  if (is_empty(resources["limits"]) && is_empty(resources["requests"])) return;
  for (const auto& [name, amount] : aggregate(spec, "limits")) {
    if (!is_huge_pages(name) || resources["limits"][name].exists() ||
        resources["requests"][name].exists()) {
      continue;
    }
    resources.ensure_map("limits").set(name, amount.text());
  }
}

void pod_requests(NodeRef spec, NodeRef resources) {
  if (is_empty(resources["limits"])) return;
  for (const auto& [name, amount] : aggregate(spec, "requests")) {
    if (!is_pod_level(name) || is_huge_pages(name) || resources["requests"][name].exists()) {
      continue;
    }
    resources.ensure_map("requests").set(name, amount.text());
  }
  for (auto entry : resources["limits"].entries()) {
    if (!is_pod_level(entry.key) || resources["requests"][entry.key].exists()) continue;
    resources.ensure_map("requests").ensure(entry.key).assign(entry.value);
  }
}

void host_ports(NodeRef containers) {
  for (NodeRef container : containers.items()) {
    for (NodeRef port : container["ports"].items()) {
      if (is_empty(port["hostPort"])) {
        port.set("hostPort", static_cast<long>(port["containerPort"].as_int()));
      }
    }
  }
}

void pod(NodeRef object, const Context& /*context*/) {
  NodeRef spec = object.ensure_map("spec");
  for (const char* name : {"containers", "initContainers"}) {
    for (NodeRef container : spec[name].items()) requests_from_limits(container);
  }
  if (NodeRef resources = spec["resources"]; resources.is_map()) {
    pod_limits(spec, resources);
    pod_requests(spec, resources);
  }
  fill(spec, "enableServiceLinks", true);
  if (!spec["hostNetwork"].as_bool()) return;
  host_ports(spec["containers"]);
  host_ports(spec["initContainers"]);
}

// serviceAccount is the old name of serviceAccountName and always says the same.
void pod_spec(NodeRef spec, const Context& /*context*/) {
  const NodeRef name = spec["serviceAccountName"];
  const NodeRef old = spec["serviceAccount"];
  if (!is_empty(name)) {
    spec.ensure("serviceAccount").assign(name);
  } else if (!is_empty(old)) {
    spec.ensure("serviceAccountName").assign(old);
  }
}

constexpr NamedHook kHooks[] = {
    {"core/v1.Pod", pod},
    {"core/v1.PodSpec", pod_spec},
    {"core/v1.Container", container},
    {"core/v1.EphemeralContainer", container},
    {"core/v1.Volume", volume},
};

}  // namespace

std::span<const NamedHook> pod_hooks() { return kHooks; }

}  // namespace knarr::schema::defaulting
