// SPDX-License-Identifier: Apache-2.0
// Volumes that are block or file services, in the forms that pods have.
#include "apiserver/registry/kinds/pod_checks.h"

#include <algorithm>
#include <array>

namespace knarr::apiserver {

using object::Value;
using schema::FieldErrors;
using schema::FieldPath;

namespace {

using Check = void (*)(Value source, const FieldPath& path, FieldErrors& errors);

void require(Value source, const FieldPath& path, FieldErrors& errors,
             std::initializer_list<std::string_view> fields) {
  for (const std::string_view field : fields) {
    const Value value = source[field];
    if (value.is_list() ? value.empty() : value.as_string().empty()) {
      errors.required(path.child(field));
    }
  }
}

template <std::size_t N>
struct Text {
  // NOLINTNEXTLINE(google-explicit-constructor)
  consteval Text(const char (&text)[N]) { std::copy_n(text, N, data.begin()); }
  std::array<char, N> data{};
};

// A type that only needs some texts to be there.
template <Text... Fields>
void check_required(Value source, const FieldPath& path, FieldErrors& errors) {
  require(source, path, errors, {std::string_view(Fields.data.data())...});
}

void check_partition(Value source, const FieldPath& path, FieldErrors& errors) {
  const std::int64_t partition = source["partition"].as_int();
  if (partition < 0 || partition > 255) {
    errors.invalid(path.child("partition"), partition, "must be between 1 and 255, inclusive");
  }
}

void check_gce_disk(Value source, const FieldPath& path, FieldErrors& errors) {
  require(source, path, errors, {"pdName"});
  check_partition(source, path, errors);
}

void check_aws_disk(Value source, const FieldPath& path, FieldErrors& errors) {
  require(source, path, errors, {"volumeID"});
  check_partition(source, path, errors);
}

void check_nfs(Value source, const FieldPath& path, FieldErrors& errors) {
  require(source, path, errors, {"server", "path"});
  const std::string_view folder = source["path"].as_string();
  if (!folder.starts_with('/')) errors.invalid(path.child("path"), folder, "must be an absolute path");
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// iqn.YYYY-MM.reversed.domain:anything
bool is_iqn(std::string_view name) {
  constexpr std::string_view kShape = "iqn.0000-00.";
  if (name.size() <= kShape.size()) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == '0' ? !is_digit(name[i]) : name[i] != kShape[i]) return false;
  }
  const std::string_view rest = name.substr(kShape.size());
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == rest.size()) return false;
  const auto domain = rest.substr(0, colon);
  return std::ranges::all_of(domain, [](char c) { return is_alphanumeric(c) || c == '-' || c == '.'; }) &&
         rest.substr(colon + 1).find_first_of(",;*&$| \t\n\r\f\v") == std::string_view::npos;
}

// eui.<16> and naa.<32>
bool is_coded(std::string_view name, std::size_t length) {
  return name.size() == 4 + length &&
         std::ranges::all_of(name.substr(4), [](char c) { return is_alphanumeric(c); });
}

void check_iscsi_name(std::string_view name, const FieldPath& path, FieldErrors& errors) {
  const bool iqn = name.starts_with("iqn");
  const bool eui = name.starts_with("eui");
  const bool naa = name.starts_with("naa");
  if (!iqn && !eui && !naa) {
    errors.invalid(path, name, "must be valid format starting with iqn, eui, or naa");
  } else if ((iqn && !is_iqn(name)) || (eui && !is_coded(name, 16)) ||
             (naa && !is_coded(name, 32))) {
    errors.invalid(path, name, "must be valid format");
  }
}

void check_iscsi(Value source, const FieldPath& path, FieldErrors& errors) {
  require(source, path, errors, {"targetPortal", "iqn"});
  const std::string_view iqn = source["iqn"].as_string();
  if (!iqn.empty()) check_iscsi_name(iqn, path.child("iqn"), errors);
  const std::int64_t lun = source["lun"].as_int();
  if (lun < 0 || lun > 255) {
    errors.invalid(path.child("lun"), lun, "must be between 0 and 255, inclusive");
  }
  const bool chap = source["chapAuthDiscovery"].as_bool() || source["chapAuthSession"].as_bool();
  if (chap && !has(source["secretRef"])) errors.required(path.child("secretRef"));
  if (const Value initiator = source["initiatorName"]; has(initiator)) {
    check_iscsi_name(initiator.as_string(), path.child("initiatorname"), errors);
  }
}

