#include "kernels/cpu/gemv_rows.hpp"
#include "kernels/cpu/int8_tiles.hpp"

namespace radonc::kernels {

#if defined(__x86_64__)
namespace {

constexpr std::int64_t kStrip = 16;    // rows of W, whose sums over a tile fill a register
constexpr std::int64_t kShort = 4096;  // terms, below which the next rows are asked for: the processor does it too late

/// Rows `row` to `row + 15` of W, those behind the last one in its place, with R rows of x. Sums over a tile are exact
/// and added up in w8a8_gemm's order.
template <int R, typename Element>
RADONC_PANEL_CALL void multiply_strip(const Int8View& weight, std::int64_t row, const Tiles& tiles, std::int64_t begin,
                                      Element* out) {
  const std::int64_t blocks = round_up(weight.in, kDepth) / kDepth;
  const std::int8_t* codes[kStrip];
  for (std::int64_t i = 0; i < kStrip; ++i) codes[i] = weight.codes + std::min(row + i, weight.out - 1) * weight.in;
  const float* scales = weight.scales + row / kDepth * blocks;
  const bool has_short_rows = weight.in < kShort;
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
  __m512 sums[R];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) sums[r] = _mm512_setzero_ps();
  for (std::int64_t block = 0; block < blocks; ++block) {
    const std::int64_t tile = block * tiles.rows + begin, left = weight.in - block * kDepth;
    __m512i xs[R][2], dots[R][kStrip];
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      xs[r][0] = _mm512_load_si512(tiles.codes + (tile + r) * kDepth);
      xs[r][1] = _mm512_load_si512(tiles.codes + (tile + r) * kDepth + 64);
    }
    const auto multiply = [&]<bool kWhole>() RADONC_PANEL_LAMBDA {
#pragma GCC unroll 16
      for (int i = 0; i < kStrip; ++i) {
        const std::int8_t* from = codes[i] + block * kDepth;
        if (has_short_rows)
          for (int line = 0; line < 2; ++line) _mm_prefetch(from + kStrip * weight.in + 64 * line, _MM_HINT_T1);
        const __m512i low = _mm512_xor_si512(flip, load_bytes<kWhole>(from, left));
        const __m512i high = _mm512_xor_si512(flip, load_bytes<kWhole>(from + 64, left - 64));
#pragma GCC unroll 4
        for (int r = 0; r < R; ++r) {
          __m512i dot = _mm512_setzero_si512();
          asm("vpdpbusd %2, %1, %0" : "+v"(dot) : "v"(low), "v"(xs[r][0]));
          asm("vpdpbusd %2, %1, %0" : "+v"(dot) : "v"(high), "v"(xs[r][1]));
          dots[r][i] = dot;
        }
      }
    };
    if (left >= kDepth)
      multiply.template operator()<true>();
    else
      multiply.template operator()<false>();
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      const __m512i dot =
          _mm512_add_epi32(sum_lanes<IntSums, kStrip>(dots[r]), _mm512_set1_epi32(tiles.offsets[tile + r]));
      sums[r] =
          _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), _mm512_set1_ps(tiles.scales[tile + r] * scales[block]), sums[r]);
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) store16(out + (begin + r) * weight.out + row, first_lanes(weight.out - row), sums[r]);
}

}  // namespace

template <typename Element>
void w8a8_gemv(const Int8View& weight, const Element* x, std::int64_t rows, Element* out) {
  const Tiles tiles = quantize(x, rows, weight.in);
  over_groups(round_up(weight.out, kStrip) / kStrip, kStrip * weight.in, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t strip = first; strip < last; ++strip)
      over_rows(rows, [&]<int R>(std::int64_t begin) { multiply_strip<R>(weight, strip * kStrip, tiles, begin, out); });
  });
}
#else
template <typename Element>
void w8a8_gemv(const Int8View&, const Element*, std::int64_t, Element*) {}
#endif

template void w8a8_gemv(const Int8View&, const float*, std::int64_t, float*);
template void w8a8_gemv(const Int8View&, const std::uint16_t*, std::int64_t, std::uint16_t*);

}  // namespace radonc::kernels
