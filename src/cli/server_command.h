// SPDX-License-Identifier: Apache-2.0
// `knarr server`.
#pragma once

#include <memory>

namespace CLI {
class App;
}

namespace knarr::cli {

class ServerCommand {
 public:
  /// Adds the command and its flags.
  explicit ServerCommand(CLI::App& app);
  ~ServerCommand();
  ServerCommand(const ServerCommand&) = delete;
  ServerCommand& operator=(const ServerCommand&) = delete;
  /// True when the command line named it.
  [[nodiscard]] bool is_chosen() const;
  int run();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace knarr::cli
