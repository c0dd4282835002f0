// SPDX-License-Identifier: Apache-2.0
// What one write of a Service allocates and releases: families, cluster IPs, node ports, the port
// of health checks. Source: k8s.io/kubernetes pkg/registry/core/service/storage/alloc.go of 1.36.
#include "apiserver/registry/kinds/service.h"
#include "apiserver/registry/kinds/service_ip.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

namespace knarr::apiserver::kinds {

using object::NodeRef;
using schema::IpAddress;

namespace {

std::string_view family_name(bool v4) { return v4 ? "IPv4" : "IPv6"; }

void keep_first(NodeRef list) {
  while (list.size() > 1) list.erase_at(list.size() - 1);
}

Error internal_error(std::string text) {
  return {Reason::InternalError, fmt::format("Internal error occurred: {}", text)};
}

}  // namespace

/// One allocation in progress: everything taken is given back by undo().
class ServiceWrite {
 public:
  ServiceWrite(ServiceAllocator& pool, NodeRef object, Value old, bool dry_run)
      : pool_(pool), name_(object["metadata"]["name"].as_string()), spec_(object["spec"]),
        old_(old["spec"]), dry_run_(dry_run) {}

  Result<> run() {
    if (old_.exists()) {
      service::keep_allocated(spec_, old_);
    } else if (!spec_["clusterIP"].as_string().empty() && spec_["clusterIPs"].empty()) {
      NodeRef ips = spec_.ensure_list("clusterIPs");
      ips.append_string(std::string(spec_["clusterIP"].as_string()));
    }
    TRY(settle_families());
    TRY(take_ips());
    TRY(take_node_ports());
    return take_health_check_port();
  }

  void undo() {
    for (const IpAddress& ip : taken_ips_) give_back(ip);
    for (const int port : taken_ports_) pool_.ports_.give_back(port);
  }
  void release_old() {
    if (dry_run_) return;
    for (const IpAddress& ip : released_ips_) give_back(ip);
    for (const int port : released_ports_) pool_.ports_.give_back(port);
  }

 private:
  void give_back(const IpAddress& ip) {
    if (ServiceIpAllocator* ips = pool_.ips_of(ip.v4)) ips->give_back(ip);
  }
  Error refuse(FieldErrors errors) const {
    return std::move(errors).to_error("", "Service", name_);
  }
  // The spec as the shared checks want it. Texts live as long as `frozen_`.
  Value frozen() {
    frozen_ = object::Draft::freeze(spec_);
    return frozen_.root();
  }
  [[nodiscard]] bool dual_stack() const { return pool_.ips_.size() > 1; }
  [[nodiscard]] std::string_view policy() const { return spec_["ipFamilyPolicy"].as_string(); }
  [[nodiscard]] bool is_single() const { return policy().empty() || policy() == "SingleStack"; }

  // Nothing about families moved: a service that prefers two keeps what it has, though the cluster
  // may have changed meanwhile.
  [[nodiscard]] bool prefers_as_before() const {
    return old_.exists() && policy() == "PreferDualStack" &&
           old_["ipFamilyPolicy"].as_string() == "PreferDualStack" &&
           same(spec_["clusterIPs"], old_["clusterIPs"]) &&
           same(spec_["ipFamilies"], old_["ipFamilies"]);
  }

  // One stack is clear intent to let go of the second address; with another policy, leaving it out
  // is a mistake.
  void settle_downgrade(FieldErrors& errors) {
    if (!old_.exists()) return;
    const FieldPath path("spec");
    for (const auto& [field, what] : {std::pair("clusterIPs", "cluster IP"),
                                      std::pair("ipFamilies", "IP family")}) {
      if (is_single()) {
        if (same(spec_[field], old_[field])) keep_first(spec_[field]);
      } else if (old_[field].size() == 2 && spec_[field].size() == 1) {
        errors.invalid(path.child("ipFamilyPolicy"), policy(),
                       fmt::format("must be 'SingleStack' to release the secondary {}", what));
      }
    }
  }

  void check_single(FieldErrors& errors) {
    if (!is_single()) return;
    const FieldPath path("spec");
    const FieldPath at = path.child("ipFamilyPolicy");
    constexpr const char* kText =
        "must be 'RequireDualStack' or 'PreferDualStack' when multiple {} are specified";
    const std::string_view shown = policy().empty() ? "SingleStack" : policy();
    for (const auto& [field, what] : {std::pair("clusterIPs", "cluster IPs"),
                                      std::pair("ipFamilies", "IP families")}) {
      if (spec_[field].size() == 2) errors.invalid(at, shown, fmt::format(fmt::runtime(kText), what));
    }
  }

