// What attention's two passes share. Queries of the heads that share a key-value head are rows one below another: row
// n of a span is position n / repeats, head n % repeats. Private to src/kernels/cpu/attention_*.cpp.
#pragma once

#include <atomic>
#include <cmath>

#include "kernels/attention.hpp"
#include "kernels/cpu/panels.hpp"

#if defined(__x86_64__)
namespace radonc::kernels {
namespace {

#define RADONC_TILES __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,avx512vbmi")))
#define RADONC_TILES_INLINE RADONC_TILES __attribute__((always_inline)) inline

using Word = std::uint16_t;  // a bfloat16's bits

/// A span's rows of one key-value head.
struct Rows {
  std::int64_t begin;    // the first token
  std::int64_t length;   // in tokens
  std::int64_t repeats;  // query heads of the key-value head
  std::int64_t heads;    // of all
  std::int64_t first_head;

  std::int64_t count() const { return length * repeats; }
  /// Index of row n in [T, heads].
  std::int64_t at(std::int64_t n) const { return (begin + n / repeats) * heads + first_head + n % repeats; }
};

inline Rows query_rows(const AttentionShape& shape, const SpanView& span, std::int64_t kv_head) {
  const std::int64_t repeats = shape.heads / shape.kv_heads;
  return {span.begin, span.length, repeats, shape.heads, kv_head * repeats};
}

/// The first key that a query at `position` sees.
inline std::int64_t first_seen(const AttentionShape& shape, std::int64_t position) {
  return shape.window > 0 ? std::max<std::int64_t>(position + 1 - shape.window, 0) : 0;
}

/// Calls work(0) to work(count - 1) on all threads, each taking the next one as soon as it is free.
template <typename Work>
void share_out(std::int64_t count, const Work& work) {
  std::atomic<std::int64_t> next = 0;
  at::parallel_for(0, at::get_num_threads(), 1, [&](std::int64_t, std::int64_t) {
    for (std::int64_t i = next++; i < count; i = next++) work(i);
  });
}

/// 2 to the power of x, relative error below 2e-7 (Cephes' polynomial); NaN stays NaN.
RADONC_TILES_INLINE __m512 power_of_two(__m512 x) {
  x = _mm512_max_ps(_mm512_set1_ps(-200), x);
  const __m512 whole = _mm512_roundscale_ps(x, 0);
  const __m512 r = _mm512_sub_ps(x, whole);
  __m512 p = _mm512_set1_ps(1.535336188e-4F);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.339887440e-3F));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(9.618437357e-3F));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.550332471e-2F));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(2.402264791e-1F));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(6.931472028e-1F));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
  return _mm512_scalef_ps(p, whole);
}

RADONC_TILES_INLINE __m256i to_bfloat16(__m512 values) {
  return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(values));
}

/// Sums of 32 columns, which unpacking two rows left four of every eight by turns in `low` and `high`: the columns in
/// order, 16 in each register.
struct InOrder {
  __m512 first, second;
};
RADONC_TILES_INLINE InOrder in_order(__m512 low, __m512 high) {
  const __m512i front = _mm512_set_epi32(23, 22, 21, 20, 7, 6, 5, 4, 19, 18, 17, 16, 3, 2, 1, 0);
  const __m512i back = _mm512_set_epi32(31, 30, 29, 28, 15, 14, 13, 12, 27, 26, 25, 24, 11, 10, 9, 8);
  return {_mm512_permutex2var_ps(low, front, high), _mm512_permutex2var_ps(low, back, high)};
}

/// Rows of x [count, d], `stride` apart, as a panel [d / 2, 64, 2]: 64 rows side by side, zeros where there are none.
RADONC_TILES inline void pack_across(const Word* x, std::int64_t stride, std::int64_t count, std::int64_t d,
                                     Word* panel) {
  for (std::int64_t quarter = 0; quarter < 4; ++quarter)
    for (std::int64_t part = 0; part < d; part += 32) {
      __m512i r[16];
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i) {
        const std::int64_t row = 16 * quarter + i;
        r[i] = row < count ? _mm512_loadu_si512(x + row * stride + part) : _mm512_setzero_si512();
      }
      transpose(r);
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i) _mm512_store_si512(panel + ((part / 2 + i) * 4 + quarter) * 32, r[i]);
    }
}

/// Rows of x [count, d], `stride` apart, as panels [⌈d / 64⌉, depth / 2, 64, 2]: two rows by turns, zeros where there
/// are none.
RADONC_TILES inline void pack_down(const Word* x, std::int64_t stride, std::int64_t count, std::int64_t d,
                                   std::int64_t depth, Word* panels) {
  const __m512i low_lanes = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
  const __m512i high_lanes = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
  for (std::int64_t column = 0; column < round_up(d, kWidth); column += 32)
    for (std::int64_t row = 0; row < depth; row += 2) {
      __m512i r[2];
#pragma GCC unroll 2
      for (int i = 0; i < 2; ++i)
        r[i] = row + i < count && column < d ? _mm512_loadu_si512(x + (row + i) * stride + column)
                                             : _mm512_setzero_si512();
      const __m512i low = _mm512_unpacklo_epi16(r[0], r[1]), high = _mm512_unpackhi_epi16(r[0], r[1]);
      Word* to = panels + (column / kWidth * depth + row) * kWidth + column % kWidth * 2;
      _mm512_store_si512(to, _mm512_permutex2var_epi64(low, low_lanes, high));
      _mm512_store_si512(to + 32, _mm512_permutex2var_epi64(low, high_lanes, high));
    }
}

/// Rows [first, first + count) of x [T, heads, d], one below another, then zeros up to `filled` rows.
inline void gather(const Rows& rows, const Word* x, std::int64_t first, std::int64_t count, std::int64_t filled,
                   std::int64_t d, Word* to) {
  for (std::int64_t n = 0; n < count; ++n) std::copy_n(x + rows.at(first + n) * d, d, to + n * d);
  std::fill_n(to + count * d, (filled - count) * d, Word{0});
}

/// Calls use(key, token, count) for the pieces of a span's keys [first, last) that lie one behind the other.
template <typename Use>
void for_keys(const SpanView& span, std::int64_t first, std::int64_t last, const Use& use) {
  std::int64_t position = 0;
  for (const KeyRange& range : span.keys) {
    const std::int64_t begin = std::max(first, position), end = std::min(last, position + range.length);
    if (begin < end) use(begin, range.begin + begin - position, end - begin);
    position += range.length;
  }
}

/// Rows [first, last) of a span's keys, of x [P + T, kv_heads, d], one below another, then zeros up to `filled` rows.
inline void gather_keys(const AttentionShape& shape, const SpanView& span, std::int64_t kv_head, const Word* x,
                        std::int64_t first, std::int64_t last, std::int64_t filled, Word* to) {
  const std::int64_t d = shape.d;
  for_keys(span, first, last, [&](std::int64_t key, std::int64_t token, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i)
      std::copy_n(x + ((token + i) * shape.kv_heads + kv_head) * d, d, to + (key - first + i) * d);
  });
  std::fill_n(to + (last - first) * d, (filled - (last - first)) * d, Word{0});
}

}  // namespace
}  // namespace radonc::kernels
#endif
