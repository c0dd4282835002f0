// SPDX-License-Identifier: Apache-2.0
// Informer: a local, indexed view of one resource that a reflector keeps up to date, and handlers
// that hear of changes. Shared by the loops of one factory. In this process the objects in it are
// the API server's own documents: the view costs pointers.
//
// Everything happens on one strand, the factory's. Handlers run there, must not wait, and as a rule
// put a key into a work queue.
#pragma once

#include "api/label_selector.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/function.h"
#include "base/task_group.h"
#include "client/transport.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::client {

/// "namespace/name", or "name" for cluster-scoped objects.
using ObjectKey = std::string;
ObjectKey key_of(const object::Document& object);
/// The two parts; the namespace is empty for cluster-scoped keys.
std::pair<std::string_view, std::string_view> split_key(std::string_view key);

struct Handler {
  std::function<void(const object::Document& now)> added;
  std::function<void(const object::Document& before, const object::Document& now)> updated;
  /// The last known state. After a gap in a watch this may be older than the deletion.
  std::function<void(const object::Document& last)> deleted;
};

/// Gives the values under which an object is found in an index ("node name", "owner uid").
using IndexFunction = std::function<std::vector<std::string>(const object::Document&)>;

class Informer {
 public:
  virtual ~Informer() = default;

  // ---- wiring, before the factory starts

  virtual void add_handler(Handler handler) = 0;
  /// Adding a name again does nothing.
  virtual void add_index(std::string name, IndexFunction function) = 0;

  // ---- reading, at any time on the strand (the lister)

  [[nodiscard]] virtual object::Document get(std::string_view key) const = 0;  // Empty: absent.
  [[nodiscard]] virtual std::vector<object::Document> all() const = 0;
  [[nodiscard]] virtual std::vector<object::Document> in_namespace(std::string_view namespace_) const = 0;
  [[nodiscard]] virtual std::vector<object::Document> by_index(std::string_view index,
                                                               std::string_view value) const = 0;
  [[nodiscard]] virtual std::size_t size() const = 0;

  /// True once the first full state has been seen and handlers were told of it.
  [[nodiscard]] virtual bool is_synced() const = 0;
  virtual Task<Result<>> wait_synced() = 0;
};

/// Well-known indices, added by whoever needs them.
inline constexpr std::string_view kByController = "controller-uid";  // UID of the controlling owner.
inline constexpr std::string_view kByNode = "node";                  // Pods: spec.nodeName.
std::vector<std::string> index_by_controller(const object::Document& object);
std::vector<std::string> index_by_node(const object::Document& object);

struct InformerOptions {
  std::string namespace_;
  std::string label_selector;
  std::string field_selector;
};

/// Makes and runs informers, one per resource and options. start() and stop() may be repeated; after
/// a stop the views are empty and handlers hear of everything again.
class InformerFactory {
 public:
  InformerFactory(Transport& transport, Executor& strand, Clock& clock);
  ~InformerFactory();
  InformerFactory(const InformerFactory&) = delete;
  InformerFactory& operator=(const InformerFactory&) = delete;

  /// The informer of a resource; made when first asked for. Lives as long as the factory.
  Informer& informer(const Resource& resource, InformerOptions options = {});
  /// Starts those that do not run yet.
  void start();
  Task<> stop();
  /// Waits until every started informer is synced. Errors: Cancelled.
  Task<Result<>> wait_synced();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace knarr::client
