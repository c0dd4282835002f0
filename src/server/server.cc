// SPDX-License-Identifier: Apache-2.0
// Start and stop order of a server.
#include "server/server.h"

#include "apiserver/api_server.h"
#include "apiserver/admission/certificate_rights.h"
#include "apiserver/admission/namespace_lifecycle.h"
#include "apiserver/admission/node_writes.h"
#include "apiserver/admission/pod_plugins.h"
#include "apiserver/admission/rbac_writes.h"
#include "apiserver/bootstrap/bootstrap.h"
#include "apiserver/endpoints/finalize.h"
#include "apiserver/endpoints/pod.h"
#include "apiserver/discovery/discovery.h"
#include "apiserver/front/http_front.h"
#include "apiserver/health/health.h"
#include "apiserver/identity.h"
#include "apiserver/node_source.h"
#include "apiserver/openapi/openapi.h"
#include "apiserver/policy_source.h"
#include "auth/node_authorizer.h"
#include "auth/pki.h"
#include "auth/rbac.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/worker.h"
#include "net/http.h"
#include "server/authentication.h"
#include "server/controllers.h"
#include "apiserver/registry/kinds/service_ip.h"
#include "schema/ip_text.h"
#include "scheduler/scheduler.h"
#include "server/host.h"
#include "store/sqlite_store.h"

#include <fmt/core.h>

#include <charconv>

namespace knarr::server {

namespace {

constexpr std::chrono::seconds kDrain{2};


// The scheduler with its view of pods and nodes, as the user Kubernetes gives it.
struct SchedulerSet {
  SchedulerSet(apiserver::ApiServer& api, net::Loop& loop, Rng& rng)
      : transport(api, scheduler_user(), "kube-scheduler/v1.36 (knarr)"),
        informers(transport, loop, loop),
        scheduler({.transport = transport, .informers = informers, .strand = loop, .clock = loop}, rng) {}

  static auth::User scheduler_user() {
    auth::User user;
    user.name = "system:kube-scheduler";
    auth::add_authenticated_group(user);
    return user;
  }

  LocalTransport transport;
  client::InformerFactory informers;
  scheduler::Scheduler scheduler;
};

Result<apiserver::kinds::ServiceAllocator::Settings> service_settings(const ServerOptions& options) {
  apiserver::kinds::ServiceAllocator::Settings settings;
  const auto block = schema::parse_cidr(options.service_cidr);
  if (!block) {
    return Error(Reason::BadRequest, fmt::format("--service-cidr {} is no range: write one like 10.43.0.0/16",
                                                 options.service_cidr));
  }
  settings.ranges.push_back(*block);
  const std::string_view range = options.service_node_port_range;
  const std::size_t dash = range.find('-');
  int first = 0;
  int last = 0;
  if (dash != std::string_view::npos) {
    std::from_chars(range.data(), range.data() + dash, first);
    std::from_chars(range.data() + dash + 1, range.data() + range.size(), last);
  }
  if (first < 1 || last > 65535 || first > last) {
    return Error(Reason::BadRequest,
                 fmt::format("--service-node-port-range {} is no range: write one like 30000-32767", range));
  }
  settings.first_node_port = first;
  settings.last_node_port = last;
  return settings;
}

}  // namespace

struct Server::State {
  explicit State(net::Loop& loop_, ServerOptions options_) : loop(loop_), options(std::move(options_)) {}

  net::Loop& loop;
  ServerOptions options;
  SecureRng rng;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<apiserver::WatchCache> cache;
  apiserver::AdmissionChain admission;
  std::unique_ptr<apiserver::Registry> registry;
  auth::RbacAuthorizer rbac;
  std::unique_ptr<apiserver::CachePolicySource> policy;
  auth::NodeReferences node_references;
  auth::NodeAuthorizer nodes{node_references};
  std::unique_ptr<apiserver::CacheNodeSource> node_source;
  std::unique_ptr<ServiceAccountTokens> tokens;
  std::unique_ptr<auth::AuthorizerChain> authorizer;
  std::unique_ptr<apiserver::ApiServer> api;
  apiserver::HealthPaths* health = nullptr;
  apiserver::DiscoveryPaths* discovery = nullptr;
  std::unique_ptr<Authentication> authentication;
  std::unique_ptr<apiserver::HttpFront> front;
  std::shared_ptr<net::TlsServerContext> tls;
  std::unique_ptr<net::HttpServer> http;
  std::unique_ptr<ControllerSet> controllers;
  std::unique_ptr<SchedulerSet> scheduling;
  std::unique_ptr<apiserver::kinds::ServiceAllocator> service_allocator;
  std::optional<auth::ServerPki> pki;
  std::string advertise_address;
  std::string service_ip;
  bool bootstrapped = false;

