// SPDX-License-Identifier: Apache-2.0
// Paths and operations out of resource rows.
#include "apiserver/openapi/operations.h"

#include "api/types.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace knarr::apiserver::openapi {

using api::ResourceRow;
using api::SubresourceRow;
using object::Field;
using object::Type;
using object::TypeKind;

namespace {

constexpr std::string_view kFormats[] = {"application/json", "application/yaml",
                                         "application/vnd.kubernetes.protobuf"};
constexpr std::string_view kListFormats[] = {
    "application/json", "application/yaml", "application/vnd.kubernetes.protobuf",
    "application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"};
constexpr std::string_view kLogFormats[] = {"text/plain", "application/json", "application/yaml",
                                            "application/vnd.kubernetes.protobuf"};
constexpr std::string_view kAnything[] = {"*/*"};
constexpr std::string_view kPatchFormats[] = {
    "application/json-patch+json", "application/merge-patch+json",
    "application/strategic-merge-patch+json", "application/apply-patch+yaml"};

struct Option {
  std::string_view name;
  std::string_view type;
  std::string_view help;
};

constexpr Option kPretty = {"pretty", "string", "'true' indents the answer."};
constexpr Option kWriteOptions[] = {
    {"dryRun", "string", "'All' does everything but keep the result."},
    {"fieldManager", "string", "Who makes the change, for managed fields."},
    {"fieldValidation", "string", "What becomes of unknown fields: Ignore, Warn or Strict."},
};
constexpr Option kForce = {"force", "boolean", "Server-side apply takes over fields of others."};
constexpr Option kDeleteOptions[] = {
    {"dryRun", "string", "'All' does everything but keep the result."},
    {"gracePeriodSeconds", "integer", "Seconds until the object goes; 0 is at once."},
    {"ignoreStoreReadErrorWithClusterBreakingPotential", "boolean",
     "Deletes an object that cannot be read any more."},
    {"orphanDependents", "boolean", "Old form of propagationPolicy."},
    {"propagationPolicy", "string", "What becomes of dependents: Orphan, Background or Foreground."},
};
constexpr Option kListOptions[] = {
    {"allowWatchBookmarks", "boolean", "Asks for bookmarks in a watch."},
    {"continue", "string", "The token of the page before."},
    {"fieldSelector", "string", "Selects by fields."},
    {"labelSelector", "string", "Selects by labels."},
    {"limit", "integer", "The most objects of one page."},
    {"resourceVersion", "string", "The version to read or to watch from."},
    {"resourceVersionMatch", "string", "How resourceVersion is meant: Exact or NotOlderThan."},
    {"sendInitialEvents", "boolean", "Begins a watch with what there is."},
    {"shardSelector", "string", "Selects a part of all objects."},
    {"timeoutSeconds", "integer", "The longest time a list or watch may take."},
    {"watch", "boolean", "Sends changes instead of a list."},
};

Type meta_type(std::string_view name) {
  return api::types().find(fmt::format("meta/v1.{}", name));
}

void add_option(std::vector<Parameter>& parameters, const Option& option) {
  parameters.push_back({std::string(option.name), option.type, option.help, false});
}

template <std::size_t N>
void add_options(std::vector<Parameter>& parameters, const Option (&options)[N]) {
  for (const Option& option : options) add_option(parameters, option);
}

std::string capitalized(std::string_view text) {
  std::string out(text);
  if (!out.empty()) out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

// "rbac.authorization.k8s.io" as "RbacAuthorization"; core is "Core".
std::string group_id(std::string_view group) {
  if (group.empty()) return "Core";
  if (group.ends_with(".k8s.io")) group.remove_suffix(7);
  std::string id;
  while (!group.empty()) {
    const std::size_t end = std::min(group.find('.'), group.size());
    id += capitalized(group.substr(0, end));
    group.remove_prefix(std::min(end + 1, group.size()));
  }
  return id;
}

std::string group_tag(std::string_view group) {
  std::string tag = group_id(group);
  tag[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(tag[0])));
  return tag;
}

// Query parameters out of an options type (PodExecOptions): those of plain values.
void add_type_options(std::vector<Parameter>& parameters, Type type) {
  if (!type.is(TypeKind::Struct)) return;
  for (std::size_t i = 0; i < type.field_count(); ++i) {
    const Field field = type.field(i);
    if (field.name() == "kind" || field.name() == "apiVersion") continue;
    Type value = field.type();
    if (value.is(TypeKind::List)) value = value.element();
    std::string_view name;
    if (value.is(TypeKind::String)) name = "string";
    if (value.is(TypeKind::Bool)) name = "boolean";
    if (value.is(TypeKind::Int32) || value.is(TypeKind::Int64)) name = "integer";
    if (!name.empty()) parameters.push_back({std::string(field.name()), name, field.help(), false});
  }
}

// Builds the paths of one group version.
class Builder {
 public:
  Builder(std::string_view group, std::string_view version) {
    id_ = group_id(group) + capitalized(version);
    root_ = group.empty() ? fmt::format("/api/{}", version) : fmt::format("/apis/{}/{}", group, version);
    tag_ = fmt::format("{}_{}", group_tag(group), version);
  }

