// SPDX-License-Identifier: Apache-2.0
// The two generators and what is made from their bytes.
#include "base/rng.h"

#include "base/check.h"

#include <bit>
#include <cerrno>
#include <cstring>
#include <string_view>

#include <sys/random.h>

namespace knarr {
namespace {

constexpr std::string_view kSafeLetters = "bcdfghjklmnpqrstvwxz2456789";

}  // namespace

std::uint64_t Rng::next() {
  std::uint64_t value = 0;
  fill(&value, sizeof value);
  return value;
}

std::uint64_t Rng::below(std::uint64_t limit) {
  CHECK(limit > 0);
  const std::uint64_t unfair =
      -limit % limit;  // 2^64 mod limit: so many lowest values are refused.
  while (true) {
    const std::uint64_t value = next();
    if (value >= unfair) return value % limit;
  }
}

double Rng::uniform() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

std::string Rng::bytes(std::size_t size) {
  std::string result(size, '\0');
  fill(result.data(), size);
  return result;
}

std::string Rng::uuid() {
  std::string raw = bytes(16);
  raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x40);  // RFC 9562 5.4
  raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    const auto byte = static_cast<std::uint8_t>(raw[i]);
    text.push_back(kHex[byte >> 4]);
    text.push_back(kHex[byte & 15]);
  }
  return text;
}

std::string Rng::safe_suffix(std::size_t size) {
  std::string text(size, '\0');
  for (char& letter : text) letter = kSafeLetters[below(kSafeLetters.size())];
  return text;
}

void SecureRng::fill(void* bytes, std::size_t size) {
  auto* next = static_cast<char*>(bytes);
  while (size > 0) {
    const ssize_t got = getrandom(next, size, 0);
    if (got < 0 && errno == EINTR) continue;
    CHECK(got > 0);
    next += got;
    size -= static_cast<std::size_t>(got);
  }
}

SeededRng::SeededRng(std::uint64_t seed) {
  for (std::uint64_t& word : state_) {  // splitmix64, as xoshiro's authors advise.
    seed += 0x9e3779b97f4a7c15ULL;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
    word = mixed ^ (mixed >> 31);
  }
}

std::uint64_t SeededRng::step() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

void SeededRng::fill(void* bytes, std::size_t size) {
  std::lock_guard lock(mutex_);
  auto* next = static_cast<char*>(bytes);
  while (size > 0) {
    const std::uint64_t word = step();
    const std::size_t count = std::min(size, sizeof word);
    std::memcpy(next, &word, count);
    next += count;
    size -= count;
  }
}

}  // namespace knarr
