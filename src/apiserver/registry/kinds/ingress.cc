// SPDX-License-Identifier: Apache-2.0
// Ingresses and their classes. Source: k8s.io/kubernetes pkg/apis/networking/validation of 1.36.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/checks.h"
#include "schema/ip_text.h"

#include <fmt/format.h>

namespace knarr::apiserver::kinds {

namespace {

constexpr std::size_t kMaxController = 250;

// A reference by group, kind and name.
void check_typed_reference(Value reference, const FieldPath& path, FieldErrors& errors) {
  if (const Value group = reference["apiGroup"]; given(group)) {
    complain(errors, path.child("apiGroup"), group.as_string(),
             schema::check_dns1123_subdomain(group.as_string()));
  }
  check_segment(reference, "kind", path, errors);
  check_segment(reference, "name", path, errors);
}

void check_service_backend(Value service, const FieldPath& backend_path, FieldErrors& errors) {
  const FieldPath path = backend_path.child("service");
  const std::string_view name = service["name"].as_string();
  if (name.empty()) errors.required(path.child("name"));
  else complain(errors, path.child("name"), name, schema::label_problems(name, false));
  const FieldPath port_path = path.child("port");
  const std::string_view port_name = service["port"]["name"].as_string();
  const std::int64_t number = service["port"]["number"].as_int();
  if (!port_name.empty() && number != 0) {
    errors.invalid(backend_path, "", "cannot set both port name & port number");
  } else if (!port_name.empty()) {
    complain(errors, port_path.child("name"), port_name, schema::check_port_name(port_name));
  } else if (number != 0) {
    for (const std::string& text : schema::check_port_number(number)) {
      errors.invalid(port_path.child("number"), number, text);
    }
  } else {
    errors.required(backend_path, "port name or number is required");
  }
}

void check_backend(Value backend, const FieldPath& path, FieldErrors& errors) {
  const Value resource = backend["resource"];
  const Value service = backend["service"];
  if (given(resource) && given(service)) {
    errors.invalid(path, "", "cannot set both resource and service backends");
  } else if (given(resource)) {
    check_typed_reference(resource, path.child("resource"), errors);
  } else if (given(service)) {
    check_service_backend(service, path, errors);
  } else {
    errors.invalid(path, "", "resource or service backend is required");
  }
}

void check_path(Value rule_path, const FieldPath& path, FieldErrors& errors) {
  const std::string_view text = rule_path["path"].as_string();
  const std::string_view type = rule_path["pathType"].as_string();
  const FieldPath text_path = path.child("path");
  constexpr std::string_view kAbsolute = "must be an absolute path";
  if (!given(rule_path["pathType"])) {
    errors.required(path.child("pathType"), "pathType must be specified");
  } else if (type == "Exact" || type == "Prefix") {
    if (!text.starts_with('/')) errors.invalid(text_path, text, kAbsolute);
    for (const char* part : {"//", "/./", "/../", "%2f", "%2F"}) {
      if (text.find(part) == std::string_view::npos) continue;
      errors.invalid(text_path, text, fmt::format("must not contain '{}'", part));
    }
    for (const char* end : {"/..", "/."}) {
      if (text.ends_with(end)) {
        errors.invalid(text_path, text, fmt::format("cannot end with '{}'", end));
      }
    }
  } else if (type == "ImplementationSpecific") {
    if (!text.empty() && !text.starts_with('/')) errors.invalid(text_path, text, kAbsolute);
  } else {
    errors.not_supported(path.child("pathType"), type,
                         {"Exact", "ImplementationSpecific", "Prefix"});
  }
  check_backend(rule_path["backend"], path.child("backend"), errors);
}

void check_host(std::string_view host, const FieldPath& path, FieldErrors& errors) {
  if (host.find('*') != std::string_view::npos) {
    complain(errors, path, host, schema::check_wildcard_dns1123_subdomain(host));
  } else {
    complain(errors, path, host, schema::check_dns1123_subdomain(host));
  }
}

void check_rules(Value rules, const FieldPath& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const Value rule : rules.items()) {
    const FieldPath at = path.index(i++);
    const std::string_view host = rule["host"].as_string();
    if (!host.empty()) {
      if (schema::parse_ip(host)) {
        errors.invalid(at.child("host"), host, "must be a DNS name, not an IP address");
      }
      check_host(host, at.child("host"), errors);
    }
    const Value http = rule["http"];
    if (!given(http)) continue;
    const FieldPath http_path = at.child("http");
    const FieldPath paths = http_path.child("paths");
    if (http["paths"].empty()) errors.required(paths);
    std::size_t j = 0;
    for (const Value one : http["paths"].items()) check_path(one, paths.index(j++), errors);
  }
}

void check_tls(Value tls, const FieldPath& path, FieldErrors& errors) {
  std::size_t i = 0;
  for (const Value one : tls.items()) {
    const FieldPath at = path.index(i++);
    const FieldPath hosts = at.child("hosts");
    std::size_t j = 0;
    for (const Value host : one["hosts"].items()) {
      check_host(host.as_string(), hosts.index(j++), errors);
    }
    const std::string_view secret = one["secretName"].as_string();
    if (secret.empty()) continue;
    complain(errors, at.child("secretName"), secret, schema::check_dns1123_subdomain(secret));
  }
}

void check_ingress(Value object, FieldErrors& errors) {
  const Value spec = object["spec"];
  const FieldPath path("spec");
  if (spec["rules"].empty() && !given(spec["defaultBackend"])) {
    errors.invalid_text(path, "[]", "either `defaultBackend` or `rules` must be specified");
  }
  if (given(spec["defaultBackend"])) {
    check_backend(spec["defaultBackend"], path.child("defaultBackend"), errors);
  }
  check_rules(spec["rules"], path.child("rules"), errors);
  check_tls(spec["tls"], path.child("tls"), errors);
  if (const Value name = spec["ingressClassName"]; given(name)) {
    complain(errors, path.child("ingressClassName"), name.as_string(),
             schema::check_dns1123_subdomain(name.as_string()));
  }
}

void validate(const RuleContext&, Value object, FieldErrors& errors) {
  check_ingress(object, errors);
  constexpr std::string_view kOldClass = "kubernetes.io/ingress.class";
  const Value old_class = object["metadata"]["annotations"][kOldClass];
  const Value name = object["spec"]["ingressClassName"];
  if (given(old_class) && given(name) && old_class.as_string() != name.as_string()) {
    errors.invalid(FieldPath("annotations").child(kOldClass), old_class.as_string(),
                   "must match `ingressClassName` when both are specified");
  }
}

void validate_update(const RuleContext&, Value object, Value, FieldErrors& errors) {
  check_ingress(object, errors);
}

void validate_status(const RuleContext&, Value object, Value, FieldErrors& errors) {
  const FieldPath status("status");
  const FieldPath balancer = status.child("loadBalancer");
  const FieldPath list = balancer.child("ingress");
  std::size_t i = 0;
  for (const Value one : object["status"]["loadBalancer"]["ingress"].items()) {
    check_balancer_address(one, list.index(i++), errors);
  }
}

// ---- classes

void check_parameters(Value parameters, const FieldPath& path, FieldErrors& errors) {
  if (!given(parameters)) return;
  check_typed_reference(parameters, path, errors);
  const Value scope = parameters["scope"];
  const Value space = parameters["namespace"];
  const FieldPath space_path = path.child("namespace");
  if (!given(scope)) {
    errors.required(path.child("scope"));
  } else if (scope.as_string() == "Namespace") {
    if (!given(space)) {
      errors.required(space_path, "`parameters.scope` is set to 'Namespace'");
    } else {
      complain(errors, space_path, space.as_string(),
               schema::label_problems(space.as_string(), false));
    }
  } else if (scope.as_string() == "Cluster") {
    if (given(space)) errors.forbidden(space_path, "`parameters.scope` is set to 'Cluster'");
  } else {
    errors.not_supported(path.child("scope"), scope.as_string(), {"Cluster", "Namespace"});
  }
}

void validate_class(const RuleContext&, Value object, FieldErrors& errors) {
  const Value spec = object["spec"];
  const FieldPath path("spec");
  const std::string_view controller = spec["controller"].as_string();
  if (controller.size() > kMaxController) {
    errors.too_long(path.child("controller"), kMaxController);
  }
  check_domain_path(controller, path.child("controller"), errors);
  check_parameters(spec["parameters"], path.child("parameters"), errors);
}

void validate_class_update(const RuleContext& context, Value object, Value old,
                           FieldErrors& errors) {
  const FieldPath path("spec");
  const std::string_view controller = object["spec"]["controller"].as_string();
  if (controller != old["spec"]["controller"].as_string()) {
    errors.invalid(path.child("controller"), controller, kImmutable);
  }
  validate_class(context, object, errors);
}

}  // namespace

constinit const KindRules kIngressRules = {
    .group = "networking.k8s.io",
    .resource = "ingresses",
    .generation = Generation::OnSpecChange,
    .validate = validate,
    .validate_update = validate_update,
    .validate_status = validate_status,
};

constinit const KindRules kIngressClassRules = {
    .group = "networking.k8s.io",
    .resource = "ingressclasses",
    .generation = Generation::OnSpecChange,
    .validate = validate_class,
    .validate_update = validate_class_update,
};

}  // namespace knarr::apiserver::kinds
