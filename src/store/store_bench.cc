// SPDX-License-Identifier: Apache-2.0
// store_bench [folder]: durable puts per second of the SQLite store, with 1, 32 and 1000 clients
// that each wait for their answer, and how long one waits. Beside it what the disk takes for the
// same bytes and an fdatasync. Removes its files.
#include "base/run_sync.h"
#include "base/testing/sim_clock.h"
#include "store/sqlite_store.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace knarr::store {
namespace {

using Instant = std::chrono::steady_clock::time_point;

struct Run {
  std::string name;
  int clients = 1;
  int puts = 0;  // By all clients together.
  int value_bytes = 1000;
  bool new_keys = true;
  bool soft = false;
};

double micros(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

Task<> put_in_turn(Store* store, const Run* run, int client, std::vector<double>* latencies) {
  const Bytes value(std::string(static_cast<std::size_t>(run->value_bytes), 'v'));
  for (int i = 0; i < run->puts / run->clients; ++i) {
    Txn txn;
    txn.put(fmt::format("/registry/pods/{}/{}-{}", run->name, client, run->new_keys ? i : i % 8),
            value);
    txn.soft = run->soft;
    const Instant begin = std::chrono::steady_clock::now();
    MUST(co_await store->commit(std::move(txn)));
    latencies->push_back(micros(std::chrono::steady_clock::now() - begin));
  }
}

double cpu_micros() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

// Wall time depends on who else uses the machine, the processor's time per put less so.
void report(const Run& run, std::vector<double> latencies, double seconds, double cpu) {
  std::ranges::sort(latencies);
  const auto at = [&](double part) {
    return latencies[static_cast<std::size_t>(part * (latencies.size() - 1))];
  };
  fmt::print(
      "{:<16} {:>5} clients {:>8.0f} puts/s   p50 {:>7.0f} us  p99 {:>7.0f} us  max {:>7.0f} us  "
      "cpu {:>5.1f} us\n",
      run.name, run.clients, static_cast<double>(latencies.size()) / seconds, at(0.5), at(0.99),
      latencies.back(), cpu / static_cast<double>(latencies.size()));
  std::fflush(stdout);
}

void measure(Store& store, const Run& run) {
  ManualExecutor loop;
  std::vector<double> latencies;
  std::vector<Task<>> clients;
  for (int i = 0; i < run.clients; ++i) clients.push_back(put_in_turn(&store, &run, i, &latencies));
  const double cpu = cpu_micros();
  const Instant begin = std::chrono::steady_clock::now();
  run_sync(loop, all(std::move(clients)));
  const double seconds = micros(std::chrono::steady_clock::now() - begin) / 1e6;
  report(run, std::move(latencies), seconds, cpu_micros() - cpu);
}

// One page and its header written in place, and synced.
void measure_disk(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  CHECK(file >= 0);
  const std::string zeros(1 << 20, '\0');
  CHECK(write(file, zeros.data(), zeros.size()) == static_cast<ssize_t>(zeros.size()));
  CHECK(fdatasync(file) == 0);
  std::vector<double> latencies;
  const double cpu = cpu_micros();
  const Instant begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 200; ++i) {
    const Instant start = std::chrono::steady_clock::now();
    CHECK(pwrite(file, zeros.data(), 4120, i * 4120) == 4120);
    CHECK(fdatasync(file) == 0);
    latencies.push_back(micros(std::chrono::steady_clock::now() - start));
  }
  report({.name = "disk alone"}, std::move(latencies),
         micros(std::chrono::steady_clock::now() - begin) / 1e6, cpu_micros() - cpu);
  close(file);
  unlink(path.c_str());
}

int run_bench(const std::string& folder) {
  const std::string path = folder + "/store_bench.db";
  measure_disk(path + ".raw");
  SimClock clock;
  auto store = open_sqlite_store({.path = path}, std::make_unique<Worker>("store"), clock);
  if (!store) {
    fmt::print(stderr, "store_bench: {}\n", store.error().message());
    return 1;
  }
  measure(**store, {.name = "create-1", .clients = 1, .puts = 500});
  measure(**store, {.name = "update-1", .clients = 1, .puts = 500, .new_keys = false});
  measure(**store, {.name = "create-32", .clients = 32, .puts = 20'000});
  measure(**store, {.name = "update-32", .clients = 32, .puts = 20'000, .new_keys = false});
  measure(**store, {.name = "create-1000", .clients = 1000, .puts = 100'000});
  measure(**store, {.name = "update-1000", .clients = 1000, .puts = 100'000, .new_keys = false});
  measure(**store,
          {.name = "create-1000-300B", .clients = 1000, .puts = 100'000, .value_bytes = 300});
  measure(**store,
          {.name = "soft-1", .clients = 1, .puts = 100'000, .new_keys = false, .soft = true});
  ManualExecutor loop;
  const Stats stats = MUST(run_sync(loop, (*store)->stats()));
  fmt::print("database {} MB, write-ahead log {} MB\n", stats.file_bytes >> 20,
             stats.log_bytes >> 20);
  MUST(run_sync(loop, (*store)->stop()));
  store->reset();
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) unlink((path + suffix).c_str());
  return 0;
}

}  // namespace
}  // namespace knarr::store

int main(int argc, char** argv) {
  return knarr::store::run_bench(argc > 1 ? argv[1] : ".");
}
