// SPDX-License-Identifier: Apache-2.0
// Warnings about pod specs: what is allowed and will not do what its author hopes.
// Source: k8s.io/kubernetes/pkg/api/pod/warnings.go.
#include "apiserver/registry/kinds/pod_warnings.h"

#include "apiserver/registry/kinds/pod_text.h"
#include "schema/ip_text.h"

#include <fmt/format.h>

#include <map>
#include <set>

namespace knarr::apiserver {

using object::Value;
using schema::FieldPath;
using schema::go_quote;

namespace {

struct Deprecated {
  std::string_view key;
  std::string_view message;
};

constexpr Deprecated kNodeLabels[] = {
    {"beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead"},
    {"beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead"},
    {"failure-domain.beta.kubernetes.io/region",
     "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead"},
    {"failure-domain.beta.kubernetes.io/zone",
     "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"},
    {"beta.kubernetes.io/instance-type",
     "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"},
    {"node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead"},
};

constexpr Deprecated kAnnotations[] = {
    {"scheduler.alpha.kubernetes.io/critical-pod",
     "non-functional in v1.16+; use the \"priorityClassName\" field instead"},
    {"security.alpha.kubernetes.io/sysctls",
     "non-functional in v1.11+; use the \"sysctls\" field instead"},
    {"security.alpha.kubernetes.io/unsafe-sysctls",
     "non-functional in v1.11+; use the \"sysctls\" field instead"},
};

constexpr std::string_view kSeccompPod = "seccomp.security.alpha.kubernetes.io/pod";
constexpr std::string_view kSeccompContainer = "container.seccomp.security.alpha.kubernetes.io/";
constexpr std::string_view kAppArmor = "container.apparmor.security.beta.kubernetes.io/";

std::string_view label_message(std::string_view key) {
  for (const Deprecated& label : kNodeLabels) {
    if (label.key == key) return label.message;
  }
  return {};
}

void add(Warnings& warnings, const FieldPath& path, std::string_view text) {
  add_warning(warnings, path, text);
}

// ---- choice of nodes

void warn_node_term(Value term, bool check_values, const FieldPath& path, Warnings& warnings) {
  const FieldPath list = path.child("matchExpressions");
  std::size_t i = 0;
  for (const Value one : term["matchExpressions"].items()) {
    const FieldPath at = list.index(i++);
    const std::string_view key = one["key"].as_string();
    if (const std::string_view message = label_message(key); !message.empty()) {
      add(warnings, at.child("key"), fmt::format("{} is {}", key, message));
    }
    if (!check_values) continue;
    const FieldPath values = at.child("values");
    std::size_t v = 0;
    for (const Value value : one["values"].items()) {
      const FieldPath value_path = values.index(v++);
      for (const std::string& problem : schema::check_label_value(value.as_string())) {
        add(warnings, value_path, fmt::format("{} is invalid, {}", value.as_string(), problem));
      }
    }
  }
}

void warn_nodes(Value spec, const FieldPath& path, Warnings& warnings) {
  const FieldPath selector = path.child("nodeSelector");
  for (const auto [key, atom, value] : spec["nodeSelector"].entries()) {
    const std::string_view message = label_message(key);
    if (!message.empty()) add(warnings, selector.key(key), message);
  }
  const Value affinity = spec["affinity"]["nodeAffinity"];
  const FieldPath affinity_path = path.child("affinity");
  const FieldPath node = affinity_path.child("nodeAffinity");
  const FieldPath required = node.child("requiredDuringSchedulingIgnoredDuringExecution");
  const FieldPath terms = required.child("nodeSelectorTerms");
  std::size_t i = 0;
  for (const Value term :
       affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"].items()) {
    warn_node_term(term, false, terms.index(i++), warnings);
  }
  const FieldPath preferred = node.child("preferredDuringSchedulingIgnoredDuringExecution");
  i = 0;
  for (const Value term :
       affinity["preferredDuringSchedulingIgnoredDuringExecution"].items()) {
    const FieldPath at = preferred.index(i++);
    warn_node_term(term["preference"], true, at.child("preference"), warnings);
  }
}

constexpr std::string_view kNullSelector = "a null labelSelector results in matching no pod";

void warn_spread(Value spec, const FieldPath& path, Warnings& warnings) {
  const FieldPath list = path.child("topologySpreadConstraints");
  std::size_t i = 0;
  for (const Value one : spec["topologySpreadConstraints"].items()) {
    const FieldPath at = list.index(i++);
    const std::string_view key = one["topologyKey"].as_string();
    if (const std::string_view message = label_message(key); !message.empty()) {
      add(warnings, at.child("topologyKey"), fmt::format("{} is {}", key, message));
    }
    if (!has(one["labelSelector"])) add(warnings, at.child("labelSelector"), kNullSelector);
  }
}

void warn_pod_affinity(Value spec, const FieldPath& path, Warnings& warnings) {
  const FieldPath affinity = path.child("affinity");
  for (const std::string_view kind : {"podAffinity", "podAntiAffinity"}) {
    const FieldPath kind_path = affinity.child(kind);
    const FieldPath required = kind_path.child("requiredDuringSchedulingIgnoredDuringExecution");
    std::size_t i = 0;
    for (const Value term :
         spec["affinity"][kind]["requiredDuringSchedulingIgnoredDuringExecution"].items()) {
      const FieldPath at = required.index(i++);
      if (!has(term["labelSelector"])) add(warnings, at.child("labelSelector"), kNullSelector);
    }
    const FieldPath preferred = kind_path.child("preferredDuringSchedulingIgnoredDuringExecution");
    i = 0;
    for (const Value term :
         spec["affinity"][kind]["preferredDuringSchedulingIgnoredDuringExecution"].items()) {
      const FieldPath at = preferred.index(i++);
      const FieldPath inner = at.child("podAffinityTerm");
      if (has(term["podAffinityTerm"]["labelSelector"])) continue;
      add(warnings, inner.child("labelSelector"), kNullSelector);
    }
  }
}

// ---- metadata

void warn_annotations(Value annotations, const FieldPath& metadata_path, Warnings& warnings) {
  const FieldPath path = metadata_path.child("annotations");
  for (const Deprecated& one : kAnnotations) {
    if (annotations[one.key].exists()) add(warnings, path.key(one.key), one.message);
  }
  constexpr std::string_view kSeccomp =
      "non-functional in v1.27+; use the \"seccompProfile\" field instead";
  if (annotations[kSeccompPod].exists()) add(warnings, path.key(kSeccompPod), kSeccomp);
  for (const auto [key, atom, value] : annotations.entries()) {
    if (!key.starts_with(kSeccompContainer)) continue;
    add(warnings, path.key(key), kSeccomp);
    break;  // Once is enough.
  }
}

void warn_app_armor(Value annotations, Value spec, const FieldPath& metadata_path,
                    Warnings& warnings) {
  if (has(spec["securityContext"]["appArmorProfile"])) return;
  const FieldPath path = metadata_path.child("annotations");
  for (const std::string_view list : {"initContainers", "containers"}) {
    for (const Value container : spec[list].items()) {
      const std::string key = fmt::format("{}{}", kAppArmor, container["name"].as_string());
      if (!annotations[key].exists() || has(container["securityContext"]["appArmorProfile"])) {
        continue;
      }
      add(warnings, path.key(key), "deprecated since v1.30; use the \"appArmorProfile\" field instead");
    }
  }
}

// ---- names that stand twice

void warn_ip(std::string_view text, const FieldPath& path, Warnings& warnings) {
  const auto ip = schema::parse_ip(text);
  if (!ip) return;
  if (ip->odd_zeros || ip->mapped) {
    add(warnings, path,
        fmt::format("non-standard IP address {} will be considered invalid in a future Kubernetes "
                    "release: use {}",
                    go_quote(text), go_quote(ip->text())));
  } else if (!ip->v4 && ip->text() != text) {
    add(warnings, path,
        fmt::format("IPv6 address {} should be in RFC 5952 canonical format ({})", go_quote(text),
                    go_quote(ip->text())));
  }
}

void warn_aliases(Value spec, const FieldPath& path, Warnings& warnings) {
  const FieldPath list = path.child("hostAliases");
  std::set<std::string_view> seen;
  std::size_t i = 0;
  for (const Value alias : spec["hostAliases"].items()) {
    const FieldPath at = list.index(i++);
    const std::string_view ip = alias["ip"].as_string();
    if (!seen.insert(ip).second) {
      add(warnings, at.child("ip"), fmt::format("duplicate ip {}", go_quote(ip)));
    }
  }
}

void warn_pull_secrets(Value spec, const FieldPath& path, Warnings& warnings) {
  const FieldPath list = path.child("imagePullSecrets");
  std::set<std::string_view> seen;
  std::size_t i = 0;
  for (const Value secret : spec["imagePullSecrets"].items()) {
    const FieldPath at = list.index(i++);
    const std::string_view name = secret["name"].as_string();
    if (!seen.insert(name).second) {
      add(warnings, at.child("name"), fmt::format("duplicate name {}", go_quote(name)));
    }
  }
  i = 0;
  for (const Value secret : spec["imagePullSecrets"].items()) {
    const FieldPath at = list.index(i++);
    if (secret["name"].as_string().empty()) {
      add(warnings, at.child("name"), "invalid empty name \"\"");
    }
  }
}

// ---- containers

void warn_env(Value env, const FieldPath& list, Warnings& warnings) {
  std::set<std::string_view> seen;
  std::size_t i = 0;
  for (const Value variable : env.items()) {
    const FieldPath at = list.index(i++);
    const std::string_view name = variable["name"].as_string();
    if (seen.insert(name).second) continue;
    // PATH=$(PATH):/more builds on the one before.
    const std::string_view value = variable["value"].as_string();
    const std::string reference = fmt::format("$({})", name);
    if (!has(variable["valueFrom"]) && value.find(reference) != std::string_view::npos) continue;
    add(warnings, at,
        fmt::format("hides previous definition of {}, which may be dropped when using apply",
                    go_quote(name)));
  }
}

void warn_amounts(Value resources, const FieldPath& path, Warnings& warnings) {
  for (const std::string_view field : {"limits", "requests"}) {
    const FieldPath list = path.child(field);
    for (const std::string_view resource : {"memory", "ephemeral-storage"}) {
      warn_if_fraction(resources[field], resource, list, warnings);
    }
  }
}

struct SeenPort {
  std::string path;
  Value port;
};

class PortWarner {
 public:
  explicit PortWarner(Warnings& warnings) : warnings_(warnings) {}

