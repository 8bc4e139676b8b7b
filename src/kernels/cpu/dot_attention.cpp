#include "kernels/cached_attention.hpp"
#include "kernels/cpu/attention_tiles.hpp"
#include "kernels/cpu/gemv_rows.hpp"

namespace radonc::kernels {

#if defined(__x86_64__)
namespace {

constexpr std::int64_t kKeys = 16;  // whose scores fill a register
constexpr std::int64_t kPart = 32;  // elements of a head in a register

/// scores [R, stride]: of R queries with all keys, 16 at a time; those that are not there get -inf.
template <int R, int kParts>
RADONC_TILES void score(const Word* q, const Word* k, std::int64_t count, float factor, float* scores,
                        std::int64_t stride) {
  constexpr std::int64_t kD = kParts * kPart;
  __m512i queries[R][kParts];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int p = 0; p < kParts; ++p) queries[r][p] = _mm512_loadu_si512(q + r * kD + p * kPart);
  for (std::int64_t t = 0; t < count; t += kKeys) {
    __m512 dots[R][kKeys];
#pragma GCC unroll 16
    for (int i = 0; i < kKeys; ++i) {
      const Word* key = k + std::min(t + i, count - 1) * kD;
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) dots[r][i] = _mm512_setzero_ps();
#pragma GCC unroll 4
      for (int p = 0; p < kParts; ++p) {
        const __m512i part = _mm512_loadu_si512(key + p * kPart);
#pragma GCC unroll 4
        for (int r = 0; r < R; ++r) asm("vdpbf16ps %2, %1, %0" : "+v"(dots[r][i]) : "v"(part), "v"(queries[r][p]));
      }
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r)
      _mm512_storeu_ps(scores + r * stride + t,
                       _mm512_mask_mul_ps(_mm512_set1_ps(-INFINITY), first_lanes(count - t),
                                          sum_lanes<FloatSums, kKeys>(dots[r]), _mm512_set1_ps(factor)));
  }
}

/// Scores to the base 2 become shares in bfloat16, from the front of the same memory on. Returns the shares' sum.
RADONC_TILES float share(float* scores, std::int64_t count) {
  __m512 largest = _mm512_loadu_ps(scores), sum = _mm512_setzero_ps();
  for (std::int64_t t = kKeys; t < count; t += kKeys) largest = _mm512_max_ps(largest, _mm512_loadu_ps(scores + t));
  const __m512 most = _mm512_set1_ps(_mm512_reduce_max_ps(largest));
  auto* shares = reinterpret_cast<Word*>(scores);
  for (std::int64_t t = 0; t < count; t += kKeys) {
    const __m512 part =
        _mm512_maskz_mov_ps(first_lanes(count - t), power_of_two(_mm512_sub_ps(_mm512_loadu_ps(scores + t), most)));
    sum = _mm512_add_ps(sum, part);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(shares + t), to_bfloat16(part));
  }
  return _mm512_reduce_add_ps(sum);
}

/// out [R, d]: the values' sums by their shares, two keys at a time.
template <int R, int kParts>
RADONC_TILES void mix(const Word* v, std::int64_t count, const float* scores, std::int64_t stride, const float* sums,
                      Word* out) {
  constexpr std::int64_t kD = kParts * kPart;
  __m512 mixed[R][kParts][2];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int p = 0; p < kParts; ++p) mixed[r][p][0] = mixed[r][p][1] = _mm512_setzero_ps();
  for (std::int64_t t = 0; t < count; t += 2) {
    __m512i shares[R];
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      std::int32_t two;
      __builtin_memcpy(&two, reinterpret_cast<const Word*>(scores + r * stride) + t, 4);
      shares[r] = _mm512_set1_epi32(two);
    }
#pragma GCC unroll 4
    for (int p = 0; p < kParts; ++p) {
      const __m512i first = _mm512_loadu_si512(v + t * kD + p * kPart);
      const __m512i second = t + 1 < count ? _mm512_loadu_si512(v + (t + 1) * kD + p * kPart) : _mm512_setzero_si512();
      const __m512i low = _mm512_unpacklo_epi16(first, second), high = _mm512_unpackhi_epi16(first, second);
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) {
        asm("vdpbf16ps %2, %1, %0" : "+v"(mixed[r][p][0]) : "v"(low), "v"(shares[r]));
        asm("vdpbf16ps %2, %1, %0" : "+v"(mixed[r][p][1]) : "v"(high), "v"(shares[r]));
      }
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int p = 0; p < kParts; ++p) {
      const __m512 factor = _mm512_set1_ps(1 / sums[r]);
      const InOrder columns = in_order(mixed[r][p][0], mixed[r][p][1]);
      auto* to = reinterpret_cast<__m256i*>(out + r * kD + p * kPart);
      _mm256_storeu_si256(to, to_bfloat16(_mm512_mul_ps(columns.first, factor)));
      _mm256_storeu_si256(to + 1, to_bfloat16(_mm512_mul_ps(columns.second, factor)));
    }
}

template <int kParts>
void attend(const Word* q, const Word* k, const Word* v, Word* out, std::int64_t heads, std::int64_t count,
            float* scores) {
  constexpr std::int64_t kD = kParts * kPart;
  const std::int64_t stride = round_up(count, kKeys);
  const float factor = std::log2(std::exp(1.0F)) / std::sqrt(static_cast<float>(kD));
  over_rows(heads, [&]<int R>(std::int64_t head) {
    score<R, kParts>(q + head * kD, k, count, factor, scores, stride);
    float sums[R];
    for (int r = 0; r < R; ++r) sums[r] = share(scores + r * stride, count);
    mix<R, kParts>(v, count, scores, stride, sums, out + head * kD);
  });
}

}  // namespace

bool has_dot_attention(std::int64_t d) {
  return (d == 64 || d == 128) && has_attention(d);
}

void dot_attention(const std::uint16_t* q, const std::uint16_t* k, const std::uint16_t* v, std::uint16_t* out,
                   std::int64_t heads, std::int64_t d, std::int64_t first, std::int64_t last, float* scores) {
  const auto run = d == 64 ? attend<2> : attend<4>;
  run(q, k + first * d, v + first * d, out, heads, last - first, scores);
}
#else
bool has_dot_attention(std::int64_t) {
  return false;
}

void dot_attention(const std::uint16_t*, const std::uint16_t*, const std::uint16_t*, std::uint16_t*, std::int64_t,
                   std::int64_t, std::int64_t, std::int64_t, float*) {}
#endif

}  // namespace radonc::kernels
