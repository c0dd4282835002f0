// SPDX-License-Identifier: Apache-2.0
// Randomness comes through this interface: the kernel's for the program, a seeded one for tests and
// the simulation.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace knarr {

class Rng {
 public:
  Rng() = default;
  Rng(const Rng&) = delete;
  Rng& operator=(const Rng&) = delete;
  virtual ~Rng() = default;

  /// Fills `size` bytes. Any thread.
  virtual void fill(void* bytes, std::size_t size) = 0;

  std::uint64_t next();
  /// Uniform in [0, limit); limit > 0.
  std::uint64_t below(std::uint64_t limit);
  /// Uniform in [0, 1).
  double uniform();
  std::string bytes(std::size_t size);
  /// A version 4 UUID in lower case: metadata.uid.
  std::string uuid();
  /// `size` characters of Kubernetes' "safe" alphabet bcdfghjklmnpqrstvwxz2456789: generateName.
  std::string safe_suffix(std::size_t size = 5);
};

/// getrandom(2): fit for keys and tokens.
class SecureRng final : public Rng {
 public:
  void fill(void* bytes, std::size_t size) override;
};

/// The same sequence for the same seed (xoshiro256**). Never for secrets.
class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed);
  void fill(void* bytes, std::size_t size) override;

 private:
  std::uint64_t step();

  std::mutex mutex_;
  std::uint64_t state_[4];
};

}  // namespace knarr
