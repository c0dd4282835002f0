// SPDX-License-Identifier: Apache-2.0
#include "controllers/service_account/controller.h"

#include "client/resources.h"
#include "controllers/in_namespace.h"

namespace knarr::controllers {

using client::Requeue;
namespace atom = object::atom;

namespace {

constexpr std::string_view kName = "default";
constexpr int kWorkers = 1;

}  // namespace

ServiceAccountController::ServiceAccountController(client::LoopContext context)
    : Controller("serviceaccount-controller", context, kWorkers),
      namespaces_(informers().informer(client::kNamespaces)),
      accounts_(informers().informer(client::kServiceAccounts)) {
  client::Handler namespaces = enqueue_self();
  namespaces.deleted = nullptr;
  namespaces_.add_handler(std::move(namespaces));
  accounts_.add_handler({.added = nullptr,
                         .updated = nullptr,
                         .deleted = [this](const object::Document& last) {
                           queue().add(std::string(object::namespace_of(last.root())));
                         }});
}

Task<Result<Requeue>> ServiceAccountController::reconcile(client::ObjectKey key) {
  if (!is_active_namespace(namespaces_.get(key))) co_return Requeue::none();
  if (accounts_.get(key + "/" + std::string(kName))) co_return Requeue::none();
  object::Draft account;
  object::NodeRef metadata = account.root().ensure_map("metadata");
  metadata.set("name", kName);
  metadata.set("namespace", key);
  auto created = co_await transport().create({client::kServiceAccounts, key, "", ""},
                                             std::move(account), {});
  if (!created && !created.error().is(Reason::AlreadyExists) &&
      !is_leaving_namespace(created.error())) {
    co_return std::move(created).error();
  }
  co_return Requeue::none();
}

}  // namespace knarr::controllers
