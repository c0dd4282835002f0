// SPDX-License-Identifier: Apache-2.0
// Counters, gauges and histograms with labels, and their Prometheus text. Series are made once and
// kept for ever: their references stay good, updates are atomic and take no lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace knarr::metrics {

class Counter {
 public:
  void add(double amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  [[nodiscard]] double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  [[nodiscard]] double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

class Histogram {
 public:
  /// Upper bounds, rising; +Inf is added.
  explicit Histogram(const std::vector<double>& bounds);
  void observe(double value);
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] double sum() const { return sum_.load(std::memory_order_relaxed); }
  /// How many fell into bucket `i` alone; the last is +Inf's.
  [[nodiscard]] std::uint64_t bucket(std::size_t i) const {
    return counts_[i].load(std::memory_order_relaxed);
  }
  [[nodiscard]] const std::vector<double>& bounds() const { return bounds_; }

 private:
  const std::vector<double> bounds_;
  std::deque<std::atomic<std::uint64_t>> counts_;
  std::atomic<double> sum_ = 0;
};

namespace detail {

class Family {
 public:
  Family(std::string name, std::string help, std::vector<std::string> labels);
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;
  virtual ~Family() = default;
  virtual void write_to(std::string& text) const = 0;

 protected:
  void write_head(std::string& text, std::string_view type) const;
  void write_labels(std::string& text, const std::vector<std::string>& values,
                    std::string_view le) const;

  const std::string name_;
  const std::string help_;
  const std::vector<std::string> labels_;
  mutable std::mutex mutex_;
};

template <typename Metric>
class TypedFamily final : public Family {
 public:
  using Family::Family;
  TypedFamily(std::string name, std::string help, std::vector<std::string> labels,
              std::vector<double> bounds)
      : Family(std::move(name), std::move(help), std::move(labels)), bounds_(std::move(bounds)) {}

  Metric& with(std::vector<std::string> values);
  void write_to(std::string& text) const override;

 private:
  std::vector<double> bounds_;
  std::map<std::vector<std::string>, std::unique_ptr<Metric>> series_;
};

}  // namespace detail

/// A named metric; `with({"GET", "200"})` gives the series of these label values, in the order the
/// labels were declared. Look a series up once where it matters.
template <typename Metric>
class Family {
 public:
  explicit Family(detail::TypedFamily<Metric>* family) : family_(family) {}
  Metric& with(std::vector<std::string> values) const { return family_->with(std::move(values)); }

 private:
  detail::TypedFamily<Metric>* family_;
};

class Registry {
 public:
  /// The program's registry.
  static Registry& global();

  /// A name is registered once; again with the same name gives the same metric.
  Counter& counter(std::string name, std::string help);
  Gauge& gauge(std::string name, std::string help);
  Histogram& histogram(std::string name, std::string help, std::vector<double> bounds);
  Family<Counter> counters(std::string name, std::string help, std::vector<std::string> labels);
  Family<Gauge> gauges(std::string name, std::string help, std::vector<std::string> labels);
  Family<Histogram> histograms(std::string name, std::string help, std::vector<std::string> labels,
                               std::vector<double> bounds);

  /// The text exposition format, version 0.0.4, sorted by name.
  [[nodiscard]] std::string text() const;

 private:
  template <typename Metric>
  detail::TypedFamily<Metric>* family(std::string name, std::string help,
                                      std::vector<std::string> labels, std::vector<double> bounds);

  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<detail::Family>> families_;
};

}  // namespace knarr::metrics