  void look(Value port, const FieldPath& path) {
    const std::string_view host_ip = port["hostIP"].as_string();
    const std::int64_t host_port = port["hostPort"].as_int();
    if (!host_ip.empty() && host_port == 0) {
      add(warnings_, path,
          fmt::format("hostIP set without hostPort: {{Name:{} HostPort:0 ContainerPort:{} "
                      "Protocol:{} HostIP:{}}}",
                      port["name"].as_string(), port["containerPort"].as_int(),
                      port["protocol"].as_string(), host_ip));
    }
    std::vector<SeenPort>& others = seen_[fmt::format("{}/{}", port["containerPort"].as_int(),
                                                      port["protocol"].as_string())];
    for (const SeenPort& other : others) compare(port, path, other);
    others.push_back({path.text(), port});
  }

  void look_at_name(Value port, const FieldPath& path) {
    const std::string_view name = port["name"].as_string();
    if (name.empty()) return;
    const auto [other, fresh] = names_.try_emplace(name, path.text());
    if (fresh) return;
    add(warnings_, path,
        fmt::format("duplicate port name {} with {}, services and probes that select ports by name "
                    "will use {}",
                    go_quote(name), other->second, other->second));
  }

 private:
  void compare(Value port, const FieldPath& path, const SeenPort& other) {
    const std::string_view ip = port["hostIP"].as_string();
    const std::string_view other_ip = other.port["hostIP"].as_string();
    const std::int64_t host = port["hostPort"].as_int();
    const std::int64_t other_host = other.port["hostPort"].as_int();
    std::string_view what;
    if (ip == other_ip && host == other_host) what = "duplicate";
    else if (host == 0 || other_host == 0) what = "overlapping";
    else if (ip.empty() != other_ip.empty() && host == other_host) what = "dangerously ambiguous";
    if (what.empty()) return;
    add(warnings_, path, fmt::format("{} port definition with {}", what, other.path));
  }

