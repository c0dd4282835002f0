// SPDX-License-Identifier: Apache-2.0
// Reads recorded exchanges (KNARR_SHARED) for tests that replay them without a server.
#pragma once

#include "api/types.h"
#include "base/check.h"
#include "codec/json.h"
#include "object/draft.h"
#include "object/equality.h"
#include "object/type_table.h"

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace knarr::schema::golden {

using object::Draft;
using object::Kind;
using object::NodeRef;
using object::Type;

inline std::string shared_folder() {
  const char* set = std::getenv("KNARR_SHARED");
  if (set != nullptr) return set;
  // Beside the project, or beside the folder of its worktrees.
  const bool beside = std::ifstream(KNARR_SOURCE_DIR "/../shared/golden/README.md").good();
  return beside ? KNARR_SOURCE_DIR "/../shared" : KNARR_SOURCE_DIR "/../../shared";
}

inline std::optional<Draft> read_golden(const std::string& name) {
  std::ifstream file(shared_folder() + "/golden/" + name);
  if (!file) return std::nullopt;
  std::stringstream text;
  text << file.rdbuf();
  return MUST(codec::parse_json(text.str(), {.max_depth = 12'000, .max_values = 100'000'000}));
}

// Placeholders of the recording stand for themselves.
inline std::string filled(std::string text) {
  for (std::size_t at = 0; (at = text.find("${", at)) != std::string::npos;) {
    const std::size_t end = text.find('}', at);
    text.replace(at, end - at + 1, "<" + text.substr(at + 2, end - at - 2) + ">");
  }
  return text;
}

inline Type type_of(NodeRef object) {
  std::string name(object["apiVersion"].as_string());
  if (name.find('/') == std::string::npos) name = "core/" + name;
  return api::types().find(name + "." + std::string(object["kind"].as_string()));
}

/// The node at a JSON pointer.
inline NodeRef at(NodeRef node, std::string_view pointer) {
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t slash = pointer.find('/');
    std::string key(pointer.substr(0, slash));
    for (std::size_t i; (i = key.find("~1")) != std::string::npos;) key.replace(i, 2, "/");
    node = node.is_list() ? node.at(std::strtoul(key.c_str(), nullptr, 10)) : node[key];
    pointer = slash == std::string_view::npos ? std::string_view{} : pointer.substr(slash);
  }
  return node;
}

/// A recorded value stands for what a server gave; placeholders ("<time>") for anything.
inline bool alike(NodeRef got, NodeRef want) {
  if (want.is_string() && want.as_string().starts_with("<")) {
    return want.as_string() != "<absent>" || !got.exists();
  }
  if (want.is_map() && got.is_map()) {
    if (got.size() != want.size()) return false;
    for (auto [key, atom, value] : want.entries()) {
      if (key.find('<') != std::string_view::npos) continue;  // A placeholder inside of a key.
      if (!got[key].exists() || !alike(got[key], value)) return false;
    }
    return true;
  }
  if (want.is_list() && got.is_list()) {
    if (got.size() != want.size()) return false;
    for (std::size_t i = 0; i < got.size(); ++i) {
      if (!alike(got.at(i), want.at(i))) return false;
    }
    return true;
  }
  if (got.kind() == Kind::Raw) return alike(MUST(codec::parse_json(got.as_raw())).root(), want);
  // An empty list that reads back null: storage's doing.
  if (want.is_null() && got.exists() && got.empty() && got.is_list()) return true;
  return object::equal(got, want);
}

}  // namespace knarr::schema::golden
