// What the products with packed weights share: a panel of the matrix, 128 deep and 64 wide, is unpacked into the first
// cache level and meets all rows of x there. Private to src/kernels/cpu, with AVX512.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC's own header, GCC bug 105593
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>

#include "kernels/packed_gemm.hpp"

namespace radonc::kernels {
namespace {

#define RADONC_PANEL __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")))
#define RADONC_PANEL_INLINE RADONC_PANEL __attribute__((always_inline)) inline
#define RADONC_PANEL_CALL RADONC_PANEL __attribute__((noinline))  // a frame of its own, where the sums get registers

constexpr std::int64_t kDepth = kInt8Block;  // of a panel: terms of the sum
constexpr std::int64_t kWidth = 64;          // of a panel: columns of the result, four registers
constexpr std::int64_t kRows = 6;            // of x at a time: 6 × 4 sums fill the registers
constexpr std::int64_t kMaxRows = 512;       // whose sums stay in the second cache level
constexpr std::int64_t kMinRows = 48;        // for which unpacking a panel pays
constexpr std::int64_t kFewPanels = 8;       // a thread

/// Memory that is kept for the next product: fresh pages would cost more than the packing. One of each kind a thread.
class Buffer {
 public:
  template <typename T>
  T* reserve(std::int64_t count) {
    const auto bytes = static_cast<std::size_t>(count) * sizeof(T);
    if (bytes > size_) {
      size_ = (bytes + 4095) / 4096 * 4096;
      memory_.reset(std::aligned_alloc(4096, size_));
      if (!memory_) {
        size_ = 0;
        throw std::bad_alloc();
      }
    }
    return static_cast<T*>(memory_.get());
  }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::unique_ptr<void, Free> memory_;
  std::size_t size_ = 0;
};

constexpr std::int64_t round_up(std::int64_t n, std::int64_t step) {
  return (n + step - 1) / step * step;
}

RADONC_PANEL_INLINE __mmask64 first_bytes(std::int64_t count) {
  return count >= 64 ? ~__mmask64{0} : count <= 0 ? __mmask64{0} : (__mmask64{1} << count) - 1;
}

RADONC_PANEL_INLINE __mmask16 first_lanes(std::int64_t count) {
  return static_cast<__mmask16>(first_bytes(std::min<std::int64_t>(count, 16)));
}

/// 16 × 16 words of 32 bits, transposed.
RADONC_PANEL_INLINE void transpose(__m512i r[16]) {
  __m512i t[16];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    r[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
    r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
    r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
    r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
  }
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
  }
}

/// Zeros where the row is not there. (A load whose mask is empty would read nothing either, but where its address is
/// not mapped it takes microseconds.)
RADONC_PANEL_INLINE __m512i load_bytes(bool there, __mmask64 mask, const std::int8_t* from) {
  return there ? _mm512_maskz_loadu_epi8(mask, from) : _mm512_setzero_si512();
}
RADONC_PANEL_INLINE __m512i load_words(bool there, __mmask32 mask, const std::uint16_t* from) {
  return there ? _mm512_maskz_loadu_epi16(mask, from) : _mm512_setzero_si512();
}

RADONC_PANEL_INLINE __m512 load16(const float* from, __mmask16 mask) {
  return _mm512_maskz_loadu_ps(mask, from);
}

RADONC_PANEL_INLINE __m512 load16(const std::uint16_t* from, __mmask16 mask) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, from)), 16));
}

RADONC_PANEL_INLINE void store16(float* to, __mmask16 mask, __m512 values) {
  _mm512_mask_storeu_ps(to, mask, values);
}

/// Rounded to the nearest bfloat16, ties to even.
RADONC_PANEL_INLINE void store16(std::uint16_t* to, __mmask16 mask, __m512 values) {
  const __m512i bits = _mm512_castps_si512(values);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF)));
  _mm256_mask_storeu_epi16(to, mask, _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16)));
}

