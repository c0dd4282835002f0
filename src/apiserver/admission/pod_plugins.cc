// SPDX-License-Identifier: Apache-2.0
#include "apiserver/admission/pod_plugins.h"

#include "apiserver/admission/default_tolerations.h"
#include "apiserver/admission/node_restriction.h"
#include "apiserver/admission/node_taint.h"
#include "apiserver/admission/priority.h"
#include "apiserver/admission/runtime_class.h"
#include "apiserver/admission/service_account.h"
#include "apiserver/admission/topology_labels.h"

namespace knarr::apiserver {

using object::Document;
using object::NodeRef;

namespace {

/// Finds other objects in memory, which has seen every write acknowledged so far.
class Finder {
 public:
  explicit Finder(Registry& registry) : registry_(registry) {}

  [[nodiscard]] Document find(std::string_view group, std::string_view resource,
                              std::string_view space, std::string_view name) const {
    const Collection* collection = registry_.find_stored(group, resource);
    if (collection == nullptr || name.empty()) return {};
    Result<Document> found = registry_.get(*collection, space, name);
    return found ? std::move(*found) : Document();
  }

  [[nodiscard]] Document default_priority_class() const {
    const Collection* collection = registry_.find_stored("scheduling.k8s.io", "priorityclasses");
    if (collection == nullptr) return {};
    for (auto item = collection->cache->snapshot().from(""); item; item.next()) {
      if (item->object["globalDefault"].as_bool()) return item->object;
    }
    return {};
  }

  [[nodiscard]] std::string suffix() const { return registry_.rng().safe_suffix(); }

 private:
  Registry& registry_;
};

bool is_new_pod(const AdmissionRequest& request) {
  return request.is("", "pods") && request.subresource.empty() &&
         request.operation == Operation::Create && request.draft != nullptr;
}

bool is_pod_update(const AdmissionRequest& request) {
  return request.is("", "pods") && request.subresource.empty() &&
         request.operation == Operation::Update && request.draft != nullptr;
}

class ServiceAccountPlugin final : public AdmissionPlugin {
 public:
  explicit ServiceAccountPlugin(Registry& registry) : finder_(registry) {}
  [[nodiscard]] std::string_view name() const override { return "ServiceAccount"; }

  Task<Result<>> mutate(AdmissionRequest* request) override {
    if (!is_new_pod(*request)) co_return ok();
    NodeRef pod = request->draft->root();
    const Document account =
        finder_.find("", "serviceaccounts", request->namespace_, service_account_of(pod));
    co_return admit_service_account(pod, account.root(), request->namespace_, finder_.suffix());
  }

 private:
  Finder finder_;
};

class PriorityPlugin final : public AdmissionPlugin {
 public:
  explicit PriorityPlugin(Registry& registry) : finder_(registry) {}
  [[nodiscard]] std::string_view name() const override { return "Priority"; }

  Task<Result<>> mutate(AdmissionRequest* request) override {
    if (is_pod_update(*request)) {
      keep_priority(request->draft->root(), request->old_object.root());
      co_return ok();
    }
    if (!is_new_pod(*request)) co_return ok();
    NodeRef pod = request->draft->root();
    const std::string_view name = pod["spec"]["priorityClassName"].as_string();
    const Document found = name.empty()
                               ? finder_.default_priority_class()
                               : finder_.find("scheduling.k8s.io", "priorityclasses", "", name);
    co_return admit_new_priority(pod, found.root());
  }

 private:
  Finder finder_;
};

class DefaultTolerationsPlugin final : public AdmissionPlugin {
 public:
  [[nodiscard]] std::string_view name() const override { return "DefaultTolerationSeconds"; }

  Task<Result<>> mutate(AdmissionRequest* request) override {
    if (is_new_pod(*request) || is_pod_update(*request)) {
      add_default_tolerations(request->draft->root());
    }
    co_return ok();
  }
};

class RuntimeClassPlugin final : public AdmissionPlugin {
 public:
  explicit RuntimeClassPlugin(Registry& registry) : finder_(registry) {}
  [[nodiscard]] std::string_view name() const override { return "RuntimeClass"; }

  Task<Result<>> mutate(AdmissionRequest* request) override {
    if (!is_new_pod(*request)) co_return ok();
    NodeRef pod = request->draft->root();
    const Document found = finder_.find("node.k8s.io", "runtimeclasses", "",
                                        pod["spec"]["runtimeClassName"].as_string());
    co_return admit_runtime_class(pod, found.root());
  }

