// SPDX-License-Identifier: Apache-2.0
// What a kubelet may do: its own Node, lease and CSINode, the pods bound to it and what those refer
// to; everything else by the rules of the ClusterRole system:node. Admission (NodeRestriction)
// checks the contents of writes, with the facts at the end of this file. Source: k8s.io/kubernetes
// plugin/pkg/auth/authorizer/node, plugin/pkg/admission/noderestriction.
#pragma once

#include "auth/authorizer.h"
#include "object/document.h"

#include <cstdint>
#include <memory>
#include <string_view>

namespace knarr::auth {

/// What a pod on a node may refer to, and what else belongs to a node.
enum class NodeObject : std::uint8_t {
  Pod,
  Secret,
  ConfigMap,
  ServiceAccount,
  PersistentVolumeClaim,
  PersistentVolume,
  VolumeAttachment,
  ResourceClaim,
  ResourceSlice,
};

/// Knows which objects concern which nodes. Any thread may ask.
class NodeGraph {
 public:
  virtual ~NodeGraph() = default;
  /// Whether a pod that is bound to the node refers to this object, in one step or through its
  /// claims and their volumes, or the object is the node's own. `namespace_` is "" for a
  /// cluster-scoped object.
  [[nodiscard]] virtual bool concerns(std::string_view node, NodeObject kind,
                                      std::string_view namespace_, std::string_view name) const = 0;
};

/// The graph, built from the objects themselves. Changes come from one strand.
class NodeReferences final : public NodeGraph {
 public:
  NodeReferences();
  ~NodeReferences() override;
  NodeReferences(const NodeReferences&) = delete;
  NodeReferences& operator=(const NodeReferences&) = delete;

  [[nodiscard]] bool concerns(std::string_view node, NodeObject kind, std::string_view namespace_,
                              std::string_view name) const override;

  /// A Pod, PersistentVolume, VolumeAttachment or ResourceSlice is new or has changed; of the other
  /// kinds nothing needs to be told.
  void changed(NodeObject kind, object::Value object);
  void removed(NodeObject kind, std::string_view namespace_, std::string_view name);
  /// Forgets everything.
  void reset();

 private:
  class Index;
  std::unique_ptr<Index> index_;
};

class NodeAuthorizer final : public Authorizer {
 public:
  /// The graph outlives the authorizer.
  explicit NodeAuthorizer(const NodeGraph& graph);

  /// Allow without a reason, or NoOpinion with the reason why not. List and watch requests carry in
  /// Attributes::name what a field selector metadata.name=x asks for.
  [[nodiscard]] Verdict authorize(const Attributes& attributes) const override;
  /// Marks the list of a node as incomplete.
  void list_rules(const User& user, std::string_view namespace_, RuleList& list) const override;

 private:
  [[nodiscard]] Verdict related(std::string_view node, NodeObject kind, const Attributes& a) const;
  [[nodiscard]] Verdict get_related(std::string_view node, NodeObject kind,
                                    const Attributes& a) const;
  [[nodiscard]] Verdict read_related(std::string_view node, NodeObject kind,
                                     const Attributes& a) const;
  [[nodiscard]] Verdict claim(std::string_view node, const Attributes& a) const;
  [[nodiscard]] Verdict create_token(std::string_view node, const Attributes& a) const;
  [[nodiscard]] Verdict resource_slice(std::string_view node, const Attributes& a) const;
  [[nodiscard]] Verdict pod(std::string_view node, const Attributes& a) const;

  const NodeGraph& graph_;
  RuleSetRef rules_;
};

/// Whether a kubelet may set or change a label of its Node: no key in the domain
/// node-restriction.kubernetes.io, and of kubernetes.io and k8s.io (and below) only the known ones
/// and those of kubelet.kubernetes.io and node.kubernetes.io.
bool kubelet_may_set_label(std::string_view key);

}  // namespace knarr::auth
