// SPDX-License-Identifier: Apache-2.0
// Server: what `knarr server` runs, in which order it starts and stops. The only place, with agent/,
// that knows all components (DESIGN section 6).
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "net/loop.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace knarr::server {

/// Flags, environment and configuration files, resolved by cli/. Names as K3s'.
struct ServerOptions {
  std::string data_dir = "/var/lib/knarr";
  std::string bind_address;              // Empty: all addresses.
  std::uint16_t https_listen_port = 6443;
  std::string advertise_address;         // Empty: the address of the default route, else 127.0.0.1.
  std::vector<std::string> tls_sans;
  std::string write_kubeconfig = "/etc/knarr/knarr.yaml";
  std::string write_kubeconfig_mode = "0600";
  std::string cluster_cidr = "10.42.0.0/16";
  std::string service_cidr = "10.43.0.0/16";
  std::string service_node_port_range = "30000-32767";
  std::string cluster_dns = "10.43.0.10";
  std::string cluster_domain = "cluster.local";
  std::string node_name;                 // Empty: the host's name.
  std::vector<std::string> node_labels;
  std::vector<std::string> node_taints;
  std::vector<std::string> disable;      // Packaged components: "coredns", ...
  bool disable_agent = false;
  bool disable_scheduler = false;
  bool disable_controller_manager = false;
  /// Of --kube-controller-manager-arg controllers=...: Kubernetes' names, "*" and "-name".
  std::vector<std::string> controllers = {"*"};
};

class Server {
 public:
  Server(net::Loop& loop, ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Starts everything in order: data directory, keys, store, memory, API, front door, loops, node.
  /// Gives back when /readyz would say yes. Errors say what is wrong and what to do.
  Task<Result<>> start();
  /// Stops in the opposite order, in bounded time.
  Task<> stop();
  /// The port that is listened on (of interest when 0 was asked for).
  [[nodiscard]] std::uint16_t port() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace knarr::server
