// SPDX-License-Identifier: Apache-2.0
// The index of OpenAPI documents and the documents behind it.
#include "apiserver/openapi/openapi.h"

#include "apiserver/openapi/documents.h"
#include "apiserver/openapi/json_out.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace knarr::apiserver {

namespace {

constexpr std::string_view kRoot = "/openapi/v3";

ApiReply plain_reply(int code) {
  ApiReply reply;
  reply.code = code;
  reply.body = RawReply{"", std::make_shared<const std::string>(), {}};
  return reply;
}

// FNV-1a: tells documents apart, nothing depends on its strength.
std::string hash_text(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return fmt::format("{:016X}", hash);
}

// Whether an Accept header takes JSON.
bool takes_json(std::string_view accept) {
  if (accept.find_first_not_of(" \t") == std::string_view::npos) return true;
  while (!accept.empty()) {
    const std::size_t end = std::min(accept.find(','), accept.size());
    std::string_view type = accept.substr(0, std::min(accept.find(';'), end));
    accept.remove_prefix(std::min(end + 1, accept.size()));
    const std::size_t first = type.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;
    type = type.substr(first, type.find_last_not_of(" \t") + 1 - first);
    if (type == "application/json" || type == "*/*" || type == "application/*") return true;
  }
  return false;
}

}  // namespace

void OpenApiPaths::set_document(std::string path, UniqueFunction<std::string()> make) {
  documents_[std::move(path)] = {std::move(make), {}};
}

void OpenApiPaths::remove_document(std::string_view path) {
  const auto found = documents_.find(path);
  if (found != documents_.end()) documents_.erase(found);
}

void OpenApiPaths::find_documents() {
  if (found_) return;
  found_ = true;
  for (const std::string_view path : openapi::special_documents()) documents_[std::string(path)];
  documents_["api"];
  documents_["apis"];
  for (const auto& served : registry_.all()) {
    const api::ResourceRow& row = *served->row;
    if (api::find_resource(row.group(), row.version(), row.plural()) != &row) continue;
    if (row.group().empty()) {
      documents_[fmt::format("api/{}", row.version())];
    } else {
      documents_[fmt::format("apis/{}", row.group())];
      documents_[fmt::format("apis/{}/{}", row.group(), row.version())];
    }
  }
}

std::string OpenApiPaths::make_document(std::string_view path) {
  const auto found = documents_.find(path);
  if (found != documents_.end() && found->second.make) return found->second.make();
  std::string special = openapi::write_v3_special(path);
  if (!special.empty()) return special;
  std::string_view group;
  std::string_view version;
  if (path == "api" || path == "apis") {
    const openapi::Path one = openapi::group_path(path == "api" ? "core" : "");
    return openapi::write_v3(std::span(&one, 1), {});
  }
  if (path.starts_with("api/")) {
    version = path.substr(4);
  } else {
    group = path.substr(5, path.find('/', 5) - 5);
    const std::size_t slash = path.find('/', 5);
    if (slash == std::string_view::npos) {
      const openapi::Path one = openapi::group_path(group);
      return openapi::write_v3(std::span(&one, 1), {group, ""});
    }
    version = path.substr(slash + 1);
  }
  return openapi::write_v3(openapi::version_paths(group, version, resources_of(group, version)),
                           {group, version});
}

std::vector<openapi::Resource> OpenApiPaths::resources_of(std::string_view group,
                                                          std::string_view version) const {
  std::vector<openapi::Resource> resources;
  for (const auto& served : registry_.all()) {
    const api::ResourceRow& row = *served->row;
    if (row.group() != group || row.version() != version) continue;
    if (api::find_resource(group, version, row.plural()) != &row) continue;
    resources.push_back({&row, served->collection != nullptr &&
                                   served->collection->rules->delete_returns_object});
  }
  return resources;
}

const std::string& OpenApiPaths::hash_of(std::string_view path) {
  Document& document = documents_.find(path)->second;
  if (document.hash.empty()) document.hash = hash_text(make_document(path));
  return document.hash;
}

