// Random words that depend on their place alone, for dropout; see radonc/ops/dropout.hpp. Used on the CPU and by the
// CUDA kernel. Private.
#pragma once

#include <cmath>
#include <cstdint>

#if defined(__CUDACC__)
#define RADONC_BOTH_SIDES __host__ __device__
#else
#define RADONC_BOTH_SIDES
#endif

namespace radonc::kernels {

/// One round's constants of Philox4x32 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
inline constexpr std::uint32_t kPhiloxMultipliers[2] = {0xD2511F53U, 0xCD9E8D57U};
inline constexpr std::uint32_t kPhiloxWeyl[2] = {0x9E3779B9U, 0xBB67AE85U};
inline constexpr int kPhiloxRounds = 10;
inline constexpr int kPhiloxWords = 4;

struct PhiloxWords {
  std::uint32_t values[kPhiloxWords];
};

/// The words of the counter (`block`, 0) under the key `seed`: uniform in 32 bits.
RADONC_BOTH_SIDES inline PhiloxWords philox(std::uint64_t seed, std::uint64_t block) {
  constexpr std::uint32_t kFirst = kPhiloxMultipliers[0], kSecond = kPhiloxMultipliers[1];
  constexpr std::uint32_t kStep = kPhiloxWeyl[0], kOtherStep = kPhiloxWeyl[1];
  std::uint32_t key = static_cast<std::uint32_t>(seed), other_key = static_cast<std::uint32_t>(seed >> 32);
  PhiloxWords x = {{static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), 0, 0}};
  for (int round = 0; round < kPhiloxRounds; ++round) {
    const std::uint64_t a = std::uint64_t{kFirst} * x.values[0], b = std::uint64_t{kSecond} * x.values[2];
    x = {{static_cast<std::uint32_t>(b >> 32) ^ x.values[1] ^ key, static_cast<std::uint32_t>(b),
          static_cast<std::uint32_t>(a >> 32) ^ x.values[3] ^ other_key, static_cast<std::uint32_t>(a)}};
    key += kStep;
    other_key += kOtherStep;
  }
  return x;
}

/// How an element is kept, whose word is word i % 4 of block i / 4.
struct Dropout {
  std::uint64_t seed;
  std::uint32_t threshold;  // words below it drop
  float scale;              // of what is kept

  Dropout(double p, std::int64_t number)
      : seed(static_cast<std::uint64_t>(number)),
        threshold(static_cast<std::uint32_t>(std::ldexp(p, 32))),
        scale(static_cast<float>(1 / (1 - p))) {}
};

}  // namespace radonc::kernels
