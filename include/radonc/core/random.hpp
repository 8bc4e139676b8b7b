// Random numbers that are the same on every machine for the same seed.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "radonc/core/export.hpp"

namespace radonc::core {

/// SplitMix64 (Steele et al. 2014): small, fast, and defined to the bit, unlike the standard library's distributions.
class RADONC_API Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// Uniform over all 64-bit values.
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, bound), without bias (Lemire 2019). bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    std::uint64_t low_limit = (0 - bound) % bound;
    for (;;) {
      const auto product = static_cast<Wide>(next()) * bound;
      if (static_cast<std::uint64_t>(product) >= low_limit) return static_cast<std::uint64_t>(product >> 64);
    }
  }

  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// Fisher-Yates.
  template <typename T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  __extension__ typedef unsigned __int128 Wide;  // no type of ISO C++

  std::uint64_t state_;
};

}  // namespace radonc::core
