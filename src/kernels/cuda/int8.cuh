// Weights in int8; see radonc/ops/int8.hpp. Private.
#pragma once

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/launches.hpp"
#include "kernels/packed_gemm.hpp"

namespace radonc::kernels {
namespace device {

/// One block a row: codes, out [rows, columns], scales [⌈rows / 128⌉, ⌈columns / 128⌉].
template <typename T, int kWidth>
__global__ void __launch_bounds__(kMaxThreads)
    int8_dequantize_kernel(const std::int8_t* __restrict__ codes, const float* __restrict__ scales, T* __restrict__ out,
                           std::int64_t columns) {
  codes += blockIdx.x * columns;
  out += blockIdx.x * columns;
  scales += blockIdx.x / kInt8Block * ((columns + kInt8Block - 1) / kInt8Block);
  for (std::int64_t i = threadIdx.x; i < columns / kWidth; i += blockDim.x) {
    const auto pack = load<kWidth>(codes, i);
    const float scale = scales[i * kWidth / kInt8Block];
    Pack<T, kWidth> result;
    for (int j = 0; j < kWidth; ++j) result.values[j] = rounded<T>(static_cast<float>(pack.values[j]) * scale);
    store(out, i, result);
  }
}

template <typename Launch, typename T>
void int8_dequantize(const Launch& launch, const std::int8_t* codes, const float* scales, T* out, std::int64_t rows,
                     std::int64_t columns) {
  if (rows == 0 || columns == 0) return;
  const auto blocks = static_cast<unsigned>(rows);
  constexpr int kWide = kWidest<T>;
  if (columns % kWide == 0 && are_aligned(codes, out))
    launch(int8_dequantize_kernel<T, kWide>, blocks, threads_for(columns / kWide), codes, scales, out, columns);
  else
    launch(int8_dequantize_kernel<T, 1>, blocks, threads_for(columns), codes, scales, out, columns);
}

}  // namespace device
}  // namespace radonc::kernels
