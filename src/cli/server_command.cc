// SPDX-License-Identifier: Apache-2.0
// Flags of `knarr server`, named as K3s', and its life until a signal.
#include "cli/server_command.h"

#include "base/log.h"
#include "base/task_group.h"
#include "net/loop.h"
#include "net/signals.h"
#include "server/server.h"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace knarr::cli {

struct ServerCommand::State {
  CLI::App* command = nullptr;
  server::ServerOptions options;
  std::vector<std::string> controller_manager_args;
  std::string config = "/etc/knarr/config.yaml";
  std::string log_level = "info";
};

namespace {

std::string environment_name(const std::string& flag) {
  std::string name = "KNARR_";
  for (char c : flag.substr(2)) name += c == '-' ? '_' : static_cast<char>(std::toupper(c));
  return name;
}

template <typename T>
void add(CLI::App* command, const std::string& flag, T& value, const std::string& help) {
  command->add_option(flag, value, help)->envname(environment_name(flag))->capture_default_str();
}

void add_switch(CLI::App* command, const std::string& flag, bool& value, const std::string& help) {
  command->add_flag(flag, value, help)->envname(environment_name(flag));
}

// "controllers=a,-b" of --kube-controller-manager-arg.
Result<> read_controller_args(const std::vector<std::string>& arguments, server::ServerOptions& options) {
  for (const std::string& argument : arguments) {
    constexpr std::string_view kName = "controllers=";
    if (!argument.starts_with(kName)) {
      return Error(Reason::BadRequest, "--kube-controller-manager-arg " + argument +
                                           ": only controllers=NAME,-NAME,* is known");
    }
    options.controllers.clear();
    std::string_view rest = std::string_view(argument).substr(kName.size());
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      if (end > 0) options.controllers.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return ok();
}

struct Life {
  net::Loop loop;
  int code = 0;
};

Task<> live(Life* life, server::ServerOptions options) {
  server::Server server(life->loop, std::move(options));
  auto started = co_await server.start();
  if (!started) {
    log::error("cannot start", {{"error", started.error()}});
    life->code = 1;
  } else {
    co_await net::wait_for_stop_signal(life->loop);
    log::info("stopping");
  }
  co_await shielded(server.stop());
  life->loop.stop();
}

}  // namespace

ServerCommand::ServerCommand(CLI::App& app) : state_(std::make_unique<State>()) {
  State& s = *state_;
  server::ServerOptions& o = s.options;
  CLI::App* c = app.add_subcommand("server", "Run a control plane and a node");
  s.command = c;
  add(c, "--config", s.config, "Configuration file: YAML with flags as keys");
  add(c, "--data-dir", o.data_dir, "Where everything is kept");
  add(c, "--bind-address", o.bind_address, "Address to listen on (default: all)");
  add(c, "--https-listen-port", o.https_listen_port, "Port of the API");
  add(c, "--advertise-address", o.advertise_address, "Address that others reach this server at");
  add(c, "--tls-san", o.tls_sans, "More names and addresses for the server's certificate");
  add(c, "--write-kubeconfig", o.write_kubeconfig, "Where to write the admin's kubeconfig");
  add(c, "--write-kubeconfig-mode", o.write_kubeconfig_mode, "Its file mode");
  add(c, "--cluster-cidr", o.cluster_cidr, "Addresses of pods");
  add(c, "--service-cidr", o.service_cidr, "Addresses of services");
  add(c, "--service-node-port-range", o.service_node_port_range, "Node ports of services");
  add(c, "--cluster-dns", o.cluster_dns, "Address of the cluster's DNS");
  add(c, "--cluster-domain", o.cluster_domain, "DNS domain of the cluster");
  add(c, "--node-name", o.node_name, "Name of this node (default: the host's)");
  add(c, "--node-label", o.node_labels, "Labels of this node, key=value");
  add(c, "--node-taint", o.node_taints, "Taints of this node, key=value:effect");
  add(c, "--disable", o.disable, "Packaged components to leave out");
  add_switch(c, "--disable-agent", o.disable_agent, "Run no node here");
  add_switch(c, "--disable-scheduler", o.disable_scheduler, "Run no scheduler");
  add_switch(c, "--disable-controller-manager", o.disable_controller_manager, "Run no controllers");
  add(c, "--kube-controller-manager-arg", s.controller_manager_args,
      "controllers=NAME,-NAME,*: which controllers run");
  add(c, "--log-level", s.log_level, "debug, info, warn or error");
}

ServerCommand::~ServerCommand() = default;

bool ServerCommand::is_chosen() const { return state_->command->parsed(); }

int ServerCommand::run() {
  State& s = *state_;
  log::set_level(log::parse_level(s.log_level));
  if (auto read = read_controller_args(s.controller_manager_args, s.options); !read) {
    std::fprintf(stderr, "knarr: %s\n", read.error().message().c_str());
    return 2;
  }
  Life life;
  {
    TaskGroup tasks(life.loop);
    tasks.spawn("server", [&life, &s] { return live(&life, s.options); });
    life.loop.run();
  }
  return life.code;
}

}  // namespace knarr::cli