  void infer_families(FieldErrors& errors) {
    const FieldPath path("spec");
    const FieldPath ips_path = path.child("clusterIPs");
    for (std::size_t i = spec_["ipFamilies"].size(); i < spec_["clusterIPs"].size(); ++i) {
      const std::string_view text = spec_["clusterIPs"].at(i).as_string();
      if (text == "None") return;
      const bool v4 = schema::parse_ip(text)->v4;
      if (pool_.ips_of(v4) == nullptr) {
        errors.invalid(ips_path.index(i), frozen()["clusterIPs"],
                       fmt::format("{} is not configured on this cluster", family_name(v4)));
        return;
      }
      spec_.ensure_list("ipFamilies").append_string(family_name(v4));
    }
  }

  void add_other_family() {
    NodeRef families = spec_["ipFamilies"];
    families.append_string(family_name(families.at(0).as_string() != "IPv4"));
  }
  void default_family() {
    if (!spec_["ipFamilies"].empty()) return;
    spec_.ensure_list("ipFamilies").append_string(family_name(pool_.ips_.front().is_v4()));
  }

  Result<> settle_families() {
    if (service::type_of(spec_) == "ExternalName" || prefers_as_before()) return ok();
    FieldErrors errors;
    service::check_cluster_ip_fields(frozen(), old_, errors);
    if (!errors.empty()) return refuse(std::move(errors));
    const bool bare = service::is_headless(spec_) && spec_["selector"].empty();
    settle_downgrade(errors);
    check_single_unless_bare(bare, errors);
    infer_families(errors);
    if (!errors.empty()) return refuse(std::move(errors));
    if (bare) {
      // A headless service without a selector is what its owner makes of it.
      if (!given(spec_["ipFamilyPolicy"])) spec_.set("ipFamilyPolicy", "RequireDualStack");
      default_family();
      if (!is_single() && spec_["ipFamilies"].size() == 1) add_other_family();
      return ok();
    }
    const FieldPath path("spec");
    if (policy() == "RequireDualStack" && !dual_stack()) {
      errors.invalid(path.child("ipFamilyPolicy"), policy(),
                     "this cluster is not configured for dual-stack services");
    }
    const FieldPath families_path = path.child("ipFamilies");
    for (std::size_t i = 0; i < spec_["ipFamilies"].size(); ++i) {
      const std::string_view family = spec_["ipFamilies"].at(i).as_string();
      if (pool_.ips_of(family == "IPv4") == nullptr) {
        errors.invalid(families_path.index(i), family, "not configured on this cluster");
      }
    }
    if (!errors.empty()) return refuse(std::move(errors));
    default_family();
    if (!given(spec_["ipFamilyPolicy"])) spec_.set("ipFamilyPolicy", "SingleStack");
    if (!is_single() && dual_stack() && spec_["ipFamilies"].size() == 1) add_other_family();
    return ok();
  }

  void check_single_unless_bare(bool bare, FieldErrors& errors) {
    if (bare && !given(spec_["ipFamilyPolicy"])) return;
    check_single(errors);
  }

  // ---- cluster IPs

  Result<> take_ip(std::size_t i) {
    const bool v4 = spec_["ipFamilies"].at(i).as_string() == "IPv4";
    ServiceIpAllocator* ips = pool_.ips_of(v4);
    if (ips == nullptr) return ok();
    NodeRef list = spec_.ensure_list("clusterIPs");
    if (i < list.size()) {
      const std::string wanted(list.at(i).as_string());
      const IpAddress address = *schema::parse_ip(wanted);
      const std::string complaint = ips->take(address, dry_run_);
      if (complaint.empty()) {
        if (!dry_run_) taken_ips_.push_back(address);
        return ok();
      }
      FieldErrors errors;
      errors.invalid(FieldPath("spec").child("clusterIPs"), frozen()["clusterIPs"],
                     fmt::format("failed to allocate IP {}: {}", wanted, complaint));
      return refuse(std::move(errors));
    }
    const auto address = ips->take_next(dry_run_);
    if (!address) return internal_error("failed to allocate a serviceIP: range is full");
    if (!dry_run_) taken_ips_.push_back(*address);
    list.append_string(address->text());
    return ok();
  }