  Task<Result<>> open_store();
  Result<> make_keys();
  Result<> make_api();
  void restore_services();
  Result<> listen();
  Result<> write_kubeconfig() const;
};

Task<Result<>> Server::State::open_store() {
  const std::string folder = options.data_dir + "/server/db";
  CO_TRY(make_private_folder(folder));
  store = CO_TRY(store::open_sqlite_store({.path = folder + "/state.db", .vfs = {}},
                                          std::make_unique<Worker>("store"), loop));
  cache = apiserver::make_watch_cache(*store, loop, loop, {});
  co_return ok();
}

Result<> Server::State::make_keys() {
  auth::ServerPkiOptions pki_options;
  pki_options.data_dir = options.data_dir;
  pki_options.cluster_domain = options.cluster_domain;
  pki_options.names = options.tls_sans;
  pki_options.names.push_back(service_ip);
  pki_options.names.push_back(advertise_address);
  pki_options.names.push_back(host_name());
  pki = TRY(auth::ensure_server_pki(pki_options, loop.system_now()));
  std::string client_cas;
  for (const auth::Certificate& ca : pki->client_ca.bundle()) client_cas += ca.pem();
  tls = TRY(net::TlsServerContext::create({.certificate = pki->serving.chain_pem(),
                                           .key = pki->serving.key.private_pem(),
                                           .client_ca = client_cas}));
  return ok();
}

Result<> Server::State::make_api() {
  registry = std::make_unique<apiserver::Registry>(apiserver::Registry::Parts{
      .store = *store, .cache = *cache, .clock = loop, .rng = rng, .admission = admission});
  registry->add_built_in();
  service_allocator = std::make_unique<apiserver::kinds::ServiceAllocator>(TRY(service_settings(options)));
  registry->find_stored("", "services")->allocator = service_allocator.get();
  policy = std::make_unique<apiserver::CachePolicySource>(*registry, loop);
  node_source = std::make_unique<apiserver::CacheNodeSource>(*registry, node_references, loop);
  authorizer =
      std::make_unique<auth::AuthorizerChain>(std::vector<const auth::Authorizer*>{&nodes, &rbac});
  admission.add(std::make_unique<apiserver::NamespaceLifecycle>(*registry));
  apiserver::add_pod_plugins(admission, *registry);
  admission.add(std::make_unique<apiserver::NodeWrites>(*registry, *authorizer));
  admission.add(std::make_unique<apiserver::CertificateRights>(*authorizer));
  admission.add(std::make_unique<apiserver::RbacWrites>(rbac, *authorizer));  // The last one.
  api = std::make_unique<apiserver::ApiServer>(*registry, *authorizer);
  auto paths = std::make_unique<apiserver::HealthPaths>();
  health = paths.get();
  health->add({"ping", [] { return ok(); }});
  health->add({"log", [] { return ok(); }});
  health->add({"etcd", [this] { return store->health(); }});
  health->add({"informer-sync", [this]() -> Result<> { return ok(); }, false, true});
  health->add({"poststarthook/bootstrap",
               [this]() -> Result<> {
                 if (bootstrapped) return ok();
                 return Error(Reason::ServiceUnavailable, "not finished");
               },
               true, true});
  health->add({"shutdown", [] { return ok(); }, false, true});
  api->add_paths(std::move(paths));
  api->add_paths(std::make_unique<apiserver::MetricsPath>());
  api->add_paths(std::make_unique<apiserver::VersionPath>());
  tokens = TRY(ServiceAccountTokens::create(pki->service_account, *registry, rng));
  apiserver::add_identity_endpoints(
      *api, {.keys = tokens->keys(),
             .tokens = tokens->issuer(),
             .authenticator = tokens->authenticator(),
             .jwks_uri = fmt::format("https://{}:{}/openid/v1/jwks", advertise_address,
                                     options.https_listen_port)});
  api->add_special("/namespaces/finalize", apiserver::make_namespace_finalize());
  apiserver::add_pod_endpoints(*api);
  auto discovery_paths = std::make_unique<apiserver::DiscoveryPaths>(
      *registry,
      apiserver::DiscoveryOptions{
          .server_address = fmt::format("{}:{}", advertise_address, options.https_listen_port),
          .other_paths = {"/.well-known/openid-configuration", "/healthz", "/livez", "/metrics",
                          "/openapi/v2", "/openapi/v3", "/openid/v1/jwks", "/readyz", "/version"}});
  discovery = discovery_paths.get();
  api->add_paths(std::move(discovery_paths));
  api->add_paths(std::make_unique<apiserver::OpenApiPaths>(*registry));
  auth::AuthenticationOptions how;
  how.tokens = &tokens->authenticator();
  how.client_authorities = pki->client_ca.bundle();
  how.request_header_authorities = pki->request_header_ca.bundle();
  how.request_header.allowed_names = {std::string(auth::kRequestHeaderName)};
  authentication = std::make_unique<Authentication>(std::move(how), *authorizer, loop);
  front = std::make_unique<apiserver::HttpFront>(*api, *authentication);
  return ok();
}

// What services have taken is known from the services themselves.
void Server::State::restore_services() {
  const apiserver::Snapshot services = registry->find_stored("", "services")->cache->snapshot();
  for (const apiserver::CacheItem* item = services.lower_bound({}); item != nullptr;
       item = services.after(item->key)) {
    service_allocator->restore(item->object.root());
  }
}

Result<> Server::State::listen() {
  const std::string host = options.bind_address.empty() ? "::" : options.bind_address;
  const net::Address address = TRY(net::Address::parse(
      host.find(':') == std::string::npos ? fmt::format("{}:{}", host, options.https_listen_port)
                                          : fmt::format("[{}]:{}", host, options.https_listen_port)));
  auto listener = net::listen(loop, address);
  if (!listener) {
    return std::move(listener).error().with(fmt::format(
        "listen on port {} (is another server running? choose one with --https-listen-port)",
        options.https_listen_port));
  }
  http = std::make_unique<net::HttpServer>(loop, std::move(*listener), tls, *front);
  http->start();
  return ok();
}

Result<> Server::State::write_kubeconfig() const {
  if (options.write_kubeconfig.empty()) return ok();
  const std::string text = auth::kubeconfig(
      {.server = fmt::format("https://127.0.0.1:{}", http->address().port()),
       .ca_pem = pki->server_ca.bundle_pem(),
       .client_certificate_pem = pki->admin.chain_pem(),
       .client_key_pem = pki->admin.key.private_pem()});
  return write_file(options.write_kubeconfig, text, options.write_kubeconfig_mode);
}

Server::Server(net::Loop& loop, ServerOptions options)
    : state_(std::make_unique<State>(loop, std::move(options))) {}
Server::~Server() = default;

Task<Result<>> Server::start() {
  State& s = *state_;
  s.service_ip = CO_TRY(first_address(s.options.service_cidr));
  s.advertise_address =
      s.options.advertise_address.empty() ? default_address() : s.options.advertise_address;
  CO_TRY(s.make_keys());
  CO_TRY(co_await s.open_store());
  CO_TRY(s.make_api());
  CO_TRY(co_await s.cache->start());
  s.restore_services();
  s.policy->subscribe(s.rbac);
  s.policy->start();
  s.node_source->start();
  CO_TRY(s.listen());
  CO_TRY(co_await apiserver::bootstrap(
      s.api.get(), {.advertise_address = s.advertise_address,
                    .port = s.http->address().port(),
                    .service_cidr = s.options.service_cidr,
                    .service_ip = s.service_ip,
                    .client_ca = s.pki->client_ca.bundle_pem(),
                    .request_header_ca = s.pki->request_header_ca.bundle_pem(),
                    .host_name = host_name()}));
  s.bootstrapped = true;
  if (!s.options.disable_controller_manager) {
    s.controllers = std::make_unique<ControllerSet>(
        *s.api, s.loop, s.loop,
        ControllerSettings{.selection = s.options.controllers,
                           .options = {.root_ca_pem = s.pki->server_ca.bundle_pem()}});
    s.controllers->start();
  }
  if (!s.options.disable_scheduler) {
    s.scheduling = std::make_unique<SchedulerSet>(*s.api, s.loop, s.rng);
    s.scheduling->scheduler.start();
    s.scheduling->informers.start();
  }
  CO_TRY(s.write_kubeconfig());
  log::info("ready", {{"address", s.http->address().to_string()}, {"kubeconfig", s.options.write_kubeconfig}});
  co_return ok();
}

Task<> Server::stop() {
  State& s = *state_;
  if (s.scheduling) {
    co_await s.scheduling->scheduler.stop();
    co_await s.scheduling->informers.stop();
  }
  if (s.controllers) co_await s.controllers->stop();
  if (s.http) co_await s.http->stop(kDrain);
  if (s.node_source) co_await s.node_source->stop();
  if (s.policy) co_await s.policy->stop();
  if (s.cache) co_await s.cache->stop();
  if (s.store) {
    auto stopped = co_await s.store->stop();
    if (!stopped) log::error("the store did not close well", {{"error", stopped.error()}});
  }
}

std::uint16_t Server::port() const { return state_->http ? state_->http->address().port() : 0; }

}  // namespace knarr::server
