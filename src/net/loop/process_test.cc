// SPDX-License-Identifier: Apache-2.0
#include "net/process.h"

#include "base/run_sync.h"
#include "net/file_watch.h"

#include <csignal>
#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace knarr::net {
namespace {

using namespace std::chrono_literals;

ProcessSpec shell(std::string script) {
  return {.program = "/bin/sh", .arguments = {"-c", std::move(script)}};
}

TEST(Process, GathersOutputErrorsAndStatus) {
  Loop loop;
  const ProcessResult result =
      MUST(run_sync(loop, run_process(loop, shell("cat; echo oops >&2; exit 3"), "input")));
  EXPECT_EQ(result.output, "input");
  EXPECT_EQ(result.errors, "oops\n");
  EXPECT_EQ(result.status.code, 3);
  EXPECT_EQ(result.status.to_string(), "exit status 3");
  EXPECT_FALSE(result.status.is_success());
  EXPECT_TRUE(MUST(run_sync(loop, run_process(loop, {.program = "true"}))).status.is_success());
}

TEST(Process, BoundsWhatItKeepsAndCarriesMuch) {
  Loop loop;
  const ProcessResult large =
      MUST(run_sync(loop, run_process(loop, shell("cat"), std::string(900'000, 'x'))));
  EXPECT_EQ(large.output.size(), 900'000U);
  EXPECT_EQ(MUST(run_sync(loop, run_process(loop, shell("cat"), std::string(900'000, 'x'), 1000)))
                .output.size(),
            1000U);
  EXPECT_TRUE(MUST(run_sync(loop, run_process(loop, shell("true"), std::string(900'000, 'x'))))
                  .status.is_success());
}

TEST(Process, SetsEnvironmentAndFolderAndTellsSignals) {
  Loop loop;
  ProcessSpec spec = shell("echo $NAME; pwd");
  spec.environment = {{"NAME=value"}};
  spec.folder = "/usr";
  EXPECT_EQ(MUST(run_sync(loop, run_process(loop, spec))).output, "value\n/usr\n");
  EXPECT_EQ(MUST(run_sync(loop, run_process(loop, shell("kill -9 $$")))).status.signal, 9);
  EXPECT_TRUE(run_sync(loop, run_process(loop, {.program = "/no/such/program"}))
                  .error()
                  .is(Reason::NotFound));
}

TEST(Process, CancellingKills) {
  Loop loop;
  const auto result =
      run_sync(loop, with_deadline(loop, 50ms, run_process(loop, shell("exec sleep 100"))));
  EXPECT_TRUE(result.error().is(Reason::Timeout));
}

Task<> start_and_kill(Loop* loop) {
  const auto process = MUST(Process::start(*loop, shell("exec sleep 100")));
  EXPECT_GT(process->pid(), 0);
  EXPECT_TRUE(process->kill(SIGTERM));
  EXPECT_EQ(MUST(co_await process->wait()).signal, SIGTERM);
  EXPECT_EQ(MUST(co_await process->wait()).to_string(), "signal 15");
  EXPECT_TRUE(process->kill(SIGTERM));
}

TEST(Process, IsKilledAndWaitedForTwice) {
  Loop loop;
  run_sync(loop, start_and_kill(&loop));
}

Task<> watch_folder(Loop* loop, std::string folder) {
  const auto watch = MUST(FileWatch::create(*loop, folder));
  std::ofstream(folder + "/a.yaml") << "x";
  std::vector<FileEvent> events;
  while (events.empty() || events.back().kind != FileEvent::Kind::Written) {
    for (FileEvent& event : MUST(co_await watch->next())) events.push_back(std::move(event));
  }
  EXPECT_EQ(events.front().name, "a.yaml");
  unlink((folder + "/a.yaml").c_str());
  rmdir(folder.c_str());
  events.clear();
  while (events.empty() || events.back().kind != FileEvent::Kind::Gone) {
    for (FileEvent& event : MUST(co_await watch->next())) events.push_back(std::move(event));
  }
  EXPECT_EQ(events.front().kind, FileEvent::Kind::Removed);
  EXPECT_EQ(events.front().name, "a.yaml");
}

TEST(FileWatch, TellsWhatWasWrittenAndRemoved) {
  Loop loop;
  char folder[] = "/tmp/knarr_watch_XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  run_sync(loop, watch_folder(&loop, folder));
  EXPECT_TRUE(FileWatch::create(loop, "/no/such/folder").error().is(Reason::NotFound));
}

}  // namespace
}  // namespace knarr::net
