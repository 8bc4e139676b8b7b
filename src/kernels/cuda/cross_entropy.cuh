// The loss of rows of logits; see radonc/ops/cross_entropy.hpp. Private.
#pragma once

#include <cfloat>
#include <cmath>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/launches.hpp"

namespace radonc::kernels {
namespace device {

inline constexpr unsigned kRowThreads = 1024;  // rows are as long as a vocabulary, and few

/// Σ exp(x - most) over some x, and the largest of them.
struct SumOfExponentials {
  float most = -FLT_MAX;  // finite, so that the difference to a logit of -infinity is one
  float sum = 0;
};

__device__ inline SumOfExponentials joined(SumOfExponentials a, SumOfExponentials b) {
  const float most = fmaxf(a.most, b.most);
  return {most, a.sum * expf(a.most - most) + b.sum * expf(b.most - most)};
}

/// Of the whole block, known to every thread. To be called once.
__device__ inline SumOfExponentials block_sum(SumOfExponentials mine) {
  __shared__ SumOfExponentials partial[kRowThreads / kWarp];
  for (int bits = 16; bits > 0; bits /= 2) {
    const SumOfExponentials other = {__shfl_xor_sync(kAllLanes, mine.most, bits),
                                     __shfl_xor_sync(kAllLanes, mine.sum, bits)};
    mine = joined(mine, other);
  }
  if (threadIdx.x % kWarp == 0) partial[threadIdx.x / kWarp] = mine;
  __syncthreads();
  mine = partial[0];
  for (unsigned warp = 1; warp < blockDim.x / kWarp; ++warp) mine = joined(mine, partial[warp]);
  return mine;
}

/// One block a row: logits [rows, n], read once for the loss; with `gradient` they become softmax - one hot.
/// The loss of a row whose label is outside the vocabulary is NaN: a kernel cannot throw.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kRowThreads)
    cross_entropy_kernel(T* __restrict__ logits, const std::int64_t* __restrict__ labels, float* __restrict__ losses,
                         std::int64_t n, bool gradient) {
  logits += blockIdx.x * n;
  const std::int64_t packs = n / kWidth, label = labels[blockIdx.x];
  const bool is_known = label >= 0 && label < n;
  const float of_label = is_known ? to_float(logits[label]) : NAN;  // before it is overwritten
  SumOfExponentials row;
  for (std::int64_t i = threadIdx.x; i < packs; i += blockDim.x) {
    float x[kWidth];
    load_floats(logits, i * kWidth, x);
    float most = row.most;
    for (const float value : x) most = fmaxf(most, value);
    row = {most, row.sum * expf(row.most - most)};
    for (const float value : x) row.sum += expf(value - most);
  }
  row = block_sum(row);
  if (threadIdx.x == 0) losses[blockIdx.x] = logf(row.sum) - (of_label - row.most);
  if (!gradient) return;
  const float share = 1.0F / row.sum;
  for (std::int64_t i = threadIdx.x; i < packs; i += blockDim.x) {
    auto pack = load<kWidth>(logits, i);
    for (int j = 0; j < kWidth; ++j) {
      // One is subtracted before the rounding: of a sure token little is left.
      const float one_hot = i * kWidth + j == label ? 1.0F : 0.0F;
      pack.values[j] = rounded<T>(expf(to_float(pack.values[j]) - row.most) * share - one_hot);
    }
    store(logits, i, pack);
  }
}

template <typename Launch, typename T>
void cross_entropy(const Launch& launch, T* logits, const std::int64_t* labels, float* losses, std::int64_t rows,
                   std::int64_t n, bool gradient) {
  if (rows == 0) return;
  const auto blocks = static_cast<unsigned>(rows);
  constexpr int kWide = kWidest<T>;
  if (n % kWide == 0 && are_aligned(logits))
    launch(cross_entropy_kernel<T, kWide>, blocks, threads_for(n / kWide, kRowThreads), logits, labels, losses, n,
           gradient);
  else
    launch(cross_entropy_kernel<T, 1>, blocks, threads_for(n, kRowThreads), logits, labels, losses, n, gradient);
}

}  // namespace device
}  // namespace radonc::kernels
