// SPDX-License-Identifier: Apache-2.0
// The plug-ins of the default profile, a file each.
#pragma once

#include "scheduler/core/cycle.h"

#include <functional>
#include <memory>
#include <vector>

namespace knarr::scheduler {

std::unique_ptr<Plugin> make_scheduling_gates();
std::unique_ptr<Plugin> make_node_unschedulable(Reasons& reasons);
std::unique_ptr<Plugin> make_node_name(Reasons& reasons);
std::unique_ptr<Plugin> make_taint_toleration(Reasons& reasons);
std::unique_ptr<Plugin> make_node_affinity(Reasons& reasons);
std::unique_ptr<Plugin> make_node_ports(Reasons& reasons);
std::unique_ptr<Plugin> make_node_resources_fit(Reasons& reasons);
std::unique_ptr<Plugin> make_dynamic_resources();
std::unique_ptr<RemedyPlugin> make_deallocation();
/// Gives all PodDisruptionBudgets.
using BudgetSource = std::function<std::vector<object::Document>()>;
std::unique_ptr<RemedyPlugin> make_default_preemption(Reasons& reasons, Rng& rng, BudgetSource budgets);
std::unique_ptr<Plugin> make_balanced_allocation();
std::unique_ptr<Plugin> make_image_locality();

/// All, in the order in which Kubernetes' default profile asks them.
Plugins default_plugins(Reasons& reasons);
Remedies default_remedies(Reasons& reasons, Rng& rng, BudgetSource budgets);

}  // namespace knarr::scheduler