/// sums [R, 64] (+)= x [R, 2 · pairs] · panel [pairs, 64, 2] in bfloat16, with sums in float32.
template <int R>
RADONC_PANEL_CALL void multiply_tile(const std::uint16_t* x, std::int64_t x_stride, const std::uint16_t* panel,
                                     std::int64_t pairs, float* sums, std::int64_t sums_stride, bool is_first) {
  __m512 sum[R][4];
#pragma GCC unroll 6
  for (int i = 0; i < R; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j)
      sum[i][j] = is_first ? _mm512_setzero_ps() : _mm512_load_ps(sums + i * sums_stride + 16 * j);
  for (std::int64_t pair = 0; pair < pairs; ++pair) {
    const __m512i w0 = _mm512_load_si512(panel + pair * 128), w1 = _mm512_load_si512(panel + pair * 128 + 32);
    const __m512i w2 = _mm512_load_si512(panel + pair * 128 + 64), w3 = _mm512_load_si512(panel + pair * 128 + 96);
#pragma GCC unroll 6
    for (int i = 0; i < R; ++i) {
      std::int32_t two;
      __builtin_memcpy(&two, x + i * x_stride + 2 * pair, 4);
      const __m512i xs = _mm512_set1_epi32(two);
      // As text: with the intrinsic, GCC copies every sum before it adds to it, and runs out of registers.
      asm("vdpbf16ps %2, %1, %0" : "+v"(sum[i][0]) : "v"(w0), "v"(xs));
      asm("vdpbf16ps %2, %1, %0" : "+v"(sum[i][1]) : "v"(w1), "v"(xs));
      asm("vdpbf16ps %2, %1, %0" : "+v"(sum[i][2]) : "v"(w2), "v"(xs));
      asm("vdpbf16ps %2, %1, %0" : "+v"(sum[i][3]) : "v"(w3), "v"(xs));
    }
  }
#pragma GCC unroll 6
  for (int i = 0; i < R; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) _mm512_store_ps(sums + i * sums_stride + 16 * j, sum[i][j]);
}

/// Two rows' 32 words each, side by side in pairs: the two registers of a panel from `to` on.
RADONC_PANEL_INLINE void store_pairs(__m512i first, __m512i second, std::uint16_t* to) {
  const __m512i low = _mm512_unpacklo_epi16(first, second), high = _mm512_unpackhi_epi16(first, second);
  const __m512i low_lanes = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
  const __m512i high_lanes = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
  _mm512_store_si512(to, _mm512_permutex2var_epi64(low, low_lanes, high));
  _mm512_store_si512(to + 32, _mm512_permutex2var_epi64(low, high_lanes, high));
}

/// x in bfloat16, block by block: [blocks, rows, 128], filled up with zeros. Rows side by side would fall into the same
/// sets of the cache where the depth is a power of two.
struct WordTiles {
  std::uint16_t* values;
  std::int64_t rows, depth;

  [[nodiscard]] std::uint16_t* at(std::int64_t block, std::int64_t row) const {
    return values + (block * rows + row) * kDepth;
  }
  [[nodiscard]] std::int64_t terms(std::int64_t block) const { return std::min(kDepth, depth - block * kDepth); }
  [[nodiscard]] std::int64_t pairs(std::int64_t block) const { return (terms(block) + 1) / 2; }
};

/// Valid until the thread's next product.
inline WordTiles arrange(const std::uint16_t* x, std::int64_t rows, std::int64_t depth) {
  static thread_local Buffer buffer;
  const std::int64_t blocks = round_up(depth, kDepth) / kDepth;
  const WordTiles tiles{buffer.reserve<std::uint16_t>(blocks * rows * kDepth), rows, depth};
  at::parallel_for(0, rows, std::max<std::int64_t>(1, 16384 / depth), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      for (std::int64_t block = 0; block < blocks; ++block) {
        std::uint16_t* to = tiles.at(block, row);
        const std::int64_t count = tiles.terms(block);
        std::copy_n(x + row * depth + block * kDepth, count, to);
        std::fill_n(to + count, kDepth - count, std::uint16_t{0});
      }
  });
  return tiles;
}

