// What the CUDA kernels share. Nothing here or in the kernels' other .cuh files needs torch or more of CUDA than
// `cuda_bf16.h` and `mma.h`: the tests run this code on the host as well. Private.
//
// A launch is `launch(kernel, blocks, threads, arguments...)`, so that the choice of the grid is tested with the
// kernel.
#pragma once

#include <cuda_bf16.h>

#include <algorithm>
#include <cstdint>

namespace radonc::kernels {
namespace device {

inline constexpr unsigned kMaxThreads = 256;
inline constexpr unsigned kWarp = 32;
inline constexpr unsigned kAllLanes = 0xFFFFFFFFU;
inline constexpr int kBytes = 16;  // of the widest access to memory

/// `kWidth` elements that one instruction loads or stores.
template <typename T, int kWidth>
struct alignas(sizeof(T) * kWidth) Pack {
  T values[kWidth];
};

template <typename T>
inline constexpr int kWidest = kBytes / sizeof(T);

__device__ inline float to_float(float x) {
  return x;
}
__device__ inline float to_float(__nv_bfloat16 x) {
  return __bfloat162float(x);
}

template <typename T>
__device__ inline T rounded(float x) {
  if constexpr (sizeof(T) == sizeof(float))
    return x;
  else
    return __float2bfloat16_rn(x);
}

/// Pack `i` of `from`.
template <int kWidth, typename T>
__device__ inline Pack<T, kWidth> load(const T* from, std::int64_t i) {
  return reinterpret_cast<const Pack<T, kWidth>*>(from)[i];
}
template <int kWidth, typename T>
__device__ inline void store(T* to, std::int64_t i, const Pack<T, kWidth>& pack) {
  reinterpret_cast<Pack<T, kWidth>*>(to)[i] = pack;
}

/// Elements `i` to `i + kWidth` of `from`, which may be more than one instruction loads.
template <int kWidth, typename T>
__device__ inline void load_floats(const T* from, std::int64_t i, float (&out)[kWidth]) {
  constexpr int kStep = kWidth < kWidest<T> ? kWidth : kWidest<T>;
  for (int j = 0; j < kWidth; j += kStep) {
    const auto pack = load<kStep>(from + i + j, 0);
    for (int k = 0; k < kStep; ++k) out[j + k] = to_float(pack.values[k]);
  }
}

/// Calls `body.operator()<width>(i)` for each pack i of the `n` elements that one of the grid's threads takes, and,
/// with a width of 1, for the elements i behind the last whole pack.
template <int kWidth, typename Body>
__device__ inline void for_packs(std::int64_t n, Body body) {
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x, packs = n / kWidth;
  for (std::int64_t i = first; i < packs; i += stride) body.template operator()<kWidth>(i);
  if constexpr (kWidth > 1) {
    const std::int64_t i = packs * kWidth + first;
    if (i < n) body.template operator()<1>(i);
  }
}

/// Sums over the warp, known to every lane.
__device__ inline float warp_sum(float value) {
  for (int bits = 16; bits > 0; bits /= 2) value += __shfl_xor_sync(kAllLanes, value, bits);
  return value;
}

/// The largest of the warp, known to every lane.
__device__ inline float warp_max(float value) {
  for (int bits = 16; bits > 0; bits /= 2) value = fmaxf(value, __shfl_xor_sync(kAllLanes, value, bits));
  return value;
}

/// Sums over the block, known to every thread. Whole warps.
template <int kCount>
__device__ inline void block_sums(float (&values)[kCount]) {
  __shared__ float partial[kCount][kMaxThreads / kWarp];
  for (int k = 0; k < kCount; ++k) {
    values[k] = warp_sum(values[k]);
    if (threadIdx.x % kWarp == 0) partial[k][threadIdx.x / kWarp] = values[k];
  }
  __syncthreads();
  for (int k = 0; k < kCount; ++k) {
    values[k] = 0;
    for (unsigned warp = 0; warp < blockDim.x / kWarp; ++warp) values[k] += partial[k][warp];
  }
  __syncthreads();  // `partial` may be written again
}

template <typename... Pointers>
bool are_aligned(Pointers... pointers) {
  return ((reinterpret_cast<std::uintptr_t>(pointers) % kBytes == 0) && ...);
}

/// Threads of a block that shares `items`: whole warps.
inline unsigned threads_for(std::int64_t items, unsigned most = kMaxThreads) {
  const std::int64_t warps = std::max<std::int64_t>((items + kWarp - 1) / kWarp, 1);
  return static_cast<unsigned>(std::min<std::int64_t>(warps * kWarp, most));
}

/// Blocks of kMaxThreads for `items`, at most as many as fill any GPU; the kernels stride over the rest.
inline unsigned blocks_for(std::int64_t items) {
  return static_cast<unsigned>(std::clamp<std::int64_t>((items + kMaxThreads - 1) / kMaxThreads, 1, 1 << 16));
}

}  // namespace device
}  // namespace radonc::kernels
