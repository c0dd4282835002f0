// SPDX-License-Identifier: Apache-2.0
#include "controllers/root_ca/controller.h"

#include "client/resources.h"
#include "controllers/in_namespace.h"

namespace knarr::controllers {

using client::Requeue;
using object::Document;
using object::Draft;
using object::NodeRef;
namespace atom = object::atom;

namespace {

constexpr int kWorkers = 1;
constexpr std::string_view kName = "kube-root-ca.crt";
constexpr std::string_view kKey = "ca.crt";
constexpr std::string_view kAnnotation = "kubernetes.io/description";
constexpr std::string_view kDescription =
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal "
    "endpoints such as the internal service IP or kubernetes.default.svc. No other usage is "
    "guaranteed across distributions of Kubernetes clusters.";

// In order: exactly our data, and some description.
bool is_good(const Document& config_map, std::string_view pem) {
  const object::Value data = config_map[atom::data];
  return data.size() == 1 && data[kKey].as_string() == pem &&
         !config_map[atom::metadata][atom::annotations][kAnnotation].as_string().empty();
}

}  // namespace

RootCaController::RootCaController(client::LoopContext context, const ControllerOptions& options)
    : Controller("root-ca-certificate-publisher-controller", context, kWorkers),
      root_ca_pem_(options.root_ca_pem),
      namespaces_(informers().informer(client::kNamespaces)),
      config_maps_(informers().informer(
          client::kConfigMaps, {.namespace_ = {},
                                .label_selector = {},
                                .field_selector = "metadata.name=" + std::string(kName)})) {
  client::Handler namespaces = enqueue_self();
  namespaces.deleted = nullptr;
  namespaces_.add_handler(std::move(namespaces));
  const auto enqueue = [this](const Document& config_map) {
    queue().add(std::string(object::namespace_of(config_map.root())));
  };
  config_maps_.add_handler(
      {.added = nullptr,
       .updated = [enqueue](const Document&, const Document& now) { enqueue(now); },
       .deleted = enqueue});
}

Task<Result<Requeue>> RootCaController::reconcile(client::ObjectKey key) {
  if (!is_active_namespace(namespaces_.get(key))) co_return Requeue::none();
  const Document config_map = config_maps_.get(key + "/" + std::string(kName));
  if (!config_map) co_return co_await create(std::move(key));
  if (is_good(config_map, root_ca_pem_)) co_return Requeue::none();
  co_return co_await mend(std::move(key), config_map);
}

Task<Result<Requeue>> RootCaController::create(client::ObjectKey key) {
  Draft config_map;
  NodeRef metadata = config_map.root().ensure_map("metadata");
  metadata.set("name", kName);
  metadata.set("namespace", key);
  metadata.ensure_map("annotations").set(kAnnotation, kDescription);
  config_map.root().ensure_map("data").set(kKey, root_ca_pem_);
  auto created =
      co_await transport().create({client::kConfigMaps, key, "", ""}, std::move(config_map), {});
  if (!created && !is_leaving_namespace(created.error())) co_return std::move(created).error();
  co_return Requeue::none();
}

Task<Result<Requeue>> RootCaController::mend(client::ObjectKey key, Document config_map) {
  Draft draft = Draft::from(config_map);
  NodeRef data = draft.root().ensure("data");
  data.set_map();
  data.set(kKey, root_ca_pem_);
  draft.root()["metadata"].ensure_map("annotations").set(kAnnotation, kDescription);
  CO_TRY(co_await transport().update({client::kConfigMaps, key, std::string(kName), ""},
                                     std::move(draft), {}));
  co_return Requeue::none();
}

}  // namespace knarr::controllers
