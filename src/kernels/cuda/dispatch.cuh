// What the CUDA kernels share. Private.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <c10/util/BFloat16.h>

#include <algorithm>
#include <cstdint>

namespace radonc::kernels {

inline constexpr int kThreads = 256;

/// Blocks for `n` elements, at most what one launch allows; the kernels stride over the rest.
inline int blocks_for(std::int64_t n) {
  return static_cast<int>(std::min<std::int64_t>((n + kThreads - 1) / kThreads, 65535));
}

/// Sum over the block, known to every thread.
__device__ inline float block_sum(float value) {
  __shared__ float partial[kThreads / 32];
  for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(0xFFFFFFFFU, value, offset);
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = value;
  __syncthreads();
  float sum = 0;
  for (int i = 0; i < kThreads / 32; ++i) sum += partial[i];
  __syncthreads();
  return sum;
}

/// Calls `body` with a value of the tensor's element type.
template <typename Body>
void by_type(const at::Tensor& tensor, const char* name, Body body) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
      return body(float{});
    case at::kBFloat16:
      return body(c10::BFloat16{});
    default:
      TORCH_CHECK(false, name, ": expected float32 or bfloat16, got ", tensor.scalar_type());
  }
}

}  // namespace radonc::kernels