void check_flocker(Value source, const FieldPath& path, FieldErrors& errors) {
  const std::string_view name = source["datasetName"].as_string();
  const std::string_view uuid = source["datasetUUID"].as_string();
  if (name.empty() && uuid.empty()) {
    errors.required(path, "one of datasetName and datasetUUID is required");
  }
  if (!name.empty() && !uuid.empty()) {
    errors.invalid(path, "resource",
                   "datasetName and datasetUUID can not be specified simultaneously");
  }
  if (name.find('/') != std::string_view::npos) {
    errors.invalid(path.child("datasetName"), name, "must not contain '/'");
  }
}

void check_cinder(Value source, const FieldPath& path, FieldErrors& errors) {
  require(source, path, errors, {"volumeID"});
  const FieldPath secret = path.child("secretRef");
  if (has(source["secretRef"])) require(source["secretRef"], secret, errors, {"name"});
}

// host:port as Go's net.SplitHostPort takes it.
bool is_host_port(std::string_view pair) {
  const std::size_t colon = pair.rfind(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view host = pair.substr(0, colon);
  if (host.starts_with('[')) return host.ends_with(']') && host.find(']') == host.size() - 1;
  return host.find_first_of(":[]") == std::string_view::npos;
}

void check_quobyte(Value source, const FieldPath& path, FieldErrors& errors) {
  constexpr std::string_view kRegistry =
      "must be a host:port pair or multiple pairs separated by commas";
  const std::string_view registry = source["registry"].as_string();
  const FieldPath registry_path = path.child("registry");
  if (registry.empty()) {
    errors.required(registry_path, kRegistry);
  } else if (source["tenant"].as_string().size() >= 65) {
    errors.required(path.child("tenant"),
                    "must be a UUID and may not exceed a length of 64 characters");
  } else {
    std::string_view rest = registry;
    while (true) {
      const std::size_t comma = rest.find(',');
      if (!is_host_port(rest.substr(0, comma))) errors.invalid(registry_path, registry, kRegistry);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  require(source, path, errors, {"volume"});
}

void check_fibre_channel(Value source, const FieldPath& path, FieldErrors& errors) {
  const Value targets = source["targetWWNs"];
  const Value ids = source["wwids"];
  const FieldPath targets_path = path.child("targetWWNs");
  if (targets.empty() && ids.empty()) {
    errors.required(targets_path, "must specify either targetWWNs or wwids, but not both");
  }
  if (!targets.empty() && !ids.empty()) {
    errors.invalid(targets_path, targets,
                   "targetWWNs and wwids can not be specified simultaneously");
  }
  if (targets.empty()) return;
  const Value lun = source["lun"];
  if (!has(lun)) {
    errors.required(path.child("lun"), "lun is required if targetWWNs is specified");
  } else if (lun.as_int() < 0 || lun.as_int() > 255) {
    errors.invalid(path.child("lun"), lun.as_int(), "must be between 0 and 255, inclusive");
  }
}

void check_flex(Value source, const FieldPath& path, FieldErrors& errors) {
  require(source, path, errors, {"driver"});
  const FieldPath options = path.child("options");
  for (const auto [key, atom, value] : source["options"].entries()) {
    std::string space(".");
    for (const char c : key.substr(0, key.find('/'))) {
      space += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
    if (space.ends_with(".kubernetes.io") || space.ends_with(".k8s.io")) {
      errors.invalid(options.key(key), key, "kubernetes.io and k8s.io namespaces are reserved");
    }
  }
}

void check_azure_disk(Value source, const FieldPath& path, FieldErrors& errors) {
  require(source, path, errors, {"diskName", "diskURI"});
  if (const Value mode = source["cachingMode"]; has(mode)) {
    check_choice(mode.as_string(), path.child("cachingMode"), errors,
                 {"None", "ReadOnly", "ReadWrite"});
  }
  const Value kind = source["kind"];
  if (!has(kind)) return;
  check_choice(kind.as_string(), path.child("kind"), errors, {"Dedicated", "Managed", "Shared"});
  const std::string_view uri = source["diskURI"].as_string();
  if (kind.as_string() == "Managed") {
    if (!uri.starts_with("/subscriptions/")) {
      errors.not_supported(path.child("diskURI"), uri,
                           {"/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/"
                            "microsoft.compute/disks/{disk-id}"});
    }
  } else if (!uri.starts_with("https://")) {
    errors.not_supported(
        path.child("diskURI"), uri,
        {"https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"});
  }
}

void check_storage_os(Value source, const FieldPath& path, FieldErrors& errors) {
  const std::string_view name = source["volumeName"].as_string();
  if (name.empty()) errors.required(path.child("volumeName"));
  else check_dns_label(name, path.child("volumeName"), errors);
  const std::string_view space = source["volumeNamespace"].as_string();
  if (!space.empty()) check_dns_label(space, path.child("volumeNamespace"), errors);
  const FieldPath secret = path.child("secretRef");
  if (has(source["secretRef"])) require(source["secretRef"], secret, errors, {"name"});
}

void check_csi(Value source, const FieldPath& path, FieldErrors& errors) {
  constexpr std::size_t kLongestDriver = 63;
  const std::string_view driver = source["driver"].as_string();
  const FieldPath driver_path = path.child("driver");
  std::string lower(driver);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  if (driver.empty()) errors.required(driver_path);
  if (driver.size() > kLongestDriver) errors.too_long(driver_path, kLongestDriver);
  if (!driver.empty()) {
    errors.invalid_each(driver_path, driver, schema::check_dns1123_subdomain(lower));
  }
  const Value secret = source["nodePublishSecretRef"];
  if (!has(secret)) return;
  const std::string_view name = secret["name"].as_string();
  const FieldPath secret_path = path.child("nodePublishSecretRef");
  if (name.empty()) errors.required(secret_path.child("name"));
  else check_dns_subdomain(name, path.child("name"), errors);
}

struct Row {
  std::string_view type;
  std::string_view path;  // Mostly the type.
  Check check;
};

constexpr Row kRows[] = {
    {"gcePersistentDisk", "persistentDisk", check_gce_disk},
    {"awsElasticBlockStore", "awsElasticBlockStore", check_aws_disk},
    {"nfs", "nfs", check_nfs},
    {"iscsi", "iscsi", check_iscsi},
    {"glusterfs", "glusterfs", check_required<"endpoints", "path">},
    {"flocker", "flocker", check_flocker},
    {"rbd", "rbd", check_required<"monitors", "image">},
    {"cinder", "cinder", check_cinder},
    {"cephfs", "cephfs", check_required<"monitors">},
    {"quobyte", "quobyte", check_quobyte},
    {"fc", "fc", check_fibre_channel},
    {"flexVolume", "flexVolume", check_flex},
    {"azureFile", "azureFile", check_required<"secretName", "shareName">},
    {"vsphereVolume", "vsphereVolume", check_required<"volumePath">},
    {"photonPersistentDisk", "photonPersistentDisk", check_required<"pdID">},
    {"portworxVolume", "portworxVolume", check_required<"volumeID">},
    {"azureDisk", "azureDisk", check_azure_disk},
    {"storageos", "storageos", check_storage_os},
    {"scaleIO", "scaleIO", check_required<"gateway", "system", "volumeName">},
    {"csi", "csi", check_csi},
};

}  // namespace

bool check_storage_source(std::string_view type, Value source, const FieldPath& path,
                          FieldErrors& errors) {
  const auto* const row = std::ranges::find(kRows, type, &Row::type);
  if (row == std::end(kRows)) return false;
  row->check(source, path.child(row->path), errors);
  return true;
}

}  // namespace knarr::apiserver