  void add_discovery() {
    Path path = start(root_ + "/");
    Operation get = operation("get", fmt::format("get{}APIResources", id_), "list the resources there are", "");
    answer(get, {"200"}, meta_type("APIResourceList"));
    path.operations.push_back(std::move(get));
    finish(std::move(path));
  }

  void add(const Resource& resource) {
    const ResourceRow& row = *resource.row;
    row_ = &row;
    kind_ = {row.group(), row.version(), row.kind()};
    const std::string scope = row.namespaced() ? "/namespaces/{namespace}/" : "/";
    const std::string collection = root_ + scope + std::string(row.plural());
    add_collection(collection);
    add_item(collection + "/{name}", resource.delete_returns_object);
    for (const SubresourceRow& subresource : row.subresources()) {
      add_subresource(collection + "/{name}", subresource);
    }
    kind_ = {row.group(), row.version(), row.kind()};
    if (row.namespaced() && row.has_verb("list")) add_everywhere();
    if (row.has_verb("watch")) add_watches(scope);
  }

  std::vector<Path> take() {
    std::sort(paths_.begin(), paths_.end(),
              [](const Path& a, const Path& b) { return a.path < b.path; });
    return std::move(paths_);
  }

 private:
  Path start(std::string path) const { return {std::move(path), tag_, {}, {}}; }

  // "NamespacedPod", "Node".
  [[nodiscard]] std::string scoped_kind() const {
    return (row_->namespaced() ? "Namespaced" : "") + std::string(row_->kind());
  }

  Operation operation(std::string_view method, std::string id, std::string help,
                      std::string_view action) const {
    Operation made;
    made.method = method;
    made.id = std::move(id);
    made.help = std::move(help);
    made.action = action;
    made.kind = kind_;
    return made;
  }

  static void answer(Operation& operation, std::initializer_list<std::string_view> codes, Type type,
                     std::span<const std::string_view> media_types = kFormats) {
    for (const std::string_view code : codes) {
      operation.answers.emplace_back(code, Content{type, media_types});
    }
  }

  static void body(Operation& operation, Type type, bool required,
                   std::span<const std::string_view> media_types = kAnything) {
    operation.has_body = true;
    operation.body_required = required;
    operation.body = {type, media_types};
  }

  // Gives path parameters to all operations, and moves to the path what they have in common.
  void finish(Path path) {
    for (Operation& operation : path.operations) {
      for (const std::string_view name : {"name", "namespace", "path"}) {
        if (path.path.find(fmt::format("{{{}}}", name)) == std::string::npos) continue;
        operation.parameters.push_back({std::string(name), "string",
                                        name == "path" ? "Rest of the path." : "Whose object it is.",
                                        true});
      }
      if (!operation.action.empty() && operation.action != "connect") {
        add_option(operation.parameters, kPretty);
      }
      std::sort(operation.parameters.begin(), operation.parameters.end(),
                [](const Parameter& a, const Parameter& b) {
                  return a.name != b.name ? a.name < b.name : a.in_path && !b.in_path;
                });
    }
    if (path.operations.empty()) return;
    for (const Parameter& parameter : path.operations.front().parameters) {
      const bool common = std::all_of(
          path.operations.begin(), path.operations.end(), [&](const Operation& operation) {
            return std::find(operation.parameters.begin(), operation.parameters.end(), parameter) !=
                   operation.parameters.end();
          });
      if (common) path.parameters.push_back(parameter);
    }
    for (Operation& operation : path.operations) {
      std::erase_if(operation.parameters, [&](const Parameter& parameter) {
        return std::find(path.parameters.begin(), path.parameters.end(), parameter) !=
               path.parameters.end();
      });
    }
    paths_.push_back(std::move(path));
  }

