// SPDX-License-Identifier: Apache-2.0
// Children through uv_spawn, which reaps them on SIGCHLD and gives them default signal handlers.
#include "net/process.h"

#include "base/event.h"
#include "net/loop/fd_stream.h"

#include <array>
#include <csignal>

#include <fcntl.h>
#include <fmt/core.h>
#include <uv.h>

namespace knarr::net {

struct Process::State : std::enable_shared_from_this<Process::State> {
  uv_process_t native{};
  std::shared_ptr<State> self;  // While libuv has the handle.
  int pid = 0;
  std::optional<ExitStatus> exit;
  Event ended;
};

namespace {

struct PipeEnds {
  UniqueFd ours;
  UniqueFd theirs;
};

Result<PipeEnds> make_pipe_ends(bool child_reads) {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0)
    return Error(Reason::InternalError, "pipe: out of file descriptors");
  PipeEnds ends{UniqueFd(fds[child_reads ? 1 : 0]), UniqueFd(fds[child_reads ? 0 : 1])};
  ::fcntl(ends.ours.get(), F_SETFL, O_NONBLOCK);
  return ends;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

Task<Result<>> feed(Stream* stream, std::string input) {
  const Result<> written = co_await stream->write(input);
  stream->close();
  // A child that does not want its input is no failure.
  if (!written && written.error().is(Reason::Cancelled)) co_return written;
  co_return ok();
}

Task<Result<std::string>> gather(Stream* stream, std::size_t limit) {
  std::string all;
  while (true) {
    const std::span<char> buffer = scratch_buffer();
    const auto got = CO_TRY(stream->try_read(buffer));
    if (!got) {
      CO_TRY(co_await stream->readable());
      continue;
    }
    if (*got == 0) co_return all;
    all.append(buffer.data(), std::min(*got, limit - std::min(limit, all.size())));
  }
}

}  // namespace

std::string ExitStatus::to_string() const {
  return signal != 0 ? fmt::format("signal {}", signal) : fmt::format("exit status {}", code);
}

Process::Process(std::shared_ptr<State> state) : state_(std::move(state)) {}

Process::~Process() = default;

Result<std::unique_ptr<Process>> Process::start(Loop& loop, const ProcessSpec& spec) {
  CHECK(loop.is_current());
  std::vector<std::string> words = {spec.program};
  words.insert(words.end(), spec.arguments.begin(), spec.arguments.end());
  std::vector<char*> arguments = pointers(words);
  std::vector<std::string> variables = spec.environment.value_or(std::vector<std::string>());
  std::vector<char*> environment = pointers(variables);

  std::array<uv_stdio_container_t, 3> stdio{};
  std::array<PipeEnds, 3> pipes;
  const std::array<bool, 3> piped = {spec.pipe_input, spec.pipe_output, spec.pipe_errors};
  for (int i = 0; i < 3; ++i) {
    auto& slot = stdio[static_cast<std::size_t>(i)];
    slot.flags = UV_IGNORE;
    if (piped[static_cast<std::size_t>(i)]) {
      PipeEnds& ends = pipes[static_cast<std::size_t>(i)];
      ends = TRY(make_pipe_ends(i == 0));
      slot.flags = UV_INHERIT_FD;
      slot.data.fd = ends.theirs.get();
    } else if (i > 0 && spec.inherit_output) {
      slot.flags = UV_INHERIT_FD;
      slot.data.fd = i;
    }
  }
  auto state = std::make_shared<State>();
  state->native.data = state.get();
  uv_process_options_t options{};
  options.file = spec.program.c_str();
  options.args = arguments.data();
  if (spec.environment) options.env = environment.data();
  if (!spec.folder.empty()) options.cwd = spec.folder.c_str();
  if (spec.new_session) options.flags = UV_PROCESS_DETACHED;
  options.stdio_count = 3;
  options.stdio = stdio.data();
  options.exit_cb = [](uv_process_t* native, std::int64_t code, int signal) {
    auto* ended = static_cast<State*>(native->data);
    ended->exit = ExitStatus{static_cast<int>(code), signal};
    ended->ended.set();
    uv_close(reinterpret_cast<uv_handle_t*>(native),
             [](uv_handle_t* closed) { static_cast<State*>(closed->data)->self.reset(); });
  };
  const int failure = uv_spawn(loop.native(), &state->native, &options);
  state->self = state;
  if (failure != 0) {
    uv_close(reinterpret_cast<uv_handle_t*>(&state->native),
             [](uv_handle_t* closed) { static_cast<State*>(closed->data)->self.reset(); });
    return Error(failure == UV_ENOENT ? Reason::NotFound : Reason::InternalError,
                 fmt::format("start {}: {}", spec.program, uv_strerror(failure)));
  }
  state->pid = state->native.pid;
  std::unique_ptr<Process> process(new Process(state));  // NOLINT: a private constructor.
  const auto wrap = [&](std::size_t i) -> std::unique_ptr<Stream> {
    if (!pipes[i].ours.is_open()) return nullptr;
    return std::make_unique<FdStream>(loop, std::move(pipes[i].ours));
  };
  process->input_ = wrap(0);
  process->output_ = wrap(1);
  process->errors_ = wrap(2);
  return process;
}

int Process::pid() const {
  return state_->pid;
}

Task<Result<ExitStatus>> Process::wait() {
  const std::shared_ptr<State> state = state_;
  CO_TRY(co_await state->ended.wait());
  co_return *state->exit;
}

Result<> Process::kill(int signal) {
  if (state_->exit) return ok();
  const int failure = uv_process_kill(&state_->native, signal);
  if (failure != 0 && failure != UV_ESRCH)
    return Error(Reason::InternalError, fmt::format("kill: {}", uv_strerror(failure)));
  return ok();
}

Task<Result<ProcessResult>> run_process(Loop& loop, ProcessSpec spec, std::string input,
                                        std::size_t limit_bytes) {
  co_await switch_to(loop);
  spec.pipe_input = !input.empty();
  spec.pipe_output = spec.pipe_errors = true;
  const std::unique_ptr<Process> process = CO_TRY(Process::start(loop, spec));
  std::vector<Task<Result<>>> feeding;
  if (process->input() != nullptr) feeding.push_back(feed(process->input(), std::move(input)));
  auto [fed, output, errors, status] =
      co_await all(all(std::move(feeding)), gather(process->output(), limit_bytes),
                   gather(process->errors(), limit_bytes), process->wait());
  if (!output || !errors || !status) {
    (void)process->kill(SIGKILL);
    (void)co_await shielded(process->wait());
    co_return Error::cancelled();
  }
  co_return ProcessResult{*status, std::move(*output), std::move(*errors)};
}

}  // namespace knarr::net
