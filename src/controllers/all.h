// SPDX-License-Identifier: Apache-2.0
// The control loops by Kubernetes' names.
#pragma once

#include "client/controller.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::controllers {

/// What some loops need to know beside what the API tells them.
struct ControllerOptions {
  std::string root_ca_pem;  // What pods trust when they talk to the API server.
};

struct ControllerEntry {
  std::string_view name;     // "namespace-controller"
  std::string_view account;  // Its service account in kube-system.
  std::unique_ptr<client::Controller> (*make)(client::LoopContext context,
                                              const ControllerOptions& options);
  bool on_by_default = true;
};

/// All there are, in the order in which they start.
std::span<const ControllerEntry> all_controllers();

/// Whether a `controllers=` list turns a loop on: its name does, "-name" turns it off, the first of
/// the two counts; "*" stands for all that are on by default.
bool is_enabled(const ControllerEntry& entry, const std::vector<std::string>& selection);

/// The names in a list that mean nothing, in order.
std::vector<std::string> unknown_controllers(const std::vector<std::string>& selection);

}  // namespace knarr::controllers
