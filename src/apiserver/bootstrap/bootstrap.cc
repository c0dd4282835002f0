// SPDX-License-Identifier: Apache-2.0
// First objects, as YAML, and the reconciliation of roles.
#include "apiserver/bootstrap/bootstrap.h"

#include "apiserver/bootstrap/extension_authentication.h"
#include "apiserver/bootstrap/objects.h"
#include "auth/bootstrap_policy.h"
#include "base/hash.h"
#include "codec/yaml.h"

#include <fmt/core.h>

namespace knarr::apiserver {

using object::Document;
using object::Draft;
using object::NodeRef;
namespace atom = object::atom;

namespace {

auth::User server_user() {
  auth::User user;
  user.name = "system:apiserver";
  user.groups = {"system:masters", "system:authenticated"};
  return user;
}

ApiRequest make_request(std::string method, std::string path) {
  ApiRequest request;
  request.method = std::move(method);
  request.user = server_user();
  request.user_agent = "knarr/bootstrap";
  request.info = parse_request_info(request.method, std::move(path), request.query);
  return request;
}

std::string collection_path(const Served& served, std::string_view namespace_) {
  const std::string_view version = served.api_version;
  std::string path = version.find('/') == std::string_view::npos ? "/api/" : "/apis/";
  path.append(version);
  if (served.row->namespaced()) path.append("/namespaces/").append(namespace_);
  return path.append("/").append(served.row->plural());
}

Task<ApiReply> send(ApiServer* server, std::string method, std::string path, Draft object) {
  ApiRequest request = make_request(std::move(method), std::move(path));
  request.body = std::move(object);
  co_return co_await server->serve(std::move(request));
}

Result<> failure(const ApiReply& reply, std::string_view what) {
  const auto* error = std::get_if<Error>(&reply.body);
  if (error == nullptr) return ok();
  return Error(*error).with(what);
}

const Served* served_of(ApiServer& server, NodeRef object) {
  const std::string_view version = object[atom::apiVersion].as_string();
  const std::size_t slash = version.find('/');
  const std::string_view group = slash == std::string_view::npos ? "" : version.substr(0, slash);
  const std::string_view number = slash == std::string_view::npos ? version : version.substr(slash + 1);
  const api::ResourceRow* row = api::find_kind(group, number, object[atom::kind].as_string());
  return row != nullptr ? server.registry().find(group, number, row->plural()) : nullptr;
}

// Creates an object unless one of its name is there.
Task<Result<>> create_missing(ApiServer* server, Draft object) {
  const Served* served = served_of(*server, object.root());
  CHECK(served != nullptr);
  const std::string name(object[atom::metadata][atom::name].as_string());
  const std::string space(object[atom::metadata][atom::namespace_].as_string());
  if (server->registry().get(*served->collection, space, name)) co_return ok();
  const ApiReply reply =
      co_await send(server, "POST", collection_path(*served, space), std::move(object));
  co_return failure(reply, fmt::format("make {} {}", served->row->kind(), name));
}

Task<Result<>> create_all(ApiServer* server, std::string text) {
  std::vector<Draft> objects = CO_TRY(codec::parse_yaml_documents(text));
  for (Draft& object : objects) CO_TRY(co_await create_missing(server, std::move(object)));
  co_return ok();
}

std::string_view policy_resource(auth::PolicyKind kind) {
  switch (kind) {
    case auth::PolicyKind::ClusterRole: return "clusterroles";
    case auth::PolicyKind::ClusterRoleBinding: return "clusterrolebindings";
    case auth::PolicyKind::Role: return "roles";
    case auth::PolicyKind::RoleBinding: return "rolebindings";
  }
  return "";
}

Task<Result<>> reconcile_policy(ApiServer* server, auth::PolicyObject wanted) {
  const Served* served = server->registry().find("rbac.authorization.k8s.io", "v1",
                                                 policy_resource(wanted.kind));
  CHECK(served != nullptr);
  const std::string name(object::name_of(wanted.object.root()));
  const std::string space(object::namespace_of(wanted.object.root()));
  auto stored = server->registry().get(*served->collection, space, name);
  const auth::Reconciliation step = auth::reconcile(stored ? *stored : Document(), wanted);
  if (step.action == auth::Reconciliation::Action::None) co_return ok();
  const std::string collection = collection_path(*served, space);
  const std::string what = fmt::format("bring {} {} up to date", served->row->kind(), name);
  if (step.action == auth::Reconciliation::Action::Recreate) {
    CO_TRY(failure(co_await send(server, "DELETE", collection + "/" + name, Draft()), what));
  }
  const bool update = step.action == auth::Reconciliation::Action::Update;
  const ApiReply reply = co_await send(server, update ? "PUT" : "POST",
                                       update ? collection + "/" + name : collection,
                                       Draft::from(step.object));
  co_return failure(reply, what);
}

// One APIService for every group version that has a place in the order of groups.
Task<Result<>> register_versions(ApiServer* server) {
  const api::ResourceArrays& table = api::resource_table().arrays();
  for (const api::GroupRow& group : table.groups) {
    if (group.priority == 0) continue;
    for (std::size_t i = 0; i < group.version_count; ++i) {
      const api::VersionRow& version = table.versions[group.first_version + i];
      const std::string_view name = table.text(group.name);
      if (!server->registry().has_group_version(name, table.text(version.version))) continue;
      Draft object;
      NodeRef root = object.root();
      root.set("apiVersion", "apiregistration.k8s.io/v1");
      root.set("kind", "APIService");
      NodeRef metadata = root.ensure_map("metadata");
      metadata.set("name", fmt::format("{}.{}", table.text(version.version), name));
      metadata.ensure_map("labels").set("kube-aggregator.kubernetes.io/automanaged", "onstart");
      NodeRef spec = root.ensure_map("spec");
      if (!name.empty()) spec.set("group", name);
      spec.set("version", table.text(version.version));
      spec.set("groupPriorityMinimum", static_cast<long>(group.priority));
      spec.set("versionPriority", static_cast<long>(version.priority));
      NodeRef condition = root.ensure_map("status").ensure_list("conditions").append();
      condition.set("type", "Available");
      condition.set("status", "True");
      condition.set("reason", "Local");
      condition.set("message", "Local APIServices are always available");
      CO_TRY(co_await create_missing(server, std::move(object)));
    }
  }
  co_return ok();
}

Task<Result<>> publish_extension_authentication(ApiServer* server, BootstrapOptions options) {
  const Served* served = server->registry().find("", "v1", "configmaps");
  auto stored = server->registry().get(*served->collection, "kube-system", kExtensionAuthentication);
  const std::string collection = collection_path(*served, "kube-system");
  const std::string object = fmt::format("{}/{}", collection, kExtensionAuthentication);
  // An update that changes nothing writes nothing.
  const ApiReply reply =
      co_await send(server, stored ? "PUT" : "POST", stored ? object : collection,
                    extension_authentication(options, stored ? *stored : Document()));
  co_return failure(reply, "publish how extension servers authenticate");
}

}  // namespace

Task<Result<>> publish_endpoints(ApiServer* server, BootstrapOptions options) {
  const std::string text = fmt::format(fmt::runtime(kEndpointObjects),
                                       fmt::arg("address", options.advertise_address),
                                       fmt::arg("port", options.port));
  std::vector<Draft> objects = CO_TRY(codec::parse_yaml_documents(text));
  for (Draft& object : objects) {
    const Served* served = served_of(*server, object.root());
    CHECK(served != nullptr);
    ApiRequest request =
        make_request("PATCH", collection_path(*served, "default") + "/kubernetes");
    request.query.add("fieldManager", "kube-apiserver");
    request.query.add("force", "true");
    request.content_type = "application/apply-patch+yaml";
    request.body = std::move(object);
    CO_TRY(failure(co_await server->serve(std::move(request)), "publish the address of this server"));
  }
  co_return ok();
}

Task<Result<>> bootstrap(ApiServer* server, BootstrapOptions options) {
  CO_TRY(co_await create_all(server, std::string(kNamespaces)));
  for (auth::PolicyObject& wanted : auth::bootstrap_policy()) {
    CO_TRY(co_await reconcile_policy(server, std::move(wanted)));
  }
  CO_TRY(co_await create_all(server, std::string(kPriorityClasses)));
  CO_TRY(co_await create_all(server, std::string(kFlowObjects)));
  CO_TRY(co_await create_all(
      server, fmt::format(fmt::runtime(kServiceObjects), fmt::arg("cidr", options.service_cidr),
                          fmt::arg("service_ip", options.service_ip), fmt::arg("port", options.port))));
  CO_TRY(co_await register_versions(server));
  CO_TRY(co_await publish_extension_authentication(server, options));
  CO_TRY(co_await publish_endpoints(server, std::move(options)));
  co_return ok();
}

}  // namespace knarr::apiserver
