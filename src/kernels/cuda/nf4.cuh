// Weights in NF4; see radonc/ops/nf4.hpp. Private.
#pragma once

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/gemv.cuh"
#include "kernels/cuda/launches.hpp"
#include "kernels/nf4.hpp"

namespace radonc::kernels {
namespace device {

struct Nf4Bounds {
  float values[15];
};

/// codes [blocks · 32] and absmax [blocks] of values [blocks · 64], as the CPU's to the bit. One warp a block of
/// weights, one lane two of them.
template <typename T>
__global__ void __launch_bounds__(kMaxThreads)
    nf4_quantize_kernel(const __grid_constant__ Nf4Bounds bounds, const T* __restrict__ values,
                        std::uint8_t* __restrict__ codes, float* __restrict__ absmax, std::int64_t blocks) {
  constexpr int kLane = static_cast<int>(kNf4Block / kWarp);
  const unsigned lane = threadIdx.x % kWarp;
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * (blockDim.x / kWarp);
  std::int64_t block = static_cast<std::int64_t>(blockIdx.x) * (blockDim.x / kWarp) + threadIdx.x / kWarp;
  for (; block < blocks; block += stride) {
    float own[kLane], largest = 0;
    load_floats(values, block * kNf4Block + lane * kLane, own);
    for (const float value : own) largest = fmaxf(largest, fabsf(value));
    largest = warp_max(largest);
    const float factor = 1.0F / fmaxf(largest, kNf4SmallestScale);
    unsigned code[kLane] = {};
    for (int i = 0; i < kLane; ++i) {
      const float scaled = fminf(fmaxf(own[i] * factor, -1.0F), 1.0F);
      for (const float bound : bounds.values) code[i] += scaled > bound ? 1 : 0;
    }
    codes[block * (kNf4Block / 2) + lane] = static_cast<std::uint8_t>(code[0] << 4 | code[1]);
    if (lane == 0) absmax[block] = largest;
  }
}

/// Rounded like the CPU's: one operation after the other.
__device__ inline float scale_of(const Nf4Matrix& matrix, std::int64_t block) {
  if (matrix.scales) return matrix.scales[block];
  const float scale = matrix.nested_map[matrix.nested_codes[block]];
  return __fadd_rn(__fmul_rn(scale, matrix.nested_scales[block / kNf4NestedBlock]), matrix.nested_offset);
}

/// The table in shared memory: its 16 values lie in 16 banks, so that no two lanes are in each other's way.
__device__ inline const float* shared_table(const Nf4Matrix& matrix) {
  __shared__ float table[16];
  if (threadIdx.x < 16) table[threadIdx.x] = matrix.table[threadIdx.x];
  __syncthreads();
  return table;
}

/// One thread 16 bytes of out [64 · blocks].
template <typename T>
__global__ void __launch_bounds__(kMaxThreads)
    nf4_dequantize_kernel(const __grid_constant__ Nf4Matrix matrix, T* __restrict__ out, std::int64_t blocks) {
  constexpr int kWidth = kWidest<T>;
  const float* table = shared_table(matrix);
  const std::int64_t packs = blocks * (kNf4Block / kWidth), stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < packs; i += stride) {
    const auto codes = load<kWidth / 2>(matrix.codes, i);
    const float scale = scale_of(matrix, i * kWidth / kNf4Block);
    Pack<T, kWidth> result;
    for (int j = 0; j < kWidth / 2; ++j) {
      result.values[2 * j] = rounded<T>(table[codes.values[j] >> 4] * scale);
      result.values[2 * j + 1] = rounded<T>(table[codes.values[j] & 15] * scale);
    }
    store(out, i, result);
  }
}

/// y [batch, rows] = x [batch, columns] Wᵀ, summed in float32, the weights not rounded. One warp makes kRows rows of W
/// times all of x, so that x is loaded once for them; batch <= kBatch. columns is a multiple of 64.
template <typename T, int kBatch, int kRows>
__global__ void __launch_bounds__(kGemvThreads)
    nf4_gemv_kernel(const __grid_constant__ Nf4Matrix matrix, const T* __restrict__ x, T* __restrict__ y,
                    std::int64_t batch, std::int64_t rows, std::int64_t columns) {
  constexpr int kWidth = 8;  // weights a lane takes at a time: a warp takes 128 bytes of codes and 512 of x
  const float* table = shared_table(matrix);
  const std::int64_t first = first_row<kRows>();
  if (first >= rows) return;
  const unsigned lane = threadIdx.x % kWarp;
  const auto packs = static_cast<unsigned>(columns / kWidth);
  float sums[kBatch][kRows] = {};
#pragma unroll(kBatch <= 2 ? 2 : 1)
  for (unsigned i = lane; i < packs; i += kWarp) {
    float weights[kRows][kWidth];
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const std::int64_t start = (first + r < rows ? first + r : rows - 1) * (columns / kNf4Block);  // blocks
      const auto codes = load<kWidth / 2>(matrix.codes + start * (kNf4Block / 2), i);
      const float scale = scale_of(matrix, start + i / (kNf4Block / kWidth));
      for (int j = 0; j < kWidth / 2; ++j) {
        weights[r][2 * j] = table[codes.values[j] >> 4] * scale;
        weights[r][2 * j + 1] = table[codes.values[j] & 15] * scale;
      }
    }
#pragma unroll
    for (int b = 0; b < kBatch; ++b) {
      float values[kWidth];
      load_floats(x + (b < batch ? b : batch - 1) * columns, i * kWidth, values);
      for (int r = 0; r < kRows; ++r)
        for (int j = 0; j < kWidth; ++j) sums[b][r] += values[j] * weights[r][j];
    }
  }
  write_products(sums, y, batch, rows, first);
}

template <typename Launch, typename T>
void nf4_quantize(const Launch& launch, const T* values, std::uint8_t* codes, float* absmax, std::int64_t blocks) {
  if (blocks == 0) return;
  Nf4Bounds bounds;
  std::copy_n(kNf4Bounds.data(), 15, bounds.values);
  launch(nf4_quantize_kernel<T>, blocks_for(blocks * kWarp), kMaxThreads, bounds, values, codes, absmax, blocks);
}

template <typename Launch, typename T>
void nf4_dequantize(const Launch& launch, const Nf4Matrix& matrix, T* out, std::int64_t blocks) {
  if (blocks == 0) return;
  launch(nf4_dequantize_kernel<T>, blocks_for(blocks * (kNf4Block / kWidest<T>)), kMaxThreads, matrix, out, blocks);
}

template <typename Launch, typename T>
void nf4_gemv(const Launch& launch, const Nf4Matrix& matrix, const T* x, T* y, std::int64_t batch, std::int64_t rows,
              std::int64_t columns) {
  if (batch == 0 || rows == 0) return;
  const auto run = [&]<int kBatch, int kRows>() {
    launch(nf4_gemv_kernel<T, kBatch, kRows>, gemv_blocks<kRows>(rows), kGemvThreads, matrix, x, y, batch, rows,
           columns);
  };
  if (batch == 1)
    run.template operator()<1, 2>();
  else if (batch == 2)
    run.template operator()<2, 2>();
  else if (batch <= 4)
    run.template operator()<4, 4>();
  else
    run.template operator()<8, 4>();
}

}  // namespace device
}  // namespace radonc::kernels