  Warnings& warnings_;
  std::map<std::string, std::vector<SeenPort>> seen_;
  std::map<std::string_view, std::string> names_;
};

void warn_containers(Value spec, const FieldPath& path, Warnings& warnings) {
  for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
    const FieldPath containers = path.child(list);
    std::size_t i = 0;
    for (const Value container : spec[list].items()) {
      const FieldPath at = containers.index(i++);
      warn_amounts(container["resources"], at.child("resources"), warnings);
      warn_env(container["env"], at.child("env"), warnings);
    }
  }
}

void warn_ports(Value spec, const FieldPath& path, Warnings& warnings) {
  PortWarner warner(warnings);
  for (const bool names : {false, true}) {
    for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
      const FieldPath containers = path.child(list);
      std::size_t i = 0;
      for (const Value container : spec[list].items()) {
        const FieldPath at = containers.index(i++);
        const FieldPath ports = at.child("ports");
        const bool runs_on = list != "initContainers" ||
                             container["restartPolicy"].as_string() == "Always";
        std::size_t p = 0;
        for (const Value port : container["ports"].items()) {
          if (!names) warner.look(port, ports.index(p));
          else if (runs_on) warner.look_at_name(port, ports.index(p));
          ++p;
        }
      }
    }
  }
}

void warn_spec(Value spec, const FieldPath& path, Warnings& warnings) {
  warn_pod_volumes(spec, path, warnings);
  warn_aliases(spec, path, warnings);
  warn_pull_secrets(spec, path, warnings);
  const FieldPath overhead = path.child("overhead");
  for (const std::string_view resource : {"memory", "ephemeral-storage"}) {
    warn_if_fraction(spec["overhead"], resource, overhead, warnings);
  }
  warn_containers(spec, path, warnings);
  warn_ports(spec, path, warnings);
  if (const Value grace = spec["terminationGracePeriodSeconds"]; grace.as_int() < 0) {
    add(warnings, path.child("terminationGracePeriodSeconds"),
        "must be >= 0; negative values are invalid and will be treated as 1");
  }
  warn_pod_affinity(spec, path, warnings);
  const FieldPath dns = path.child("dnsConfig");
  const FieldPath servers = dns.child("nameservers");
  std::size_t i = 0;
  for (const Value server : spec["dnsConfig"]["nameservers"].items()) {
    warn_ip(server.as_string(), servers.index(i++), warnings);
  }
  const FieldPath aliases = path.child("hostAliases");
  i = 0;
  for (const Value alias : spec["hostAliases"].items()) {
    const FieldPath at = aliases.index(i++);
    warn_ip(alias["ip"].as_string(), at.child("ip"), warnings);
  }
}

}  // namespace