 private:
  Finder finder_;
};

class TopologyLabelsPlugin final : public AdmissionPlugin {
 public:
  explicit TopologyLabelsPlugin(Registry& registry) : finder_(registry) {}
  [[nodiscard]] std::string_view name() const override { return "PodTopologyLabels"; }

  Task<Result<>> mutate(AdmissionRequest* request) override {
    if (request->draft == nullptr || request->operation != Operation::Create) co_return ok();
    NodeRef object = request->draft->root();
    std::string_view node;
    if (is_new_pod(*request)) {
      node = object["spec"]["nodeName"].as_string();
    } else if (request->is("", "bindings") ||
               (request->is("", "pods") && request->subresource == "binding")) {
      node = object["target"]["name"].as_string();
    }
    copy_topology_labels(object, finder_.find("", "nodes", "", node).root());
    co_return ok();
  }

 private:
  Finder finder_;
};

class NodeTaintPlugin final : public AdmissionPlugin {
 public:
  [[nodiscard]] std::string_view name() const override { return "TaintNodesByCondition"; }

  Task<Result<>> mutate(AdmissionRequest* request) override {
    if (request->is("", "nodes") && request->subresource.empty() &&
        request->operation == Operation::Create && request->draft != nullptr) {
      taint_new_node(request->draft->root());
    }
    co_return ok();
  }
};

class NodeRestrictionPlugin final : public AdmissionPlugin {
 public:
  explicit NodeRestrictionPlugin(Registry& registry) : finder_(registry) {}
  [[nodiscard]] std::string_view name() const override { return "NodeRestriction"; }

  Task<Result<>> mutate(AdmissionRequest* request) override {
    const NodeUser node = node_user(*request->user);
    if (!node.is_node) co_return ok();
    if (request->is("", "pods")) co_return check_pods(*request, node.name);
    co_return check_others(*request, node.name);
  }

 private:
  [[nodiscard]] Result<> check_others(const AdmissionRequest& request,
                                      std::string_view node) const {
    const Document now =
        request.draft == nullptr ? Document() : object::Draft::freeze(request.draft->root());
    const Document& old = request.old_object;
    if (request.is("", "nodes")) {
      return check_node_writes_node(node, request.name, now.root(), old.root());
    }
    if (request.is("coordination.k8s.io", "leases")) {
      return check_node_writes_lease(node, request.namespace_, request.name);
    }
    if (request.is("storage.k8s.io", "csinodes")) {
      return check_node_writes_csi_node(node, request.name);
    }
    if (request.is("", "serviceaccounts") && request.subresource == "token") {
      const Document pod = finder_.find("", "pods", request.namespace_,
                                        now["spec"]["boundObjectRef"]["name"].as_string());
      return check_node_requests_token(node, request.name, now.root(), pod.root());
    }
    if (request.is("resource.k8s.io", "resourceslices")) {
      const std::string_view verb = request.operation == Operation::Create   ? "create"
                                    : request.operation == Operation::Update ? "update"
                                                                             : "delete";
      return check_node_writes_slice(node, request.name, verb, old ? old.root() : now.root());
    }
    return ok();
  }

  [[nodiscard]] Result<> check_pods(const AdmissionRequest& request, std::string_view node) const {
    const Document current = request.old_object
                                 ? request.old_object
                                 : finder_.find("", "pods", request.namespace_, request.name);
    if (request.subresource == "eviction") return check_node_evicts_pod(node, current.root());
    if (request.operation == Operation::Delete) return check_node_deletes_pod(node, current.root());
    if (request.draft == nullptr) return ok();
    const Document pod = object::Draft::freeze(request.draft->root());
    if (request.subresource == "status") {
      return check_node_updates_pod_status(node, pod.root(), current.root());
    }
    if (!is_new_pod(request)) return ok();
    return check_node_creates_pod(node, pod.root(), finder_.find("", "nodes", "", node).root());
  }

  Finder finder_;
};

}  // namespace

void add_pod_plugins(AdmissionChain& chain, Registry& registry) {
  chain.add(std::make_unique<ServiceAccountPlugin>(registry));
  chain.add(std::make_unique<NodeRestrictionPlugin>(registry));
  chain.add(std::make_unique<NodeTaintPlugin>());
  chain.add(std::make_unique<PriorityPlugin>(registry));
  chain.add(std::make_unique<DefaultTolerationsPlugin>());
  chain.add(std::make_unique<RuntimeClassPlugin>(registry));
  chain.add(std::make_unique<TopologyLabelsPlugin>(registry));
}

}  // namespace knarr::apiserver
