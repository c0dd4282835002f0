// SPDX-License-Identifier: Apache-2.0
// The resources whose objects the collector watches: every built-in one that can be deleted, once,
// and custom ones as they are defined. The graph of owners is an index of each informer.
#pragma once

#include "client/informer.h"
#include "object/document.h"

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace knarr::controllers::garbage_collector {

/// One object, by where it is. `resource` is an index into Tracked.
struct Item {
  std::size_t resource = 0;
  object::Document object;
};

class Tracked {
 public:
  using Watch = std::function<client::Handler(std::size_t resource)>;

  /// `watch` makes the handler of a resource.
  Tracked(client::InformerFactory& informers, Watch watch);

  /// Adds the custom resource of a definition, if it is not known yet.
  void add_definition(const object::Document& definition);

  [[nodiscard]] const client::Resource& resource(std::size_t index) const { return entries_[index].resource; }
  [[nodiscard]] client::Informer& informer(std::size_t index) const { return *entries_[index].informer; }
  /// The resource of a kind in any of its versions; npos when there is none.
  [[nodiscard]] std::size_t find_kind(std::string_view api_version, std::string_view kind) const;
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

  /// All objects that name this owner.
  [[nodiscard]] std::vector<Item> dependents_of(std::string_view owner_uid) const;

 private:
  struct Entry {
    client::Resource resource;
    client::Informer* informer = nullptr;
  };
  void add(const client::Resource& resource);

  client::InformerFactory& informers_;
  Watch watch_;
  std::deque<Entry> entries_;
  std::map<std::pair<std::string, std::string>, std::size_t, std::less<>> by_kind_;  // Group, kind.
  std::set<std::string, std::less<>> texts_;  // Of custom resources.
};

}  // namespace knarr::controllers::garbage_collector
