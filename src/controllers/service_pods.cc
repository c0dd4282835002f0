// SPDX-License-Identifier: Apache-2.0
#include "controllers/service_pods.h"

#include "api/label_selector.h"
#include "controllers/owners.h"
#include "controllers/pods.h"
#include "object/equality.h"

namespace knarr::controllers {

using object::Document;
using object::Value;
namespace atom = object::atom;

namespace {

std::optional<std::int64_t> find_named(Value containers, std::string_view name,
                                       std::string_view protocol, bool sidecars_only) {
  for (const Value container : containers.items()) {
    if (sidecars_only && container[atom::restartPolicy].as_string() != "Always") continue;
    for (const Value port : container[atom::ports].items()) {
      if (port[atom::name].as_string() == name && port[atom::protocol].as_string("TCP") == protocol) {
        return port[atom::containerPort].as_int();
      }
    }
  }
  return std::nullopt;
}

bool is_ipv6(std::string_view address) { return address.find(':') != std::string_view::npos; }

void keep_oldest(std::string& oldest, std::string_view time, std::string_view known) {
  if (time.empty() || time <= known) return;
  if (oldest.empty() || time < oldest) oldest = time;
}

}  // namespace

bool has_endpoints(Value service) {
  return service[atom::spec][atom::type].as_string() != "ExternalName" &&
         service[atom::spec][atom::selector].is_map();
}

bool is_headless(Value service) {
  const std::string_view address = service[atom::spec][atom::clusterIP].as_string();
  return address.empty() || address == "None";
}

bool is_endpoint(Value pod, bool including_terminating) {
  if (is_pod_finished(pod)) return false;
  const Value status = pod[atom::status];
  if (status[atom::podIP].as_string().empty() && status[atom::podIPs].empty()) return false;
  return including_terminating || !is_deleting(pod);
}

bool has_hostname_in(Value pod, Value service) {
  const Value spec = pod[atom::spec];
  return !spec[atom::hostname].as_string().empty() &&
         spec[atom::subdomain].as_string() == object::name_of(service) &&
         object::namespace_of(pod) == object::namespace_of(service);
}

std::optional<std::int64_t> resolve_port(Value pod, Value service_port) {
  const Value target = service_port[atom::targetPort];
  if (!target.is_string()) return target.as_int(service_port[atom::port].as_int());
  const std::string_view protocol = service_port[atom::protocol].as_string("TCP");
  const Value spec = pod[atom::spec];
  const auto found = find_named(spec[atom::containers], target.as_string(), protocol, false);
  if (found) return found;
  return find_named(spec[atom::initContainers], target.as_string(), protocol, true);
}

std::vector<std::string> addresses_of(Value pod, bool ipv6) {
  std::vector<std::string> result;
  for (const Value entry : pod[atom::status][atom::podIPs].items()) {
    const std::string_view address = entry[atom::ip].as_string();
    if (!address.empty() && is_ipv6(address) == ipv6) result.emplace_back(address);
  }
  if (pod[atom::status][atom::podIPs].empty()) {
    const std::string_view address = pod[atom::status][atom::podIP].as_string();
    if (!address.empty() && is_ipv6(address) == ipv6) result.emplace_back(address);
  }
  return result;
}

std::vector<std::string> families_of(Value service) {
  std::vector<std::string> families;
  for (const Value family : service[atom::spec][atom::ipFamilies].items()) {
    families.emplace_back(family.as_string());
  }
  if (!families.empty()) return families;
  const std::string_view address = service[atom::spec][atom::clusterIP].as_string();
  if (address.empty() || address == "None") return {"IPv4", "IPv6"};
  return {is_ipv6(address) ? "IPv6" : "IPv4"};
}

bool differs_for_endpoints(Value before, Value now) {
  const auto same = [&](object::Atom part, object::Atom field) {
    return object::equal(before[part][field], now[part][field]);
  };
  return is_pod_ready(before) != is_pod_ready(now) || is_deleting(before) != is_deleting(now) ||
         is_pod_finished(before) != is_pod_finished(now) || !same(atom::status, atom::podIPs) ||
         !same(atom::status, atom::podIP) || !same(atom::metadata, atom::labels) ||
         !same(atom::spec, atom::nodeName) || !same(atom::metadata, atom::uid);
}

void enqueue_services_of_pods(client::Informer& pods, client::Informer& services,
                              client::WorkQueue& queue) {
  const auto enqueue = [&services, &queue](const Document& pod) {
    for (const Document& service : services.in_namespace(object::namespace_of(pod.root()))) {
      if (!has_endpoints(service.root())) continue;
      const auto selector = api::LabelSelector::from_labels(service[atom::spec][atom::selector]);
      if (selector.matches(pod[atom::metadata][atom::labels])) queue.add(client::key_of(service));
    }
  };
  pods.add_handler({.added = enqueue,
                    .updated =
                        [enqueue](const Document& before, const Document& now) {
                          if (!differs_for_endpoints(before.root(), now.root())) return;
                          enqueue(before);
                          enqueue(now);
                        },
                    .deleted = enqueue});
}

std::string TriggerTimes::since_last(const std::string& key, Value service,
                                     const std::vector<Document>& pods) {
  Known& known = known_[key];
  std::string oldest;
  std::map<std::string, std::string> times;
  for (const Document& pod : pods) {
    const std::string name(object::name_of(pod.root()));
    const std::string_view time = find_condition(pod.root(), "Ready")[atom::lastTransitionTime].as_string();
    if (time.empty()) continue;
    const auto before = known.pods.find(name);
    keep_oldest(oldest, time, before == known.pods.end() ? std::string_view() : before->second);
    times[name] = time;
  }
  const std::string_view created = service[atom::metadata][atom::creationTimestamp].as_string();
  keep_oldest(oldest, created, known.service);
  known.service = created;
  known.pods = std::move(times);
  return oldest;
}

}  // namespace knarr::controllers