/// Rows [begin, begin + count) of panels `first` to `last` of the product. A kernel has
///   Word, the panel's element;
///   kTogether, how many panels are unpacked at once: the rows of a matrix on small pages lie on a page each, and are
///     best visited for more than a panel's width;
///   pack(panel, block, words), which unpacks a panel and gives its scale;
///   prefetch(panel, block, i) for i < 128, which together ask for the bytes that pack will read;
///   add<R>(block, row, words, scale, sums, is_first), which adds R rows' products to their sums [R, 64].
template <typename Kernel, typename Element>
RADONC_PANEL void multiply_panels(const Kernel& kernel, std::int64_t begin, std::int64_t count, std::int64_t columns,
                                  std::int64_t blocks, std::int64_t first, std::int64_t last, Element* out) {
  constexpr std::int64_t kTogether = Kernel::kTogether;
  static thread_local Buffer sums_buffer, words_buffer;
  float* all_sums = sums_buffer.reserve<float>(kTogether * count * kWidth);
  auto* all_words = words_buffer.reserve<typename Kernel::Word>(kTogether * kDepth * kWidth);
  const std::int64_t per_call = (kDepth * kRows + count - 1) / count;
  for (std::int64_t group = first; group < last; group += kTogether) {
    const std::int64_t width = std::min(kTogether, last - group);
    for (std::int64_t block = 0; block < blocks; ++block) {
      float scales[kTogether];
      for (std::int64_t i = 0; i < width; ++i)
        scales[i] = kernel.pack(group + i, block, all_words + i * kDepth * kWidth);
      // While these weights are multiplied, the next ones come from memory: the processor does not look ahead by itself
      // where every row lies on another page.
      const bool is_last = block + 1 == blocks;
      const std::int64_t next_group = is_last ? group + kTogether : group, next_block = is_last ? 0 : block + 1;
      for (std::int64_t i = 0; i < width; ++i) {
        std::int64_t fetched = next_group + i < last ? 0 : kDepth;
        float* sums = all_sums + i * count * kWidth;
        const auto* words = all_words + i * kDepth * kWidth;
        const auto add = [&]<int R>(std::int64_t row) RADONC_PANEL {
          const std::int64_t end = std::min(fetched + per_call, kDepth);
          for (; fetched < end; ++fetched) kernel.prefetch(next_group + i, next_block, fetched);
          kernel.template add<R>(block, begin + row, words, scales[i], sums + row * kWidth, block == 0);
        };
        std::int64_t row = 0;
        for (; row + kRows <= count; row += kRows) add.template operator()<kRows>(row);
        for (; row + 2 <= count; row += 2) add.template operator()<2>(row);
        if (row < count) add.template operator()<1>(row);
      }
    }
    for (std::int64_t i = 0; i < width; ++i)
      for (std::int64_t row = 0; row < count; ++row)
        for (std::int64_t at = 0; at < kWidth && (group + i) * kWidth + at < columns; at += 16) {
          const std::int64_t column = (group + i) * kWidth + at;
          store16(out + (begin + row) * columns + column, first_lanes(columns - column),
                  _mm512_load_ps(all_sums + (i * count + row) * kWidth + at));
        }
  }
}

/// out [rows, columns], over `depth` terms, on all threads: each takes some rows of some panels.
template <typename Kernel, typename Element>
void multiply(const Kernel& kernel, std::int64_t rows, std::int64_t columns, std::int64_t depth, Element* out) {
  const std::int64_t panels = round_up(columns, kWidth) / kWidth, blocks = round_up(depth, kDepth) / kDepth;
  // Few panels would not share out evenly; many rows would leave the second cache level.
  const std::int64_t wanted = std::max((rows + kMaxRows - 1) / kMaxRows, kFewPanels * at::get_num_threads() / panels);
  const std::int64_t parts = std::max<std::int64_t>(std::min(wanted, rows / kMinRows), 1);
  const std::int64_t part_rows = round_up((rows + parts - 1) / parts, kRows);
  at::parallel_for(0, parts * panels, 1, [&](std::int64_t first, std::int64_t last) {
    while (first < last) {
      const std::int64_t part = first / panels, end = std::min(last, (part + 1) * panels);
      const std::int64_t begin = part * part_rows, count = std::min(part_rows, rows - begin);
      if (count > 0)
        multiply_panels(kernel, begin, count, columns, blocks, first - part * panels, end - part * panels, out);
      first = end;
    }
  });
}

}  // namespace
}  // namespace radonc::kernels
#endif
