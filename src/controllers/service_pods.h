// SPDX-License-Identifier: Apache-2.0
// What both endpoints controllers ask about a service and its pods.
// Source: k8s.io/endpointslice util, k8s.io/kubernetes pkg/api/v1/pod.
#pragma once

#include "client/informer.h"
#include "client/work_queue.h"
#include "object/document.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::controllers {

inline constexpr std::string_view kHeadlessLabel = "service.kubernetes.io/headless";
inline constexpr std::string_view kTriggerTime = "endpoints.kubernetes.io/last-change-trigger-time";

/// A service that these controllers look after: with a selector, no external name.
bool has_endpoints(object::Value service);
/// Without an address of its own.
bool is_headless(object::Value service);
/// Is the pod an endpoint at all: not ended, with an address.
bool is_endpoint(object::Value pod, bool including_terminating);
/// Its hostname is a name under this service.
bool has_hostname_in(object::Value pod, object::Value service);
/// The pod's number of a service port; nothing when it has no port of that name.
std::optional<std::int64_t> resolve_port(object::Value pod, object::Value service_port);
/// The pod's addresses of a family.
std::vector<std::string> addresses_of(object::Value pod, bool ipv6);
/// "IPv4", "IPv6": the service's families, in order.
std::vector<std::string> families_of(object::Value service);
/// Whether two versions of a pod differ in what endpoints show.
bool differs_for_endpoints(object::Value before, object::Value now);

/// Feeds keys of services from changes of pods.
void enqueue_services_of_pods(client::Informer& pods, client::Informer& services,
                              client::WorkQueue& queue);

/// When what endpoints depend on last changed: the oldest change since the last question.
class TriggerTimes {
 public:
  /// RFC 3339, empty when nothing changed.
  std::string since_last(const std::string& key, object::Value service,
                         const std::vector<object::Document>& pods);
  void forget(const std::string& key) { known_.erase(key); }

 private:
  struct Known {
    std::string service;
    std::map<std::string, std::string> pods;
  };
  std::map<std::string, Known> known_;
};

}  // namespace knarr::controllers
