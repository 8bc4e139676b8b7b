// Weights in int8; see radonc/ops/int8.hpp. Private.
#pragma once

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/gemv.cuh"
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

/// Codes i · kWidth to (i + 1) · kWidth. By way of 2²³ + 128 + code, whose last bits the code is: instructions that
/// convert integers are slower.
template <int kWidth>
__device__ inline void load_codes(const std::int8_t* codes, std::int64_t i, float (&out)[kWidth]) {
  if constexpr (kWidth == 1) {
    out[0] = static_cast<float>(codes[i]);
  } else {
    const auto words = load<kWidth / 4>(reinterpret_cast<const unsigned*>(codes), i);
#pragma unroll
    for (int j = 0; j < kWidth; ++j) {
      const unsigned bits = __byte_perm(words.values[j / 4] ^ 0x80808080U, 0x4B000000U, 0x7440U + j % 4);
      out[j] = __uint_as_float(bits) - 8388736.0F;
    }
  }
}

/// y [batch, rows] = x [batch, columns] Wᵀ, summed in float32, x not rounded. One warp makes kRows rows of W times all
/// of x, so that x is loaded once for them; a lane takes kWidth weights at a time, which share a scale. batch <=
/// kBatch; columns is a multiple of kWidth.
template <typename T, int kBatch, int kRows, int kWidth>
__global__ void __launch_bounds__(kGemvThreads)
    int8_gemv_kernel(const std::int8_t* __restrict__ codes, const float* __restrict__ scales, const T* __restrict__ x,
                     T* __restrict__ y, std::int64_t batch, std::int64_t rows, std::int64_t columns) {
  static_assert(kInt8Block % kRows == 0 && kInt8Block % kWidth == 0);
  const std::int64_t first = first_row<kRows>();
  if (first >= rows) return;
  const unsigned lane = threadIdx.x % kWarp;
  const auto packs = static_cast<unsigned>(columns / kWidth);
  const float* band = scales + first / kInt8Block * ((columns + kInt8Block - 1) / kInt8Block);
  float sums[kBatch][kRows] = {};
#pragma unroll(kBatch <= 2 ? 2 : 1)
  for (unsigned i = lane; i < packs; i += kWarp) {
    const float scale = band[i / (kInt8Block / kWidth)];
    float weights[kRows][kWidth];
#pragma unroll
    for (int r = 0; r < kRows; ++r)
      load_codes(codes + (first + r < rows ? first + r : rows - 1) * columns, i, weights[r]);
#pragma unroll
    for (int b = 0; b < kBatch; ++b) {
      float values[kWidth];
      load_floats(x + (b < batch ? b : batch - 1) * columns, static_cast<std::int64_t>(i) * kWidth, values);
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
        float sum = 0;
#pragma unroll
        for (int j = 0; j < kWidth; ++j) sum += values[j] * weights[r][j];
        sums[b][r] += sum * scale;
      }
    }
  }
  write_products(sums, y, batch, rows, first);
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

template <typename Launch, typename T>
void int8_gemv(const Launch& launch, const std::int8_t* codes, const float* scales, const T* x, T* y,
               std::int64_t batch, std::int64_t rows, std::int64_t columns) {
  if (batch == 0 || rows == 0) return;
  const auto run = [&]<int kBatch, int kRows, int kWidth>() {
    launch(int8_gemv_kernel<T, kBatch, kRows, kWidth>, gemv_blocks<kRows>(rows), kGemvThreads, codes, scales, x, y,
           batch, rows, columns);
  };
  constexpr int kWide = kBytes;
  if (columns % kWide != 0 || !are_aligned(codes, x))
    run.template operator()<kMaxGemvBatch, 4, 1>();
  else if (batch == 1)
    run.template operator()<1, 2, kWide>();
  else if (batch == 2)
    run.template operator()<2, 2, kWide>();
  else if (batch <= 4)
    run.template operator()<4, 4, kWide>();
  else
    run.template operator()<kMaxGemvBatch, 4, kWide / 2>();  // more do not fit the registers
}

}  // namespace device
}  // namespace radonc::kernels
