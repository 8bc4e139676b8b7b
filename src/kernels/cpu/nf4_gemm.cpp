#include "kernels/cpu/panels.hpp"
#include "kernels/nf4.hpp"
#include "kernels/packed_gemm.hpp"

namespace radonc::kernels {

#if defined(__x86_64__)
namespace {

/// A block's 64 weights in bfloat16.
RADONC_PANEL_INLINE void dequantize(const std::uint8_t* codes, __m512i table, __m512i& first, __m512i& second) {
  const __m256i packed = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes));
  const __m256i mask = _mm256_set1_epi8(15);
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(packed, 4), mask), low = _mm256_and_si256(packed, mask);
  const __m256i a = _mm256_unpacklo_epi8(high, low), b = _mm256_unpackhi_epi8(high, low);  // within halves
  first = _mm512_permutexvar_epi16(_mm512_cvtepu8_epi16(_mm256_permute2x128_si256(a, b, 0x20)), table);
  second = _mm512_permutexvar_epi16(_mm512_cvtepu8_epi16(_mm256_permute2x128_si256(a, b, 0x31)), table);
}

template <Direction direction>
struct Nf4Kernel {
  using Word = std::uint16_t;  // two side by side in depth: [64, 64, 2]
  static constexpr std::int64_t kTogether = 1;
  Nf4View weight;
  WordTiles tiles;

  /// Block `index`'s 16 values in bfloat16.
  RADONC_PANEL_INLINE __m512i table_of(std::int64_t index) const {
    float scale;
    if (weight.scales) {
      scale = weight.scales[index];
    } else {
      scale = weight.nested_map[weight.nested_codes[index]] * weight.nested_scales[index / 256];
      asm("" : "+x"(scale));  // two roundings, as where it is dequantised: the compiler would fuse them
      scale += weight.nested_offset;
    }
    alignas(32) std::uint16_t values[16];
    store16(values, 0xFFFF, _mm512_mul_ps(_mm512_loadu_ps(weight.table), _mm512_set1_ps(scale)));
    return _mm512_castsi256_si512(_mm256_load_si256(reinterpret_cast<const __m256i*>(values)));
  }

  RADONC_PANEL_INLINE float pack(std::int64_t panel, std::int64_t block, Word* words) const {
    const std::int64_t blocks_of_row = weight.in / kNf4Block;
    const __m512i zero = _mm512_setzero_si512();
    if constexpr (direction == Direction::kForward) {  // 64 rows of W, 128 columns: two of its blocks
      const std::int64_t left = weight.out - panel * kWidth;
      for (int quarter = 0; quarter < 4; ++quarter)
        for (int half = 0; half < 2; ++half) {
          __m512i r[2][16];
          const bool inside = block * 2 + half < blocks_of_row;
          for (int i = 0; i < 16; ++i) {
            const std::int64_t row = 16 * quarter + i;
            r[0][i] = r[1][i] = zero;
            if (row >= left || !inside) continue;
            const std::int64_t index = (panel * kWidth + row) * blocks_of_row + block * 2 + half;
            dequantize(weight.codes + index * (kNf4Block / 2), table_of(index), r[0][i], r[1][i]);
          }
          for (int part = 0; part < 2; ++part) {
            transpose(r[part]);
#pragma GCC unroll 16
            for (int i = 0; i < 16; ++i)
              _mm512_store_si512(words + (((2 * half + part) * 16 + i) * 4 + quarter) * 32, r[part][i]);
          }
        }
    } else {  // 128 rows of W, 64 columns: one of its blocks
      const std::int64_t left = weight.out - block * kDepth;
      for (int pair = 0; pair < 64; ++pair) {
        __m512i r[2][2];
        for (int i = 0; i < 2; ++i) {
          const std::int64_t row = 2 * pair + i;
          r[i][0] = r[i][1] = zero;
          if (row >= left) continue;
          const std::int64_t index = (block * kDepth + row) * blocks_of_row + panel;
          dequantize(weight.codes + index * (kNf4Block / 2), table_of(index), r[i][0], r[i][1]);
        }
        for (int half = 0; half < 2; ++half) store_pairs(r[0][half], r[1][half], words + (pair * 4 + 2 * half) * 32);
      }
    }
    return 1;
  }

  RADONC_PANEL_INLINE void prefetch(std::int64_t panel, std::int64_t block, std::int64_t i) const {
    if constexpr (direction == Direction::kBackward)
      _mm_prefetch(weight.codes + ((block * kDepth + i) * weight.in + panel * kWidth) / 2, _MM_HINT_T1);
    else if (i < kWidth)
      _mm_prefetch(weight.codes + ((panel * kWidth + i) * weight.in + block * kDepth) / 2, _MM_HINT_T1);
  }

  template <int R>
  RADONC_PANEL_INLINE void add(std::int64_t block, std::int64_t row, const Word* words, float, float* sums,
                               bool is_first) const {
    multiply_tile<R>(tiles.at(block, row), kDepth, words, tiles.pairs(block), sums, kWidth, is_first);
  }
};

}  // namespace

void nf4_gemm(Direction direction, const Nf4View& weight, const std::uint16_t* x, std::int64_t rows,
              std::uint16_t* out) {
  const bool forward = direction == Direction::kForward;
  const std::int64_t depth = forward ? weight.in : weight.out, columns = forward ? weight.out : weight.in;
  const WordTiles tiles = arrange(x, rows, depth);
  if (forward)
    multiply(Nf4Kernel<Direction::kForward>{weight, tiles}, rows, columns, depth, out);
  else
    multiply(Nf4Kernel<Direction::kBackward>{weight, tiles}, rows, columns, depth, out);
}
#else
void nf4_gemm(Direction, const Nf4View&, const std::uint16_t*, std::int64_t, std::uint16_t*) {}
#endif

}  // namespace radonc::kernels
