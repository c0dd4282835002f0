// SPDX-License-Identifier: Apache-2.0
// Health checks as text, one line each when asked for.
#include "apiserver/health/health.h"

#include "apiserver/endpoints/negotiate.h"
#include "apiserver/endpoints/route.h"
#include "base/metrics.h"

#include <fmt/core.h>

#include <algorithm>

namespace knarr::apiserver {

const std::string_view kGitVersion = "v1.36.3+knarr1";

namespace {

ApiReply text_reply(int code, std::string text) {
  ApiReply reply;
  reply.code = code;
  reply.body = RawReply{"text/plain; charset=utf-8", std::make_shared<const std::string>(std::move(text)),
                        {{"X-Content-Type-Options", "nosniff"}}};
  return reply;
}

bool is_excluded(const ApiRequest& request, std::string_view name) {
  for (std::string_view values : request.query.all("exclude")) {
    while (!values.empty()) {
      const std::size_t end = std::min(values.find(','), values.size());
      if (values.substr(0, end) == name) return true;
      values.remove_prefix(std::min(end + 1, values.size()));
    }
  }
  return false;
}

// The version has no other form than JSON.
Result<> accepts_json(std::string_view accept) {
  auto format = negotiate_path(accept, PathMatch::Any);
  if (format && *format == Format::Json) return ok();
  return Error(Reason::NotAcceptable,
               "406: Not Acceptable\n\nAvailable representations: application/json")
      .with_empty_details();
}

}  // namespace

std::optional<ApiReply> HealthPaths::handle(const ApiRequest& request) {
  std::string_view path = request.info.path;
  constexpr std::string_view kRoots[] = {"/healthz", "/livez", "/readyz"};
  std::string_view root;
  for (std::string_view candidate : kRoots) {
    if (path == candidate || (path.starts_with(candidate) && path[candidate.size()] == '/')) {
      root = candidate;
    }
  }
  if (root.empty()) return std::nullopt;
  const std::string_view only = path.size() > root.size() ? path.substr(root.size() + 1) : "";
  const bool ready = root == "/readyz";
  std::string text;
  bool failed = false;
  bool found = false;
  for (const HealthCheck& check : checks_) {
    if (!(ready ? check.ready : check.live)) continue;
    if (!only.empty() && check.name != only) continue;
    found = true;
    if (is_excluded(request, check.name)) {
      text += fmt::format("[+]{} excluded: ok\n", check.name);
      continue;
    }
    const Result<> result = check.check();
    if (result) {
      text += fmt::format("[+]{} ok\n", check.name);
    } else {
      failed = true;
      text += fmt::format("[-]{} failed: {}\n", check.name, result.error().message());
    }
  }
  const std::string_view name = root.substr(1);
  if (!only.empty()) {
    if (!found) return text_reply(404, "404 page not found\n");
    return failed ? text_reply(500, fmt::format("internal server error: {}", text)) : text_reply(200, "ok");
  }
  if (failed) return text_reply(500, fmt::format("{}{} check failed\n", text, name));
  if (request.query.has("verbose")) return text_reply(200, fmt::format("{}{} check passed\n", text, name));
  return text_reply(200, "ok");
}

bool HealthPaths::is_ready() const {
  return std::all_of(checks_.begin(), checks_.end(), [](const HealthCheck& check) {
    return !check.ready || check.check().has_value();
  });
}

std::optional<ApiReply> MetricsPath::handle(const ApiRequest& request) {
  if (request.info.path != "/metrics") return std::nullopt;
  ApiReply reply;
  reply.body = RawReply{"text/plain; version=0.0.4; charset=utf-8",
                        std::make_shared<const std::string>(metrics::Registry::global().text()),
                        {}};
  return reply;
}

std::optional<ApiReply> VersionPath::handle(const ApiRequest& request) {
  const std::string_view path = request.info.path;
  if (path != "/version" && !path.starts_with("/version/")) return std::nullopt;
  ApiReply reply;
  Result<> checked = path.size() > 9 ? Result<>(no_such_path()) : ok();
  if (checked && request.method != "GET") checked = method_not_allowed();
  if (checked) checked = accepts_json(request.accept);
  if (!checked) {
    reply.code = checked.error().code();
    reply.body = std::move(checked).error();
    return reply;
  }
  reply.body = RawReply{
      "application/json",
      std::make_shared<const std::string>(fmt::format(
          R"({{
  "major": "1",
  "minor": "36",
  "emulationMajor": "1",
  "emulationMinor": "36",
  "minCompatibilityMajor": "1",
  "minCompatibilityMinor": "35",
  "gitVersion": "{}",
  "gitCommit": "",
  "gitTreeState": "clean",
  "buildDate": "",
  "goVersion": "",
  "compiler": "clang",
  "platform": "linux/{}"
}})",
          kGitVersion,
#if defined(__aarch64__)
          "arm64"
#else
          "amd64"
#endif
          )),
      {}};
  return reply;
}

}  // namespace knarr::apiserver
