// Attention of one new token a sequence to a key-value cache; see radonc/ops/attention.hpp. Private.
//
// A block takes a part of a sequence's keys and up to four query heads that share them, so that few sequences fill a
// GPU, too (Dao et al. 2023, Flash-Decoding). Where the parts end follows from the positions, which the GPU alone
// knows; how many there are does not, so that a launch waits for nothing and can be captured in a graph.
#pragma once

#include <cfloat>
#include <cmath>

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/launches.hpp"

namespace radonc::kernels {
namespace device {

inline constexpr unsigned kDecodeThreads = 128;
inline constexpr unsigned kDecodeWarps = kDecodeThreads / kWarp;
inline constexpr int kSlice = 8;            // elements of a head that a lane holds
inline constexpr float kLowest = -FLT_MAX;  // finite, so that the difference to a score of -infinity is one

/// Blocks of a multiprocessor that kHeads heads' registers leave room for.
template <int kHeads>
inline constexpr int kDecodeBlocks = kHeads == 1   ? 6
                                     : kHeads == 2 ? 4
                                                   : 3;

/// kSlice elements as they are stored.
template <typename T>
struct Slice {
  Pack<T, kWidest<T>> packs[kSlice / kWidest<T>];
};

template <typename T>
__device__ inline Slice<T> load_slice(const T* from) {
  Slice<T> slice;
#pragma unroll
  for (int i = 0; i < kSlice / kWidest<T>; ++i) slice.packs[i] = load<kWidest<T>>(from, i);
  return slice;
}

template <typename T>
__device__ inline void widen(const Slice<T>& slice, float (&out)[kSlice]) {
#pragma unroll
  for (int i = 0; i < kSlice; ++i) out[i] = to_float(slice.packs[i / kWidest<T>].values[i % kWidest<T>]);
}

/// What a block does: keys [begin, end) of a sequence's key-value head, for `count` query heads from `head` on.
struct DecodeBlock {
  std::int64_t sequence, kv_head, head, begin, end;
  int count;
  unsigned split;
};

/// `step`: keys that the block takes at a time.
__device__ inline DecodeBlock decode_block(const CacheShape& shape, const std::int64_t* positions, unsigned splits,
                                           std::int64_t step, unsigned most_heads) {
  const auto repeats = static_cast<unsigned>(shape.heads / shape.kv_heads);
  const unsigned chunks = (repeats + most_heads - 1) / most_heads, chunk = blockIdx.x % chunks;
  unsigned i = blockIdx.x / chunks;
  DecodeBlock block;
  block.split = i % splits;
  i /= splits;
  block.kv_head = i % shape.kv_heads;
  block.sequence = i / shape.kv_heads;
  block.head = block.kv_head * repeats + chunk * most_heads;
  const unsigned left = repeats - chunk * most_heads;
  block.count = static_cast<int>(left < most_heads ? left : most_heads);
  const std::int64_t last = positions[block.sequence] + 1;
  const std::int64_t first = shape.window > 0 && last > shape.window ? last - shape.window : 0;
  const std::int64_t share = (last - first + splits - 1) / splits, whole = (share + step - 1) / step * step;
  block.begin = first + block.split * whole;
  block.end = block.begin + whole < last ? block.begin + whole : last;
  return block;
}

/// The softmax over some keys: the largest score, Σ 2^(score - most), and the values' sum by these shares.
template <int kHeads>
struct Softmax {
  float most[kHeads], total[kHeads], sums[kHeads][kSlice];
};

/// Joins the softmax of the lanes whose numbers differ in `bits`.
template <int kHeads>
__device__ inline void join_lanes(Softmax<kHeads>& mine, int bits) {
#pragma unroll
  for (int h = 0; h < kHeads; ++h) {
    const float other = __shfl_xor_sync(kAllLanes, mine.most[h], bits), most = fmaxf(mine.most[h], other);
    const float own = exp2f(mine.most[h] - most), its = exp2f(other - most);
    mine.most[h] = most;
    mine.total[h] = mine.total[h] * own + __shfl_xor_sync(kAllLanes, mine.total[h], bits) * its;
#pragma unroll
    for (int i = 0; i < kSlice; ++i)
      mine.sums[h][i] = mine.sums[h][i] * own + __shfl_xor_sync(kAllLanes, mine.sums[h][i], bits) * its;
  }
}

/// Of `splits` parts each writes its sums, its largest score and its total to `partial` [sequences · heads, splits,
/// d + 2], or, where there is but one, the result to `out`. kLanes lanes serve one key, so that a warp takes several at
/// once, and several more are on their way.
template <typename T, int kLanes, int kHeads>
__global__ void __launch_bounds__(kDecodeThreads, kDecodeBlocks<kHeads>)
    cached_attention_kernel(const T* __restrict__ q, const T* __restrict__ k, const T* __restrict__ v,
                            const std::int64_t* __restrict__ slots, const std::int64_t* __restrict__ positions,
                            T* __restrict__ out, float* __restrict__ partial, const __grid_constant__ CacheShape shape,
                            unsigned splits) {
  constexpr int kGroups = static_cast<int>(kWarp) / kLanes;  // keys that a warp takes side by side
  constexpr int kDepth = kBytes / 2 / sizeof(T);             // and one behind the other
  constexpr int kStep = kGroups * kDepth;
  const unsigned lane = threadIdx.x % kWarp, warp = threadIdx.x / kWarp, group = lane / kLanes;
  const auto d = static_cast<unsigned>(shape.d);
  const DecodeBlock block = decode_block(shape, positions, splits, kDecodeWarps * kStep, kHeads);
  const std::int64_t row = block.sequence * shape.heads + block.head;
  if (block.begin >= block.end) {  // the parts before have all keys
    if (threadIdx.x < static_cast<unsigned>(block.count)) {
      float* own = partial + ((row + threadIdx.x) * splits + block.split) * (d + 2);
      own[d] = kLowest, own[d + 1] = 0;
    }
    return;
  }

  // Lanes behind the head's end take its first elements, with queries of 0; what they sum is not read.
  const unsigned first = lane % kLanes * kSlice, offset = first < d ? first : 0;
  const float scale = first < d ? 1.44269504F * rsqrtf(static_cast<float>(d)) : 0.0F;  // scores are to the base 2
  float queries[kHeads][kSlice];
  Softmax<kHeads> own;
#pragma unroll
  for (int h = 0; h < kHeads; ++h) {
    widen(load_slice(q + (row + (h < block.count ? h : 0)) * d + offset), queries[h]);
    own.most[h] = kLowest, own.total[h] = 0;
#pragma unroll
    for (int i = 0; i < kSlice; ++i) queries[h][i] *= scale, own.sums[h][i] = 0;
  }

  const std::int64_t start = (slots[block.sequence] * shape.kv_heads + block.kv_head) * shape.capacity * d + offset;
  for (std::int64_t base = block.begin + warp * kStep; base < block.end; base += kDecodeWarps * kStep) {
    Slice<T> keys[kDepth], values[kDepth];
    bool is_seen[kDepth];
#pragma unroll
    for (int j = 0; j < kDepth; ++j) {
      const std::int64_t place = base + j * kGroups + group;
      is_seen[j] = place < block.end;
      const std::int64_t from = start + (is_seen[j] ? place : block.end - 1) * d;
      keys[j] = load_slice(k + from);
      values[j] = load_slice(v + from);
    }
    float scores[kDepth][kHeads] = {};
#pragma unroll
    for (int j = 0; j < kDepth; ++j) {
      float key[kSlice];
      widen(keys[j], key);
#pragma unroll
      for (int h = 0; h < kHeads; ++h) {
#pragma unroll
        for (int i = 0; i < kSlice; ++i) scores[j][h] += queries[h][i] * key[i];
#pragma unroll
        for (int bits = kLanes / 2; bits > 0; bits /= 2) scores[j][h] += __shfl_xor_sync(kAllLanes, scores[j][h], bits);
        if (!is_seen[j]) scores[j][h] = -INFINITY;
      }
    }
#pragma unroll
    for (int h = 0; h < kHeads; ++h) {
      float most = own.most[h];
#pragma unroll
      for (int j = 0; j < kDepth; ++j) most = fmaxf(most, scores[j][h]);
      const float factor = exp2f(own.most[h] - most);
      own.most[h] = most;
      own.total[h] *= factor;
#pragma unroll
      for (float& sum : own.sums[h]) sum *= factor;
#pragma unroll
      for (int j = 0; j < kDepth; ++j) own.total[h] += scores[j][h] = exp2f(scores[j][h] - most);
    }
#pragma unroll
    for (int j = 0; j < kDepth; ++j) {
      float value[kSlice];
      widen(values[j], value);
#pragma unroll
      for (int h = 0; h < kHeads; ++h) {
#pragma unroll
        for (int i = 0; i < kSlice; ++i) own.sums[h][i] += scores[j][h] * value[i];
      }
    }
  }

#pragma unroll
  for (int bits = kLanes; bits < static_cast<int>(kWarp); bits *= 2) join_lanes(own, bits);
  __shared__ float most[kHeads][kDecodeWarps], totals[kHeads][kDecodeWarps];
  __shared__ float sums[kHeads][kDecodeWarps][kLanes * kSlice];
  if (group == 0) {
#pragma unroll
    for (int h = 0; h < kHeads; ++h) {
      if (lane == 0) most[h][warp] = own.most[h], totals[h][warp] = own.total[h];
#pragma unroll
      for (int i = 0; i < kSlice; ++i) sums[h][warp][first + i] = own.sums[h][i];
    }
  }
  __syncthreads();
  for (unsigned i = threadIdx.x; i < block.count * d; i += blockDim.x) {
    const unsigned h = i / d, place = i % d;
    float largest = most[h][0], total = 0, sum = 0;
    for (unsigned w = 1; w < kDecodeWarps; ++w) largest = fmaxf(largest, most[h][w]);
    for (unsigned w = 0; w < kDecodeWarps; ++w) {
      const float factor = exp2f(most[h][w] - largest);
      total += totals[h][w] * factor;
      sum += sums[h][w][place] * factor;
    }
    if (splits == 1) {
      out[(row + h) * d + place] = rounded<T>(sum / total);
    } else {
      float* part = partial + ((row + h) * splits + block.split) * (d + 2);
      part[place] = sum;
      if (place == 0) part[d] = largest, part[d + 1] = total;
    }
  }
}

/// One block a row: out [rows, d] of partial [rows, splits, d + 2].
template <typename T>
__global__ void __launch_bounds__(kMaxThreads)
    join_splits_kernel(const float* __restrict__ partial, T* __restrict__ out, unsigned splits, unsigned d) {
  const float* parts = partial + static_cast<std::int64_t>(blockIdx.x) * splits * (d + 2);
  float most = kLowest;
  for (unsigned split = 0; split < splits; ++split) most = fmaxf(most, parts[split * (d + 2) + d]);
  for (unsigned i = threadIdx.x; i < d; i += blockDim.x) {
    float total = 0, sum = 0;
    for (unsigned split = 0; split < splits; ++split) {
      const float* part = parts + split * (d + 2);
      if (part[d + 1] == 0) continue;  // it had no keys, and wrote no sums
      const float factor = exp2f(part[d] - most);
      total += part[d + 1] * factor;
      sum += part[i] * factor;
    }
    out[static_cast<std::int64_t>(blockIdx.x) * d + i] = rounded<T>(sum / total);
  }
}

/// k, v [sequences, kv_heads, d] go to their places in keys and values. One thread a pack of both.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kMaxThreads)
    append_to_cache_kernel(T* __restrict__ keys, T* __restrict__ values, const T* __restrict__ k,
                           const T* __restrict__ v, const std::int64_t* __restrict__ slots,
                           const std::int64_t* __restrict__ positions, const __grid_constant__ CacheShape shape) {
  const std::int64_t packs = shape.d / kWidth, n = shape.sequences * shape.kv_heads * packs;
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += stride) {
    const std::int64_t row = i / packs, sequence = row / shape.kv_heads, head = row % shape.kv_heads;
    const std::int64_t place = (slots[sequence] * shape.kv_heads + head) * shape.capacity + positions[sequence];
    store(keys, place * packs + i % packs, load<kWidth>(k, i));
    store(values, place * packs + i % packs, load<kWidth>(v, i));
  }
}

template <typename Launch, typename T>
void cached_attention(const Launch& launch, const T* q, const T* k, const T* v, const std::int64_t* slots,
                      const std::int64_t* positions, T* out, float* partial, const CacheShape& shape,
                      std::int64_t splits) {
  if (shape.sequences * shape.heads == 0) return;
  const std::int64_t repeats = shape.heads / shape.kv_heads;
  const auto blocks = static_cast<unsigned>(shape.decode_blocks() * splits), parts = static_cast<unsigned>(splits);
  const auto run = [&]<int kLanes, int kHeads>() {
    launch(cached_attention_kernel<T, kLanes, kHeads>, blocks, kDecodeThreads, q, k, v, slots, positions, out, partial,
           shape, parts);
  };
  const auto by_heads = [&]<int kLanes>() {
    if (repeats == 1)
      run.template operator()<kLanes, 1>();
    else if (repeats == 2)
      run.template operator()<kLanes, 2>();
    else
      run.template operator()<kLanes, static_cast<int>(kDecodeHeads)>();
  };
  if (shape.d <= 64)
    by_heads.template operator()<8>();
  else if (shape.d <= 128)
    by_heads.template operator()<16>();
  else
    by_heads.template operator()<32>();
  if (splits == 1) return;
  const auto rows = static_cast<unsigned>(shape.sequences * shape.heads);
  launch(join_splits_kernel<T>, rows, threads_for(shape.d), partial, out, parts, static_cast<unsigned>(shape.d));
}

template <typename Launch, typename T>
void append_to_cache(const Launch& launch, T* keys, T* values, const T* k, const T* v, const std::int64_t* slots,
                     const std::int64_t* positions, const CacheShape& shape) {
  const std::int64_t n = shape.sequences * shape.kv_heads * shape.d;
  if (n == 0) return;
  constexpr int kWide = kWidest<T>;
  if (shape.d % kWide == 0 && are_aligned(keys, values, k, v))
    launch(append_to_cache_kernel<T, kWide>, blocks_for(n / kWide), kMaxThreads, keys, values, k, v, slots, positions,
           shape);
  else
    launch(append_to_cache_kernel<T, 1>, blocks_for(n), kMaxThreads, keys, values, k, v, slots, positions, shape);
}

}  // namespace device
}  // namespace radonc::kernels
