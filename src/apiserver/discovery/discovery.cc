// SPDX-License-Identifier: Apache-2.0
// The paths of discovery. The core group and the versions of groups refuse what they cannot give
// and other methods than GET; the lists of groups answer any method, as the real server's two layers do.
#include "apiserver/discovery/discovery.h"

#include "api/types.h"
#include "apiserver/discovery/documents.h"
#include "apiserver/endpoints/route.h"
#include "codec/json.h"
#include "codec/protobuf.h"
#include "codec/yaml.h"

#include <fmt/core.h>

#include <algorithm>

namespace knarr::apiserver {

using discovery::GroupView;
using discovery::VersionView;
using object::Document;

GroupView DiscoveryPaths::Group::view() const {
  GroupView view{name, {}};
  for (const Version& version : versions) view.versions.push_back({name, version.name, version.rows});
  return view;
}

namespace {

constexpr std::string_view kAggregated = ";g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

ApiReply error_reply(Error error) {
  ApiReply reply;
  reply.code = error.code();
  reply.body = std::move(error);
  return reply;
}

// The document with its kind in front. The core group's lists have no apiVersion in text.
std::string encode(Format format, const Document& document, std::string_view type,
                   std::string_view api_version, std::string_view kind) {
  std::string out;
  if (format == Format::Protobuf) {
    codec::encode_envelope(out, api_version.empty() ? "v1" : api_version, kind, document,
                           api::types().find(type));
    return out;
  }
  if (format == Format::Yaml) {
    object::Draft draft = object::Draft::from(document);
    draft.root().set("kind", kind);
    if (!api_version.empty()) draft.root().set("apiVersion", api_version);
    codec::write_yaml(out, draft.root());
    return out;
  }
  out = fmt::format(R"({{"kind":"{}")", kind);
  if (!api_version.empty()) out += fmt::format(R"(,"apiVersion":"{}")", api_version);
  const std::size_t brace = out.size();
  codec::write_json(out, document);
  out[brace] = ',';
  out += '\n';
  return out;
}

// FNV-1a: tells bodies apart, nothing depends on its strength.
std::string etag_of(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return fmt::format("\"{:016X}\"", hash);
}

std::string_view without_slash(std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

}  // namespace

DiscoveryPaths::DiscoveryPaths(const Registry& registry, DiscoveryOptions options)
    : registry_(registry), options_(std::move(options)) {}

void DiscoveryPaths::changed() {
  groups_.clear();
  bodies_.clear();
}

// Built-in groups come in the order of the API description, the others by name behind them.
void DiscoveryPaths::collect() {
  if (!groups_.empty()) return;
  const api::ResourceArrays& arrays = api::resource_table().arrays();
  for (const api::GroupRow& row : arrays.groups) {
    Group group{std::string(arrays.text(row.name)), {}};
    for (const api::VersionRow& version : arrays.versions.subspan(row.first_version, row.version_count)) {
      group.versions.push_back({std::string(arrays.text(version.version)), {}});
    }
    groups_.push_back(std::move(group));
  }
  const std::size_t built_in = groups_.size();
  for (const auto& served : registry_.all()) {
    const api::ResourceRow& row = *served->row;
    auto group = std::find_if(groups_.begin(), groups_.end(),
                              [&](const Group& one) { return one.name == row.group(); });
    if (group == groups_.end()) {
      groups_.push_back({std::string(row.group()), {}});
      group = groups_.end() - 1;
    }
    auto version = std::find_if(group->versions.begin(), group->versions.end(),
                                [&](const Version& one) { return one.name == row.version(); });
    if (version == group->versions.end()) {
      group->versions.push_back({std::string(row.version()), {}});
      version = group->versions.end() - 1;
    }
    version->rows.push_back(&row);
  }
  const auto extra = groups_.begin() + static_cast<std::ptrdiff_t>(built_in);
  std::sort(extra, groups_.end(), [](const Group& a, const Group& b) { return a.name < b.name; });
  for (auto group = extra; group != groups_.end(); ++group) {
    std::sort(group->versions.begin(), group->versions.end(), [](const Version& a, const Version& b) {
      return discovery::version_before(a.name, b.name);
    });
  }
  for (Group& group : groups_) {
    std::erase_if(group.versions, [](const Version& version) { return version.rows.empty(); });
    for (Version& version : group.versions) {
      std::sort(version.rows.begin(), version.rows.end(),
                [](const auto* a, const auto* b) { return a->plural() < b->plural(); });
    }
  }
  std::erase_if(groups_, [](const Group& group) { return group.versions.empty(); });
}

const DiscoveryPaths::Group* DiscoveryPaths::find_group(std::string_view name) const {
  for (const Group& group : groups_) {
    if (group.name == name) return &group;
  }
  return nullptr;
}

std::optional<ApiReply> DiscoveryPaths::handle(const ApiRequest& request) {
  const std::string_view path = without_slash(request.info.path);
  if (path == "/" || path == "/index.html") {
    collect();
    return serve_root();
  }
  const bool core = path == "/api" || path.starts_with("/api/");
  if (!core && path != "/apis" && !path.starts_with("/apis/")) return std::nullopt;
  collect();
  if (path == "/api" || path == "/apis") {
    if (const auto format = negotiate_discovery(request.accept)) {
      return serve_aggregated(request, core, *format);
    }
  }
  if (core) return serve_core(request);
  return serve_groups(request, path);
}

ApiReply DiscoveryPaths::serve_root() {
  Body& body = bodies_["/"];
  if (body.bytes == nullptr) {
    std::vector<std::string> paths = options_.other_paths;
    paths.insert(paths.end(), {"/api", "/apis"});
    for (const Group& group : groups_) {
      const std::string root = group.name.empty() ? "/api" : "/apis/" + group.name;
      paths.push_back(root);
      for (const Version& version : group.versions) paths.push_back(root + "/" + version.name);
    }
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
    object::Draft draft;
    object::NodeRef list = draft.root().ensure_list("paths");
    for (const std::string& path : paths) list.append_string(path);
    std::string text;
    codec::write_json(text, draft.root(), codec::JsonStyle::Pretty);
    body.bytes = std::make_shared<const std::string>(std::move(text));
  }
  ApiReply reply;
  reply.body = RawReply{"application/json", body.bytes, {}};
  return reply;
}

ApiReply DiscoveryPaths::serve_aggregated(const ApiRequest& request, bool core, Format format) {
  const std::string type = fmt::format("{}{}", content_type(format), kAggregated);
  Body& body = bodies_[fmt::format("{} {}", core ? "/api" : "/apis", type)];
  if (body.bytes == nullptr) {
    std::vector<GroupView> views;
    for (const Group& group : groups_) {
      if (group.name.empty() == core) views.push_back(group.view());
    }
    body.bytes = std::make_shared<const std::string>(
        encode(format, discovery::aggregated(views), "apidiscovery.k8s.io/v2.APIGroupDiscoveryList",
               "apidiscovery.k8s.io/v2", "APIGroupDiscoveryList"));
    body.etag = etag_of(*body.bytes);
  }
  ApiReply reply;
  RawReply raw{type, body.bytes, {{"ETag", body.etag}, {"Vary", "Accept"}}};
  if (request.if_none_match == body.etag) {
    reply.code = 304;
    raw.bytes = nullptr;
  }
  reply.body = std::move(raw);
  return reply;
}

ApiReply DiscoveryPaths::serve_core(const ApiRequest& request) {
  const std::string_view path = without_slash(request.info.path);
  const Group* group = find_group("");
  if (group == nullptr) return error_reply(no_such_path());
  if (path != "/api") {
    for (const Version& version : group->versions) {
      if (path.substr(5) == version.name) return serve_version(request, path, version);
    }
    return error_reply(no_such_path());
  }
  if (request.method != "GET") return error_reply(method_not_allowed());
  auto format = negotiate_path(request.accept, PathMatch::Exact);
  if (!format) return error_reply(std::move(format).error());
  Body& body = bodies_[fmt::format("/api {}", content_type(*format))];
  if (body.bytes == nullptr) {
    body.bytes = std::make_shared<const std::string>(
        encode(*format, discovery::core_versions(group->view().versions, options_.server_address),
               "meta/v1.APIVersions", "", "APIVersions"));
  }
  ApiReply reply;
  reply.body = RawReply{std::string(content_type(*format)), body.bytes, {}};
  return reply;
}

ApiReply DiscoveryPaths::serve_version(const ApiRequest& request, std::string_view path,
                                       const Version& version) {
  if (request.method != "GET") return error_reply(method_not_allowed());
  auto format = negotiate_path(request.accept, PathMatch::Exact);
  if (!format) return error_reply(std::move(format).error());
  Body& body = bodies_[fmt::format("{} {}", path, content_type(*format))];
  if (body.bytes == nullptr) {
    const std::string_view group = version.rows.front()->group();
    body.bytes = std::make_shared<const std::string>(
        encode(*format, discovery::resource_list({group, version.name, version.rows}),
               "meta/v1.APIResourceList", group.empty() ? "" : "v1", "APIResourceList"));
  }
  ApiReply reply;
  reply.body = RawReply{std::string(content_type(*format)), body.bytes, {}};
  return reply;
}

std::optional<ApiReply> DiscoveryPaths::serve_groups(const ApiRequest& request, std::string_view path) {
  const Group* group = nullptr;
  if (path != "/apis") {
    const std::string_view rest = path.substr(6);
    const std::size_t slash = rest.find('/');
    group = find_group(rest.substr(0, slash));
    if (group == nullptr) return std::nullopt;
    if (slash != std::string_view::npos) {
      for (const Version& version : group->versions) {
        if (rest.substr(slash + 1) == version.name) return serve_version(request, path, version);
      }
      return error_reply(no_such_path());
    }
  }
  auto format = negotiate_path(request.accept, PathMatch::Any);
  if (!format) return error_reply(std::move(format).error());
  Body& body = bodies_[fmt::format("{} {}", path, content_type(*format))];
  if (body.bytes == nullptr) {
    std::string bytes;
    if (group != nullptr) {
      bytes = encode(*format, discovery::group(group->view()), "meta/v1.APIGroup", "v1", "APIGroup");
    } else {
      std::vector<GroupView> views;
      for (const Group& one : groups_) {
        if (!one.name.empty()) views.push_back(one.view());
      }
      bytes = encode(*format, discovery::group_list(views), "meta/v1.APIGroupList", "v1", "APIGroupList");
    }
    body.bytes = std::make_shared<const std::string>(std::move(bytes));
  }
  ApiReply reply;
  reply.body = RawReply{std::string(content_type(*format)), body.bytes, {}};
  return reply;
}

}  // namespace knarr::apiserver
