// The gated unit; see radonc/ops/swiglu.hpp. Private.
#pragma once

#include <cmath>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/launches.hpp"

namespace radonc::kernels {
namespace device {

/// One thread a pack, and one an element of the rest that fills no pack: gate, up, y [n].
template <typename T, int kWidth>
__global__ void __launch_bounds__(kMaxThreads)
    swiglu_kernel(const T* __restrict__ gate, const T* __restrict__ up, T* __restrict__ y, std::int64_t n) {
  for_packs<kWidth>(n, [&]<int kSize>(std::int64_t i) {
    auto result = load<kSize>(gate, i);
    const auto of_up = load<kSize>(up, i);
    for (int j = 0; j < kSize; ++j) {
      const float g = to_float(result.values[j]);
      result.values[j] = rounded<T>(g / (1.0F + expf(-g)) * to_float(of_up.values[j]));
    }
    store(y, i, result);
  });
}

/// d silu(g)/dg = s (1 + g (1 - s)), with s = sigmoid(g).
template <typename T, int kWidth>
__global__ void __launch_bounds__(kMaxThreads)
    swiglu_backward_kernel(const T* __restrict__ grad, const T* __restrict__ gate, const T* __restrict__ up,
                           T* __restrict__ gate_grad, T* __restrict__ up_grad, std::int64_t n) {
  for_packs<kWidth>(n, [&]<int kSize>(std::int64_t i) {
    const auto dy_pack = load<kSize>(grad, i), g_pack = load<kSize>(gate, i), u_pack = load<kSize>(up, i);
    auto of_gate = g_pack, of_up = g_pack;
    for (int j = 0; j < kSize; ++j) {
      const float dy = to_float(dy_pack.values[j]), g = to_float(g_pack.values[j]);
      const float s = 1.0F / (1.0F + expf(-g));
      of_gate.values[j] = rounded<T>(dy * to_float(u_pack.values[j]) * s * (1.0F + g * (1.0F - s)));
      of_up.values[j] = rounded<T>(dy * g * s);
    }
    store(gate_grad, i, of_gate);
    store(up_grad, i, of_up);
  });
}

template <typename Launch, typename T>
void swiglu(const Launch& launch, const T* gate, const T* up, T* y, std::int64_t n) {
  if (n == 0) return;
  constexpr int kWide = kWidest<T>;
  if (are_aligned(gate, up, y))
    launch(swiglu_kernel<T, kWide>, blocks_for(n / kWide), kMaxThreads, gate, up, y, n);
  else
    launch(swiglu_kernel<T, 1>, blocks_for(n), kMaxThreads, gate, up, y, n);
}

template <typename Launch, typename T>
void swiglu_backward(const Launch& launch, const T* grad, const T* gate, const T* up, T* gate_grad, T* up_grad,
                     std::int64_t n) {
  if (n == 0) return;
  constexpr int kWide = kWidest<T>;
  if (are_aligned(grad, gate, up, gate_grad, up_grad))
    launch(swiglu_backward_kernel<T, kWide>, blocks_for(n / kWide), kMaxThreads, grad, gate, up, gate_grad, up_grad, n);
  else
    launch(swiglu_backward_kernel<T, 1>, blocks_for(n), kMaxThreads, grad, gate, up, gate_grad, up_grad, n);
}

}  // namespace device
}  // namespace radonc::kernels
