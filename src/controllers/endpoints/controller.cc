// SPDX-License-Identifier: Apache-2.0
#include "controllers/endpoints/controller.h"

#include "api/label_selector.h"
#include "client/resources.h"
#include "controllers/endpoints/plan.h"
#include "controllers/in_namespace.h"

#include <fmt/core.h>

namespace knarr::controllers {

using client::ObjectKey;
using client::Requeue;
using object::Document;
using object::Draft;
namespace atom = object::atom;

namespace {

constexpr int kWorkers = 5;  // --concurrent-endpoint-syncs

}  // namespace

EndpointsController::EndpointsController(client::LoopContext context)
    : Controller("endpoints-controller", context, kWorkers),
      services_(informers().informer(client::kServices)),
      pods_(informers().informer(client::kPods)),
      endpoints_(informers().informer(client::kEndpoints)),
      events_(context.transport, context.strand, context.clock, "endpoint-controller") {
  services_.add_handler(enqueue_self());
  enqueue_services_of_pods(pods_, services_, queue());
  // A change by hand stays until the service or a pod changes; a deletion is made good.
  endpoints_.add_handler({.added = nullptr, .updated = nullptr, .deleted = [this](const Document& last) {
                            queue().add(client::key_of(last));
                          }});
}

Task<> EndpointsController::stop() {
  co_await Controller::stop();
  co_await events_.stop();
}

Task<Result<Requeue>> EndpointsController::reconcile(ObjectKey key) {
  const auto [space, name] = client::split_key(key);
  client::Target target{client::kEndpoints, std::string(space), std::string(name), ""};
  const Document service = services_.get(key);
  if (!service) {
    trigger_times_.forget(key);
    if (!endpoints_.get(key)) co_return Requeue::none();
    auto removed = co_await transport().remove(std::move(target), {});
    if (!removed && !removed.error().is(Reason::NotFound)) co_return std::move(removed).error();
    co_return Requeue::none();
  }
  if (!has_endpoints(service.root())) co_return Requeue::none();
  const auto selector = api::LabelSelector::from_labels(service[atom::spec][atom::selector]);
  std::vector<Document> pods;
  for (const Document& pod : pods_.in_namespace(space)) {
    if (selector.matches(pod[atom::metadata][atom::labels])) pods.push_back(pod);
  }
  const std::string trigger_time = trigger_times_.since_last(key, service.root(), pods);
  const Document now = endpoints_.get(key);
  Draft wanted = endpoints::write_endpoints(service.root(), pods, now);
  if (now && !endpoints::differs(now, wanted)) co_return Requeue::none();
  endpoints::set_trigger_time(wanted, trigger_time);
  if (now) {
    auto updated = co_await transport().update(std::move(target), std::move(wanted), {});
    if (!updated) co_return std::move(updated).error();
    co_return Requeue::none();
  }
  target.name.clear();
  auto created = co_await transport().create(std::move(target), std::move(wanted), {});
  if (created || is_leaving_namespace(created.error())) co_return Requeue::none();
  if (created.error().is(Reason::Forbidden)) {
    events_.record(service, client::kServices, "Warning", "FailedToCreateEndpoint",
                   fmt::format("Failed to create endpoint for service {}: {}", key, created.error().message()));
  }
  co_return std::move(created).error();
}

}  // namespace knarr::controllers
