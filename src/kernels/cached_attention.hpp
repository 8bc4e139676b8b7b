// Attention of one new token to a cache; see radonc/ops/attention.hpp. Private.
#pragma once

#include <cstdint>

#include "kernels/arithmetic.hpp"

namespace radonc::kernels {

inline constexpr std::int64_t kMaxHeadDim = 256;
inline constexpr std::int64_t kMaxSharedHeads = 16;

/// The query heads that share one key-value head: q, out [heads, d], k, v [.., d] of which [first, last) are seen.
/// `scores` [heads, last - first up to the next multiple of 16] is scratch. Everything is summed in float32.
void cached_attention(const float* q, const float* k, const float* v, float* out, std::int64_t heads, std::int64_t d,
                      std::int64_t first, std::int64_t last, float* scores);
void cached_attention(const BFloat16* q, const BFloat16* k, const BFloat16* v, BFloat16* out, std::int64_t heads,
                      std::int64_t d, std::int64_t first, std::int64_t last, float* scores);

/// The same with AVX512-BF16's dot products, for heads of 64 or 128; the shares are rounded to bfloat16.
bool has_dot_attention(std::int64_t d);
void dot_attention(const std::uint16_t* q, const std::uint16_t* k, const std::uint16_t* v, std::uint16_t* out,
                   std::int64_t heads, std::int64_t d, std::int64_t first, std::int64_t last, float* scores);

}  // namespace radonc::kernels
