// What the products of few rows of x with quantised matrices share. Private.
#pragma once

#include "kernels/cuda/device.cuh"

namespace radonc::kernels {
namespace device {

inline constexpr unsigned kGemvThreads = 128;

/// The first of the kRows rows of W that are the warp's.
template <int kRows>
__device__ inline std::int64_t first_row() {
  return (static_cast<std::int64_t>(blockIdx.x) * (blockDim.x / kWarp) + threadIdx.x / kWarp) * kRows;
}

/// Blocks of kGemvThreads whose warps have kRows rows each.
template <int kRows>
unsigned gemv_blocks(std::int64_t rows) {
  constexpr std::int64_t kRowsOfBlock = kGemvThreads / kWarp * kRows;
  return static_cast<unsigned>((rows + kRowsOfBlock - 1) / kRowsOfBlock);
}

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
