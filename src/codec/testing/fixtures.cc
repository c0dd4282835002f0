// SPDX-License-Identifier: Apache-2.0
#include "codec/testing/fixtures.h"

#include "api/types.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace knarr::codec::testing {
namespace {

std::string shared_folder() {
  const char* folder = std::getenv("KNARR_SHARED");
  if (folder != nullptr) return folder;
  const std::string beside = KNARR_SOURCE_DIR "/../shared";
  // A git worktree may lie one folder deeper than the main tree.
  return std::filesystem::exists(beside) ? beside : KNARR_SOURCE_DIR "/../../shared";
}

object::Type type_of(const std::string& name) {
  const std::size_t kind = name.rfind('.');
  const std::size_t version = name.rfind('.', kind - 1);
  const std::string rest = name.substr(version + 1);
  if (object::Type type = api::types().find(name.substr(0, version) + "/" + rest)) return type;
  return api::types().find("meta/" + rest);  // CreateOptions and its like are registered in core.v1.
}

}  // namespace

std::vector<Fixture> fixtures() {
  std::vector<Fixture> found;
  std::error_code error;
  for (const auto& file :
       std::filesystem::directory_iterator(shared_folder() + "/k8s-api/roundtrip", error)) {
    if (file.path().extension() != ".json") continue;
    const std::string name = file.path().stem().string();
    if (object::Type type = type_of(name)) found.push_back({name, type});
  }
  std::ranges::sort(found, {}, &Fixture::name);
  return found;
}

std::string read_shared(const std::string& path) {
  std::ifstream in(shared_folder() + "/" + path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string read_fixture(const std::string& file) { return read_shared("k8s-api/roundtrip/" + file); }

}  // namespace knarr::codec::testing