void warn_pod_template(Value pod_template, const FieldPath& path, Value, Warnings& warnings) {
  const Value metadata = pod_template["metadata"];
  const Value spec = pod_template["spec"];
  const FieldPath metadata_path = path.child("metadata");
  const FieldPath spec_path = path.child("spec");
  warn_nodes(spec, spec_path, warnings);
  warn_spread(spec, spec_path, warnings);
  warn_annotations(metadata["annotations"], metadata_path, warnings);
  warn_app_armor(metadata["annotations"], spec, metadata_path, warnings);
  warn_spec(spec, spec_path, warnings);
}

void warn_new_pod(const RuleContext& context, Value pod, Value old) {
  if (old.exists() || context.warnings == nullptr) return;  // People seldom change pods.
  Warnings& warnings = *context.warnings;
  const schema::Complaints problems = schema::check_dns1123_label(object::name_of(pod));
  if (!problems.empty()) {
    warnings.push_back(fmt::format(
        "metadata.name: this is used in the Pod's hostname, which can result in surprising "
        "behavior; a DNS label is recommended: [{}]",
        fmt::join(problems, " ")));
  }
  const FieldPath whole;
  const FieldPath path = whole.child("spec");
  const Value spec = pod["spec"];
  warn_nodes(spec, path, warnings);
  warn_spread(spec, path, warnings);
  warn_annotations(pod["metadata"]["annotations"], whole.child("metadata"), warnings);
  warn_spec(spec, path, warnings);
}

}  // namespace knarr::apiserver
