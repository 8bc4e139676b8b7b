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

/// Panels `first` to `last` of the product. A kernel has
///   Word, the panel's element, and kWords, how many of them lie side by side in depth;
///   pack(panel, block, words), which unpacks a panel and gives its scale;
///   add<R>(block, row, words, scale, sums, is_first), which adds R rows' products to their sums [R, 64].
template <typename Kernel, typename Element>
RADONC_PANEL void multiply_panels(const Kernel& kernel, std::int64_t rows, std::int64_t columns, std::int64_t blocks,
                                  std::int64_t first, std::int64_t last, Element* out) {
  static thread_local Buffer sums_buffer, words_buffer;
  float* sums = sums_buffer.reserve<float>(std::min(rows, kMaxRows) * kWidth);
  auto* words = words_buffer.reserve<typename Kernel::Word>(kDepth * kWidth);
  for (std::int64_t panel = first; panel < last; ++panel) {
    for (std::int64_t begin = 0; begin < rows; begin += kMaxRows) {
      const std::int64_t count = std::min(kMaxRows, rows - begin);
      for (std::int64_t block = 0; block < blocks; ++block) {
        const float scale = kernel.pack(panel, block, words);
        const auto add = [&]<int R>(std::int64_t row) RADONC_PANEL {
          kernel.template add<R>(block, begin + row, words, scale, sums + row * kWidth, block == 0);
        };
        std::int64_t row = 0;
        for (; row + kRows <= count; row += kRows) add.template operator()<kRows>(row);
        for (; row + 2 <= count; row += 2) add.template operator()<2>(row);
        if (row < count) add.template operator()<1>(row);
      }
      for (std::int64_t row = 0; row < count; ++row)
        for (std::int64_t i = 0; i < kWidth && panel * kWidth + i < columns; i += 16)
          store16(out + (begin + row) * columns + panel * kWidth + i, first_lanes(columns - panel * kWidth - i),
                  _mm512_load_ps(sums + row * kWidth + i));
    }
  }
}

/// out [rows, columns], over `depth` terms, on all threads.
template <typename Kernel, typename Element>
void multiply(const Kernel& kernel, std::int64_t rows, std::int64_t columns, std::int64_t depth, Element* out) {
  const std::int64_t panels = round_up(columns, kWidth) / kWidth, blocks = round_up(depth, kDepth) / kDepth;
  at::parallel_for(0, panels, 1, [&](std::int64_t first, std::int64_t last) {
    multiply_panels(kernel, rows, columns, blocks, first, last, out);
  });
}

}  // namespace
}  // namespace radonc::kernels
#endif
