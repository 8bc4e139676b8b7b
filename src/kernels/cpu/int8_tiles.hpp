// The activations of an int8 product. Private to src/kernels/cpu, with AVX512-VNNI.
#pragma once

#include "kernels/cpu/panels.hpp"

#if defined(__x86_64__)
namespace radonc::kernels {
namespace {

/// x in int8, block by block: [blocks, rows, 128]. The instruction wants one factor unsigned, so weights are read as
/// code + 128, and what that adds is taken off: `offsets` is -128 times the sum of the tile.
struct Tiles {
  std::int8_t* codes;
  float* scales;          // [blocks, rows]
  std::int32_t* offsets;  // [blocks, rows]
  std::int64_t rows;
};

template <typename Element>
RADONC_PANEL void quantize_tile(const Element* x, std::int64_t count, std::int8_t* codes, float& scale,
                                std::int32_t& offset) {
  constexpr int kNotFinite = 0x99;  // quiet and signalling NaN, both infinities
  __m512 values[8], largest = _mm512_setzero_ps();
  __mmask16 odd = 0;
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    values[i] = load16(x + 16 * i, first_lanes(count - 16 * i));
    largest = _mm512_max_ps(largest, _mm512_abs_ps(values[i]));
    odd |= _mm512_fpclass_ps_mask(values[i], kNotFinite);
  }
  const float most = _mm512_reduce_max_ps(largest);
  scale = odd != 0 ? __builtin_nanf("") : most / 127;
  const __m512 factor = _mm512_set1_ps(odd == 0 && scale > 0 ? 1 / scale : 0);
  __m512i sum = _mm512_setzero_si512();
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    const __m512i code = _mm512_cvtps_epi32(_mm512_mul_ps(values[i], factor));
    const __m512i kept = _mm512_max_epi32(_mm512_min_epi32(code, _mm512_set1_epi32(127)), _mm512_set1_epi32(-127));
    sum = _mm512_add_epi32(sum, kept);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(codes + 16 * i), _mm512_cvtepi32_epi8(kept));
  }
  offset = -128 * _mm512_reduce_add_epi32(sum);
}

/// Lies in memory of this thread, until its next call.
template <typename Element>
Tiles quantize(const Element* x, std::int64_t rows, std::int64_t depth) {
  const std::int64_t blocks = round_up(depth, kDepth) / kDepth;
  static thread_local Buffer codes, scales, offsets;
  const Tiles tiles{codes.reserve<std::int8_t>(blocks * rows * kDepth), scales.reserve<float>(blocks * rows),
                    offsets.reserve<std::int32_t>(blocks * rows), rows};
  at::parallel_for(0, tiles.rows, std::max<std::int64_t>(1, 16384 / depth), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      for (std::int64_t block = 0; block < blocks; ++block) {
        const std::int64_t tile = block * tiles.rows + row;
        quantize_tile(x + row * depth + block * kDepth, depth - block * kDepth, tiles.codes + tile * kDepth,
                      tiles.scales[tile], tiles.offsets[tile]);
      }
  });
  return tiles;
}

}  // namespace
}  // namespace radonc::kernels
#endif
