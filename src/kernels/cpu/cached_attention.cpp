#include "kernels/cached_attention.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/cpu/at_level.hpp"

namespace radonc::kernels {
namespace {

RADONC_INLINE float dot(const float* a, const float* b, std::int64_t d) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < d; ++i) sum += a[i] * b[i];
  return sum;
}

template <typename T>
RADONC_INLINE void attend(const T* q, const T* k, const T* v, T* out, std::int64_t heads, std::int64_t d,
                          std::int64_t first, std::int64_t last, float* scores) {
  float queries[kMaxSharedHeads][kMaxHeadDim], sums[kMaxSharedHeads][kMaxHeadDim], row[kMaxHeadDim];
  const std::int64_t count = last - first;
  const float scale = 1.0F / std::sqrt(static_cast<float>(d));
  for (std::int64_t h = 0; h < heads; ++h)
    for (std::int64_t i = 0; i < d; ++i) {
      queries[h][i] = load(q[h * d + i]) * scale;
      sums[h][i] = 0;
    }
  for (std::int64_t t = 0; t < count; ++t) {
    const T* key = k + (first + t) * d;
    for (std::int64_t i = 0; i < d; ++i) row[i] = load(key[i]);
    for (std::int64_t h = 0; h < heads; ++h) scores[h * count + t] = dot(queries[h], row, d);
  }
  for (std::int64_t h = 0; h < heads; ++h) {
    float* own = scores + h * count;
    const float largest = *std::max_element(own, own + count);
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t t = 0; t < count; ++t) {
      own[t] = exponential(own[t] - largest);
      sum += own[t];
    }
    for (std::int64_t t = 0; t < count; ++t) own[t] /= sum;
  }
  for (std::int64_t t = 0; t < count; ++t) {
    const T* value = v + (first + t) * d;
    for (std::int64_t i = 0; i < d; ++i) row[i] = load(value[i]);
    for (std::int64_t h = 0; h < heads; ++h) {
      const float share = scores[h * count + t];
      for (std::int64_t i = 0; i < d; ++i) sums[h][i] += share * row[i];
    }
  }
  for (std::int64_t h = 0; h < heads; ++h)
    for (std::int64_t i = 0; i < d; ++i) store(out[h * d + i], sums[h][i]);
}

}  // namespace

void cached_attention(const float* q, const float* k, const float* v, float* out, std::int64_t heads, std::int64_t d,
                      std::int64_t first, std::int64_t last, float* scores) {
  at_level<attend<float>>()(q, k, v, out, heads, d, first, last, scores);
}

void cached_attention(const BFloat16* q, const BFloat16* k, const BFloat16* v, BFloat16* out, std::int64_t heads,
                      std::int64_t d, std::int64_t first, std::int64_t last, float* scores) {
  at_level<attend<BFloat16>>()(q, k, v, out, heads, d, first, last, scores);
}

}  // namespace radonc::kernels
