// SPDX-License-Identifier: Apache-2.0
// ImageLocality: a node that has the pod's images is better, the more so the more nodes have them,
// so that pods do not heap up on one node.
#include "scheduler/plugins/all.h"

#include <algorithm>

namespace knarr::scheduler {

using object::Value;
namespace atom = object::atom;

namespace {

constexpr std::int64_t kMegabyte = 1024LL * 1024;
constexpr std::int64_t kLeast = 23 * kMegabyte;            // Smaller images do not count.
constexpr std::int64_t kMostEach = 1000 * kMegabyte;       // Of one container.

// Images of nodes always have a tag or digest.
std::string full_name(std::string_view image) {
  std::string name(image);
  const std::size_t colon = image.rfind(':');
  const std::size_t slash = image.rfind('/');
  const bool tagged =
      colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
  if (!tagged) name += ":latest";
  return name;
}

class ImageLocality final : public Plugin {
 public:
  [[nodiscard]] std::string_view name() const override { return "ImageLocality"; }

  [[nodiscard]] std::int64_t weight() const override { return 1; }
  bool prepare_score(const PodInfo& pod, const Snapshot& snapshot,
                     std::span<NodeInfo* const>) override {
    wanted_.clear();
    containers_ = 0;
    const Value spec = pod.object[atom::spec];
    for (const Value list : {spec[atom::initContainers], spec[atom::containers]}) {
      for (const Value container : list.items()) {
        ++containers_;
        std::string name = full_name(container[atom::image].as_string());
        const std::size_t nodes = snapshot.nodes_with_image(name);
        if (nodes == 0) continue;
        wanted_.push_back({std::move(name), static_cast<double>(nodes) /
                                                static_cast<double>(snapshot.nodes().size())});
      }
    }
    return !wanted_.empty();
  }
  void score(std::span<NodeInfo* const> nodes, std::span<std::int64_t> out) override {
    const std::int64_t most = kMostEach * containers_;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const auto& images = nodes[i]->facts->images;
      std::int64_t sum = 0;
      for (const Wanted& wanted : wanted_) {
        const auto at = std::ranges::lower_bound(images, wanted.name, {}, &Image::name);
        if (at == images.end() || at->name != wanted.name) continue;
        sum += static_cast<std::int64_t>(static_cast<double>(at->size) * wanted.spread);
      }
      sum = std::clamp(sum, kLeast, most);
      out[i] = kMaxScore * (sum - kLeast) / (most - kLeast);
    }
  }

 private:
  struct Wanted {
    std::string name;
    double spread;  // The share of nodes that have it.
  };
  std::vector<Wanted> wanted_;
  std::int64_t containers_ = 0;
};

}  // namespace

std::unique_ptr<Plugin> make_image_locality() { return std::make_unique<ImageLocality>(); }

}  // namespace knarr::scheduler
