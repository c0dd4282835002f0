// SPDX-License-Identifier: Apache-2.0
// SHA-256 and base64, for short texts.
#include "sha256.h"

#include <bit>
#include <cmath>
#include <vector>

namespace knarr::apigen {
namespace {

using Words = std::array<std::uint32_t, 64>;

// The constants are the first 32 bits of the fractions of cube and square roots of primes.
std::array<std::uint32_t, 64> primes() {
  std::array<std::uint32_t, 64> result{};
  std::size_t count = 0;
  for (std::uint32_t candidate = 2; count < result.size(); ++candidate) {
    bool prime = true;
    for (std::size_t i = 0; i < count; ++i) prime &= candidate % result[i] != 0;
    if (prime) result[count++] = candidate;
  }
  return result;
}

std::uint32_t fraction_bits(long double root) {
  return static_cast<std::uint32_t>((root - std::floor(root)) * 4294967296.0L);
}

void compress(std::array<std::uint32_t, 8>& state, const std::uint8_t* block,
              const Words& constants) {
  Words w{};
  for (std::size_t i = 0; i < 16; ++i) {
    w[i] = static_cast<std::uint32_t>(block[4 * i] << 24 | block[4 * i + 1] << 16 |
                                      block[4 * i + 2] << 8 | block[4 * i + 3]);
  }
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
    const std::uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + constants[i] + w[i];
    const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const std::array<std::uint32_t, 8> round = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state[i] += round[i];
}

}  // namespace

std::array<std::uint8_t, 32> sha256(const std::string& text) {
  const auto prime = primes();
  Words constants{};
  std::array<std::uint32_t, 8> state{};
  for (std::size_t i = 0; i < 64; ++i)
    constants[i] = fraction_bits(std::cbrt(static_cast<long double>(prime[i])));
  for (std::size_t i = 0; i < 8; ++i)
    state[i] = fraction_bits(std::sqrt(static_cast<long double>(prime[i])));

  std::vector<std::uint8_t> bytes(text.begin(), text.end());
  bytes.push_back(0x80);
  while (bytes.size() % 64 != 56) bytes.push_back(0);
  const std::uint64_t bits = static_cast<std::uint64_t>(text.size()) * 8;
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<std::uint8_t>(bits >> shift));
  for (std::size_t at = 0; at < bytes.size(); at += 64)
    compress(state, bytes.data() + at, constants);

  std::array<std::uint8_t, 32> result{};
  for (std::size_t i = 0; i < 32; ++i)
    result[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  return result;
}

std::string storage_version_hash(const std::string& group, const std::string& version,
                                 const std::string& kind) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto digest = sha256(group + "/" + version + "/" + kind);
  std::string result;
  for (std::size_t at = 0; at < 8; at += 3) {
    const bool last = at == 6;  // Two bytes remain.
    const std::uint32_t bits = static_cast<std::uint32_t>(digest[at] << 16 | digest[at + 1] << 8 |
                                                          (last ? 0 : digest[at + 2]));
    result += kDigits[bits >> 18];
    result += kDigits[bits >> 12 & 63];
    result += kDigits[bits >> 6 & 63];
    result += last ? '=' : kDigits[bits & 63];
  }
  return result;
}

}  // namespace knarr::apigen
