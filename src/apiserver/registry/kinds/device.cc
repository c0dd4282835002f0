// SPDX-License-Identifier: Apache-2.0
// Device classes, and what claims and slices share. Source: k8s.io/kubernetes
// pkg/apis/resource/validation of 1.36.
#include "apiserver/registry/kinds/device.h"

#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/pod_checks.h"

namespace knarr::apiserver::kinds {

namespace device {

namespace {

constexpr std::size_t kMaxDriver = 63;
constexpr std::size_t kMaxPool = 253;
constexpr std::size_t kMaxDomain = 63;
constexpr std::size_t kMaxId = 32;
constexpr std::size_t kMaxExpression = 10UL * 1024;
constexpr std::size_t kMaxParameters = 10UL * 1024;

}  // namespace

void check_driver(std::string_view name, const FieldPath& path, FieldErrors& errors) {
  if (name.empty()) {
    errors.required(path);
    return;
  }
  if (name.size() > kMaxDriver) errors.too_long(path, kMaxDriver);
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  complain(errors, path, name, schema::check_dns1123_subdomain(lower));
}

void check_pool(std::string_view name, const FieldPath& path, FieldErrors& errors) {
  if (name.empty()) {
    errors.required(path);
    return;
  }
  if (name.size() > kMaxPool) errors.too_long(path, kMaxPool);
  std::string_view rest = name;
  while (true) {
    const std::size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    complain(errors, path, part, schema::check_dns1123_subdomain(part));
    if (slash == std::string_view::npos) return;
    rest.remove_prefix(slash + 1);
  }
}

void check_size(Value list, std::size_t most, const FieldPath& path, FieldErrors& errors) {
  if (list.size() > most) errors.too_many(path, list.size(), most);
}

void check_selectors(Value selectors, const FieldPath& path, FieldErrors& errors) {
  check_size(selectors, kMaxList, path, errors);
  std::size_t i = 0;
  for (const Value selector : selectors.items()) {
    const FieldPath at = path.index(i++);
    const FieldPath cel = at.child("cel");
    if (!given(selector["cel"])) {
      errors.required(cel);
    } else if (selector["cel"]["expression"].as_string().size() > kMaxExpression) {
      errors.too_long(cel.child("expression"), kMaxExpression);
    }
  }
}

void check_opaque(Value config, const FieldPath& path, FieldErrors& errors) {
  const FieldPath at = path.child("opaque");
  const Value opaque = config["opaque"];
  if (!given(opaque)) {
    errors.required(at);
    return;
  }
  check_driver(opaque["driver"].as_string(), at.child("driver"), errors);
  const Value parameters = opaque["parameters"];
  const std::string_view raw = parameters.as_raw();
  const FieldPath parameters_path = at.child("parameters");
  if (!given(parameters)) {
    errors.required(parameters_path);
  } else if (raw.size() > kMaxParameters) {
    errors.too_long(parameters_path, kMaxParameters);
  } else if (!raw.starts_with('{') && !parameters.is_map()) {
    errors.invalid(parameters_path, "<value omitted>", "must be a valid JSON object");
  }
}

void check_qualified(std::string_view name, bool qualified, const FieldPath& path,
                     FieldErrors& errors) {
  if (name.empty()) {
    errors.required(path);
    return;
  }
  const std::size_t slash = name.find('/');
  std::string_view id = name;
  if (slash == std::string_view::npos) {
    if (qualified) {
      errors.invalid(path, name,
                     "a fully qualified name must be a domain and a name separated by a slash");
      return;
    }
  } else {
    const std::string_view domain = name.substr(0, slash);
    id = name.substr(slash + 1);
    if (domain.empty()) {
      errors.invalid(path, "", "the domain must not be empty");
    } else {
      if (domain.size() > kMaxDomain) errors.too_long(path, kMaxDomain);
      complain(errors, path, domain, schema::check_dns1123_subdomain(domain));
    }
    if (id.empty()) {
      errors.invalid(path, "", "the name must not be empty");
      return;
    }
    if (id.find('/') != std::string_view::npos) return;  // Kubernetes looks at two parts only.
  }
  if (id.size() > kMaxId) errors.too_long(path, kMaxId);
  complain(errors, path, id, schema::check_c_identifier(id));
}

namespace {

void check_class(Value object, FieldErrors& errors) {
  const Value spec = object["spec"];
  const FieldPath path("spec");
  check_selectors(spec["selectors"], path.child("selectors"), errors);
  const FieldPath configs = path.child("config");
  check_size(spec["config"], kMaxList, configs, errors);
  std::size_t i = 0;
  for (const Value config : spec["config"].items()) {
    check_opaque(config, configs.index(i++), errors);
  }
  const Value name = spec["extendedResourceName"];
  if (given(name) && !is_extended_resource(name.as_string())) {
    errors.invalid(path.child("extendedResourceName"), name.as_string(),
                   "must be a valid extended resource name");
  }
}

void validate(const RuleContext&, Value object, FieldErrors& errors) {
  check_class(object, errors);
}
void validate_update(const RuleContext&, Value object, Value, FieldErrors& errors) {
  check_class(object, errors);
}

}  // namespace

}  // namespace device

constinit const KindRules kDeviceClassRules = {
    .group = "resource.k8s.io",
    .resource = "deviceclasses",
    .generation = Generation::OnSpecChange,
    .delete_returns_object = true,
    .metadata_checked_fully = true,
    .validate = device::validate,
    .validate_update = device::validate_update,
};

}  // namespace knarr::apiserver::kinds
