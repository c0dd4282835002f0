// SPDX-License-Identifier: Apache-2.0
// Probes and lifecycle hooks of containers.
#include "apiserver/registry/kinds/pod_checks.h"

#include <fmt/format.h>

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

void check_http(Value http, const FieldPath& path, FieldErrors& errors) {
  if (http["path"].as_string().empty()) errors.required(path.child("path"));
  check_port(http["port"], path.child("port"), errors);
  check_choice(http["scheme"].as_string(), path.child("scheme"), errors, {"HTTP", "HTTPS"});
  for (const Value header : http["httpHeaders"].items()) {
    const std::string_view name = header["name"].as_string();
    errors.invalid_each(path.child("httpHeaders"), name, schema::check_http_header_name(name));
  }
}

void check_sleep(Value sleep, std::int64_t grace_seconds, const FieldPath& path,
                 FieldErrors& errors) {
  const std::int64_t seconds = sleep["seconds"].as_int();
  if (seconds >= 0 && seconds <= grace_seconds) return;
  errors.invalid(path, seconds,
                 fmt::format("must be non-negative and less than terminationGracePeriodSeconds ({})",
                             grace_seconds));
}

// Exactly one of the ways to ask or tell a container something.
void check_handler(Value handler, std::int64_t grace_seconds, const FieldPath& path,
                   FieldErrors& errors) {
  bool found = false;
  for (const std::string_view type : {"exec", "httpGet", "tcpSocket", "grpc", "sleep"}) {
    const Value action = handler[type];
    if (!has(action)) continue;
    const FieldPath at = path.child(type);
    if (found) {
      errors.forbidden(at, "may not specify more than 1 handler type");
      continue;
    }
    found = true;
    if (type == "exec") {
      if (action["command"].empty()) errors.required(at.child("command"));
    } else if (type == "httpGet") {
      check_http(action, at, errors);
    } else if (type == "sleep") {
      check_sleep(action, grace_seconds, at, errors);
    } else {
      check_port(action["port"], at.child("port"), errors);
    }
  }
  if (!found) errors.required(path, "must specify a handler type");
}

}  // namespace

void check_probe(Value probe, ProbeKind kind, std::int64_t grace_seconds, const FieldPath& path,
                 FieldErrors& errors) {
  if (!has(probe)) return;
  check_handler(probe, grace_seconds, path, errors);
  for (const std::string_view field : {"initialDelaySeconds", "timeoutSeconds", "periodSeconds",
                                       "successThreshold", "failureThreshold"}) {
    check_not_negative(probe[field].as_int(), path.child(field), errors);
  }
  const Value grace = probe["terminationGracePeriodSeconds"];
  const FieldPath grace_path = path.child("terminationGracePeriodSeconds");
  if (has(grace) && grace.as_int() <= 0) {
    errors.invalid(grace_path, grace.as_int(), "must be greater than 0");
  }
  if (kind == ProbeKind::Readiness) {
    if (has(grace)) errors.invalid(grace_path, grace.as_int(), "must not be set for readinessProbes");
  } else if (probe["successThreshold"].as_int() != 1) {
    errors.invalid(path.child("successThreshold"), probe["successThreshold"].as_int(), "must be 1");
  }
}

void check_lifecycle(Value lifecycle, std::int64_t grace_seconds, const FieldPath& path,
                     FieldErrors& errors) {
  if (!has(lifecycle)) return;
  for (const std::string_view hook : {"postStart", "preStop"}) {
    if (has(lifecycle[hook])) check_handler(lifecycle[hook], grace_seconds, path.child(hook), errors);
  }
}

}  // namespace knarr::apiserver
