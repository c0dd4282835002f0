// SPDX-License-Identifier: Apache-2.0
// Arithmetic on quantities: 128-bit mantissas brought to one scale; what does not fit is rounded
// away from zero (rescaling) or saturates (int64 views).
#include "object/quantity.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace knarr::object {
namespace {

using Mantissa = __int128;

constexpr Mantissa kLimit = (static_cast<Mantissa>(1) << 126) - 1;

Mantissa magnitude(Mantissa value) { return value < 0 ? -value : value; }

/// value * 10^power; false when it leaves the range (value is untouched then).
bool multiply(Mantissa& value, std::int64_t power) {
  Mantissa result = value;
  for (; power > 0 && result != 0; --power) {
    if (magnitude(result) > kLimit / 10) return false;
    result *= 10;
  }
  value = result;
  return true;
}

/// value / 10^power, rounded away from zero.
Mantissa divide_up(Mantissa value, std::int64_t power) {
  bool inexact = false;
  Mantissa result = value;
  for (; power > 0 && result != 0; --power) {
    inexact = inexact || result % 10 != 0;
    result /= 10;
  }
  if (!inexact) return result;
  return value < 0 ? result - 1 : result + 1;
}

int digits(Mantissa value) {
  int count = 0;
  for (value = magnitude(value); value != 0; value /= 10) ++count;
  return count;
}

}  // namespace

int Quantity::compare(const Quantity& a, const Quantity& b) {
  if (a.sign() != b.sign()) return a.sign() < b.sign() ? -1 : 1;
  if (a.is_zero()) return 0;
  const std::int64_t a_size = std::int64_t{a.scale_} + digits(a.mantissa_);
  const std::int64_t b_size = std::int64_t{b.scale_} + digits(b.mantissa_);
  if (a_size != b_size) return (a_size < b_size) == (a.sign() > 0) ? -1 : 1;
  // Of the same length: the one with the coarser scale has fewer digits, so this always fits.
  Mantissa left = a.mantissa_;
  Mantissa right = b.mantissa_;
  if (a.scale_ > b.scale_) {
    if (!multiply(left, std::int64_t{a.scale_} - b.scale_)) return a.sign();
  } else if (!multiply(right, std::int64_t{b.scale_} - a.scale_)) {
    return -a.sign();
  }
  return left == right ? 0 : (left < right ? -1 : 1);
}

Quantity& Quantity::operator+=(const Quantity& other) {
  if (is_zero()) return *this = Quantity(other.mantissa_, other.scale_, other.format_);
  if (other.is_zero()) return *this;
  Quantity coarse = scale_ > other.scale_ ? *this : other;
  Quantity fine = scale_ > other.scale_ ? other : *this;
  // Bring the coarser one down; where it does not fit, the finer one gives up digits.
  while (coarse.scale_ > fine.scale_ && magnitude(coarse.mantissa_) <= kLimit / 20) {
    coarse.mantissa_ *= 10;
    --coarse.scale_;
  }
  if (coarse.scale_ > fine.scale_) {
    fine.mantissa_ = divide_up(fine.mantissa_, std::int64_t{coarse.scale_} - fine.scale_);
  }
  mantissa_ = std::clamp(coarse.mantissa_ + fine.mantissa_, -kLimit, kLimit);
  scale_ = coarse.scale_;
  if (mantissa_ == 0) scale_ = 0;
  return *this;
}

Quantity& Quantity::operator-=(const Quantity& other) { return *this += -other; }

std::int64_t Quantity::scaled_value(int scale) const {
  Mantissa result = mantissa_;
  if (scale_ < scale) {
    result = divide_up(result, std::int64_t{scale} - scale_);
  } else if (!multiply(result, std::int64_t{scale_} - scale)) {
    result = mantissa_ < 0 ? -kLimit : kLimit;
  }
  constexpr Mantissa kLow = std::numeric_limits<std::int64_t>::min();
  constexpr Mantissa kHigh = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::clamp(result, kLow, kHigh));
}

double Quantity::approximate() const {
  return static_cast<double>(mantissa_) * std::pow(10.0, scale_);
}

}  // namespace knarr::object