  Operation list_operation(std::string id) const {
    Operation list = operation("get", std::move(id),
                               fmt::format("list or watch {} objects", row_->kind()), "list");
    add_options(list.parameters, kListOptions);
    answer(list, {"200"}, row_->list_type(), kListFormats);
    return list;
  }

  void add_collection(const std::string& path_text) {
    Path path = start(path_text);
    if (row_->has_verb("list")) {
      path.operations.push_back(list_operation(fmt::format("list{}{}", id_, scoped_kind())));
    }
    if (row_->has_verb("create")) {
      Operation post = operation("post", fmt::format("create{}{}", id_, scoped_kind()),
                                 fmt::format("create a {}", row_->kind()), "post");
      add_options(post.parameters, kWriteOptions);
      body(post, row_->type(), true);
      answer(post, {"200", "201", "202"}, row_->type());
      path.operations.push_back(std::move(post));
    }
    if (row_->has_verb("deletecollection")) {
      Operation remove = operation("delete", fmt::format("delete{}Collection{}", id_, scoped_kind()),
                                   fmt::format("delete many {} objects", row_->kind()), "deletecollection");
      for (const Option& option : kListOptions) {
        if (option.name != "allowWatchBookmarks" && option.name != "watch") {
          add_option(remove.parameters, option);
        }
      }
      add_options(remove.parameters, kDeleteOptions);
      body(remove, meta_type("DeleteOptions"), false);
      answer(remove, {"200"}, meta_type("Status"));
      path.operations.push_back(std::move(remove));
    }
    finish(std::move(path));
  }

  // get, put and patch of an object or of a subresource.
  template <typename Row>
  void add_accesses(Path& path, const Row& row, Type type, const std::string& id) {
    const std::string_view kind = kind_.kind;
    if (row.has_verb("get")) {
      Operation get = operation("get", fmt::format("read{}{}", id_, id), fmt::format("read a {}", kind), "get");
      answer(get, {"200"}, type);
      path.operations.push_back(std::move(get));
    }
    if (row.has_verb("update")) {
      Operation put = operation("put", fmt::format("replace{}{}", id_, id), fmt::format("replace a {}", kind), "put");
      add_options(put.parameters, kWriteOptions);
      body(put, type, true);
      answer(put, {"200", "201"}, type);
      path.operations.push_back(std::move(put));
    }
    if (row.has_verb("create") && !path.path.ends_with("{name}")) {
      Operation post = operation("post", fmt::format("create{}{}", id_, id), fmt::format("create a {}", kind), "post");
      add_options(post.parameters, kWriteOptions);
      body(post, type, true);
      answer(post, {"200", "201", "202"}, type);
      path.operations.push_back(std::move(post));
    }
    if (row.has_verb("patch")) {
      Operation patch = operation("patch", fmt::format("patch{}{}", id_, id),
                                  fmt::format("change parts of a {}", kind), "patch");
      add_options(patch.parameters, kWriteOptions);
      add_option(patch.parameters, kForce);
      body(patch, {}, true, kPatchFormats);
      patch.body.is_patch = true;
      answer(patch, {"200", "201"}, type);
      path.operations.push_back(std::move(patch));
    }
  }

  void add_item(const std::string& path_text, bool delete_returns_object) {
    Path path = start(path_text);
    add_accesses(path, *row_, row_->type(), scoped_kind());
    if (row_->has_verb("delete")) {
      Operation remove = operation("delete", fmt::format("delete{}{}", id_, scoped_kind()),
                                   fmt::format("delete a {}", row_->kind()), "delete");
      add_options(remove.parameters, kDeleteOptions);
      body(remove, meta_type("DeleteOptions"), false);
      answer(remove, {"200", "202"}, delete_returns_object ? row_->type() : meta_type("Status"));
      path.operations.push_back(std::move(remove));
    }
    finish(std::move(path));
  }

