// SPDX-License-Identifier: Apache-2.0
// The top of the command line.
#include "cli/cli.h"

#include "apiserver/health/health.h"
#include "cli/config_file.h"
#include "cli/server_command.h"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <cstdlib>

namespace knarr::cli {

namespace {

// The configuration file that the arguments or the environment name, if any.
std::string config_path(const std::vector<std::string>& arguments, bool* required) {
  *required = true;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].starts_with("--config=")) return arguments[i].substr(9);
    if (arguments[i] == "--config" && i + 1 < arguments.size()) return arguments[i + 1];
  }
  if (const char* path = std::getenv("KNARR_CONFIG")) return path;
  *required = false;
  return "/etc/knarr/config.yaml";
}

}  // namespace

int run(int argc, char** argv) {
  CLI::App app("Knarr: Kubernetes for small machines, in one program");
  app.name("knarr");
  app.set_version_flag("--version", "knarr " + std::string(apiserver::kGitVersion));
  app.require_subcommand(1);
  app.option_defaults()->take_last();
  ServerCommand server(app);

  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments[0] == "server") {
    bool required = false;
    const std::string path = config_path(arguments, &required);
    auto from_files = read_config_files(path, required);
    if (!from_files) {
      std::fprintf(stderr, "knarr: %s\n", from_files.error().message().c_str());
      return 2;
    }
    // What the command line says comes later and wins.
    arguments.insert(arguments.begin() + 1, from_files->begin(), from_files->end());
  }
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // As CLI11 wants them.
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  if (server.is_chosen()) return server.run();
  return 2;
}

}  // namespace knarr::cli
