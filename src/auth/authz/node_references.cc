// SPDX-License-Identifier: Apache-2.0
// The graph behind the Node authorizer, kept as counts: (object) -> (node, how many pods there
// refer to it). Claims lead on to their volumes and these to secrets. A reader-writer lock guards
// it.
#include "auth/node_authorizer.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <unordered_map>

#include <fmt/core.h>

namespace knarr::auth {

namespace {

using object::Value;

/// "kind/namespace/name"
using Key = std::string;

Key key_of(NodeObject kind, std::string_view namespace_, std::string_view name) {
  return fmt::format("{}/{}/{}", static_cast<int>(kind), namespace_, name);
}

/// The keys of what one pod refers to.
class PodReferences {
 public:
  explicit PodReferences(Value pod)
      : namespace_(object::namespace_of(pod)), pod_name_(object::name_of(pod)) {
    add(NodeObject::Pod, pod_name_);
    // A mirror pod is the node's own word: it must not open other objects to it.
    if (pod["metadata"]["annotations"]["kubernetes.io/config.mirror"].exists()) return;
    const Value spec = pod["spec"];
    add(NodeObject::ServiceAccount, spec["serviceAccountName"].as_string());
    for (Value item : spec["imagePullSecrets"].items()) add_secret(item);
    for (const char* list : {"containers", "initContainers", "ephemeralContainers"}) {
      for (Value container : spec[list].items()) add_container(container);
    }
    for (Value volume : spec["volumes"].items()) add_volume(volume);
    for (Value claim : spec["resourceClaims"].items()) {
      add(NodeObject::ResourceClaim, claim["resourceClaimName"].as_string());
    }
    const Value status = pod["status"];
    for (Value claim : status["resourceClaimStatuses"].items()) {
      add(NodeObject::ResourceClaim, claim["resourceClaimName"].as_string());
    }
    add(NodeObject::ResourceClaim,
        status["extendedResourceClaimStatus"]["resourceClaimName"].as_string());
  }

  std::set<Key> take() { return std::move(keys_); }

 private:
  void add(NodeObject kind, std::string_view name) {
    if (!name.empty()) keys_.insert(key_of(kind, namespace_, name));
  }
  void add_secret(Value reference) { add(NodeObject::Secret, reference["name"].as_string()); }
  void add_config_map(Value reference) {
    add(NodeObject::ConfigMap, reference["name"].as_string());
  }

  void add_container(Value container) {
    for (Value env : container["env"].items()) {
      add_secret(env["valueFrom"]["secretKeyRef"]);
      add_config_map(env["valueFrom"]["configMapKeyRef"]);
    }
    for (Value from : container["envFrom"].items()) {
      add_secret(from["secretRef"]);
      add_config_map(from["configMapRef"]);
    }
  }

  void add_volume(Value volume) {
    for (const auto& [name, atom, source] : volume.entries()) {
      add_secret(source["secretRef"]);             // iscsi, rbd, flexVolume, cinder, cephfs ...
      add_secret(source["nodePublishSecretRef"]);  // csi
      if (name == "secret" || name == "azureFile") {
        add(NodeObject::Secret, source["secretName"].as_string());
      } else if (name == "configMap") {
        add_config_map(source);
      } else if (name == "persistentVolumeClaim") {
        add(NodeObject::PersistentVolumeClaim, source["claimName"].as_string());
      } else if (name == "ephemeral") {
        add(NodeObject::PersistentVolumeClaim,
            fmt::format("{}-{}", pod_name_, volume["name"].as_string()));
      } else if (name == "projected") {
        for (Value part : source["sources"].items()) {
          add_secret(part["secret"]);
          add_config_map(part["configMap"]);
        }
      }
    }
  }

  std::string_view namespace_;
  std::string_view pod_name_;
  std::set<Key> keys_;
};

/// What a PersistentVolume is bound to, and the secrets that kubelets need to mount it.
struct Volume {
  Key claim;  // "" when unbound.
  std::set<Key> secrets;
};

Volume read_volume(Value volume) {
  Volume result;
  const Value spec = volume["spec"];
  const std::string_view claim_namespace = spec["claimRef"]["namespace"].as_string();
  const std::string_view claim_name = spec["claimRef"]["name"].as_string();
  if (claim_name.empty()) return result;
  result.claim = key_of(NodeObject::PersistentVolumeClaim, claim_namespace, claim_name);
  const auto add = [&](std::string_view namespace_, std::string_view name) {
    if (name.empty()) return;
    if (namespace_.empty()) namespace_ = claim_namespace;
    result.secrets.insert(key_of(NodeObject::Secret, namespace_, name));
  };
  for (const auto& [name, atom, source] : spec.entries()) {
    for (const char* reference :
         {"secretRef", "nodePublishSecretRef", "nodeStageSecretRef", "nodeExpandSecretRef"}) {
      add(source[reference]["namespace"].as_string(), source[reference]["name"].as_string());
    }
    if (name == "azureFile") {
      add(source["secretNamespace"].as_string(), source["secretName"].as_string());
    }
  }
  return result;
}

}  // namespace

class NodeReferences::Index {
 public:
  bool concerns(std::string_view node, NodeObject kind, std::string_view namespace_,
                std::string_view name) const {
    const Key key = key_of(kind, namespace_, name);
    const std::shared_lock lock(mutex_);
    if (refers(node, key)) return true;
    if (kind == NodeObject::PersistentVolume) {
      const auto volume = volumes_.find(name);
      return volume != volumes_.end() && refers(node, volume->second.claim);
    }
    if (kind != NodeObject::Secret) return false;
    const auto users = secret_volumes_.find(key);
    if (users == secret_volumes_.end()) return false;
    return std::any_of(users->second.begin(), users->second.end(), [&](const std::string& volume) {
      return refers(node, volumes_.find(volume)->second.claim);
    });
  }

