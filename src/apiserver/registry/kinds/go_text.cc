// SPDX-License-Identifier: Apache-2.0
#include "apiserver/registry/kinds/go_text.h"

#include "apiserver/registry/kinds/unified_diff.h"
#include "codec/json.h"
#include "object/equality.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace knarr::apiserver {

using object::Field;
using object::Type;
using object::TypeKind;
using object::Value;

namespace {

// Names that are not the JSON name with a capital; for every type that has the field.
struct Name {
  std::string_view json;
  std::string_view go;
};

constexpr Name kNames[] = {
    {"apiGroup", "APIGroup"},
    {"apiVersion", "APIVersion"},
    {"awsElasticBlockStore", "AWSElasticBlockStore"},
    {"cephfs", "CephFS"},
    {"chapAuthDiscovery", "DiscoveryCHAPAuth"},
    {"chapAuthSession", "SessionCHAPAuth"},
    {"csi", "CSI"},
    {"diskURI", "DataDiskURI"},
    {"dnsConfig", "DNSConfig"},
    {"dnsPolicy", "DNSPolicy"},
    {"endpoints", "EndpointsName"},
    {"fc", "FC"},
    {"fsGroup", "FSGroup"},
    {"fsGroupChangePolicy", "FSGroupChangePolicy"},
    {"fsType", "FSType"},
    {"gcePersistentDisk", "GCEPersistentDisk"},
    {"gmsaCredentialSpec", "GMSACredentialSpec"},
    {"gmsaCredentialSpecName", "GMSACredentialSpecName"},
    {"grpc", "GRPC"},
    {"httpGet", "HTTPGet"},
    {"httpHeaders", "HTTPHeaders"},
    {"ip", "IP"},
    {"iqn", "IQN"},
    {"iscsi", "ISCSI"},
    {"iscsiInterface", "ISCSIInterface"},
    {"monitors", "CephMonitors"},
    {"nfs", "NFS"},
    {"os", "OS"},
    {"pdName", "PDName"},
    {"rbd", "RBD"},
    {"seLinuxChangePolicy", "SELinuxChangePolicy"},
    {"seLinuxOptions", "SELinuxOptions"},
    {"sslEnabled", "SSLEnabled"},
    {"storageos", "StorageOS"},
    {"tcpSocket", "TCPSocket"},
    {"tty", "TTY"},
    {"uid", "UID"},
    {"wwids", "WWIDs"},
};

std::string go_name(std::string_view type, std::string_view json) {
  const bool ceph = type.starts_with("core/v1.Ceph");
  const bool rbd = type.starts_with("core/v1.RBD");
  if (ceph && json == "monitors") return "Monitors";
  if (rbd && json == "image") return "RBDImage";
  if (rbd && json == "pool") return "RBDPool";
  if (rbd && json == "user") return "RadosUser";
  const auto* const found = std::ranges::lower_bound(kNames, json, {}, &Name::json);
  if (found != std::end(kNames) && found->json == json) return std::string(found->go);
  std::string out(json);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

// Where the internal struct has another order than the published one. Fields that are not named
// come after, in the published order.
struct Order {
  std::string_view type;
  std::initializer_list<std::string_view> fields;
};

const Order kOrders[] = {
    {"core/v1.PodSpec",
     {"volumes", "initContainers", "containers", "ephemeralContainers", "restartPolicy",
      "terminationGracePeriodSeconds", "activeDeadlineSeconds", "dnsPolicy", "nodeSelector",
      "serviceAccountName", "automountServiceAccountToken", "nodeName", "securityContext",
      "imagePullSecrets", "hostname", "subdomain", "setHostnameAsFQDN", "affinity", "schedulerName",
      "tolerations", "hostAliases", "priorityClassName", "priority", "preemptionPolicy",
      "dnsConfig", "readinessGates", "runtimeClassName", "overhead", "enableServiceLinks",
      "topologySpreadConstraints", "os", "schedulingGates", "resourceClaims", "resources",
      "hostnameOverride", "schedulingGroup"}},
    {"core/v1.PodSecurityContext",
     {"seLinuxOptions", "windowsOptions", "runAsUser", "runAsGroup", "runAsNonRoot",
      "supplementalGroups", "supplementalGroupsPolicy", "fsGroup", "sysctls",
      "fsGroupChangePolicy", "seccompProfile", "appArmorProfile", "seLinuxChangePolicy"}},
    {"core/v1.Volume",
     {"name", "hostPath", "emptyDir", "gcePersistentDisk", "awsElasticBlockStore", "gitRepo",
      "secret", "nfs", "iscsi", "glusterfs", "persistentVolumeClaim", "rbd", "quobyte",
      "flexVolume", "cinder", "cephfs", "flocker", "downwardAPI", "fc", "azureFile", "configMap",
      "vsphereVolume", "azureDisk", "photonPersistentDisk", "projected", "portworxVolume",
      "scaleIO", "storageos", "csi", "ephemeral", "image"}},
    {"core/v1.PersistentVolumeSource",
     {"gcePersistentDisk", "awsElasticBlockStore", "hostPath", "glusterfs", "nfs", "rbd", "quobyte",
      "iscsi", "flexVolume", "cinder", "cephfs", "fc", "flocker", "azureFile", "vsphereVolume",
      "azureDisk", "photonPersistentDisk", "portworxVolume", "scaleIO", "local", "storageos",
      "csi"}},
    {"core/v1.SecurityContext",
     {"capabilities", "privileged", "seLinuxOptions", "windowsOptions", "runAsUser", "runAsGroup",
      "runAsNonRoot", "readOnlyRootFilesystem", "allowPrivilegeEscalation", "procMount",
      "seccompProfile", "appArmorProfile"}},
};

std::vector<Field> fields_of(Type type) {
  std::vector<Field> out;
  const auto* const order = std::ranges::find(kOrders, type.name(), &Order::type);
  std::initializer_list<std::string_view> named;
  if (order != std::end(kOrders)) named = order->fields;
  for (const std::string_view name : named) {
    if (const Field field = type.find(name)) out.push_back(field);
  }
  for (std::size_t i = 0; i < type.field_count(); ++i) {
    const Field field = type.field(i);
    if (std::ranges::find(named, field.name()) == named.end()) out.push_back(field);
  }
  return out;
}

class Printer {
 public:
  std::string take() && { return std::move(out_); }

  void print(Value value, Type type, bool pointer) {
    const bool missing = !value.exists() || value.is_null();
    switch (type.kind()) {
      case TypeKind::Struct:
        if (missing && pointer) out_ += "null";
        else if (type.name().starts_with("meta/")) print_plain(value);
        else print_struct(value, type);
        return;
      case TypeKind::List:
        if (value.empty()) out_ += "null";
        else print_list(value, type);
        return;
      case TypeKind::Map:
        if (value.empty()) out_ += "null";
        else print_map(value, type);
        return;
      default: print_scalar(value, type, missing, pointer);
    }
  }

 private:
  void print_scalar(Value value, Type type, bool missing, bool pointer) {
    if (!missing) return codec::write_json(out_, value);
    if (pointer) out_ += "null";
    else if (type.is(TypeKind::Bool)) out_ += "false";
    else if (type.is(TypeKind::Quantity)) out_ += "\"0\"";
    else if (type.is(TypeKind::String)) out_ += "\"\"";
    else if (type.is(TypeKind::Time) || type.is(TypeKind::MicroTime)) out_ += "null";
    else out_ += "0";
  }

  void line() {
    out_ += '\n';
    out_.append(depth_, ' ');
  }

  void open(char bracket) {
    out_ += bracket;
    ++depth_;
    first_ = true;
  }

  void close(char bracket) {
    --depth_;
    if (!first_) line();
    out_ += bracket;
    first_ = false;
  }

  void next() {
    if (!first_) out_ += ',';
    first_ = false;
    line();
  }

  void key(std::string_view name) {
    next();
    codec::write_json_string(out_, name);
    out_ += ": ";
  }

  void print_fields(Value value, Type type) {
    for (const Field field : fields_of(type)) {
      const std::string_view name = field.name();
      const bool pod_spec = type.name() == "core/v1.PodSpec";
      // These live in the security context.
      if (pod_spec && is_of_context(name)) continue;
      if (pod_spec && name == "serviceAccount") continue;
      const Value child = value[name];
      // Behind a gate that is off: internal structs of this release have it, unset.
      key(go_name(type.name(), name));
      if (pod_spec && name == "securityContext") {
        print_context(value, child, field.type());
      } else if (type.name() == "core/v1.PersistentVolumeClaimTemplate" && name == "metadata") {
        print_plain(child);
      } else {
        print(child, field.type(), field.has(object::kPointer));
      }
    }
  }

  static bool is_of_context(std::string_view name) {
    return name == "hostNetwork" || name == "hostPID" || name == "hostIPC" ||
           name == "shareProcessNamespace" || name == "hostUsers";
  }

  void print_struct(Value value, Type type) {
    open('{');
    print_fields(value, type);
    close('}');
  }

  void print_context(Value spec, Value context, Type type) {
    open('{');
    for (const std::string_view name : {"hostNetwork", "hostPID", "hostIPC"}) {
      key(go_name("", name));
      out_ += spec[name].as_bool() ? "true" : "false";
    }
    for (const std::string_view name : {"shareProcessNamespace", "hostUsers"}) {
      key(go_name("", name));
      const Value flag = spec[name];
      if (!flag.exists() || flag.is_null()) out_ += "null";
      else out_ += flag.as_bool() ? "true" : "false";
    }
    print_fields(context, type);
    close('}');
  }

  void print_list(Value value, Type type) {
    open('[');
    for (const Value item : value.items()) {
      next();
      print(item, type.element(), false);
    }
    close(']');
  }

  void print_map(Value value, Type type) {
    open('{');
    std::vector<object::MapItem> items;
    for (const object::MapItem item : value.entries()) items.push_back(item);
    std::ranges::sort(items, {}, &object::MapItem::key);
    for (const object::MapItem& item : items) {
      key(item.key);
      print(item.value, type.element(), false);
    }
    close('}');
  }

  // Types of the machinery have their published form everywhere.
  void print_plain(Value value) {
    if (value.is_map()) {
      open('{');
      for (const auto [name, atom, child] : value.entries()) {
        key(name);
        print_plain(child);
      }
      close('}');
    } else if (value.is_list()) {
      open('[');
      for (const Value item : value.items()) {
        next();
        print_plain(item);
      }
      close(']');
    } else if (value.exists()) {
      codec::write_json(out_, value);
    } else {
      out_ += "{}";
    }
  }

  std::string out_;
  std::size_t depth_ = 0;
  bool first_ = true;
};

}  // namespace

std::string go_text(Value value, Type type) {
  Printer printer;
  printer.print(value, type, false);
  return std::move(printer).take();
}

bool go_equal(Value a, Value b, Type type) {
  return object::equal(a, b) || go_text(a, type) == go_text(b, type);
}

std::string go_diff(Value before, Value after, Type type) {
  return unified_diff(go_text(before, type), go_text(after, type));
}

}  // namespace knarr::apiserver
