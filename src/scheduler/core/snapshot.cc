// SPDX-License-Identifier: Apache-2.0
#include "scheduler/core/snapshot.h"

#include "base/check.h"
#include "object/quantity.h"

#include <algorithm>

namespace knarr::scheduler {

using object::Value;
namespace atom = object::atom;

namespace {

Taint::Effect effect_of(std::string_view text) {
  if (text == "PreferNoSchedule") return Taint::Effect::PreferNoSchedule;
  if (text == "NoExecute") return Taint::Effect::NoExecute;
  return Taint::Effect::NoSchedule;
}

std::string zone_of(Value labels) {
  const auto label = [&](std::string_view name, std::string_view old) {
    const Value found = labels[name];
    return found.exists() ? found.as_string() : labels[old].as_string();
  };
  const std::string_view region =
      label("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region");
  const std::string_view zone =
      label("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone");
  std::string out(region);
  out += '\0';
  return out.append(zone);
}

}  // namespace

Value NodeFacts::labels() const { return object[atom::metadata][atom::labels]; }

std::shared_ptr<const NodeFacts> make_node_facts(const object::Document& node, ResourceNames& names) {
  auto facts = std::make_shared<NodeFacts>();
  facts->object = node;
  facts->name = object::name_of(node.root());
  facts->zone = zone_of(facts->labels());
  for (const auto [name, key, quantity] : node[atom::status][atom::allocatable].entries()) {
    if (name == "pods") {
      facts->allowed_pods = object::Quantity::of(quantity.as_string()).value();
      continue;
    }
    const ResourceId resource = names.id(name);
    if (facts->allocatable.size() <= resource) facts->allocatable.resize(resource + 1U);
    facts->allocatable[resource] = amount_of(resource, quantity.as_string());
  }
  const Value spec = node[atom::spec];
  for (const Value taint : spec[atom::taints].items()) {
    facts->taints.push_back({std::string(taint[atom::key].as_string()),
                             std::string(taint[atom::value].as_string()),
                             effect_of(taint[atom::effect].as_string())});
  }
  facts->unschedulable = spec[atom::unschedulable].as_bool();
  for (const Value image : node[atom::status][atom::images].items()) {
    for (const Value name : image[atom::names].items()) {
      facts->images.push_back({std::string(name.as_string()), image[atom::sizeBytes].as_int()});
    }
  }
  std::ranges::sort(facts->images, {}, &Image::name);
  const auto doubles = std::ranges::unique(facts->images, {}, &Image::name);
  facts->images.erase(doubles.begin(), doubles.end());
  return facts;
}

void NodeInfo::add(const PodPtr& pod) {
  pods.push_back(pod);
  for (const Amount& amount : pod->requests) {
    if (requested.size() <= amount.resource) requested.resize(amount.resource + 1U);
    requested[amount.resource] += amount.amount;
  }
  score_cpu += pod->score_cpu;
  score_memory += pod->score_memory;
  ports.insert(ports.end(), pod->ports.begin(), pod->ports.end());
}

bool NodeInfo::remove(const PodInfo& pod) {
  const auto found = std::ranges::find(pods, &pod, [](const PodPtr& p) { return p.get(); });
  if (found == pods.end()) return false;
  for (const Amount& amount : pod.requests) requested[amount.resource] -= amount.amount;
  score_cpu -= pod.score_cpu;
  score_memory -= pod.score_memory;
  for (const HostPort& port : pod.ports) {
    const auto at = std::ranges::find(ports, port);
    if (at != ports.end()) ports.erase(at);
  }
  pods.erase(found);  // Last: it may hold the pod.
  return true;
}

Snapshot::Snapshot() = default;
Snapshot::~Snapshot() = default;

NodeInfo& Snapshot::entry(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) return *found->second;
  return *by_name_.emplace(std::string(name), std::make_unique<NodeInfo>()).first->second;
}

std::shared_ptr<const NodeFacts> Snapshot::set_node(const object::Document& node) {
  auto facts = make_node_facts(node, resources_);
  NodeInfo& info = entry(facts->name);
  auto before = std::exchange(info.facts, facts);
  count_images(before.get(), facts.get());
  if (before && before->zone == facts->zone) return before;
  const auto of_zone = [&](const std::string& zone) {
    return std::ranges::find(zones_, zone, [](const auto& z) { return z.first; });
  };
  if (before) std::erase(of_zone(before->zone)->second, &info);
  auto zone = of_zone(facts->zone);
  if (zone == zones_.end()) zone = zones_.insert(zones_.end(), {facts->zone, {}});
  zone->second.push_back(&info);
  ordered_ = false;
  return before;
}