  void change_pod(Value pod) {
    std::string node(pod["spec"]["nodeName"].as_string());
    const Key key = key_of(NodeObject::Pod, object::namespace_of(pod), object::name_of(pod));
    if (node.empty()) return set_owner(key, {});
    set_owner(key, {std::move(node), PodReferences(pod).take()});
  }

  /// A VolumeAttachment or a ResourceSlice: it concerns the node it names.
  void change_owned(NodeObject kind, Value object) {
    const Key key = key_of(kind, "", object::name_of(object));
    std::string node(object["spec"]["nodeName"].as_string());
    if (node.empty()) return set_owner(key, {});
    set_owner(key, {std::move(node), {key}});
  }

  void remove(NodeObject kind, std::string_view namespace_, std::string_view name) {
    set_owner(key_of(kind, namespace_, name), {});
  }

  void clear() {
    const std::unique_lock lock(mutex_);
    nodes_.clear();
    owners_.clear();
    volumes_.clear();
    secret_volumes_.clear();
  }

  void set_volume(std::string_view name, Volume volume) {
    const std::unique_lock lock(mutex_);
    if (const auto old = volumes_.find(name); old != volumes_.end()) {
      for (const Key& secret : old->second.secrets) {
        const auto users = secret_volumes_.find(secret);
        users->second.erase(old->first);
        if (users->second.empty()) secret_volumes_.erase(users);
      }
      volumes_.erase(old);
    }
    if (volume.claim.empty()) return;
    for (const Key& secret : volume.secrets) secret_volumes_[secret].emplace(name);
    volumes_.emplace(name, std::move(volume));
  }

 private:
  /// What one pod (or attachment, or slice) makes concern its node.
  struct Owner {
    std::string node;  // "" for nothing.
    std::set<Key> keys;
    friend bool operator==(const Owner&, const Owner&) = default;
  };

  [[nodiscard]] bool refers(std::string_view node, const Key& key) const {
    const auto nodes = nodes_.find(key);
    return nodes != nodes_.end() && nodes->second.contains(node);
  }

  void set_owner(const Key& key, Owner owner) {
    const std::unique_lock lock(mutex_);
    const auto old = owners_.find(key);
    if (old != owners_.end()) {
      if (old->second == owner) return;  // Most changes of a pod are of its status.
      for (const Key& k : old->second.keys) release(k, old->second.node);
      owners_.erase(old);
    }
    if (owner.node.empty()) return;
    for (const Key& k : owner.keys) ++nodes_[k][owner.node];
    owners_.emplace(key, std::move(owner));
  }

  void release(const Key& key, const std::string& node) {
    const auto nodes = nodes_.find(key);
    const auto count = nodes->second.find(node);
    if (--count->second == 0) nodes->second.erase(count);
    if (nodes->second.empty()) nodes_.erase(nodes);
  }

  mutable std::shared_mutex mutex_;  // Leaf: no other lock is taken under it.
  std::unordered_map<Key, std::map<std::string, int, std::less<>>> nodes_;
  std::unordered_map<Key, Owner> owners_;
  std::map<std::string, Volume, std::less<>> volumes_;
  std::unordered_map<Key, std::set<std::string, std::less<>>> secret_volumes_;
};

NodeReferences::NodeReferences() : index_(std::make_unique<Index>()) {}
NodeReferences::~NodeReferences() = default;

bool NodeReferences::concerns(std::string_view node, NodeObject kind, std::string_view namespace_,
                              std::string_view name) const {
  return index_->concerns(node, kind, namespace_, name);
}

void NodeReferences::changed(NodeObject kind, Value object) {
  switch (kind) {
    case NodeObject::Pod:
      return index_->change_pod(object);
    case NodeObject::PersistentVolume:
      return index_->set_volume(object::name_of(object), read_volume(object));
    case NodeObject::VolumeAttachment:
    case NodeObject::ResourceSlice:
      return index_->change_owned(kind, object);
    default:
      return;
  }
}

void NodeReferences::removed(NodeObject kind, std::string_view namespace_, std::string_view name) {
  if (kind == NodeObject::PersistentVolume) return index_->set_volume(name, {});
  index_->remove(kind, kind == NodeObject::Pod ? namespace_ : std::string_view(), name);
}

void NodeReferences::reset() { index_->clear(); }

}  // namespace knarr::auth
