// SPDX-License-Identifier: Apache-2.0
// Cluster IPs and node ports: what is free, and the allocation that a write of a Service makes. In
// memory alone, filled from the services that exist: this process writes them all. Not thread-safe:
// the API strand. Source: k8s.io/kubernetes pkg/registry/core/service of 1.36.
#pragma once

#include "apiserver/registry/allocator.h"
#include "base/result.h"
#include "schema/ip_text.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace knarr::apiserver::kinds {

/// A set of small numbers that remembers where it gave one out last. Grows with the largest one.
class NumberPool {
 public:
  /// Numbers 0 to size-1; those below `reserved` are given out only when asked for by name, until
  /// the rest is used up.
  NumberPool(std::uint32_t size, std::uint32_t reserved) : size_(size), reserved_(reserved) {}

  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] bool has(std::uint32_t number) const;
  /// False when it is taken already.
  bool take(std::uint32_t number);
  void give_back(std::uint32_t number);
  /// Takes a free number, one that was not in use lately; nothing when all are taken.
  std::optional<std::uint32_t> take_next();

 private:
  std::optional<std::uint32_t> find_free(std::uint32_t from, std::uint32_t to) const;

  std::uint32_t size_;
  std::uint32_t reserved_;
  std::uint32_t next_ = 0;
  std::vector<std::uint64_t> words_;
};

/// The addresses of one service range.
class ServiceIpAllocator {
 public:
  /// `range`: its network address and, in IPv4, its broadcast address are not given out.
  explicit ServiceIpAllocator(schema::IpBlock range);

  [[nodiscard]] bool is_v4() const { return range_.address.v4; }
  [[nodiscard]] const schema::IpBlock& range() const { return range_; }
  /// Takes an address; gives Kubernetes' complaint when it cannot be had, else "". On a dry run only
  /// the range is checked.
  std::string take(const schema::IpAddress& address, bool dry_run);
  /// Takes a free address; on a dry run it gives the range's own address and takes nothing.
  std::optional<schema::IpAddress> take_next(bool dry_run);
  void give_back(const schema::IpAddress& address);
  /// The n-th address of the range; 1 is the API server's own service.
  [[nodiscard]] schema::IpAddress nth(std::uint32_t n) const;

 private:
  [[nodiscard]] std::optional<std::uint32_t> number_of(const schema::IpAddress& address) const;

  schema::IpBlock range_;
  NumberPool pool_;  // Number 0 is the second address of the range.
};

/// The node ports, 30000-32767 by default.
class NodePortAllocator {
 public:
  NodePortAllocator(int first, int last);

  /// Takes a port; gives Kubernetes' complaint when it cannot be had, else "".
  std::string take(int port);
  [[nodiscard]] bool has(int port) const;
  std::optional<int> take_next();
  void give_back(int port);

 private:
  int first_;
  int last_;
  NumberPool pool_;
};

/// What a Service takes while it is written.
class ServiceAllocator : public Allocator {
 public:
  struct Settings {
    std::vector<schema::IpBlock> ranges;  // One, or two of different families; the first is default.
    int first_node_port = 30000;
    int last_node_port = 32767;
  };
  explicit ServiceAllocator(const Settings& settings);

  Result<Reservation> allocate(const RuleContext& context, object::NodeRef object,
                               object::Value old) override;
  void released(object::Value object) override;
  void restore(object::Value object) override;

  [[nodiscard]] const ServiceIpAllocator& default_ips() const { return ips_.front(); }

 private:
  friend class ServiceWrite;
  [[nodiscard]] ServiceIpAllocator* ips_of(bool v4);

  std::vector<ServiceIpAllocator> ips_;
  NodePortAllocator ports_;
};

}  // namespace knarr::apiserver::kinds
