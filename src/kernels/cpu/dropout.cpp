#include "kernels/dropout.hpp"

#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include <algorithm>

#include "kernels/cpu/dispatch.hpp"

namespace radonc::kernels {
namespace {

constexpr std::int64_t kLanes = 16;                        // blocks whose words are drawn together
constexpr std::int64_t kTogether = kLanes * kPhiloxWords;  // elements

/// philox() of `kLanes` blocks from `first` on.
RADONC_INLINE void draw(std::uint64_t seed, std::uint64_t first, std::uint32_t (&words)[kPhiloxWords][kLanes]) {
  std::uint32_t key = static_cast<std::uint32_t>(seed), other_key = static_cast<std::uint32_t>(seed >> 32);
#pragma omp simd
  for (std::int64_t i = 0; i < kLanes; ++i) {
    const std::uint64_t block = first + static_cast<std::uint64_t>(i);
    words[0][i] = static_cast<std::uint32_t>(block);
    words[1][i] = static_cast<std::uint32_t>(block >> 32);
    words[2][i] = words[3][i] = 0;
  }
  for (int round = 0; round < kPhiloxRounds; ++round) {
#pragma omp simd
    for (std::int64_t i = 0; i < kLanes; ++i) {
      const std::uint64_t a = std::uint64_t{kPhiloxMultipliers[0]} * words[0][i];
      const std::uint64_t b = std::uint64_t{kPhiloxMultipliers[1]} * words[2][i];
      words[0][i] = static_cast<std::uint32_t>(b >> 32) ^ words[1][i] ^ key;
      words[1][i] = static_cast<std::uint32_t>(b);
      words[2][i] = static_cast<std::uint32_t>(a >> 32) ^ words[3][i] ^ other_key;
      words[3][i] = static_cast<std::uint32_t>(a);
    }
    key += kPhiloxWeyl[0];
    other_key += kPhiloxWeyl[1];
  }
}

/// Elements [begin, end); `begin` is a multiple of kTogether.
template <typename T>
RADONC_INLINE void drop(const T* x, T* y, std::int64_t begin, std::int64_t end, const Dropout& dropout) {
  std::uint32_t words[kPhiloxWords][kLanes];
  float factors[kTogether];
  for (std::int64_t at = begin; at < end; at += kTogether) {
    draw(dropout.seed, static_cast<std::uint64_t>(at / kPhiloxWords), words);
#pragma omp simd
    for (std::int64_t i = 0; i < kLanes; ++i)
      for (int j = 0; j < kPhiloxWords; ++j)
        factors[i * kPhiloxWords + j] = words[j][i] >= dropout.threshold ? dropout.scale : 0;
    const std::int64_t count = std::min(kTogether, end - at);
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) {
      const float value = load(x[at + i]) * factors[i];
      store(y[at + i], factors[i] == 0 ? 0.0F : value);  // what is dropped may be infinite
    }
  }
}

at::Tensor dropout(const at::Tensor& x_in, double p, std::int64_t seed) {
  TORCH_CHECK(p >= 0 && p < 1, "radonc::dropout: expected a probability 0 <= p < 1, got ", p);
  const auto x = x_in.contiguous();
  auto y = at::empty_like(x);
  const Dropout settings(p, seed);
  by_type(x, "radonc::dropout", [&]<typename T>(T) {
    const auto run = at_level<drop<T>>();
    const std::int64_t groups = (x.numel() + kTogether - 1) / kTogether;
    at::parallel_for(0, groups, kGrain / kTogether, [&](std::int64_t begin, std::int64_t end) {
      run(pointer<T>(x), pointer<T>(y), begin * kTogether, std::min(end * kTogether, x.numel()), settings);
    });
  });
  return y;
}

}  // namespace

TORCH_LIBRARY_IMPL(radonc, CPU, m) {
  m.impl("dropout", dropout);
}

}  // namespace radonc::kernels
