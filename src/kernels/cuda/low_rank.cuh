// The products of a low-rank update with dropout, in bfloat16 on tensor cores; see radonc/ops/low_rank.hpp. The other
// side is a few columns wide: what counts is to read x once, and that its dropped copy is never written. Private.
//
// A warp works on tiles of 16 rows and 64 columns of x or y, each of which it stages in shared memory of its own.
#pragma once

#include <mma.h>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/dropout.cuh"
#include "kernels/cuda/launches.hpp"

namespace radonc::kernels {
namespace device {

namespace wmma = nvcuda::wmma;

inline constexpr int kTile = 16;     // rows and columns that one instruction multiplies
inline constexpr int kColumns = 64;  // of a warp's tile: 128 bytes
inline constexpr int kWide = kWidest<Bf16>;
inline constexpr int kLanePacks = kTile * kColumns / kWide / static_cast<int>(kWarp);
inline constexpr int kWarps = kMaxThreads / kWarp;
// Rows in shared memory are 16 bytes longer than they need be, so that they start in different banks.
inline constexpr int kStride = kColumns + 8, kSumStride = kColumns + 4;

template <typename Use, typename Layout>
using Operand = wmma::fragment<Use, kTile, kTile, kTile, Bf16, Layout>;
using Sums = wmma::fragment<wmma::accumulator, kTile, kTile, kTile, float>;

/// A warp's part of the block's shared memory: operands first, then sums.
union alignas(32) WarpMemory {
  struct {
    Bf16 x[kTile * kStride];
    Bf16 low[kTile * kStride];
  } staged;
  float sums[kTile * kSumStride];
};

/// A lane's packs of a tile of x or y.
struct Packs {
  Pack<Bf16, kWide> values[kLanePacks];
};

/// Calls `body(k, row, column)` for each of the lane's packs k, with its place in the tile.
template <typename Body>
__device__ inline void for_lane_packs(Body body) {
#pragma unroll
  for (int k = 0; k < kLanePacks; ++k) {
    const unsigned i = k * kWarp + threadIdx.x % kWarp;
    body(k, i / (kColumns / kWide), i % (kColumns / kWide) * kWide);
  }
}

/// The tile of x [rows, n] that starts at `row`, `column`; zeros where x has nothing.
__device__ inline Packs load_tile(const Bf16* x, std::int64_t rows, std::int64_t n, std::int64_t row,
                                  std::int64_t column) {
  Packs packs = {};
  for_lane_packs([&](int k, unsigned r, unsigned c) {
    if (row + r < rows && column + c < n) packs.values[k] = load<kWide>(x + (row + r) * n + column + c, 0);
  });
  return packs;
}

/// Drops out and stages the tile.
__device__ inline void stage(Packs& packs, std::int64_t n, std::int64_t row, std::int64_t column,
                             const Dropout& dropout, Bf16* to) {
  for_lane_packs([&](int k, unsigned r, unsigned c) {
    drop(packs.values[k], ((row + r) * n + column + c) / kWide, dropout);
    store(to + r * kStride + c, 0, packs.values[k]);
  });
}

/// Stages 16 rows of low [rows, rank] from `row` on, filled up with zeros to kRanks columns.
template <int kRanks>
__device__ inline void stage_low(const Bf16* low, std::int64_t rows, std::int64_t rank, std::int64_t row, Bf16* to) {
  const auto copy = [&]<int kSize>() {
    for (unsigned i = threadIdx.x % kWarp; i < kTile * kRanks / kSize; i += kWarp) {
      const unsigned r = i / (kRanks / kSize), k = i % (kRanks / kSize) * kSize;
      Pack<Bf16, kSize> pack = {};
      if (row + r < rows && k < rank) pack = load<kSize>(low + (row + r) * rank + k, 0);
      store(to + r * kStride + k, 0, pack);
    }
  };
  if (rank % kWide == 0)
    copy.template operator()<kWide>();
  else
    copy.template operator()<1>();
}

template <int kCount>
__device__ inline void clear(Sums (&sums)[kCount]) {
  for (Sums& sum : sums) wmma::fill_fragment(sum, 0.0F);
}

template <int kCount>
__device__ inline void write(float* to, const Sums (&sums)[kCount]) {
  for (int i = 0; i < kCount; ++i) wmma::store_matrix_sync(to + i * kTile, sums[i], kSumStride, wmma::mem_row_major);
}

/// Adds up the warps' sums [16, 16 · kCount] and calls `body(row, column, sum)` for each element.
template <int kCount, typename Body>
__device__ inline void sum_over_warps(WarpMemory (&memory)[kWarps], const Sums (&sums)[kCount], Body body) {
  __syncthreads();  // what was staged or summed there has been read
  write(memory[threadIdx.x / kWarp].sums, sums);
  __syncthreads();
  for (unsigned i = threadIdx.x; i < kTile * kTile * kCount; i += blockDim.x) {
    const unsigned row = i / (kTile * kCount), column = i % (kTile * kCount);
    float sum = 0;
    for (const WarpMemory& part : memory) sum += part.sums[row * kSumStride + column];
    body(row, column, sum);
  }
}

/// One block 16 rows, whose columns its warps share. w [kRanks, w_columns]
template <int kRanks>
__global__ void __launch_bounds__(kMaxThreads)
    low_rank_project_kernel(const Bf16* __restrict__ x, const Bf16* __restrict__ w, Bf16* __restrict__ out,
                            std::int64_t rows, std::int64_t n, std::int64_t w_columns, std::int64_t rank, float factor,
                            const __grid_constant__ Dropout dropout) {
  __shared__ WarpMemory memory[kWarps];
  Bf16* tile = memory[threadIdx.x / kWarp].staged.x;
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * kTile;
  std::int64_t column = threadIdx.x / kWarp * kColumns;
  Sums sums[kRanks / kTile];
  clear(sums);
  Packs next = load_tile(x, rows, n, row, column);
  while (column < n) {
    const std::int64_t next_column = column + kWarps * kColumns;
    Packs packs = next;
    next = load_tile(x, rows, n, row, next_column);
    stage(packs, n, row, column, dropout, tile);
    __syncwarp();
    for (int k = 0; k < kColumns; k += kTile) {
      Operand<wmma::matrix_a, wmma::row_major> left;
      wmma::load_matrix_sync(left, tile + k, kStride);
      for (int t = 0; t < kRanks / kTile; ++t) {
        Operand<wmma::matrix_b, wmma::col_major> right;
        wmma::load_matrix_sync(right, w + t * kTile * w_columns + column + k, static_cast<unsigned>(w_columns));
        wmma::mma_sync(sums[t], left, right, sums[t]);
      }
    }
    __syncwarp();
    column = next_column;
  }
  sum_over_warps(memory, sums, [&](unsigned r, unsigned k, float sum) {
    if (row + r < rows && k < rank) out[(row + r) * rank + k] = rounded<Bf16>(sum * factor);
  });
}

/// One warp a tile of y; a block's warps have tiles side by side, `blocks_a_row` blocks 16 rows.
template <int kRanks>
__global__ void __launch_bounds__(kMaxThreads)
    low_rank_add_kernel(const Bf16* __restrict__ low, const Bf16* __restrict__ w, Bf16* __restrict__ y,
                        std::int64_t rows, std::int64_t n, std::int64_t w_columns, std::int64_t rank, float factor,
                        unsigned blocks_a_row, const __grid_constant__ Dropout dropout) {
  __shared__ WarpMemory memory[kWarps];
  WarpMemory& own = memory[threadIdx.x / kWarp];
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x / blocks_a_row) * kTile;
  const std::int64_t column =
      (static_cast<std::int64_t>(blockIdx.x % blocks_a_row) * kWarps + threadIdx.x / kWarp) * kColumns;
  if (column >= n) return;
  Packs packs = load_tile(y, rows, n, row, column);
  stage_low<kRanks>(low, rows, rank, row, own.staged.low);
  __syncwarp();
  Sums sums[kColumns / kTile];
  clear(sums);
  for (int k = 0; k < kRanks; k += kTile) {
    Operand<wmma::matrix_a, wmma::row_major> left;
    wmma::load_matrix_sync(left, own.staged.low + k, kStride);
    for (int i = 0; i < kColumns / kTile; ++i) {
      Operand<wmma::matrix_b, wmma::row_major> right;
      wmma::load_matrix_sync(right, w + k * w_columns + column + i * kTile, static_cast<unsigned>(w_columns));
      wmma::mma_sync(sums[i], left, right, sums[i]);
    }
  }
  __syncwarp();
  write(own.sums, sums);
  __syncwarp();
  for_lane_packs([&](int k, unsigned r, unsigned c) {
    if (row + r >= rows || column + c >= n) return;
    const std::int64_t at = (row + r) * n + column + c;
    Pack<float, kWide> update;
    load_floats(own.sums, r * kSumStride + c, update.values);
    for (float& value : update.values) value *= factor;
    drop(update, at / kWide, dropout);
    auto& pack = packs.values[k];
    for (int j = 0; j < kWide; ++j) pack.values[j] = rounded<Bf16>(to_float(pack.values[j]) + update.values[j]);
    store(y + at, 0, pack);
  });
}

/// One block 64 columns and one of `shares` shares of the rows, whose tiles its warps share: out [shares, rank, n].
template <int kRanks>
__global__ void __launch_bounds__(kMaxThreads, kRanks <= 16 ? 2 : 1)
    low_rank_gradient_kernel(const Bf16* __restrict__ low, const Bf16* __restrict__ x, float* __restrict__ out,
                             std::int64_t rows, std::int64_t n, std::int64_t rank, float factor, unsigned shares,
                             const __grid_constant__ Dropout dropout) {
  __shared__ WarpMemory memory[kWarps];
  auto& staged = memory[threadIdx.x / kWarp].staged;
  const std::int64_t share = blockIdx.x % shares, column = static_cast<std::int64_t>(blockIdx.x / shares) * kColumns;
  std::int64_t row = (share * kWarps + threadIdx.x / kWarp) * kTile;
  Sums sums[kRanks / kTile][kColumns / kTile];
  for (auto& some : sums) clear(some);
  Packs next = load_tile(x, rows, n, row, column);
  while (row < rows) {
    const std::int64_t next_row = row + static_cast<std::int64_t>(shares) * kWarps * kTile;
    Packs packs = next;
    next = load_tile(x, rows, n, next_row, column);
    stage_low<kRanks>(low, rows, rank, row, staged.low);
    stage(packs, n, row, column, dropout, staged.x);
    __syncwarp();
    for (int i = 0; i < kColumns / kTile; ++i) {
      Operand<wmma::matrix_b, wmma::row_major> right;
      wmma::load_matrix_sync(right, staged.x + i * kTile, kStride);
      for (int t = 0; t < kRanks / kTile; ++t) {
        Operand<wmma::matrix_a, wmma::col_major> left;
        wmma::load_matrix_sync(left, staged.low + t * kTile, kStride);
        wmma::mma_sync(sums[t][i], left, right, sums[t][i]);
      }
    }
    __syncwarp();
    row = next_row;
  }
  for (int t = 0; t < kRanks / kTile; ++t)
    sum_over_warps(memory, sums[t], [&](unsigned r, unsigned c, float sum) {
      const std::int64_t k = t * kTile + r;
      if (k < rank && column + c < n) out[(share * rank + k) * n + column + c] = sum * factor;
    });
}

/// out [n] = the sum of partial [shares, n]; one thread 16 bytes. n is a multiple of 4.
template <int kWidth>
__global__ void __launch_bounds__(kMaxThreads)
    low_rank_sum_kernel(const float* __restrict__ partial, float* __restrict__ out, std::int64_t n, unsigned shares) {
  for_packs<kWidth>(n, [&]<int kSize>(std::int64_t i) {
    auto sum = load<kSize>(partial, i);
    for (unsigned share = 1; share < shares; ++share) {
      const auto more = load<kSize>(partial + share * n, i);
      for (int j = 0; j < kSize; ++j) sum.values[j] += more.values[j];
    }
    store(out, i, sum);
  });
}

/// Calls `body.operator()<kRanks>()` with the least number of ranks of which there are kernels.
template <typename Body>
void by_ranks(std::int64_t rank, Body body) {
  switch (low_rank_rows(rank)) {
    case 16:
      return body.template operator()<16>();
    case 32:
      return body.template operator()<32>();
    default:
      return body.template operator()<kMaxLowRank>();
  }
}

inline unsigned tiles(std::int64_t items, std::int64_t of) {
  return static_cast<unsigned>((items + of - 1) / of);
}

template <typename Launch>
void low_rank_project(const Launch& launch, const Bf16* x, const Bf16* w, Bf16* out, std::int64_t rows, std::int64_t n,
                      std::int64_t rank, float factor, const Dropout& settings) {
  if (rows == 0 || rank == 0) return;
  by_ranks(rank, [&]<int kRanks>() {
    launch(low_rank_project_kernel<kRanks>, tiles(rows, kTile), kMaxThreads, x, w, out, rows, n, low_rank_columns(n),
           rank, factor, settings);
  });
}

template <typename Launch>
void low_rank_add(const Launch& launch, const Bf16* low, const Bf16* w, Bf16* y, std::int64_t rows, std::int64_t n,
                  std::int64_t rank, float factor, const Dropout& settings) {
  if (rows == 0 || n == 0) return;
  const unsigned blocks_a_row = tiles(n, kWarps * kColumns);
  by_ranks(rank, [&]<int kRanks>() {
    launch(low_rank_add_kernel<kRanks>, tiles(rows, kTile) * blocks_a_row, kMaxThreads, low, w, y, rows, n,
           low_rank_columns(n), rank, factor, blocks_a_row, settings);
  });
}

template <typename Launch>
void low_rank_gradient(const Launch& launch, const Bf16* low, const Bf16* x, float* partial, float* out,
                       std::int64_t rows, std::int64_t n, std::int64_t rank, float factor, const Dropout& settings) {
  if (n == 0 || rank == 0) return;
  const auto shares = static_cast<unsigned>(low_rank_shares(rows, n));
  by_ranks(rank, [&]<int kRanks>() {
    launch(low_rank_gradient_kernel<kRanks>, tiles(n, kColumns) * shares, kMaxThreads, low, x,
           shares == 1 ? out : partial, rows, n, rank, factor, shares, settings);
  });
  if (shares > 1)
    launch(low_rank_sum_kernel<kWidest<float>>, blocks_for(rank * n / kWidest<float>), kMaxThreads, partial, out,
           rank * n, shares);
}

}  // namespace device
}  // namespace radonc::kernels
