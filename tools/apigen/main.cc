// SPDX-License-Identifier: Apache-2.0
// apigen --out DIRECTORY FILE.api...: reads the API description and writes tables and views below
// DIRECTORY. Files whose text does not change keep their time, so that little is rebuilt.
#include "check.h"
#include "emit.h"
#include "parser.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace knarr::apigen {
namespace {

bool read_file(const std::string& path, std::string& content) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return false;
  std::ostringstream text;
  text << in.rdbuf();
  content = text.str();
  return true;
}

bool write_file(const std::filesystem::path& path, const std::string& content) {
  std::string old;
  if (read_file(path.string(), old) && old == content) return true;
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  if (!out) std::cerr << path.string() << ": cannot be written\n";
  return static_cast<bool>(out);
}

int fail(const Diagnostics& errors) {
  for (const std::string& line : errors.lines()) std::cerr << line << "\n";
  return 1;
}

int run(const std::vector<std::string>& arguments) {
  std::filesystem::path out;
  Api api;
  Diagnostics errors;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--out" && i + 1 < arguments.size()) {
      out = arguments[++i];
      continue;
    }
    std::string content;
    if (!read_file(arguments[i], content)) {
      std::cerr << arguments[i] << ": cannot be read\n";
      return 1;
    }
    Parser(arguments[i], content, api, errors).run();
  }
  if (out.empty()) {
    std::cerr << "usage: apigen --out DIRECTORY FILE.api...\n";
    return 2;
  }
  if (!errors.empty()) return fail(errors);
  check(api, errors);
  if (!errors.empty()) return fail(errors);

  const Tables kubernetes =
      make_tables(api, [](const Package& package) { return package.grpc.empty(); });
  bool written = write_file(out / "object/atoms.inc", emit_atoms(api)) &&
                 write_file(out / "api/types.cc", emit_types(kubernetes)) &&
                 write_file(out / "api/resources.cc", emit_resources(api, kubernetes));
  for (const auto& [name, package] : api.packages) {
    if (!package.version || !package.grpc.empty()) continue;
    written =
        write_file(out / "api" / view_file_name(package), emit_views(api, package)) && written;
  }
  std::set<std::string> components;
  for (const auto& [name, package] : api.packages) {
    if (!package.into.empty()) components.insert(package.into);
  }
  for (const std::string& component : components) {
    const auto packages = packages_of(api, component);
    const Tables tables =
        make_tables(api, [&](const Package& package) { return packages.contains(package.name); });
    written =
        write_file(out / component / "messages.h", emit_messages_header(api, tables, component)) &&
        write_file(out / component / "messages.cc", emit_messages(tables, component)) && written;
  }
  return written ? 0 : 1;
}

}  // namespace
}  // namespace knarr::apigen

int main(int argc, char** argv) {
  return knarr::apigen::run(std::vector<std::string>(argv + 1, argv + argc));
}
