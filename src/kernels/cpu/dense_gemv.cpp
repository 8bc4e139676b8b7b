#include "kernels/cpu/gemv_rows.hpp"

namespace radonc::kernels {

#if defined(__x86_64__)
namespace {

/// `V` rows of W from `row` on, those behind the last one in its place, with R rows of x.
template <int V, int R>
RADONC_PANEL_CALL void multiply_rows(const DenseView& weight, std::int64_t row, const std::uint16_t* x,
                                     std::uint16_t* out) {
  const std::uint16_t* w[V];
#pragma GCC unroll 8
  for (int i = 0; i < V; ++i) w[i] = weight.values + std::min(row + i, weight.out - 1) * weight.in;
  __m512 sums[R][V];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
    for (int i = 0; i < V; ++i) sums[r][i] = _mm512_setzero_ps();
  const auto add = [&]<bool kWhole>(std::int64_t k) RADONC_PANEL_LAMBDA {
    const std::int64_t left = weight.in - k;
    __m512i xs[R];
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) xs[r] = load_words<kWhole>(x + r * weight.in + k, left);
#pragma GCC unroll 8
    for (int i = 0; i < V; ++i) {
      _mm_prefetch(w[i] + k + V * weight.in, _MM_HINT_T1);  // the next rows
      const __m512i ws = load_words<kWhole>(w[i] + k, left);
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) asm("vdpbf16ps %2, %1, %0" : "+v"(sums[r][i]) : "v"(xs[r]), "v"(ws));
    }
  };
  std::int64_t k = 0;
  for (; k + 32 <= weight.in; k += 32) add.template operator()<true>(k);
  if (k < weight.in) add.template operator()<false>(k);
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
    store16(out + r * weight.out + row, first_lanes(std::min<std::int64_t>(V, weight.out - row)),
            sum_lanes<FloatSums, V>(sums[r]));
}

}  // namespace

void dense_gemv(const DenseView& weight, const std::uint16_t* x, std::int64_t rows, std::uint16_t* out) {
  constexpr std::int64_t kStrip = 8;
  over_groups(round_up(weight.out, kStrip) / kStrip, kStrip * weight.in * 2,
              [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t strip = first; strip < last; ++strip)
                  over_rows(rows, [&]<int R>(std::int64_t begin) {
                    constexpr int kV = R <= 2 ? 8 : 4;
                    for (std::int64_t row = strip * kStrip; row < std::min((strip + 1) * kStrip, weight.out); row += kV)
                      multiply_rows<kV, R>(weight, row, x + begin * weight.in, out + begin * weight.out);
                  });
              });
}
#else
void dense_gemv(const DenseView&, const std::uint16_t*, std::int64_t, std::uint16_t*) {}
#endif

}  // namespace radonc::kernels
