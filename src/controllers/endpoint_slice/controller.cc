// SPDX-License-Identifier: Apache-2.0
#include "controllers/endpoint_slice/controller.h"

#include "api/label_selector.h"
#include "client/resources.h"
#include "controllers/in_namespace.h"

#include <fmt/core.h>

namespace knarr::controllers {

using client::ObjectKey;
using client::Requeue;
using object::Document;
using object::Draft;
using object::Value;
namespace atom = object::atom;

namespace {

constexpr int kWorkers = 5;  // --concurrent-service-endpoint-syncs
constexpr std::string_view kZoneLabel = "topology.kubernetes.io/zone";
constexpr std::string_view kBySource = "endpoint-slice-service";

bool is_ours(Value slice) {
  return slice[atom::metadata][atom::labels][endpoint_slice::kManagedBy].as_string() ==
         endpoint_slice::kManager;
}

std::vector<std::string> index_by_service(const Document& slice) {
  const std::string_view service =
      slice[atom::metadata][atom::labels][endpoint_slice::kServiceName].as_string();
  if (service.empty() || !is_ours(slice.root())) return {};
  return {fmt::format("{}/{}", object::namespace_of(slice.root()), service)};
}

}  // namespace

EndpointSliceController::EndpointSliceController(client::LoopContext context)
    : Controller("endpointslice-controller", context, kWorkers),
      services_(informers().informer(client::kServices)),
      pods_(informers().informer(client::kPods)),
      slices_(informers().informer(client::kEndpointSlices)),
      nodes_(informers().informer(client::kNodes)),
      events_(context.transport, context.strand, context.clock, "endpoint-slice-controller") {
  slices_.add_index(std::string(kBySource), index_by_service);
  services_.add_handler(enqueue_self());
  enqueue_services_of_pods(pods_, services_, queue());
  slices_.add_handler({.added = [this](const Document& now) { slice_changed(now); },
                       .updated =
                           [this](const Document& before, const Document& now) {
                             slice_changed(before);
                             slice_changed(now);
                           },
                       .deleted =
                           [this](const Document& last) {
                             for (const std::string& key : index_by_service(last)) {
                               written_[key].erase(std::string(object::name_of(last.root())));
                             }
                             slice_changed(last);
                           }});
  nodes_.add_handler({.added = [this](const Document& now) { node_changed({}, now); },
                      .updated = [this](const Document& before,
                                        const Document& now) { node_changed(before, now); },
                      .deleted = nullptr});
}

Task<> EndpointSliceController::stop() {
  co_await Controller::stop();
  co_await events_.stop();
  written_.clear();
}

void EndpointSliceController::slice_changed(const Document& slice) {
  for (std::string& key : index_by_service(slice)) queue().add(std::move(key));
}

void EndpointSliceController::node_changed(const Document& before, const Document& now) {
  const auto zone = [](const Document& node) {
    return node[atom::metadata][atom::labels][kZoneLabel].as_string();
  };
  if (before && zone(before) == zone(now)) return;
  for (const Document& pod : pods_.all()) {
    if (pod[atom::spec][atom::nodeName].as_string() != object::name_of(now.root())) continue;
    for (const Document& service : services_.in_namespace(object::namespace_of(pod.root()))) {
      queue().add(client::key_of(service));
    }
  }
}

bool EndpointSliceController::is_current(const std::string& key) const {
  const auto found = written_.find(key);
  if (found == written_.end()) return true;
  const std::string space(client::split_key(key).first);
  for (const auto& [name, revision] : found->second) {
    const Document seen = slices_.get(fmt::format("{}/{}", space, name));
    if (!seen || seen.resource_version() < revision) return false;
  }
  return true;
}

Task<Result<>> EndpointSliceController::apply(ObjectKey key, Document service,
                                              endpoint_slice::Plan plan, std::string trigger_time) {
  const std::string space(object::namespace_of(service.root()));
  for (const endpoint_slice::Slice& slice : plan.create) {
    if (object::Value(service[atom::metadata][atom::deletionTimestamp]).is_string()) break;
    auto created =
        co_await transport().create({client::kEndpointSlices, space, "", ""},
                                    endpoint_slice::write_slice(slice, service.root(), trigger_time), {});
    if (!created && is_leaving_namespace(created.error())) co_return ok();
    if (!created) co_return std::move(created).error();
    written_[key][std::string(object::name_of(created->root()))] = created->resource_version();
  }
  for (const endpoint_slice::Slice& slice : plan.update) {
    auto updated =
        co_await transport().update({client::kEndpointSlices, space, slice.name, ""},
                                    endpoint_slice::write_slice(slice, service.root(), trigger_time), {});
    if (!updated) co_return std::move(updated).error();
    written_[key][slice.name] = updated->resource_version();
  }
  for (const Document& slice : plan.remove) {
    const std::string name(object::name_of(slice.root()));
    written_[key].erase(name);
    auto removed = co_await transport().remove({client::kEndpointSlices, space, name, ""}, {});
    if (!removed && !removed.error().is(Reason::NotFound)) co_return std::move(removed).error();
  }
  co_return ok();
}

Task<Result<Requeue>> EndpointSliceController::reconcile(ObjectKey key) {
  const Document service = services_.get(key);
  if (!service) {
    trigger_times_.forget(key);
    written_.erase(key);
    co_return Requeue::none();  // Its slices are the garbage collector's.
  }
  if (!has_endpoints(service.root())) co_return Requeue::none();
  if (!is_current(key)) co_return Error(Reason::Conflict, "the informer is behind");
  const auto selector = api::LabelSelector::from_labels(service[atom::spec][atom::selector]);
  std::vector<Document> pods;
  std::map<std::string, std::string> zones;
  for (const Document& pod : pods_.in_namespace(object::namespace_of(service.root()))) {
    if (!selector.matches(pod[atom::metadata][atom::labels])) continue;
    const std::string node_name(pod[atom::spec][atom::nodeName].as_string());
    const Document node = nodes_.get(node_name);
    if (node || node_name.empty()) {
      zones[node_name] = node[atom::metadata][atom::labels][kZoneLabel].as_string();
    }
    pods.push_back(pod);
  }
  const std::vector<Document> slices = slices_.by_index(kBySource, key);
  std::string trigger_time = trigger_times_.since_last(key, service.root(), pods);
  endpoint_slice::Plan plan = endpoint_slice::plan_slices(
      {.service = service.root(), .pods = pods, .slices = slices, .zones = zones});
  const bool incomplete = plan.incomplete;
  auto applied = co_await apply(key, service, std::move(plan), std::move(trigger_time));
  if (!applied) {
    if (!applied.error().is(Reason::Cancelled) && !applied.error().is(Reason::Conflict)) {
      events_.record(service, client::kServices, "Warning", "FailedToUpdateEndpointSlices",
                     fmt::format("Error updating Endpoint Slices for Service {}: {}", key,
                                 applied.error().message()));
    }
    co_return std::move(applied).error();
  }
  if (incomplete) co_return Error(Reason::NotFound, "a node of a pod is not known yet");
  co_return Requeue::none();
}

}  // namespace knarr::controllers