  Result<> take_ips() {
    const bool had = old_.exists() && service::type_of(old_) != "ExternalName";
    const bool wants = service::type_of(spec_) != "ExternalName";
    if (had && old_["clusterIPs"].size() > 0 && service::is_headless(old_)) return ok();
    if (had && !wants) {
      release_ips(0);
      return ok();
    }
    if (!wants || service::is_headless(spec_)) return ok();
    std::size_t first = 0;
    if (had) {
      first = old_["ipFamilies"].size();
      if (spec_["ipFamilies"].size() < first) release_ips(spec_["ipFamilies"].size());
      // Other addresses than before are validation's to refuse.
      if (!same(spec_["clusterIPs"], old_["clusterIPs"]) &&
          spec_["clusterIPs"].size() <= old_["clusterIPs"].size()) {
        return ok();
      }
    }
    for (std::size_t i = first; i < spec_["ipFamilies"].size(); ++i) TRY(take_ip(i));
    if (!spec_["clusterIPs"].empty()) {
      spec_.set("clusterIP", std::string_view(std::string(spec_["clusterIPs"].at(0).as_string())));
    }
    return ok();
  }

  void release_ips(std::size_t from) {
    for (std::size_t i = from; i < old_["clusterIPs"].size(); ++i) {
      if (const auto ip = schema::parse_ip(old_["clusterIPs"].at(i).as_string())) {
        released_ips_.push_back(*ip);
      }
    }
  }

  // ---- node ports

  Result<> take_port(int port, const FieldPath& path) {
    // A dry run looks at what is taken, not at the range.
    const bool twice =
        pool_.ports_.has(port) || std::ranges::find(dry_ports_, port) != dry_ports_.end();
    const std::string complaint = !dry_run_ ? pool_.ports_.take(port)
                                  : twice   ? "provided port is already allocated"
                                            : "";
    if (dry_run_ && !twice) {
      dry_ports_.push_back(port);
      return ok();
    }
    if (complaint.empty()) {
      taken_ports_.push_back(port);
      return ok();
    }
    FieldErrors errors;
    errors.invalid(path, std::int64_t{port}, complaint);
    return refuse(std::move(errors));
  }

  std::optional<int> take_next_port() {
    constexpr int kDryPort = 32768;  // A sensible number; nothing is taken on a dry run.
    if (dry_run_) {
      const int last = dry_ports_.empty() ? kDryPort : *std::ranges::max_element(dry_ports_);
      dry_ports_.push_back(last + 1);
      return last + 1;
    }
    const auto port = pool_.ports_.take_next();
    if (port) taken_ports_.push_back(*port);
    return port;
  }

  [[nodiscard]] bool old_has_port(int number) const {
    if (!old_.exists() || !service::may_have_node_ports(old_)) return false;
    for (const Value port : old_["ports"].items()) {
      if (port["nodePort"].as_int() == number) return true;
    }
    return false;
  }

  // Ports of one number (TCP and UDP) share a node port: what is asked for first, or what another
  // of them asks for further on.
  Result<> take_node_ports() {
    std::map<std::int64_t, int> by_port;
    std::vector<int> used;
    if (service::may_have_node_ports(spec_)) {
      const FieldPath path("spec");
      const FieldPath list = path.child("ports");
      const NodeRef ports = spec_["ports"];
      for (std::size_t i = 0; i < ports.size(); ++i) {
        NodeRef port = ports.at(i);
        const std::int64_t number = port["port"].as_int();
        const FieldPath at = list.index(i);
        const auto wanted = static_cast<int>(port["nodePort"].as_int());
        int& shared = by_port[number];
        if (wanted != 0) {
          if (wanted == shared || old_has_port(wanted)) {
            if (shared == 0) shared = wanted;
          } else {
            TRY(take_port(wanted, at.child("nodePort")));
            if (shared == 0) shared = wanted;
          }
          used.push_back(wanted);
          continue;
        }
        if (!service::allocates_node_ports(spec_)) continue;
        if (shared == 0) {
          shared = requested_for(number, i);
          if (shared != 0 && !old_has_port(shared)) TRY(take_port(shared, at.child("nodePort")));
        }
        if (shared == 0) {
          const auto next = take_next_port();
          if (!next) return internal_error("failed to allocate a nodePort: range is full");
          shared = *next;
        }
        port.ensure("nodePort").set_int(shared);
        used.push_back(shared);
      }
    }
    if (!old_.exists() || !service::may_have_node_ports(old_)) return ok();
    for (const Value port : old_["ports"].items()) {
      const auto number = static_cast<int>(port["nodePort"].as_int());
      if (number != 0 && std::ranges::find(used, number) == used.end()) {
        released_ports_.push_back(number);
      }
    }
    return ok();
  }

