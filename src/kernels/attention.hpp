// Attention of packed sequences in bfloat16, for training and prefill: scores live tile by tile in the processor's
// cache, and the backward pass computes them again. Private.
#pragma once

#include <cstdint>
#include <vector>

namespace radonc::kernels {

struct KeyRange {
  std::int64_t begin = 0;  ///< the first of its tokens
  std::int64_t length = 0;
};

/// Queries that follow one another, and the keys that the last one sees, of which the last `length` are theirs.
struct SpanView {
  std::int64_t begin = 0;  ///< the first query's token
  std::int64_t length = 0;
  std::int64_t num_keys = 0;
  std::vector<KeyRange> keys;  ///< in the order of their positions

  /// Position of the query `i`.
  [[nodiscard]] std::int64_t position(std::int64_t i) const { return num_keys - length + i; }
};

/// q, out [T, heads, d], k, v [P + T, kv_heads, d], log_sums [T, heads].
struct AttentionShape {
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t d = 0;
  std::int64_t window = 0;  ///< how many of the last positions a query sees; 0 means all
  std::vector<SpanView> spans;
};

/// Whether the processor (level_kernels().has_bfloat16) and this head size are served: multiples of 32 up to 256.
bool has_attention(std::int64_t d);

/// out = softmax(q kᵀ / sqrt(d)) v and log_sums = log₂ Σ exp(q kᵀ / sqrt(d)). Scores, softmax and sums are in float32;
/// the probabilities are rounded to bfloat16 as factors of v.
void attention_forward(const AttentionShape& shape, const std::uint16_t* q, const std::uint16_t* k,
                       const std::uint16_t* v, std::uint16_t* out, float* log_sums);

struct AttentionGradients {
  std::uint16_t* q;
  std::uint16_t* k;
  std::uint16_t* v;
};

/// The gradients from out's, `grad`, where no key was computed before (P = 0). Neither pass depends on the number of
/// threads.
void attention_backward(const AttentionShape& shape, const std::uint16_t* q, const std::uint16_t* k,
                        const std::uint16_t* v, const float* log_sums, const std::uint16_t* grad,
                        const AttentionGradients& gradients);

}  // namespace radonc::kernels
