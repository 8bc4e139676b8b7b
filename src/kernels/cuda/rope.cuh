// Rotary position embedding; see radonc/ops/rope.hpp. Private.
#pragma once

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/launches.hpp"

namespace radonc::kernels {
namespace device {

/// One block a token: x, y [T, heads, 2 half], cos, sin [T, half].
template <typename T, int kWidth>
__global__ void __launch_bounds__(kMaxThreads)
    rope_kernel(const T* __restrict__ x, const float* __restrict__ cos, const float* __restrict__ sin,
                T* __restrict__ y, unsigned heads, unsigned half) {
  const std::int64_t token = blockIdx.x;
  const unsigned packs = half / kWidth;
  for (unsigned item = threadIdx.x; item < heads * packs; item += blockDim.x) {
    const unsigned head = item / packs, i = item % packs;
    float c[kWidth], s[kWidth];
    load_floats(cos, token * half + i * kWidth, c);
    load_floats(sin, token * half + i * kWidth, s);
    const std::int64_t offset = (token * heads + head) * 2 * half;
    auto first = load<kWidth>(x + offset, i), second = load<kWidth>(x + offset + half, i);
    for (int j = 0; j < kWidth; ++j) {
      const float a = to_float(first.values[j]), b = to_float(second.values[j]);
      first.values[j] = rounded<T>(a * c[j] - b * s[j]);
      second.values[j] = rounded<T>(b * c[j] + a * s[j]);
    }
    store(y + offset, i, first);
    store(y + offset + half, i, second);
  }
}

template <typename Launch, typename T>
void rope(const Launch& launch, const T* x, const float* cos, const float* sin, T* y, std::int64_t tokens,
          std::int64_t heads, std::int64_t half) {
  if (tokens == 0 || heads == 0 || half == 0) return;
  const auto blocks = static_cast<unsigned>(tokens), h = static_cast<unsigned>(heads), d = static_cast<unsigned>(half);
  constexpr int kWide = kWidest<T>;
  if (half % kWide == 0 && are_aligned(x, cos, sin, y))
    launch(rope_kernel<T, kWide>, blocks, threads_for(heads * half / kWide), x, cos, sin, y, h, d);
  else
    launch(rope_kernel<T, 1>, blocks, threads_for(heads * half), x, cos, sin, y, h, d);
}

}  // namespace device
}  // namespace radonc::kernels
