// SPDX-License-Identifier: Apache-2.0
// YAML files to arguments.
#include "cli/config_file.h"

#include "codec/yaml.h"
#include "object/draft.h"

#include <dirent.h>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>

namespace knarr::cli {

using object::NodeRef;

namespace {

constexpr std::size_t kMaximumFile = 1UL << 20;

Result<std::string> read_text(const std::string& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  if (!file) {
    return Error(errno == ENOENT ? Reason::NotFound : Reason::BadRequest,
                 fmt::format("read {}: {}", path, std::strerror(errno)));
  }
  std::string text(kMaximumFile, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  return text;
}

Result<std::string> scalar(const std::string& path, std::string_view key, NodeRef value) {
  switch (value.kind()) {
    case object::Kind::Bool: return std::string(value.as_bool() ? "true" : "false");
    case object::Kind::Int: return std::to_string(value.as_int());
    case object::Kind::String: return std::string(value.as_string());
    case object::Kind::Null: return std::string();
    default:
      return Error(Reason::BadRequest,
                   fmt::format("{}: {} must be a text, a number, a boolean or a list of these", path, key));
  }
}

using Settings = std::map<std::string, std::vector<std::string>>;

Result<> merge_file(const std::string& path, const std::string& text, Settings& settings) {
  auto draft = codec::parse_yaml(text);
  if (!draft) return std::move(draft).error().with(path);
  if (draft->root().is_null()) return ok();
  if (!draft->root().is_map()) {
    return Error(Reason::BadRequest, fmt::format("{}: must be a map of flags, such as `node-name: a`", path));
  }
  for (auto [key, atom, value] : draft->root().entries()) {
    std::string name(key);
    const bool adds = name.ends_with('+');
    if (adds) name.pop_back();
    std::vector<std::string>& values = settings[name];
    if (!adds) values.clear();
    if (!value.is_list()) {
      values.push_back(TRY(scalar(path, key, value)));
      continue;
    }
    for (NodeRef item : value.items()) values.push_back(TRY(scalar(path, key, item)));
  }
  return ok();
}

std::vector<std::string> drop_ins(const std::string& folder) {
  std::vector<std::string> files;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), ::closedir);
  if (!directory) return files;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name.ends_with(".yaml") || name.ends_with(".yml")) files.push_back(folder + "/" + entry->d_name);
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Result<std::vector<std::string>> read_config_files(const std::string& path, bool required) {
  Settings settings;
  auto text = read_text(path);
  if (text) {
    TRY(merge_file(path, *text, settings));
  } else if (required || !text.error().is(Reason::NotFound)) {
    return std::move(text).error();
  }
  for (const std::string& file : drop_ins(path + ".d")) {
    const std::string more = TRY(read_text(file));
    TRY(merge_file(file, more, settings));
  }
  std::vector<std::string> arguments;
  for (const auto& [name, values] : settings) {
    for (const std::string& value : values) arguments.push_back(fmt::format("--{}={}", name, value));
  }
  return arguments;
}

}  // namespace knarr::cli
