#include <c10/util/BFloat16.h>

#include "kernels/cpu/int8_tiles.hpp"
#include "kernels/packed_gemm.hpp"

namespace radonc::kernels {

#if defined(__x86_64__)
namespace {

template <Direction direction>
struct Int8Kernel {
  using Word = std::uint8_t;  // four side by side in depth: [32, 64, 4]
  static constexpr std::int64_t kTogether = 1;
  Int8View weight;
  Tiles tiles;

  RADONC_PANEL_INLINE float pack(std::int64_t panel, std::int64_t block, Word* words) const {
    const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
    const std::int64_t in_blocks = round_up(weight.in, kDepth) / kDepth;
    if constexpr (direction == Direction::kForward) {  // 64 rows of W, 128 columns
      const std::int64_t left = weight.out - panel * kWidth;
      const std::int8_t* from = weight.codes + panel * kWidth * weight.in + block * kDepth;
      for (int quarter = 0; quarter < 4; ++quarter)
        for (int half = 0; half < 2; ++half) {
          const __mmask64 columns = first_bytes(weight.in - block * kDepth - 64 * half);
          __m512i r[16];
#pragma GCC unroll 16
          for (int i = 0; i < 16; ++i) {
            const std::int64_t row = 16 * quarter + i;
            r[i] = _mm512_xor_si512(flip, load_bytes(row < left, columns, from + row * weight.in + 64 * half));
          }
          transpose(r);
#pragma GCC unroll 16
          for (int i = 0; i < 16; ++i) _mm512_store_si512(words + ((16 * half + i) * 4 + quarter) * 64, r[i]);
        }
      return weight.scales[panel * kWidth / kDepth * in_blocks + block];
    } else {  // 128 rows of W, 64 columns
      const __mmask64 mask = first_bytes(weight.in - panel * kWidth);
      const std::int64_t left = weight.out - block * kDepth;
      const std::int8_t* from = weight.codes + block * kDepth * weight.in + panel * kWidth;
      for (int group = 0; group < 32; ++group) {
        __m512i r[4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
          const std::int64_t row = 4 * group + i;
          r[i] = _mm512_xor_si512(flip, load_bytes(row < left, mask, from + row * weight.in));
        }
        const __m512i a = _mm512_unpacklo_epi8(r[0], r[1]), b = _mm512_unpackhi_epi8(r[0], r[1]);
        const __m512i c = _mm512_unpacklo_epi8(r[2], r[3]), d = _mm512_unpackhi_epi8(r[2], r[3]);
        const __m512i e = _mm512_unpacklo_epi16(a, c), f = _mm512_unpackhi_epi16(a, c);
        const __m512i g = _mm512_unpacklo_epi16(b, d), h = _mm512_unpackhi_epi16(b, d);
        // Columns 16 L to 16 L + 15 lie in lane L of e, f, g, h: the lanes are put in order.
        const __m512i low = _mm512_shuffle_i32x4(e, f, 0x44), low2 = _mm512_shuffle_i32x4(g, h, 0x44);
        const __m512i high = _mm512_shuffle_i32x4(e, f, 0xee), high2 = _mm512_shuffle_i32x4(g, h, 0xee);
        _mm512_store_si512(words + group * 256, _mm512_shuffle_i32x4(low, low2, 0x88));
        _mm512_store_si512(words + group * 256 + 64, _mm512_shuffle_i32x4(low, low2, 0xdd));
        _mm512_store_si512(words + group * 256 + 128, _mm512_shuffle_i32x4(high, high2, 0x88));
        _mm512_store_si512(words + group * 256 + 192, _mm512_shuffle_i32x4(high, high2, 0xdd));
      }
      return weight.scales[block * in_blocks + panel * kWidth / kDepth];
    }
  }

  RADONC_PANEL_INLINE void prefetch(std::int64_t panel, std::int64_t block, std::int64_t i) const {
    if constexpr (direction == Direction::kBackward) {
      _mm_prefetch(weight.codes + (block * kDepth + i) * weight.in + panel * kWidth, _MM_HINT_T1);
    } else if (i < kWidth) {
      const std::int8_t* from = weight.codes + (panel * kWidth + i) * weight.in + block * kDepth;
      _mm_prefetch(from, _MM_HINT_T1);
      _mm_prefetch(from + 64, _MM_HINT_T1);
    }
  }

  template <int R>
  RADONC_PANEL_CALL void add(std::int64_t block, std::int64_t row, const Word* words, float scale, float* sums,
                             bool is_first) const {
    const std::int64_t tile = block * tiles.rows + row;
    const std::int8_t* x = tiles.codes + tile * kDepth;
    __m512i sum[R][4];
#pragma GCC unroll 6
    for (int i = 0; i < R; ++i)
      sum[i][0] = sum[i][1] = sum[i][2] = sum[i][3] = _mm512_set1_epi32(tiles.offsets[tile + i]);
    for (int group = 0; group < 32; ++group) {
      const __m512i w0 = _mm512_load_si512(words + group * 256), w1 = _mm512_load_si512(words + group * 256 + 64);
      const __m512i w2 = _mm512_load_si512(words + group * 256 + 128),
                    w3 = _mm512_load_si512(words + group * 256 + 192);
#pragma GCC unroll 6
      for (int i = 0; i < R; ++i) {
        std::int32_t four;
        __builtin_memcpy(&four, x + i * kDepth + 4 * group, 4);
        const __m512i xs = _mm512_set1_epi32(four);
        // As text: with the intrinsic, GCC copies every sum before it adds to it, and runs out of registers.
        asm("vpdpbusd %2, %1, %0" : "+v"(sum[i][0]) : "v"(w0), "v"(xs));
        asm("vpdpbusd %2, %1, %0" : "+v"(sum[i][1]) : "v"(w1), "v"(xs));
        asm("vpdpbusd %2, %1, %0" : "+v"(sum[i][2]) : "v"(w2), "v"(xs));
        asm("vpdpbusd %2, %1, %0" : "+v"(sum[i][3]) : "v"(w3), "v"(xs));
      }
    }
#pragma GCC unroll 6
    for (int i = 0; i < R; ++i) {
      const __m512 factor = _mm512_set1_ps(tiles.scales[tile + i] * scale);
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) {
        float* to = sums + i * kWidth + 16 * j;
        const __m512 before = is_first ? _mm512_setzero_ps() : _mm512_load_ps(to);
        _mm512_store_ps(to, _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[i][j]), factor, before));
      }
    }
  }
};

template <typename Element>
void gemm(Direction direction, const Int8View& weight, const Element* x, std::int64_t rows, Element* out) {
  const bool forward = direction == Direction::kForward;
  const std::int64_t depth = forward ? weight.in : weight.out, columns = forward ? weight.out : weight.in;
  const Tiles tiles = quantize(x, rows, depth);
  if (forward)
    multiply(Int8Kernel<Direction::kForward>{weight, tiles}, rows, columns, depth, out);
  else
    multiply(Int8Kernel<Direction::kBackward>{weight, tiles}, rows, columns, depth, out);
}

}  // namespace

template <typename Element>
void w8a8_gemm(Direction direction, const Int8View& weight, const Element* x, std::int64_t rows, Element* out) {
  gemm(direction, weight, x, rows, out);
}
#else
template <typename Element>
void w8a8_gemm(Direction, const Int8View&, const Element*, std::int64_t, Element*) {}
#endif

template void w8a8_gemm(Direction, const Int8View&, const float*, std::int64_t, float*);
template void w8a8_gemm(Direction, const Int8View&, const std::uint16_t*, std::int64_t, std::uint16_t*);

}  // namespace radonc::kernels
