// The optimiser's step; see radonc/ops/adamw.hpp. Private.
#pragma once

#include <cmath>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/launches.hpp"

namespace radonc::kernels {
namespace device {

template <int kWidth>
__global__ void __launch_bounds__(kMaxThreads)
    adamw_kernel(float* __restrict__ parameters, const float* __restrict__ gradients, float* __restrict__ first,
                 float* __restrict__ second, std::int64_t n, const AdamWStep step) {
  for_packs<kWidth>(n, [&]<int kSize>(std::int64_t i) {
    auto p = load<kSize>(parameters, i), m = load<kSize>(first, i), v = load<kSize>(second, i);
    const auto g = load<kSize>(gradients, i);
    for (int j = 0; j < kSize; ++j) {
      m.values[j] += step.weight1 * (g.values[j] - m.values[j]);
      v.values[j] = step.beta2 * v.values[j] + step.weight2 * g.values[j] * g.values[j];
      p.values[j] =
          step.decay * p.values[j] - step.rate * m.values[j] / (step.root * sqrtf(v.values[j]) + step.epsilon);
    }
    store(parameters, i, p);
    store(first, i, m);
    store(second, i, v);
  });
}

template <typename Launch>
void adamw(const Launch& launch, float* parameters, const float* gradients, float* first, float* second, std::int64_t n,
           const AdamWStep& step) {
  if (n == 0) return;
  constexpr int kWide = kWidest<float>;
  if (are_aligned(parameters, gradients, first, second))
    launch(adamw_kernel<kWide>, blocks_for(n / kWide), kMaxThreads, parameters, gradients, first, second, n, step);
  else
    launch(adamw_kernel<1>, blocks_for(n), kMaxThreads, parameters, gradients, first, second, n, step);
}

}  // namespace device
}  // namespace radonc::kernels
