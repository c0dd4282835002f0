// SPDX-License-Identifier: Apache-2.0
// Config maps, secrets and service accounts. Source: k8s.io/kubernetes pkg/apis/core/validation and
// pkg/registry/core of 1.36; BEHAVIOURS 46.
#include "apiserver/registry/kinds/all.h"
#include "apiserver/registry/kinds/checks.h"
#include "base/base64.h"
#include "codec/json.h"

#include <fmt/format.h>

namespace knarr::apiserver::kinds {

namespace {

constexpr std::size_t kMaxDataBytes = 1024UL * 1024;
constexpr std::string_view kSealed = "field is immutable when `immutable` is set";

// The bytes behind a base64 text.
std::size_t decoded_size(std::string_view text) {
  std::size_t size = text.size() / 4 * 3;
  while (size > 0 && text.ends_with('=')) {
    text.remove_suffix(1);
    --size;
  }
  return size;
}

void check_key(std::string_view key, const FieldPath& path, FieldErrors& errors) {
  complain(errors, path.key(key), key, schema::check_config_map_key(key));
}

// What `immutable: true` forbids.
void check_sealed(Value object, Value old, std::initializer_list<std::string_view> fields,
                  FieldErrors& errors) {
  if (!old["immutable"].as_bool()) return;
  if (!object["immutable"].as_bool()) errors.forbidden(FieldPath("immutable"), kSealed);
  for (const std::string_view field : fields) {
    if (!same(object[field], old[field])) errors.forbidden(FieldPath(field), kSealed);
  }
}

// ---- config maps

void validate_config_map(const RuleContext&, Value object, FieldErrors& errors) {
  const FieldPath data_path("data");
  const FieldPath binary_path("binaryData");
  const Value binary = object["binaryData"];
  std::size_t total = 0;
  for (auto entry : object["data"].entries()) {
    check_key(entry.key, data_path, errors);
    if (binary[entry.key].exists()) {
      errors.invalid(data_path.key(entry.key), entry.key, "duplicate of key present in binaryData");
    }
    total += entry.value.as_string().size();
  }
  for (auto entry : binary.entries()) {
    check_key(entry.key, binary_path, errors);
    total += decoded_size(entry.value.as_string());
  }
  if (total > kMaxDataBytes) errors.too_long(FieldPath(""), kMaxDataBytes);
}

void validate_config_map_update(const RuleContext& context, Value object, Value old,
                                FieldErrors& errors) {
  check_sealed(object, old, {"data", "binaryData"}, errors);
  validate_config_map(context, object, errors);
}

// ---- secrets

void require_key(Value data, std::string_view key, FieldErrors& errors) {
  if (!data[key].exists()) errors.required(FieldPath("data").key(key));
}

// The old and the new form of registry credentials are JSON objects.
void check_docker_config(Value data, std::string_view key, FieldErrors& errors) {
  if (!data[key].exists()) {
    errors.required(FieldPath("data").key(key));
    return;
  }
  const auto bytes = base64_decode(data[key].as_string());
  const FieldPath path("data");
  constexpr std::string_view kRedacted = "<secret contents redacted>";
  if (!bytes || bytes->empty()) {
    errors.invalid(path.key(key), kRedacted, "unexpected end of JSON input");
    return;
  }
  const auto parsed = codec::parse_json(*bytes);
  if (!parsed) {
    errors.invalid(path.key(key), kRedacted, parsed.error().message());
    return;
  }
  const NodeRef root = parsed->root();
  if (root.is_map() || root.is_null()) return;
  const std::string_view kind = root.is_list()     ? "array"
                                : root.is_string() ? "string"
                                : root.is_bool()   ? "bool"
                                                   : "number";
  errors.invalid(path.key(key), kRedacted,
                 fmt::format("json: cannot unmarshal {} into Go value of type map[string]interface "
                             "{{}}", kind));
}

void check_typed_data(Value object, FieldErrors& errors) {
  const std::string_view type = object["type"].as_string();
  const Value data = object["data"];
  const FieldPath path("data");
  if (type == "kubernetes.io/service-account-token") {
    constexpr std::string_view kAccount = "kubernetes.io/service-account.name";
    const FieldPath metadata("metadata");
    if (object["metadata"]["annotations"][kAccount].as_string().empty()) {
      const FieldPath annotations = metadata.child("annotations");
      errors.required(annotations.key(kAccount));
    }
  } else if (type == "kubernetes.io/dockercfg") {
    check_docker_config(data, ".dockercfg", errors);
  } else if (type == "kubernetes.io/dockerconfigjson") {
    check_docker_config(data, ".dockerconfigjson", errors);
  } else if (type == "kubernetes.io/basic-auth") {
    if (data["username"].exists() || data["password"].exists()) return;
    require_key(data, "username", errors);
    require_key(data, "password", errors);
  } else if (type == "kubernetes.io/ssh-auth") {
    if (data["ssh-privatekey"].as_string().empty()) errors.required(path.key("ssh-privatekey"));
  } else if (type == "kubernetes.io/tls") {
    require_key(data, "tls.crt", errors);
    require_key(data, "tls.key", errors);
  }
}

void validate_secret(const RuleContext&, Value object, FieldErrors& errors) {
  const FieldPath path("data");
  std::size_t total = 0;
  for (auto entry : object["data"].entries()) {
    check_key(entry.key, path, errors);
    total += decoded_size(entry.value.as_string());
  }
  if (total > kMaxDataBytes) errors.too_long(path, kMaxDataBytes);
  check_typed_data(object, errors);
}

void validate_secret_update(const RuleContext& context, Value object, Value old,
                            FieldErrors& errors) {
  if (!same(object["type"], old["type"])) {
    errors.invalid(FieldPath("type"), object["type"], kImmutable);
  }
  check_sealed(object, old, {"data"}, errors);
  validate_secret(context, object, errors);
}

// stringData is for writing alone: it goes over data, then away.
void merge_string_data(NodeRef object) {
  const NodeRef texts = object["stringData"];
  if (!texts.exists()) return;
  if (!texts.empty()) {
    NodeRef data = object.ensure_map("data");
    for (auto entry : texts.entries()) {
      data.ensure(entry.key).set_string(base64_encode(entry.value.as_string()));
    }
    data.sort_keys();
  }
  object.erase("stringData");
}

void prepare_secret(const RuleContext&, NodeRef object) { merge_string_data(object); }

void prepare_secret_update(const RuleContext&, NodeRef object, Value old) {
  merge_string_data(object);
  if (object["type"].as_string().empty() && given(old["type"])) {
    object.set("type", old["type"].as_string());
  }
}

bool has_pem(Value data, std::string_view key) {
  const auto bytes = base64_decode(data[key].as_string());
  return bytes && bytes->find("-----BEGIN ") != std::string::npos;
}

void warn_secret(const RuleContext& context, Value object, Value) {
  if (context.warnings == nullptr || object["type"].as_string() != "kubernetes.io/tls") return;
  const Value data = object["data"];
  if (!has_pem(data, "tls.crt")) {
    context.warnings->emplace_back("tls: failed to find any PEM data in certificate input");
  } else if (!has_pem(data, "tls.key")) {
    context.warnings->emplace_back("tls: failed to find any PEM data in key input");
  }
}

// ---- service accounts

// Of the references to secrets only the name counts.
void clean_references(NodeRef object) {
  for (NodeRef reference : object["secrets"].items()) {
    const std::string name(reference["name"].as_string());
    reference.set_map();
    if (!name.empty()) reference.set("name", std::string_view(name));
  }
}

void prepare_account(const RuleContext&, NodeRef object) { clean_references(object); }
void prepare_account_update(const RuleContext&, NodeRef object, Value) { clean_references(object); }

void warn_account(const RuleContext& context, Value object, Value old) {
  constexpr std::string_view kMountable = "kubernetes.io/enforce-mountable-secrets";
  if (context.warnings == nullptr || !context.subresource.empty()) return;
  if (!object["metadata"]["annotations"][kMountable].exists() ||
      old["metadata"]["annotations"][kMountable].exists()) {
    return;
  }
  context.warnings->emplace_back(
      "metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer "
      "separate namespaces to isolate access to mounted secrets");
}

}  // namespace

constinit const KindRules kConfigMapRules = {
    .group = "",
    .resource = "configmaps",
    .metadata_checked_fully = true,
    .validate = validate_config_map,
    .validate_update = validate_config_map_update,
};

constinit const KindRules kSecretRules = {
    .group = "",
    .resource = "secrets",
    .metadata_checked_fully = true,
    .prepare_create = prepare_secret,
    .prepare_update = prepare_secret_update,
    .validate = validate_secret,
    .validate_update = validate_secret_update,
    .warn = warn_secret,
};

constinit const KindRules kServiceAccountRules = {
    .group = "",
    .resource = "serviceaccounts",
    .delete_returns_object = true,
    .metadata_checked_fully = true,
    .prepare_create = prepare_account,
    .prepare_update = prepare_account_update,
    .warn = warn_account,
};

}  // namespace knarr::apiserver::kinds
