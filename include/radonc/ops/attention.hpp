// Causal attention in a packed batch whose sequences share what they begin with, and over a key-value cache.
#pragma once

#include <torch/types.h>

#include <vector>

#include "radonc/core/export.hpp"

namespace radonc::ops {

/// Tokens [begin, end) of a packed batch.
struct RADONC_API TokenRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;

  [[nodiscard]] std::int64_t length() const { return end - begin; }
};

/// Tokens [begin, end) of one sequence, which continue its `prefix`: each sees the prefix, and of its own span itself
/// and what stands before it.
struct RADONC_API AttentionSpan {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::vector<TokenRange> prefix;  ///< tokens before `begin`, in the order of their positions
};

/// The spans of a batch, and where their keys and queries lie on its device: made once for the attention of all layers.
struct RADONC_API PackedSpans {
  /// Throws c10::Error unless the spans follow one another and each prefix lies before its span.
  PackedSpans(std::vector<AttentionSpan> in_order, const torch::Device& on = torch::kCPU);  // NOLINT: a conversion

  std::vector<AttentionSpan> spans;
  torch::Device device;
  /// Where each span's would begin if they lay one behind the other, and where the last's end.
  std::vector<std::int32_t> query_begins, key_begins;
  std::int64_t most_queries = 0, most_keys = 0;  ///< of a span
  torch::Tensor queries_there, keys_there;       ///< the begins on the device; undefined on the CPU
  /// [keys] int64 on the device: which of k they are. Undefined where they are all, in order.
  torch::Tensor key_places;
};

/// softmax(q kᵀ / sqrt(d)) v over what each token sees. Query heads share key-value heads in groups (Ainslie et al.
/// 2023). A `sliding_window` of W keeps the last W positions, the token itself included; 0 means no window. Without
/// gradients, k and v may begin with P tokens that were computed before: the spans count them too, and follow one
/// another from token P to the last. In bfloat16 on processors with AVX512-BF16 this runs on kernels of radonc's own
/// where d is a multiple of 32 up to 256, and on torch's elsewhere.
///   q [T, heads, d]   k, v [P + T, kv_heads, d]   → [T, heads, d]
RADONC_API torch::Tensor packed_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                          const PackedSpans& spans, std::int64_t sliding_window = 0);

/// The new token of each sequence into its slot of the cache: keys[slots[b], :, positions[b]] = k[b], and values from
/// v.
///   keys, values [slots, kv_heads, capacity, d]   k, v [B, kv_heads, d], of their type
///   slots [B] int64, one twice only with the same new token   positions [B] int64 < capacity
/// Registered as `radonc::append_to_cache_`. Throws c10::Error on what does not fit; of places outside the cache only
/// on the CPU.
RADONC_API void append_to_cache(torch::Tensor keys, torch::Tensor values, const torch::Tensor& k,
                                const torch::Tensor& v, const torch::Tensor& slots, const torch::Tensor& positions);

/// One new token a sequence against the slot of a cache that is the sequence's, of which it sees the first positions up
/// to its own.
///   q [B, heads, d]   k, v [slots, kv_heads, capacity, d]   slots [B] int64   positions [B] int64 < capacity
///   → [B, heads, d]
/// A `sliding_window` as in packed_attention. Registered as `radonc::cached_attention`, without gradients. Kernels: on
/// the CPU in float32 and bfloat16 where d <= 256 and up to 16 heads share a key-value head, on GPUs in the same types
/// where d is a multiple of 8 up to 256; elsewhere torch's attention. Throws c10::Error as append_to_cache does.
RADONC_API torch::Tensor cached_attention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                          const torch::Tensor& slots, const torch::Tensor& positions,
                                          std::int64_t sliding_window = 0);

}  // namespace radonc::ops
