// SPDX-License-Identifier: Apache-2.0
// Quantity: amounts of resources ("500m", "1Gi", "1e3") with exact arithmetic. Grammar, rounding and
// canonical text are those of k8s.io/apimachinery/pkg/api/resource; what Go adds up in arbitrary
// precision is kept here to 38 digits, and what Go overflows saturates.
#pragma once

#include "base/result.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace knarr::object {

/// An amount: mantissa * 10^scale, and the way it is written. Plain value, any thread.
class Quantity {
 public:
  enum class Format : std::uint8_t { DecimalSI, BinarySI, DecimalExponent };  // 12M, 12Mi, 12e6

  Quantity() = default;  // 0
  explicit Quantity(std::int64_t value, Format format = Format::DecimalSI)
      : mantissa_(value), format_(format) {}
  static Quantity milli(std::int64_t value, Format format = Format::DecimalSI) {
    return {value, -3, format};
  }

  /// Errors: BadRequest with Kubernetes' texts ("quantities must match the regular expression ...").
  static Result<Quantity> parse(std::string_view text);
  /// As parse(), but anything unreadable is 0: for texts out of a decoded document.
  static Quantity of(std::string_view canonical);

  /// The canonical text: no fraction, the largest suffix that allows it.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] Format format() const { return format_; }
  [[nodiscard]] bool is_zero() const { return mantissa_ == 0; }
  [[nodiscard]] int sign() const { return mantissa_ == 0 ? 0 : (mantissa_ < 0 ? -1 : 1); }

  /// The amount in units of 10^scale, rounded away from zero, at the limits of int64 when outside.
  [[nodiscard]] std::int64_t scaled_value(int scale) const;
  [[nodiscard]] std::int64_t value() const { return scaled_value(0); }
  [[nodiscard]] std::int64_t milli_value() const { return scaled_value(-3); }
  [[nodiscard]] double approximate() const;

  /// A zero left side takes over the right side's format, as in Go.
  Quantity& operator+=(const Quantity& other);
  Quantity& operator-=(const Quantity& other);
  Quantity operator-() const { return {-mantissa_, scale_, format_}; }
  friend Quantity operator+(Quantity a, const Quantity& b) { return a += b; }
  friend Quantity operator-(Quantity a, const Quantity& b) { return a -= b; }

  // Comparison is by amount alone: 1 == 1000m.
  friend std::strong_ordering operator<=>(const Quantity& a, const Quantity& b) {
    return compare(a, b) <=> 0;
  }
  friend bool operator==(const Quantity& a, const Quantity& b) { return compare(a, b) == 0; }

 private:
  using Mantissa = __int128;
  Quantity(Mantissa mantissa, std::int32_t scale, Format format)
      : mantissa_(mantissa), scale_(scale), format_(format) {}
  static int compare(const Quantity& a, const Quantity& b);

  Mantissa mantissa_ = 0;
  std::int32_t scale_ = 0;  // Power of ten, -9 or more after parse().
  Format format_ = Format::DecimalSI;
};

/// The text under which Kubernetes stores and shows a quantity that a client wrote as `text`
/// (surrounding blanks are allowed): "1000m" -> "1", "1.5Gi" -> "1536Mi", while a text that is
/// already as short ("1e3", "500m", also "+5" and "1.500") is kept. Exact for any length.
Result<std::string> canonical_quantity(std::string_view text);

}  // namespace knarr::object
