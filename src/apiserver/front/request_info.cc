// SPDX-License-Identifier: Apache-2.0
// Paths to verbs, groups, namespaces and names.
#include "apiserver/front/request_info.h"

#include <algorithm>
#include <cctype>
#include <span>

namespace knarr::apiserver {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  while (start <= path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    if (end > start) parts.emplace_back(path.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::string verb_of(std::string_view method) {
  if (method == "POST") return "create";
  if (method == "GET" || method == "HEAD") return "get";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return "delete";
  return "";
}

// Reads namespace, resource, name and subresource from what follows the version.
void read_parts(RequestInfo& info, std::span<const std::string> parts) {
  if (!parts.empty() && parts[0] == "namespaces") {
    if (parts.size() > 1) {
      info.namespace_ = parts[1];
      // /namespaces/NAME/RESOURCE..., but /namespaces/NAME/{status,finalize} are its own.
      if (parts.size() > 2 && parts[2] != "status" && parts[2] != "finalize") {
        parts = parts.subspan(2);
      }
    }
  }
  info.parts.assign(parts.begin(), parts.end());
  if (parts.size() >= 3) info.subresource = parts[2];
  if (parts.size() >= 2) info.name = parts[1];
  if (!parts.empty()) info.resource = parts[0];
}

// The name that a field selector demands, read leniently: a broken one is refused later.
std::string_view demanded_name(std::string_view selector) {
  constexpr std::string_view kField = "metadata.name=";
  while (!selector.empty()) {
    const std::size_t end = std::min(selector.find(','), selector.size());
    std::string_view term = selector.substr(0, end);
    selector.remove_prefix(std::min(end + 1, selector.size()));
    if (!term.starts_with(kField)) continue;
    term.remove_prefix(kField.size());
    if (term.starts_with('=')) term.remove_prefix(1);
    return term;
  }
  return {};
}

// A list or watch whose field selector asks for one name is authorized as that name.
void read_list_verb(RequestInfo& info, const Query& query) {
  if (info.verb == "get") info.verb = query.flag("watch") ? "watch" : "list";
  if (info.verb == "delete") info.verb = "deletecollection";
  if (info.verb != "list" && info.verb != "watch") return;
  info.name = demanded_name(query.get("fieldSelector"));
}

}  // namespace

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      result += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else if (text[i] == '+' && plus_is_space) {
      result += ' ';
    } else {
      result += text[i];
    }
  }
  return result;
}

Query Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    query.add(percent_decode(pair.substr(0, equals), true),
              percent_decode(pair.substr(std::min(equals + 1, pair.size())), true));
  }
  return query;
}

bool Query::has(std::string_view name) const {
  return std::any_of(pairs_.begin(), pairs_.end(), [&](const auto& p) { return p.first == name; });
}

std::string_view Query::get(std::string_view name) const {
  for (const auto& [key, value] : pairs_) {
    if (key == name) return value;
  }
  return {};
}

std::vector<std::string_view> Query::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : pairs_) {
    if (key == name) values.push_back(value);
  }
  return values;
}

bool Query::flag(std::string_view name) const {
  if (!has(name)) return false;
  const std::string_view value = get(name);
  return value != "0" && lower(value) != "false";
}

RequestInfo parse_request_info(std::string_view method, std::string path, const Query& query) {
  RequestInfo info;
  info.verb = lower(method);
  const std::vector<std::string> all = split_path(path);
  info.path = std::move(path);
  std::span<const std::string> parts(all);
  if (parts.size() < 3 || (parts[0] != "api" && parts[0] != "apis")) return info;
  const bool grouped = parts[0] == "apis";
  if (grouped && parts.size() < 4) return info;
  if (grouped) info.group = parts[1];
  info.version = parts[grouped ? 2 : 1];
  parts = parts.subspan(grouped ? 3 : 2);

  info.is_resource = true;
  info.verb = verb_of(method);
  bool deprecated_watch = false;
  if (parts[0] == "watch") {  // The old form /api/v1/watch/...
    if (parts.size() < 2) {
      info.is_resource = false;
      return info;
    }
    deprecated_watch = true;
    parts = parts.subspan(1);
  }
  read_parts(info, parts);
  if (info.name.empty() && (info.verb == "get" || info.verb == "delete")) {
    read_list_verb(info, query);
  }
  if (deprecated_watch && (info.verb == "get" || info.verb == "list")) info.verb = "watch";
  return info;
}

}  // namespace knarr::apiserver