  void add_subresource(const std::string& item, const SubresourceRow& subresource) {
    kind_ = {subresource.group(), subresource.version(), subresource.kind()};
    const std::string text = fmt::format("{}/{}", item, subresource.name());
    const std::string id = scoped_kind() + capitalized(subresource.name());
    if (subresource.is_connect()) {
      add_connect(text, subresource, id);
      return;
    }
    Path path = start(text);
    if (subresource.name() == "log") {
      Operation get = operation("get", fmt::format("read{}{}", id_, id), "read the log of a Pod", "get");
      add_type_options(get.parameters, api::types().find("core/v1.PodLogOptions"));
      answer(get, {"200"}, {}, kLogFormats);
      path.operations.push_back(std::move(get));
    } else {
      add_accesses(path, subresource, subresource.type(), id);
    }
    finish(std::move(path));
  }

  // A proxy passes on every method, also below a path; others open a stream.
  void add_connect(const std::string& text, const SubresourceRow& subresource, const std::string& id) {
    const bool proxies = subresource.has_verb("delete");
    constexpr std::string_view kStream[] = {"get", "post"};
    constexpr std::string_view kProxy[] = {"get", "put", "post", "delete", "options", "head", "patch"};
    const std::span<const std::string_view> methods =
        proxies ? std::span<const std::string_view>(kProxy) : std::span<const std::string_view>(kStream);
    for (const bool with_path : {false, true}) {
      if (with_path && !proxies) break;
      Path path = start(with_path ? text + "/{path}" : text);
      for (const std::string_view method : methods) {
        Operation connect = operation(
            method, fmt::format("connect{}{}{}{}", id_, capitalized(method), id, with_path ? "WithPath" : ""),
            fmt::format("connect to the {} of a {}", subresource.name(), row_->kind()), "connect");
        add_type_options(connect.parameters, subresource.type());
        answer(connect, {"200"}, {}, kAnything);
        path.operations.push_back(std::move(connect));
      }
      finish(std::move(path));
    }
  }

  void add_everywhere() {
    Path path = start(fmt::format("{}/{}", root_, row_->plural()));
    path.operations.push_back(
        list_operation(fmt::format("list{}{}ForAllNamespaces", id_, row_->kind())));
    finish(std::move(path));
  }

  void add_watch(std::string path_text, std::string id, std::string_view action) {
    Path path = start(std::move(path_text));
    Operation get = operation("get", std::move(id), fmt::format("watch {} objects; old form", row_->kind()), action);
    add_options(get.parameters, kListOptions);
    answer(get, {"200"}, meta_type("WatchEvent"), kListFormats);
    path.operations.push_back(std::move(get));
    finish(std::move(path));
  }

  void add_watches(const std::string& scope) {
    const std::string collection = fmt::format("{}/watch{}{}", root_, scope, row_->plural());
    add_watch(collection, fmt::format("watch{}{}List", id_, scoped_kind()), "watchlist");
    add_watch(collection + "/{name}", fmt::format("watch{}{}", id_, scoped_kind()), "watch");
    if (row_->namespaced()) {
      add_watch(fmt::format("{}/watch/{}", root_, row_->plural()),
                fmt::format("watch{}{}ListForAllNamespaces", id_, row_->kind()), "watchlist");
    }
  }

  std::string id_;
  std::string root_;
  std::string tag_;
  const ResourceRow* row_ = nullptr;
  GroupVersionKind kind_;
  std::vector<Path> paths_;
};

}  // namespace

std::vector<Path> version_paths(std::string_view group, std::string_view version,
                                std::span<const Resource> resources) {
  Builder builder(group, version);
  builder.add_discovery();
  for (const Resource& resource : resources) builder.add(resource);
  return builder.take();
}

Path group_path(std::string_view group) {
  Path path;
  Operation get;
  get.method = "get";
  std::string_view kind = "APIGroup";
  if (group.empty()) {
    path = {"/apis/", "apis", {}, {}};
    get.id = "getAPIVersions";
    get.help = "list the groups there are";
    kind = "APIGroupList";
  } else if (group == "core") {
    path = {"/api/", "core", {}, {}};
    get.id = "getCoreAPIVersions";
    get.help = "list the versions of the core group";
    kind = "APIVersions";
  } else {
    path = {fmt::format("/apis/{}/", group), group_tag(group), {}, {}};
    get.id = fmt::format("get{}APIGroup", group_id(group));
    get.help = "list the versions of a group";
  }
  get.answers.emplace_back("200", Content{meta_type(kind), kFormats});
  path.operations.push_back(std::move(get));
  return path;
}

}  // namespace knarr::apiserver::openapi
