// SPDX-License-Identifier: Apache-2.0
// Pods and nodes for tests, from JSON.
#pragma once

#include "base/check.h"
#include "codec/json.h"
#include "object/document.h"
#include "object/draft.h"
#include "scheduler/core/cycle.h"

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace knarr::scheduler::testing {

inline object::Document parse(std::string_view json) {
  auto draft = codec::parse_json(json);
  if (!draft) fmt::print(stderr, "{}: {}\n", draft.error().message(), json);
  CHECK(draft.has_value());
  return draft->freeze();
}

/// `more`: the inside of the spec; `status`: of the status.
inline object::Document pod(std::string_view name, std::string_view more = "",
                            std::string_view status = "") {
  return parse(fmt::format(
      R"({{"metadata":{{"name":"{}","namespace":"ns","uid":"uid-{}","generation":1}},)"
      R"("spec":{{"schedulerName":"default-scheduler"{}{}}},"status":{{{}}}}})",
      name, name, more.empty() ? "" : ",", more, status));
}

/// A spec with one container that asks for this: cpu("500m") + memory.
inline std::string asks(std::string_view requests) {
  return fmt::format(R"("containers":[{{"name":"c","resources":{{"requests":{{{}}}}}}}])", requests);
}

inline object::Document node(std::string_view name, std::string_view allocatable,
                             std::string_view spec = "", std::string_view labels = "") {
  return parse(fmt::format(
      R"({{"metadata":{{"name":"{}","labels":{{{}}}}},"spec":{{{}}},"status":{{"allocatable":{{{}}}}}}})", name,
      labels, spec, allocatable));
}

inline constexpr std::string_view kSmall = R"("cpu":"4","memory":"8Gi","pods":"10")";

/// The same object at a revision.
inline object::Document at_revision(const object::Document& document, std::uint64_t revision) {
  object::Document copy = object::Draft::from(document.root()).freeze();
  copy.set_resource_version(revision);
  return copy;
}

}  // namespace knarr::scheduler::testing
