// SPDX-License-Identifier: Apache-2.0
// EventRecorder: tells users what a loop did, as Events. Equal ones within ten minutes are counted up
// instead of repeated, similar ones aggregated, floods cut (client-go record: burst 25, one more
// every five minutes per object). Never waits: writing happens behind, failures are logged.
#pragma once

#include "base/clock.h"
#include "base/executor.h"
#include "client/transport.h"
#include "object/document.h"

#include <memory>
#include <string>
#include <string_view>

namespace knarr::client {

class EventRecorder {
 public:
  /// `component`: "deployment-controller", "default-scheduler", "kubelet". `host`: the node, for
  /// node loops.
  EventRecorder(Transport& transport, Executor& strand, Clock& clock, std::string component,
                std::string host = {});
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  /// `type`: "Normal" or "Warning". `object` needs kind and apiVersion: `resource` gives them.
  /// `field_path`: involvedObject.fieldPath ("spec.containers{app}").
  void record(const object::Document& object, const Resource& resource, std::string_view type,
              std::string_view reason, std::string message, std::string_view field_path = {});
  Task<> stop();  // Writes what waits, within a second.

 private:
  Task<Result<>> drained();

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace knarr::client
