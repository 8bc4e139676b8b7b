// Attention of packed sequences in bfloat16, for training and prefill: scores live tile by tile in the processor's
// cache, and the backward pass computes them again. Private.
#pragma once

#include <cstdint>
#include <vector>

namespace radonc::kernels {

/// Tokens [begin, end) attend inside themselves.
struct SpanView {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  const bool* seen = nullptr;  ///< [L, L]: by query and key; by key and query for the backward pass; null means causal
};

/// q, out [T, heads, d], k, v [T, kv_heads, d], log_sums [T, heads].
struct AttentionShape {
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t d = 0;
  std::vector<SpanView> spans;
};

/// Whether the processor (AVX512-BF16 and VBMI) and this head size are served: multiples of 32 up to 256.
bool has_attention(std::int64_t d);

/// out = softmax(q kᵀ / sqrt(d)) v and log_sums = log₂ Σ exp(q kᵀ / sqrt(d)). Scores, softmax and sums are in float32;
/// the probabilities are rounded to bfloat16 as factors of v. A query that sees nothing gets zeros.
void attention_forward(const AttentionShape& shape, const std::uint16_t* q, const std::uint16_t* k,
                       const std::uint16_t* v, std::uint16_t* out, float* log_sums);

struct AttentionGradients {
  std::uint16_t* q;
  std::uint16_t* k;
  std::uint16_t* v;
};

/// The gradients from out's, `grad`. Neither pass depends on the number of threads.
void attention_backward(const AttentionShape& shape, const std::uint16_t* q, const std::uint16_t* k,
                        const std::uint16_t* v, const std::uint16_t* out, const float* log_sums,
                        const std::uint16_t* grad, const AttentionGradients& gradients);

}  // namespace radonc::kernels
