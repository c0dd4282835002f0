// SPDX-License-Identifier: Apache-2.0
// The worker's thread and queue.
#include "base/worker.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <pthread.h>

namespace knarr {

struct Worker::Thread {
  explicit Thread(std::string thread_name)
      : name(std::move(thread_name)), thread([this] { loop(); }) {}

  void loop() {
    pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
    while (true) {
      UniqueFunction<void()> job;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return stopping || !queue.empty(); });
        if (queue.empty()) return;
        job = std::move(queue.front());
        queue.pop_front();
      }
      job();
    }
  }

  std::string name;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<UniqueFunction<void()>> queue;
  bool stopping = false;
  std::thread thread;
};

Worker::Worker(std::string name) : thread_(std::make_unique<Thread>(std::move(name))) {}
Worker::Worker(Executor& executor) : executor_(&executor) {}
Worker::~Worker() {
  stop();
}

bool Worker::post(UniqueFunction<void()> job) {
  if (executor_ != nullptr) {
    executor_->post(std::move(job));
    return true;
  }
  std::lock_guard lock(thread_->mutex);
  if (thread_->stopping) return false;
  thread_->queue.push_back(std::move(job));
  thread_->changed.notify_one();
  return true;
}

void Worker::stop() {
  if (thread_ == nullptr) return;
  {
    std::lock_guard lock(thread_->mutex);
    thread_->stopping = true;
    thread_->changed.notify_one();
  }
  if (thread_->thread.joinable()) thread_->thread.join();
}

}  // namespace knarr
