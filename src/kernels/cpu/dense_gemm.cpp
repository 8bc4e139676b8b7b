#include "kernels/cpu/panels.hpp"
#include "kernels/packed_gemm.hpp"

namespace radonc::kernels {

#if defined(__x86_64__)
namespace {

template <Direction direction>
struct DenseKernel {
  using Word = std::uint16_t;  // two side by side in depth: [64, 64, 2]
  static constexpr std::int64_t kTogether = 4;
  DenseView weight;
  WordTiles tiles;

  RADONC_PANEL_INLINE float pack(std::int64_t panel, std::int64_t block, Word* words) const {
    const auto first_words = [](std::int64_t count) RADONC_PANEL {
      return static_cast<__mmask32>(first_bytes(std::min<std::int64_t>(count, 32)));
    };
    if constexpr (direction == Direction::kForward) {  // 64 rows of W, 128 columns
      const std::int64_t left = weight.out - panel * kWidth;
      const std::uint16_t* from = weight.values + panel * kWidth * weight.in + block * kDepth;
      for (int quarter = 0; quarter < 4; ++quarter)
        for (int part = 0; part < 4; ++part) {
          const __mmask32 columns = first_words(weight.in - block * kDepth - 32 * part);
          __m512i r[16];
#pragma GCC unroll 16
          for (int i = 0; i < 16; ++i) {
            const std::int64_t row = 16 * quarter + i;
            r[i] = load_words(row < left, columns, from + row * weight.in + 32 * part);
          }
          transpose(r);
#pragma GCC unroll 16
          for (int i = 0; i < 16; ++i) _mm512_store_si512(words + ((16 * part + i) * 4 + quarter) * 32, r[i]);
        }
    } else {  // 128 rows of W, 64 columns
      const std::int64_t left = weight.out - block * kDepth, columns = weight.in - panel * kWidth;
      const __mmask32 masks[2] = {first_words(columns), first_words(columns - 32)};
      const std::uint16_t* from = weight.values + block * kDepth * weight.in + panel * kWidth;
      for (int pair = 0; pair < kDepth / 2; ++pair)
        for (int half = 0; half < 2; ++half) {
          __m512i r[2];
          for (int i = 0; i < 2; ++i) {
            const std::int64_t row = 2 * pair + i;
            r[i] = load_words(row < left, masks[half], from + row * weight.in + 32 * half);
          }
          store_pairs(r[0], r[1], words + (pair * 4 + 2 * half) * 32);
        }
    }
    return 1;
  }

  RADONC_PANEL_INLINE void prefetch(std::int64_t panel, std::int64_t block, std::int64_t i) const {
    if constexpr (direction == Direction::kBackward) {
      const std::uint16_t* from = weight.values + (block * kDepth + i) * weight.in + panel * kWidth;
      for (int line = 0; line < 2; ++line) _mm_prefetch(from + 32 * line, _MM_HINT_T1);
    } else if (i < kWidth) {
      const std::uint16_t* from = weight.values + (panel * kWidth + i) * weight.in + block * kDepth;
      for (int line = 0; line < 4; ++line) _mm_prefetch(from + 32 * line, _MM_HINT_T1);
    }
  }

  template <int R>
  RADONC_PANEL_INLINE void add(std::int64_t block, std::int64_t row, const Word* words, float, float* sums,
                               bool is_first) const {
    multiply_tile<R>(tiles.at(block, row), kDepth, words, tiles.pairs(block), sums, kWidth, is_first);
  }
};

}  // namespace

void dense_gemm(Direction direction, const DenseView& weight, const std::uint16_t* x, std::int64_t rows,
                std::uint16_t* out) {
  const bool forward = direction == Direction::kForward;
  const std::int64_t depth = forward ? weight.in : weight.out, columns = forward ? weight.out : weight.in;
  const WordTiles tiles = arrange(x, rows, depth);
  if (forward)
    multiply(DenseKernel<Direction::kForward>{weight, tiles}, rows, columns, depth, out);
  else
    multiply(DenseKernel<Direction::kBackward>{weight, tiles}, rows, columns, depth, out);
}
#else
void dense_gemm(Direction, const DenseView&, const std::uint16_t*, std::int64_t, std::uint16_t*) {}
#endif

}  // namespace radonc::kernels
