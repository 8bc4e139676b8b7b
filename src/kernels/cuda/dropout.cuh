// Dropout; see radonc/ops/dropout.hpp. Private.
#pragma once

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/launches.hpp"

namespace radonc::kernels {
namespace device {

/// Of pack `i` of an array: what its elements' words drop becomes zero, the rest is scaled.
template <typename T, int kWidth>
__device__ inline void drop(Pack<T, kWidth>& pack, std::int64_t i, const Dropout& dropout) {
  PhiloxWords words = {};
  for (int j = 0; j < kWidth; ++j) {
    const std::uint64_t at = static_cast<std::uint64_t>(i) * kWidth + j;
    if (j % kPhiloxWords == 0) words = philox(dropout.seed, at / kPhiloxWords);
    const bool is_kept = words.values[at % kPhiloxWords] >= dropout.threshold;
    pack.values[j] = rounded<T>(is_kept ? to_float(pack.values[j]) * dropout.scale : 0.0F);
  }
}

/// One thread a pack, and one an element of the rest that fills no pack: x, y [n].
template <typename T, int kWidth>
__global__ void __launch_bounds__(kMaxThreads) dropout_kernel(const T* __restrict__ x, T* __restrict__ y,
                                                              std::int64_t n, const __grid_constant__ Dropout dropout) {
  for_packs<kWidth>(n, [&]<int kSize>(std::int64_t i) {
    auto pack = load<kSize>(x, i);
    drop(pack, i, dropout);
    store(y, i, pack);
  });
}

template <typename Launch, typename T>
void dropout(const Launch& launch, const T* x, T* y, std::int64_t n, const Dropout& settings) {
  if (n == 0) return;
  constexpr int kWide = kWidest<T>;
  if (are_aligned(x, y))
    launch(dropout_kernel<T, kWide>, blocks_for(n / kWide), kMaxThreads, x, y, n, settings);
  else
    launch(dropout_kernel<T, 1>, blocks_for(n), kMaxThreads, x, y, n, settings);
}

}  // namespace device
}  // namespace radonc::kernels
