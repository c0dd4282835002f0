// SPDX-License-Identifier: Apache-2.0
// Child processes: started, watched and reaped by a loop.
#pragma once

#include "base/result.h"
#include "base/task.h"
#include "net/loop.h"
#include "net/stream.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace knarr::net {

struct ProcessSpec {
  /// The program; looked up in PATH when it has no slash.
  std::string program;
  /// Without the program's name.
  std::vector<std::string> arguments = {};
  /// "NAME=value"; nothing: our own environment.
  std::optional<std::vector<std::string>> environment = {};
  /// "" for our own.
  std::string folder = {};
  /// In a session of its own, so that signals of our terminal do not reach it.
  bool new_session = false;
  /// Which of its standard streams are pipes to us; the others are /dev/null.
  bool pipe_input = false;
  bool pipe_output = false;
  bool pipe_errors = false;
  /// Output and errors go where ours go, unless piped.
  bool inherit_output = false;
};

struct ExitStatus {
  int code = 0;
  int signal = 0;  // Not 0: killed by it.

  [[nodiscard]] bool is_success() const { return code == 0 && signal == 0; }
  /// "exit status 1", "signal 9"
  [[nodiscard]] std::string to_string() const;
};

/// A running child. On its loop's thread. Its end is noticed in any case; destroying this object
/// neither kills nor forgets the process.
class Process {
 public:
  /// Errors: NotFound (no such program), InternalError.
  [[nodiscard]] static Result<std::unique_ptr<Process>> start(Loop& loop, const ProcessSpec& spec);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] int pid() const;
  /// Waits until it ended; any number of times. Errors: Cancelled.
  Task<Result<ExitStatus>> wait();
  /// Does nothing once it has ended. Errors: InternalError.
  Result<> kill(int signal);
  /// The pipes asked for; nullptr else. Close `input()` to end the child's input.
  [[nodiscard]] Stream* input() { return input_.get(); }
  [[nodiscard]] Stream* output() { return output_.get(); }
  [[nodiscard]] Stream* errors() { return errors_.get(); }

 private:
  struct State;
  explicit Process(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
  std::unique_ptr<Stream> input_;
  std::unique_ptr<Stream> output_;
  std::unique_ptr<Stream> errors_;
};

struct ProcessResult {
  ExitStatus status;
  std::string output;
  std::string errors;
};

/// Runs a program to its end with `input`, gathering output and errors up to `limit_bytes` each
/// (the rest is read and dropped). Cancelled: the child is killed and waited for. Errors: as
/// start(), Cancelled.
[[nodiscard]] Task<Result<ProcessResult>> run_process(Loop& loop, ProcessSpec spec,
                                                      std::string input = {},
                                                      std::size_t limit_bytes = std::size_t{1}
                                                                                << 20);

}  // namespace knarr::net
