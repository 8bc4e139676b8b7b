// What the products of few rows of x with quantised matrices share. Private.
#pragma once

#include "kernels/cuda/device.cuh"

namespace radonc::kernels {
namespace device {

/// y [batch, rows]: the warp's sums for columns `first` to `first + kRows`. batch <= kBatch.
template <typename T, int kBatch, int kRows>
__device__ inline void write_products(const float (&sums)[kBatch][kRows], T* y, std::int64_t batch, std::int64_t rows,
                                      std::int64_t first) {
#pragma unroll
  for (int b = 0; b < kBatch; ++b) {
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const float sum = warp_sum(sums[b][r]);
      if (threadIdx.x % kWarp == 0 && b < batch && first + r < rows) y[b * rows + first + r] = rounded<T>(sum);
    }
  }
}

}  // namespace device
}  // namespace radonc::kernels
