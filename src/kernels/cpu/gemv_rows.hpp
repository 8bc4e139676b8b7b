// What the products with few rows of x share. Private to src/kernels/cpu, with AVX512.
#pragma once

#include "kernels/cpu/panels.hpp"
#include "kernels/gemv.hpp"

#if defined(__x86_64__)
namespace radonc::kernels {
namespace {

#define RADONC_PANEL_LAMBDA RADONC_PANEL __attribute__((always_inline))

constexpr std::int64_t kRowsTogether = 4;  // of x: their sums fit the registers

/// Calls `body(first, last)` on all threads for `count` groups of rows of W; small matrices stay on one thread.
template <typename Body>
void over_groups(std::int64_t count, std::int64_t bytes_of_group, Body body) {
  constexpr std::int64_t kBytes = 1 << 15;  // fewer are read before another thread has started
  at::parallel_for(0, count, std::max<std::int64_t>(1, kBytes / std::max<std::int64_t>(bytes_of_group, 1)), body);
}

/// Calls `body<R>(row)` for `rows` rows of x, R of them at a time.
template <typename Body>
void over_rows(std::int64_t rows, Body body) {
  std::int64_t row = 0;
  for (; row + 4 <= rows; row += 4) body.template operator()<4>(row);
  if (rows - row == 3) body.template operator()<3>(row);
  if (rows - row == 2) body.template operator()<2>(row);
  if (rows - row == 1) body.template operator()<1>(row);
}

/// A register of `count` elements, the rest zero; `kWhole` where there are enough of them.
template <bool kWhole>
RADONC_PANEL_INLINE __m512i load_words(const std::uint16_t* from, std::int64_t count) {
  if constexpr (kWhole) return _mm512_loadu_si512(from);
  return _mm512_maskz_loadu_epi16(static_cast<__mmask32>(first_bytes(std::min<std::int64_t>(count, 32))), from);
}

template <bool kWhole>
RADONC_PANEL_INLINE __m512i load_bytes(const std::int8_t* from, std::int64_t count) {
  if constexpr (kWhole) return _mm512_loadu_si512(from);
  return _mm512_maskz_loadu_epi8(first_bytes(count), from);
}

struct FloatSums {
  using Vector = __m512;
  RADONC_PANEL_INLINE static Vector pairs(Vector a, Vector b) {
    return _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
  }
  RADONC_PANEL_INLINE static Vector fours(Vector a, Vector b) {
    const __m512d x = _mm512_castps_pd(a), y = _mm512_castps_pd(b);
    return _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(x, y)), _mm512_castpd_ps(_mm512_unpackhi_pd(x, y)));
  }
  RADONC_PANEL_INLINE static Vector lanes(Vector a, Vector b) {
    return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
  }
};

struct IntSums {
  using Vector = __m512i;
  RADONC_PANEL_INLINE static Vector pairs(Vector a, Vector b) {
    return _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
  }
  RADONC_PANEL_INLINE static Vector fours(Vector a, Vector b) {
    return _mm512_add_epi32(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
  }
  RADONC_PANEL_INLINE static Vector lanes(Vector a, Vector b) {
    return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xdd));
  }
};

/// The sums of `V` vectors' lanes, in the first V lanes; V is 2, 4, 8 or 16.
template <typename Sums, int V>
RADONC_PANEL_INLINE typename Sums::Vector sum_lanes(const typename Sums::Vector* v) {
  typename Sums::Vector two[V / 2], four[(V + 3) / 4];
#pragma GCC unroll 8
  for (int i = 0; i < V / 2; ++i) two[i] = Sums::pairs(v[2 * i], v[2 * i + 1]);
#pragma GCC unroll 4
  for (int i = 0; i < (V + 3) / 4; ++i) four[i] = Sums::fours(two[2 * i], two[V > 2 ? 2 * i + 1 : 0]);
  const auto low = Sums::lanes(four[0], four[V > 4 ? 1 : 0]);
  return Sums::lanes(low, V > 8 ? Sums::lanes(four[V > 8 ? 2 : 0], four[V > 8 ? 3 : 0]) : low);
}

}  // namespace
}  // namespace radonc::kernels
#endif
