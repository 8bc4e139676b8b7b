// Causal attention inside the groups of a packed batch, and over a key-value cache.
#pragma once

#include <torch/types.h>

#include <vector>

namespace radonc::ops {

/// A range of packed tokens that attends only inside itself.
struct AttentionSpan {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  torch::Tensor seen;  ///< [L, L] bool, true = seen; undefined means plain causal
};

/// softmax(q kᵀ / sqrt(d)) v inside each span; the spans follow one another and cover all tokens. Query heads share
/// key-value heads in groups (Ainslie et al. 2023). In bfloat16 on processors with AVX512-BF16 this runs on kernels of
/// radonc's own where d is a multiple of 32 up to 256, and on torch's elsewhere.
///   q [T, heads, d]   k, v [T, kv_heads, d]   → [T, heads, d]
torch::Tensor packed_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                               const std::vector<AttentionSpan>& spans);

/// The new token of each sequence into its cache: cache[b, :, positions[b]] = x[b].
///   cache [B, kv_heads, capacity, d]   x [B, kv_heads, d], of the cache's type   positions [B] int64 < capacity
void append_to_cache(const torch::Tensor& cache, const torch::Tensor& x, const torch::Tensor& positions);

/// One new token a sequence against that sequence's cache, of which it sees the first positions up to its own.
///   q [B, heads, d]   k, v [B, kv_heads, capacity, d]   positions [B] int64 < capacity   → [B, heads, d]
/// A `sliding_window` of W keeps the last W positions, its own included; 0 means no window.
torch::Tensor cached_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                               const torch::Tensor& positions, std::int64_t sliding_window = 0);

}  // namespace radonc::ops
