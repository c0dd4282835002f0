// SPDX-License-Identifier: Apache-2.0
// The round-trip objects of the Kubernetes release: one of every kind in JSON, YAML and protobuf.
// They lie outside the source tree: KNARR_SHARED names the folder, else ../shared.
#pragma once

#include "object/type_table.h"

#include <string>
#include <vector>

namespace knarr::codec::testing {

struct Fixture {
  std::string name;  // "apps.v1.Deployment"
  object::Type type;
};

/// The fixtures whose type the built-in table has, sorted. Empty when the folder is missing.
std::vector<Fixture> fixtures();

/// A file of the round-trip folder ("apps.v1.Deployment.json"), or of any folder of the shared data.
/// "" when it cannot be read.
std::string read_fixture(const std::string& file);
std::string read_shared(const std::string& path);

}  // namespace knarr::codec::testing
