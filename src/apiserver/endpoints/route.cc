// SPDX-License-Identifier: Apache-2.0
// Which paths, methods, Accept headers and timeouts a resource takes.
#include "apiserver/endpoints/route.h"

#include "apiserver/endpoints/negotiate.h"
#include "object/time_text.h"

#include <fmt/core.h>

namespace knarr::apiserver {

namespace {

// Paths below an object that are passed on as they are.
bool takes_any_path(const api::SubresourceRow& subresource) {
  return subresource.is_connect() && subresource.name() == "proxy";
}

bool is_read(const RequestInfo& info) {
  return info.verb == "list" || info.verb == "watch" || info.verb == "get";
}

// Go's words for a duration it cannot read.
std::string duration_problem(std::string_view text) {
  if (!text.empty() && text.find_first_not_of("0123456789.+-") == std::string_view::npos) {
    return fmt::format("time: missing unit in duration \"{}\"", text);
  }
  return fmt::format("time: invalid duration \"{}\"", text);
}

}  // namespace

Error no_such_path() {
  return Error(Reason::NotFound, "the server could not find the requested resource").with_empty_details();
}

Error method_not_allowed() {
  return Error(Reason::MethodNotAllowed,
               "the server does not allow this method on the requested resource")
      .with_empty_details();
}

Result<> check_route(const Served& served, const RequestInfo& info, std::string_view method) {
  const api::ResourceRow& row = *served.row;
  // Not info.name: a list may have one from its field selector.
  const bool is_named = info.parts.size() >= 2;
  const bool has_namespace = !info.namespace_.empty();
  if (info.path.find("//") != std::string::npos) return no_such_path();
  if (row.namespaced() && !has_namespace && is_named) return no_such_path();
  if (!row.namespaced() && has_namespace && (row.plural() != "namespaces" || !is_named)) {
    return no_such_path();
  }
  // Resources that can only be created have no objects, and when namespaced no list over all
  // namespaces: their paths do not exist.
  if (row.verbs() == api::verb_bit("create") && info.subresource.empty() &&
      (is_named || (row.namespaced() && !has_namespace))) {
    return no_such_path();
  }
  const api::SubresourceRow* subresource = row.find_subresource(info.subresource);
  if (!info.subresource.empty()) {
    if (subresource == nullptr) return no_such_path();
    if (info.parts.size() > 3 && !takes_any_path(*subresource)) return no_such_path();
  }
  if (method == "HEAD" || method == "OPTIONS") return method_not_allowed();
  if (subresource != nullptr) {
    return subresource->has_verb(info.verb) ? ok() : Result<>(method_not_allowed());
  }
  const bool is_everywhere = row.namespaced() && !has_namespace;
  const bool fits = is_named ? info.verb != "create"
                             : info.verb != "update" && info.verb != "patch" && info.verb != "get";
  if (!fits || (is_everywhere && !is_read(info)) || !row.has_verb(info.verb)) {
    return method_not_allowed();
  }
  return ok();
}

Result<> check_request(const ApiRequest& request) {
  const RequestInfo& info = request.info;
  if (info.parts.size() >= 2 && (info.name == "." || info.name == "..")) {
    return Error(Reason::BadRequest,
                 fmt::format("Name parameter invalid: \"{}\": may not be '{}'", info.name, info.name));
  }
  const std::string_view timeout = request.query.get("timeout");
  if (!timeout.empty() && info.verb != "watch" && !object::parse_duration(timeout)) {
    return Error(Reason::BadRequest, fmt::format("invalid timeout specified in the request URL - {}",
                                                 duration_problem(timeout)));
  }
  if (request.accept.empty()) return ok();
  TRY(check_accept(request.accept));
  TRY(negotiate(request.accept, info.verb == "watch"));
  return ok();
}

std::string deprecation_warning(const api::ResourceRow& row) {
  if (row.deprecated().empty()) return {};
  std::string text = fmt::format("{} {} is deprecated in v{}+", row.api_version(), row.kind(), row.deprecated());
  if (!row.removed().empty()) text += fmt::format(", unavailable in v{}+", row.removed());
  if (!row.replacement().empty()) text += fmt::format("; use {}", row.replacement());
  return text;
}

}  // namespace knarr::apiserver
