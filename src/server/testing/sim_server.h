// SPDX-License-Identifier: Apache-2.0
// A control plane in one thread under a simulated clock: the real store in memory, watch cache, API,
// authorization, admission and controllers. No network, no disk. For tests.
#pragma once

#include "apiserver/admission/certificate_rights.h"
#include "apiserver/admission/namespace_lifecycle.h"
#include "apiserver/admission/node_writes.h"
#include "apiserver/admission/rbac_writes.h"
#include "apiserver/api_server.h"
#include "apiserver/bootstrap/bootstrap.h"
#include "apiserver/endpoints/finalize.h"
#include "apiserver/identity.h"
#include "apiserver/node_source.h"
#include "apiserver/policy_source.h"
#include "base/rng.h"
#include "base/run_sync.h"
#include "base/testing/sim_clock.h"
#include "base/worker.h"
#include "codec/json.h"
#include "server/authentication.h"
#include "server/controllers.h"
#include "store/memory_store.h"

#include <memory>
#include <string>
#include <string_view>

namespace knarr::server {

class SimServer {
 public:
  SimServer() {
    store_ = store::make_memory_store(std::make_unique<Worker>(loop), clock);
    cache_ = apiserver::make_watch_cache(*store_, loop, clock, {});
    registry = std::make_unique<apiserver::Registry>(apiserver::Registry::Parts{
        .store = *store_, .cache = *cache_, .clock = clock, .rng = rng, .admission = admission_});
    registry->add_built_in();
    policy_ = std::make_unique<apiserver::CachePolicySource>(*registry, loop);
    nodes_source_ = std::make_unique<apiserver::CacheNodeSource>(*registry, node_references_, loop);
    admission_.add(std::make_unique<apiserver::NamespaceLifecycle>(*registry));
    admission_.add(std::make_unique<apiserver::NodeWrites>(*registry, authorizer_));
    admission_.add(std::make_unique<apiserver::CertificateRights>(authorizer_));
    admission_.add(std::make_unique<apiserver::RbacWrites>(rbac_, authorizer_));
    api = std::make_unique<apiserver::ApiServer>(*registry, authorizer_);
    tokens = MUST(ServiceAccountTokens::create(auth::PrivateKey::generate(), *registry, rng));
    apiserver::add_identity_endpoints(*api, {.keys = tokens->keys(),
                                             .tokens = tokens->issuer(),
                                             .authenticator = tokens->authenticator(),
                                             .jwks_uri = "https://127.0.0.1/openid/v1/jwks"});
    api->add_special("/namespaces/finalize", apiserver::make_namespace_finalize());
    MUST(run(cache_->start()));
    policy_->subscribe(rbac_);
    policy_->start();
    nodes_source_->start();
    MUST(run(apiserver::bootstrap(api.get(), {.advertise_address = "192.0.2.1",
                                              .port = 6443,
                                              .service_cidr = "10.43.0.0/16",
                                              .service_ip = "10.43.0.1",
                                              .client_ca = "client-ca",
                                              .request_header_ca = "header-ca",
                                              .host_name = "sim"})));
    loop.run_until_idle();
  }
  SimServer(const SimServer&) = delete;
  SimServer& operator=(const SimServer&) = delete;
  ~SimServer() {
    if (controllers_) run(controllers_->stop());
    run(nodes_source_->stop());
    run(policy_->stop());
    run(cache_->stop());
    MUST(run(store_->stop()));
    loop.run_until_idle();
  }

  /// Starts the loops of a `controllers=` list.
  void start_controllers(std::vector<std::string> selection) {
    controllers_ = std::make_unique<ControllerSet>(
        *api, loop, clock,
        ControllerSettings{.selection = std::move(selection),
                           .options = {.root_ca_pem = "the root"}});
    controllers_->start();
    loop.run_until_idle();
  }
  /// Lets time pass and everything that is due happen.
  void advance(std::chrono::nanoseconds duration) { clock.advance(duration); }

  template <typename T>
  T run(Task<T> task) {
    return run_sync(loop, std::move(task));
  }

  /// One request. `json` may be empty.
  apiserver::ApiReply call(std::string method, std::string path, std::string_view json,
                           auth::User user) {
    apiserver::ApiRequest request;
    request.method = std::move(method);
    const std::size_t mark = path.find('?');
    if (mark != std::string::npos) {
      request.query = apiserver::Query::parse(std::string_view(path).substr(mark + 1));
      path.resize(mark);
    }
    request.info = apiserver::parse_request_info(request.method, std::move(path), request.query);
    request.user = std::move(user);
    request.user_agent = "test/1";
    if (!json.empty()) {
      request.body = apiserver::WireBody{.content_type = "application/json", .bytes = std::string(json)};
      request.content_type = "application/merge-patch+json";
    }
    apiserver::ApiReply reply = run(api->serve(std::move(request)));
    loop.run_until_idle();
    return reply;
  }
  apiserver::ApiReply call(std::string method, std::string path, std::string_view json = {}) {
    return call(std::move(method), std::move(path), json, admin());
  }
  static auth::User admin() {
    auth::User user;
    user.name = "admin";
    user.groups = {"system:masters", "system:authenticated"};
    return user;
  }
  static auth::User user(std::string name, std::vector<std::string> groups = {}) {
    auth::User user;
    user.name = std::move(name);
    user.groups = std::move(groups);
    user.groups.emplace_back("system:authenticated");
    return user;
  }

  static object::Document object_of(const apiserver::ApiReply& reply) {
    const auto* object = std::get_if<apiserver::ObjectReply>(&reply.body);
    return object == nullptr ? object::Document() : object->object;
  }
  /// "403 Forbidden: <message>", or "201" for what went well.
  static std::string outcome(const apiserver::ApiReply& reply) {
    const auto* error = std::get_if<Error>(&reply.body);
    if (error == nullptr) return std::to_string(reply.code);
    return std::to_string(error->code()) + " " + std::string(to_string(error->reason())) + ": " +
           error->message();
  }
  static std::string json_of(object::Value value) {
    std::string text;
    codec::write_json(text, value);
    return text;
  }

  ManualExecutor loop;
  SimClock clock{&loop};
  SeededRng rng{1};
  std::unique_ptr<apiserver::Registry> registry;
  std::unique_ptr<apiserver::ApiServer> api;
  std::unique_ptr<ServiceAccountTokens> tokens;

 private:
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<apiserver::WatchCache> cache_;
  apiserver::AdmissionChain admission_;
  auth::RbacAuthorizer rbac_;
  auth::NodeReferences node_references_;
  auth::NodeAuthorizer nodes_{node_references_};
  auth::AuthorizerChain authorizer_{{&nodes_, &rbac_}};
  std::unique_ptr<apiserver::CachePolicySource> policy_;
  std::unique_ptr<apiserver::CacheNodeSource> nodes_source_;
  std::unique_ptr<ControllerSet> controllers_;
};

}  // namespace knarr::server
