// SPDX-License-Identifier: Apache-2.0
// Users and user agents are those of Kubernetes' controller manager: the bootstrap roles know them,
// and people know its name from managedFields.
#include "server/controllers.h"

#include "base/log.h"

#include <fmt/core.h>

namespace knarr::server {

namespace {

constexpr std::string_view kSystem = "kube-system";

std::string agent(std::string_view name) {
  return fmt::format("kube-controller-manager/v1.36 (knarr) {}", name);
}

auth::User manager_user() {
  auth::User user;
  user.name = "system:kube-controller-manager";
  auth::add_authenticated_group(user);
  return user;
}

}  // namespace

auth::User loop_user(std::string_view account) {
  auth::User user;
  user.name = auth::service_account_user(kSystem, account);
  user.groups = auth::service_account_groups(kSystem);
  auth::add_authenticated_group(user);
  return user;
}

ControllerSet::ControllerSet(apiserver::ApiServer& api, Executor& strand, Clock& clock,
                             const ControllerSettings& settings)
    : watching_(api, manager_user(), agent("shared-informers")),
      informers_(watching_, strand, clock) {
  for (const std::string& name : controllers::unknown_controllers(settings.selection)) {
    log::warn("there is no such controller", {{"controller", name}});
  }
  for (const controllers::ControllerEntry& entry : controllers::all_controllers()) {
    if (!controllers::is_enabled(entry, settings.selection)) continue;
    transports_.push_back(
        std::make_unique<LocalTransport>(api, loop_user(entry.account), agent(entry.account)));
    const client::LoopContext context{.transport = *transports_.back(),
                                      .informers = informers_,
                                      .strand = strand,
                                      .clock = clock};
    controllers_.push_back(entry.make(context, settings.options));
  }
}

void ControllerSet::start() {
  informers_.start();
  for (const auto& controller : controllers_) controller->start();
}

Task<> ControllerSet::stop() {
  for (auto at = controllers_.rbegin(); at != controllers_.rend(); ++at) co_await (*at)->stop();
  co_await informers_.stop();
}

}  // namespace knarr::server