std::optional<ApiReply> OpenApiPaths::handle(const ApiRequest& request) {
  const std::string_view path = request.info.path;
  if (path == "/openapi/v2") {
    find_documents();
    return serve_v2(request);
  }
  if (path != kRoot && !path.starts_with("/openapi/v3/")) return std::nullopt;
  find_documents();
  if (path == kRoot) return serve_index(request);
  return serve_document(request, path.substr(kRoot.size() + 1));
}

ApiReply OpenApiPaths::serve_v2(const ApiRequest& request) {
  if (!takes_json(request.accept)) return plain_reply(406);
  ApiReply reply;
  RawReply raw{"application/json", nullptr, {{"Vary", "Accept"}}};
  if (v2_hash_.empty() || request.if_none_match != fmt::format("\"{}\"", v2_hash_)) {
    std::vector<openapi::Path> paths;
    std::vector<std::pair<std::string, std::string>> group_versions;
    for (const auto& [name, document] : documents_) {
      if (document.make) continue;
      if (name == "api" || name == "apis") {
        paths.push_back(openapi::group_path(name == "api" ? "core" : ""));
      } else if (name.starts_with("api/")) {
        group_versions.emplace_back("", name.substr(4));
      } else if (name.starts_with("apis/")) {
        const std::size_t slash = name.find('/', 5);
        if (slash == std::string::npos) {
          paths.push_back(openapi::group_path(name.substr(5)));
        } else {
          group_versions.emplace_back(name.substr(5, slash - 5), name.substr(slash + 1));
        }
      }
    }
    for (const auto& [group, version] : group_versions) {
      std::vector<openapi::Path> more =
          openapi::version_paths(group, version, resources_of(group, version));
      std::move(more.begin(), more.end(), std::back_inserter(paths));
    }
    raw.bytes = std::make_shared<const std::string>(openapi::write_v2(paths, group_versions));
    v2_hash_ = hash_text(*raw.bytes);
  } else {
    reply.code = 304;
  }
  raw.headers.emplace_back("ETag", fmt::format("\"{}\"", v2_hash_));
  reply.body = std::move(raw);
  return reply;
}

ApiReply OpenApiPaths::serve_index(const ApiRequest& request) {
  std::string out;
  openapi::JsonOut json(out);
  json.open_map();
  json.open_map("paths");
  for (const auto& [path, document] : documents_) {
    json.open_map(path);
    json.field("serverRelativeURL", fmt::format("{}/{}?hash={}", kRoot, path, hash_of(path)));
    json.close_map();
  }
  json.close_map();
  json.close_map();
  ApiReply reply;
  const std::string etag = fmt::format("\"{}\"", hash_text(out));
  RawReply raw{"text/plain; charset=utf-8", nullptr, {{"ETag", etag}}};
  if (request.if_none_match == etag) {
    reply.code = 304;
  } else {
    raw.bytes = std::make_shared<const std::string>(std::move(out));
  }
  reply.body = std::move(raw);
  return reply;
}

// A document that was asked for by its hash never changes; one asked for by a hash of before is
// elsewhere.
ApiReply OpenApiPaths::serve_document(const ApiRequest& request, std::string_view path) {
  if (!documents_.contains(path)) return plain_reply(404);
  if (!takes_json(request.accept)) return plain_reply(406);
  ApiReply reply;
  RawReply raw{"application/json", nullptr, {}};
  const std::string hash = hash_of(path);
  const std::string_view wanted = request.query.get("hash");
  if (!wanted.empty() && wanted != hash) {
    reply.code = 301;
    raw.headers.emplace_back("Location", fmt::format("{}/{}?hash={}", kRoot, path, hash));
    reply.body = std::move(raw);
    return reply;
  }
  raw.headers.emplace_back("ETag", fmt::format("\"{}\"", hash));
  raw.headers.emplace_back("Vary", "Accept");
  if (!wanted.empty()) raw.headers.emplace_back("Cache-Control", "public, immutable");
  if (request.if_none_match == fmt::format("\"{}\"", hash)) {
    reply.code = 304;
  } else {
    raw.bytes = std::make_shared<const std::string>(make_document(path));
  }
  reply.body = std::move(raw);
  return reply;
}

}  // namespace knarr::apiserver
