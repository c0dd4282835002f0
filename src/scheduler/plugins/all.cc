// SPDX-License-Identifier: Apache-2.0
#include "scheduler/plugins/all.h"

namespace knarr::scheduler {

Plugins default_plugins(Reasons& reasons) {
  Plugins plugins;
  plugins.push_back(make_scheduling_gates());
  plugins.push_back(make_node_unschedulable(reasons));
  plugins.push_back(make_node_name(reasons));
  plugins.push_back(make_taint_toleration(reasons));
  plugins.push_back(make_node_affinity(reasons));
  plugins.push_back(make_node_ports(reasons));
  plugins.push_back(make_node_resources_fit(reasons));
  plugins.push_back(make_dynamic_resources());
  plugins.push_back(make_balanced_allocation());
  plugins.push_back(make_image_locality());
  return plugins;
}

Remedies default_remedies(Reasons& reasons, Rng& rng, BudgetSource budgets) {
  Remedies remedies;
  remedies.push_back(make_deallocation());
  remedies.push_back(make_default_preemption(reasons, rng, std::move(budgets)));
  return remedies;
}

}  // namespace knarr::scheduler
