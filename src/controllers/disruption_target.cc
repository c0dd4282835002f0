// SPDX-License-Identifier: Apache-2.0
#include "controllers/disruption_target.h"

#include "client/resources.h"
#include "controllers/pods.h"

namespace knarr::controllers {

using object::Document;
using object::Draft;
using object::NodeRef;
namespace atom = object::atom;

Task<Result<>> mark_disrupted(client::Transport* transport, Document pod, std::string reason,
                              std::string message, bool fail, SystemTime now) {
  Draft changed = Draft::from(pod);
  NodeRef status = changed.root().ensure_map("status");
  bool differs = false;
  if (fail && !is_pod_finished(pod.root())) {
    status.set("phase", "Failed");
    differs = true;
  }
  const object::Value known = find_condition(pod.root(), "DisruptionTarget");
  if (!reason.empty() && known[atom::status].as_string() != "True") {
    NodeRef conditions = status.ensure_list("conditions");
    NodeRef condition;
    for (NodeRef one : conditions.items()) {
      if (one["type"].as_string() == "DisruptionTarget") condition = one;
    }
    if (!condition) condition = conditions.append();
    condition.set_map();
    condition.set("type", "DisruptionTarget");
    condition.set("observedGeneration", static_cast<long>(pod[atom::metadata][atom::generation].as_int()));
    condition.set("status", "True");
    condition.set("lastTransitionTime", std::string_view(time_text(now)));
    condition.set("reason", std::string_view(reason));
    condition.set("message", std::string_view(message));
    differs = true;
  }
  if (!differs) co_return ok();
  client::Target target{client::kPods, std::string(object::namespace_of(pod.root())),
                        std::string(object::name_of(pod.root())), "status"};
  CO_TRY(co_await transport->update(std::move(target), std::move(changed), {}));
  co_return ok();
}

}  // namespace knarr::controllers
