// Root mean square normalisation; see radonc/ops/rms_norm.hpp. Private.
#pragma once

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/launches.hpp"

namespace radonc::kernels {
namespace device {

inline constexpr int kHeld = 4;  // packs of a row that a thread keeps in registers: rows up to there are read once

/// One block a row: x, y [rows, n], weight [n].
template <typename T, int kWidth>
__global__ void __launch_bounds__(kMaxThreads) rms_norm_kernel(const T* __restrict__ x, const T* __restrict__ weight,
                                                               T* __restrict__ y, std::int64_t n, float eps) {
  x += blockIdx.x * n;
  y += blockIdx.x * n;
  const std::int64_t packs = n / kWidth;
  Pack<T, kWidth> held[kHeld];
  float sums[1] = {0};
  const auto square = [&](const Pack<T, kWidth>& pack) {
    for (const T value : pack.values) sums[0] += to_float(value) * to_float(value);
  };
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    const std::int64_t i = threadIdx.x + static_cast<std::int64_t>(k) * blockDim.x;
    if (i < packs) square(held[k] = load<kWidth>(x, i));
  }
  const std::int64_t rest = threadIdx.x + static_cast<std::int64_t>(kHeld) * blockDim.x;
  for (std::int64_t i = rest; i < packs; i += blockDim.x) square(load<kWidth>(x, i));
  block_sums(sums);
  const float r = rsqrtf(sums[0] / static_cast<float>(n) + eps);

  const auto scale = [&](Pack<T, kWidth> pack, std::int64_t i) {
    const auto w = load<kWidth>(weight, i);
    for (int j = 0; j < kWidth; ++j) pack.values[j] = rounded<T>(to_float(pack.values[j]) * r * to_float(w.values[j]));
    store(y, i, pack);
  };
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    const std::int64_t i = threadIdx.x + static_cast<std::int64_t>(k) * blockDim.x;
    if (i < packs) scale(held[k], i);
  }
  for (std::int64_t i = rest; i < packs; i += blockDim.x) scale(load<kWidth>(x, i), i);
}

/// dx = r (g - x r² mean(g x)), with g = dy · weight and r = 1 / rms(x).
template <typename T, int kWidth>
__global__ void __launch_bounds__(kMaxThreads)
    rms_norm_backward_kernel(const T* __restrict__ grad, const T* __restrict__ x, const T* __restrict__ weight,
                             T* __restrict__ out, std::int64_t n, float eps) {
  grad += blockIdx.x * n;
  x += blockIdx.x * n;
  out += blockIdx.x * n;
  const std::int64_t packs = n / kWidth;
  Pack<T, kWidth> held_x[kHeld], held_grad[kHeld];
  float sums[2] = {0, 0};  // of x² and g x
  const auto add = [&](const Pack<T, kWidth>& value, const Pack<T, kWidth>& dy, std::int64_t i) {
    const auto w = load<kWidth>(weight, i);
    for (int j = 0; j < kWidth; ++j) {
      const float v = to_float(value.values[j]);
      sums[0] += v * v;
      sums[1] += to_float(dy.values[j]) * to_float(w.values[j]) * v;
    }
  };
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    const std::int64_t i = threadIdx.x + static_cast<std::int64_t>(k) * blockDim.x;
    if (i < packs) add(held_x[k] = load<kWidth>(x, i), held_grad[k] = load<kWidth>(grad, i), i);
  }
  const std::int64_t rest = threadIdx.x + static_cast<std::int64_t>(kHeld) * blockDim.x;
  for (std::int64_t i = rest; i < packs; i += blockDim.x) add(load<kWidth>(x, i), load<kWidth>(grad, i), i);
  block_sums(sums);
  const float r = rsqrtf(sums[0] / static_cast<float>(n) + eps);
  const float c = sums[1] / static_cast<float>(n) * r * r;

  const auto write = [&](const Pack<T, kWidth>& value, const Pack<T, kWidth>& dy, std::int64_t i) {
    const auto w = load<kWidth>(weight, i);
    Pack<T, kWidth> result;
    for (int j = 0; j < kWidth; ++j) {
      const float g = to_float(dy.values[j]) * to_float(w.values[j]);
      result.values[j] = rounded<T>(r * (g - c * to_float(value.values[j])));
    }
    store(out, i, result);
  };
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    const std::int64_t i = threadIdx.x + static_cast<std::int64_t>(k) * blockDim.x;
    if (i < packs) write(held_x[k], held_grad[k], i);
  }
  for (std::int64_t i = rest; i < packs; i += blockDim.x) write(load<kWidth>(x, i), load<kWidth>(grad, i), i);
}

template <typename Launch, typename T>
void rms_norm(const Launch& launch, const T* x, const T* weight, T* y, std::int64_t rows, std::int64_t n, float eps) {
  if (rows == 0 || n == 0) return;
  const auto blocks = static_cast<unsigned>(rows);
  constexpr int kWide = kWidest<T>;
  if (n % kWide == 0 && are_aligned(x, weight, y))
    launch(rms_norm_kernel<T, kWide>, blocks, threads_for(n / kWide), x, weight, y, n, eps);
  else
    launch(rms_norm_kernel<T, 1>, blocks, threads_for(n), x, weight, y, n, eps);
}

template <typename Launch, typename T>
void rms_norm_backward(const Launch& launch, const T* grad, const T* x, const T* weight, T* out, std::int64_t rows,
                       std::int64_t n, float eps) {
  if (rows == 0 || n == 0) return;
  const auto blocks = static_cast<unsigned>(rows);
  constexpr int kWide = kWidest<T>;
  if (n % kWide == 0 && are_aligned(grad, x, weight, out))
    launch(rms_norm_backward_kernel<T, kWide>, blocks, threads_for(n / kWide), grad, x, weight, out, n, eps);
  else
    launch(rms_norm_backward_kernel<T, 1>, blocks, threads_for(n), grad, x, weight, out, n, eps);
}

}  // namespace device
}  // namespace radonc::kernels
