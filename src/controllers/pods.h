// SPDX-License-Identifier: Apache-2.0
// What controllers ask about pods, and pods made from templates.
// Source: k8s.io/kubernetes pkg/controller/controller_utils.go, pkg/api/v1/pod.
#pragma once

#include "base/clock.h"
#include "client/transport.h"
#include "object/document.h"
#include "object/draft.h"

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

namespace knarr::controllers {

bool is_pod_finished(object::Value pod);     // Succeeded or Failed.
bool is_pod_active(object::Value pod);       // Neither finished nor being deleted.
bool is_pod_terminating(object::Value pod);  // Being deleted, not finished.
bool is_pod_ready(object::Value pod);
/// Ready for at least `min_ready_seconds`.
bool is_pod_available(object::Value pod, std::int64_t min_ready_seconds, SystemTime now);
/// How long until a ready pod becomes available; nothing when it is, or is not ready.
std::optional<std::chrono::nanoseconds> until_available(object::Value pod,
                                                        std::int64_t min_ready_seconds,
                                                        SystemTime now);
/// A condition of status.conditions; missing without it.
object::Value find_condition(object::Value object, std::string_view type);

/// The time in a field; nothing when missing or no time.
std::optional<SystemTime> time_of(object::Value text);
/// The text of a time in an object: whole seconds.
std::string time_text(SystemTime time);

/// A new pod of `owner` by its template (labels, annotations, finalizers, spec), with a generated
/// name and the controller reference.
object::Draft pod_from_template(object::Value pod_template, object::Value owner,
                                const client::Resource& owner_resource);

/// The order in which pods are given up when there are too many; the first ones go first. `related`
/// are all pods that share the owner's owner: more of them on a node make its pods go earlier.
/// Source: ActivePodsWithRanks.
std::vector<object::Document> order_of_removal(std::vector<object::Document> pods,
                                               const std::vector<object::Document>& related,
                                               SystemTime now);

}  // namespace knarr::controllers