  [[nodiscard]] int requested_for(std::int64_t number, std::size_t after) const {
    const NodeRef ports = spec_["ports"];
    for (std::size_t i = after; i < ports.size(); ++i) {
      if (ports.at(i)["port"].as_int() == number && ports.at(i)["nodePort"].as_int() != 0) {
        return static_cast<int>(ports.at(i)["nodePort"].as_int());
      }
    }
    return 0;
  }

  Result<> take_health_check_port() {
    const bool had = old_.exists() && service::needs_health_check_port(old_);
    const bool needs = service::needs_health_check_port(spec_);
    const auto wanted = static_cast<int>(spec_["healthCheckNodePort"].as_int());
    const auto before = static_cast<int>(old_["healthCheckNodePort"].as_int());
    if (had && !needs) {
      released_ports_.push_back(before);
    } else if (had && wanted != before) {
      FieldErrors errors;
      errors.forbidden(FieldPath("spec").child("healthCheckNodePort"), kImmutable);
      return refuse(std::move(errors));
    } else if (!had && needs) {
      if (wanted != 0) {
        if (dry_run_) return ok();
        const std::string complaint = pool_.ports_.take(wanted);
        if (!complaint.empty()) {
          return internal_error(fmt::format(
              "failed to allocate requested HealthCheck NodePort {}: {}", wanted, complaint));
        }
        taken_ports_.push_back(wanted);
        return ok();
      }
      const auto next = take_next_port();
      if (!next) return internal_error("failed to allocate a HealthCheck NodePort: range is full");
      spec_.ensure("healthCheckNodePort").set_int(*next);
    }
    return ok();
  }

  ServiceAllocator& pool_;
  std::string name_;
  NodeRef spec_;
  Value old_;
  bool dry_run_;
  object::Document frozen_;
  std::vector<IpAddress> taken_ips_, released_ips_;
  std::vector<int> taken_ports_, released_ports_, dry_ports_;
};

ServiceAllocator::ServiceAllocator(const Settings& settings)
    : ports_(settings.first_node_port, settings.last_node_port) {
  for (const schema::IpBlock& range : settings.ranges) ips_.emplace_back(range);
}

ServiceIpAllocator* ServiceAllocator::ips_of(bool v4) {
  for (ServiceIpAllocator& ips : ips_) {
    if (ips.is_v4() == v4) return &ips;
  }
  return nullptr;
}

Result<Reservation> ServiceAllocator::allocate(const RuleContext& context, NodeRef object,
                                               Value old) {
  if (!context.subresource.empty() || !object["spec"].is_map()) return Reservation();
  auto write = std::make_shared<ServiceWrite>(*this, object, old, context.dry_run);
  if (auto done = write->run(); !done) {
    write->undo();
    return std::move(done).error();
  }
  return Reservation([write] { write->undo(); }, [write] { write->release_old(); });
}

void ServiceAllocator::released(Value object) {
  const Value spec = object["spec"];
  for (const Value ip : spec["clusterIPs"].items()) {
    const auto address = schema::parse_ip(ip.as_string());
    if (!address) continue;
    if (ServiceIpAllocator* ips = ips_of(address->v4)) ips->give_back(*address);
  }
  for (const Value port : spec["ports"].items()) {
    ports_.give_back(static_cast<int>(port["nodePort"].as_int()));
  }
  ports_.give_back(static_cast<int>(spec["healthCheckNodePort"].as_int()));
}

void ServiceAllocator::restore(Value object) {
  const Value spec = object["spec"];
  for (const Value ip : spec["clusterIPs"].items()) {
    const auto address = schema::parse_ip(ip.as_string());
    if (!address) continue;
    if (ServiceIpAllocator* ips = ips_of(address->v4)) ips->take(*address, false);
  }
  for (const Value port : spec["ports"].items()) {
    if (port["nodePort"].as_int() != 0) ports_.take(static_cast<int>(port["nodePort"].as_int()));
  }
  if (const auto port = static_cast<int>(spec["healthCheckNodePort"].as_int()); port != 0) {
    ports_.take(port);
  }
}

}  // namespace knarr::apiserver::kinds