std::shared_ptr<const NodeFacts> Snapshot::remove_node(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end() || !found->second->facts) return nullptr;
  NodeInfo& info = *found->second;
  auto before = std::move(info.facts);
  info.facts = nullptr;
  count_images(before.get(), nullptr);
  for (auto& [zone, nodes] : zones_) {
    if (zone == before->zone) std::erase(nodes, &info);
  }
  std::erase_if(zones_, [](const auto& zone) { return zone.second.empty(); });
  ordered_ = false;
  drop_if_empty(&info);
  return before;
}

void Snapshot::count_images(const NodeFacts* before, const NodeFacts* now) {
  if (now != nullptr) {
    for (const Image& image : now->images) ++images_[image.name];
  }
  if (before == nullptr) return;
  for (const Image& image : before->images) {
    const auto found = images_.find(image.name);
    if (--found->second == 0) images_.erase(found);
  }
}

std::size_t Snapshot::nodes_with_image(std::string_view name) const {
  const auto found = images_.find(name);
  return found == images_.end() ? 0 : found->second;
}

void Snapshot::drop_if_empty(NodeInfo* node) {
  if (node->facts || !node->pods.empty() || !node->nominated.empty()) return;
  std::erase_if(by_name_, [&](const auto& item) { return item.second.get() == node; });
}

void Snapshot::nominate(const PodPtr& pod, std::string_view node) {
  const auto found = nominations_.find(pod->uid);
  if (found != nominations_.end()) {
    NodeInfo* before = found->second;
    nominations_.erase(found);
    std::erase_if(before->nominated, [&](const PodPtr& other) { return other->uid == pod->uid; });
    drop_if_empty(before);
  }
  if (node.empty()) return;
  NodeInfo& info = entry(node);
  info.nominated.push_back(pod);
  nominations_[pod->uid] = &info;
}

void Snapshot::place(PodPtr pod, std::string_view node, bool assumed) {
  (void)remove_pod(pod->uid);
  NodeInfo& info = entry(node);
  info.add(pod);
  std::string uid = pod->uid;
  pods_[std::move(uid)] = {std::move(pod), &info, assumed};
}

void Snapshot::set_pod(PodPtr pod) {
  const std::string node = pod->node_name;
  place(std::move(pod), node, false);
}

void Snapshot::assume(PodPtr pod, std::string_view node) { place(std::move(pod), node, true); }

PodPtr Snapshot::remove_pod(const std::string& uid) {
  const auto found = pods_.find(uid);
  if (found == pods_.end()) return nullptr;
  PodPtr pod = std::move(found->second.pod);
  NodeInfo* node = found->second.node;
  pods_.erase(found);
  CHECK(node->remove(*pod));
  drop_if_empty(node);
  return pod;
}

PodPtr Snapshot::find_pod(const std::string& uid) const {
  const auto found = pods_.find(uid);
  return found == pods_.end() ? nullptr : found->second.pod;
}

bool Snapshot::is_assumed(const std::string& uid) const {
  const auto found = pods_.find(uid);
  return found != pods_.end() && found->second.assumed;
}

std::span<NodeInfo* const> Snapshot::nodes() const {
  if (!ordered_) order();
  return nodes_;
}

void Snapshot::order() const {
  nodes_.clear();
  for (std::size_t round = 0;; ++round) {
    const std::size_t before = nodes_.size();
    for (const auto& [zone, nodes] : zones_) {
      if (round < nodes.size()) nodes_.push_back(nodes[round]);
    }
    if (nodes_.size() == before) break;
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) nodes_[i]->index = static_cast<std::uint32_t>(i);
  ordered_ = true;
}

NodeInfo* Snapshot::find_node(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() || !found->second->facts ? nullptr : found->second.get();
}

void Snapshot::clear() {
  pods_.clear();
  zones_.clear();
  nodes_.clear();
  by_name_.clear();
  images_.clear();
  nominations_.clear();
  ordered_ = true;
}

}  // namespace knarr::scheduler
