// SPDX-License-Identifier: Apache-2.0
// The registry and the Prometheus text format.
#include "base/metrics.h"

#include "base/check.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace knarr::metrics {
namespace {

void append_number(std::string& text, double value) {
  if (std::isnan(value)) {
    text += "NaN";
  } else if (std::isinf(value)) {
    text += value > 0 ? "+Inf" : "-Inf";
  } else {
    fmt::format_to(std::back_inserter(text), "{}", value);
  }
}

void append_escaped(std::string& text, std::string_view value, bool quotes) {
  for (const char c : value) {
    if (c == '\\') {
      text += "\\\\";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '"' && quotes) {
      text += "\\\"";
    } else {
      text += c;
    }
  }
}

template <typename Metric>
constexpr std::string_view kType = "";
template <>
constexpr std::string_view kType<Counter> = "counter";
template <>
constexpr std::string_view kType<Gauge> = "gauge";
template <>
constexpr std::string_view kType<Histogram> = "histogram";

}  // namespace

Histogram::Histogram(const std::vector<double>& bounds)
    : bounds_(bounds), counts_(bounds.size() + 1) {
  CHECK(std::is_sorted(bounds.begin(), bounds.end()));
}

void Histogram::observe(double value) {
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
  std::uint64_t total = 0;
  for (const auto& count : counts_) total += count.load(std::memory_order_relaxed);
  return total;
}

namespace detail {

Family::Family(std::string name, std::string help, std::vector<std::string> labels)
    : name_(std::move(name)), help_(std::move(help)), labels_(std::move(labels)) {}

void Family::write_head(std::string& text, std::string_view type) const {
  text += "# HELP " + name_ + " ";
  append_escaped(text, help_, false);
  fmt::format_to(std::back_inserter(text), "\n# TYPE {} {}\n", name_, type);
}

void Family::write_labels(std::string& text, const std::vector<std::string>& values,
                          std::string_view le) const {
  if (values.empty() && le.empty()) return;
  char separator = '{';
  for (std::size_t i = 0; i < values.size(); ++i) {
    text += std::exchange(separator, ',');
    text += labels_[i];
    text += "=\"";
    append_escaped(text, values[i], true);
    text += '"';
  }
  if (!le.empty()) {
    text += separator;
    text += "le=\"";
    text += le;
    text += '"';
  }
  text += '}';
}

template <typename Metric>
Metric& TypedFamily<Metric>::with(std::vector<std::string> values) {
  CHECK(values.size() == labels_.size());
  std::lock_guard lock(mutex_);
  std::unique_ptr<Metric>& series = series_[std::move(values)];
  if (series == nullptr) {
    if constexpr (std::is_same_v<Metric, Histogram>) {
      series = std::make_unique<Metric>(bounds_);
    } else {
      series = std::make_unique<Metric>();
    }
  }
  return *series;
}

template <typename Metric>
void TypedFamily<Metric>::write_to(std::string& text) const {
  std::lock_guard lock(mutex_);
  if (series_.empty()) return;
  write_head(text, kType<Metric>);
  for (const auto& [values, metric] : series_) {
    if constexpr (std::is_same_v<Metric, Histogram>) {
      std::uint64_t total = 0;
      for (std::size_t i = 0; i <= metric->bounds().size(); ++i) {
        total += metric->bucket(i);
        std::string le = "+Inf";
        if (i < metric->bounds().size()) le = fmt::format("{}", metric->bounds()[i]);
        text += name_ + "_bucket";
        write_labels(text, values, le);
        fmt::format_to(std::back_inserter(text), " {}\n", total);
      }
      text += name_ + "_sum";
      write_labels(text, values, "");
      text += ' ';
      append_number(text, metric->sum());
      text += "\n" + name_ + "_count";
      write_labels(text, values, "");
      fmt::format_to(std::back_inserter(text), " {}\n", total);
    } else {
      text += name_;
      write_labels(text, values, "");
      text += ' ';
      append_number(text, metric->value());
      text += '\n';
    }
  }
}

template class TypedFamily<Counter>;
template class TypedFamily<Gauge>;
template class TypedFamily<Histogram>;

}  // namespace detail

Registry& Registry::global() {
  static Registry registry;
  return registry;
}

template <typename Metric>
detail::TypedFamily<Metric>* Registry::family(std::string name, std::string help,
                                              std::vector<std::string> labels,
                                              std::vector<double> bounds) {
  std::lock_guard lock(mutex_);
  std::unique_ptr<detail::Family>& slot = families_[name];
  if (slot == nullptr) {
    slot = std::make_unique<detail::TypedFamily<Metric>>(std::move(name), std::move(help),
                                                         std::move(labels), std::move(bounds));
  }
  auto* typed = dynamic_cast<detail::TypedFamily<Metric>*>(slot.get());
  CHECK(typed != nullptr);  // One name, one type.
  return typed;
}

Counter& Registry::counter(std::string name, std::string help) {
  return family<Counter>(std::move(name), std::move(help), {}, {})->with({});
}
Gauge& Registry::gauge(std::string name, std::string help) {
  return family<Gauge>(std::move(name), std::move(help), {}, {})->with({});
}
Histogram& Registry::histogram(std::string name, std::string help, std::vector<double> bounds) {
  return family<Histogram>(std::move(name), std::move(help), {}, std::move(bounds))->with({});
}
Family<Counter> Registry::counters(std::string name, std::string help,
                                   std::vector<std::string> labels) {
  return Family<Counter>(family<Counter>(std::move(name), std::move(help), std::move(labels), {}));
}
Family<Gauge> Registry::gauges(std::string name, std::string help,
                               std::vector<std::string> labels) {
  return Family<Gauge>(family<Gauge>(std::move(name), std::move(help), std::move(labels), {}));
}
Family<Histogram> Registry::histograms(std::string name, std::string help,
                                       std::vector<std::string> labels,
                                       std::vector<double> bounds) {
  return Family<Histogram>(
      family<Histogram>(std::move(name), std::move(help), std::move(labels), std::move(bounds)));
}

std::string Registry::text() const {
  std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [name, family] : families_) family->write_to(text);
  return text;
}

}  // namespace knarr::metrics
