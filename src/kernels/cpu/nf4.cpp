#include "kernels/nf4.hpp"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "kernels/cpu/at_level.hpp"

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC's own header, GCC bug 105593
#endif
#include <immintrin.h>
#endif

namespace radonc::kernels {
namespace {

template <typename Element>
void fill(const float* table, float scale, Element* values) {
  for (int i = 0; i < 16; ++i) values[i] = static_cast<Element>(table[i] * scale);
}

template <typename Element>
void dequantize_portable(const std::uint8_t* codes, const float* scales, const float* table, std::int64_t blocks,
                         Element* out) {
  for (std::int64_t block = 0; block < blocks; ++block, codes += kNf4Block / 2, out += kNf4Block) {
    Element values[16];
    fill(table, scales[block], values);
    for (std::int64_t i = 0; i < kNf4Block / 2; ++i) {
      out[2 * i] = values[codes[i] >> 4];
      out[2 * i + 1] = values[codes[i] & 15];
    }
  }
}

#if defined(__x86_64__)
/// 16 values in two registers, of which a code's lowest three bits choose the lane and its fourth the register.
__attribute__((target("avx2"))) void dequantize_avx2(const std::uint8_t* codes, const float* scales, const float* table,
                                                     std::int64_t blocks, float* out) {
  const __m256 low = _mm256_loadu_ps(table), high = _mm256_loadu_ps(table + 8);
  for (std::int64_t block = 0; block < blocks; ++block) {
    const __m256 scale = _mm256_set1_ps(scales[block]);
    const __m256 first = _mm256_mul_ps(low, scale), second = _mm256_mul_ps(high, scale);
    const auto look_up = [&](__m256i code) __attribute__((target("avx2"), always_inline)) {
      return _mm256_blendv_ps(_mm256_permutevar8x32_ps(first, code), _mm256_permutevar8x32_ps(second, code),
                              _mm256_castsi256_ps(_mm256_slli_epi32(code, 28)));
    };
    for (int i = 0; i < kNf4Block; i += 16, codes += 8, out += 16) {
      const __m256i bytes = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes)));
      const __m256 even = look_up(_mm256_srli_epi32(bytes, 4)), odd = look_up(bytes);
      const __m256 a = _mm256_unpacklo_ps(even, odd), b = _mm256_unpackhi_ps(even, odd);  // within halves
      _mm256_storeu_ps(out, _mm256_permute2f128_ps(a, b, 0x20));
      _mm256_storeu_ps(out + 8, _mm256_permute2f128_ps(a, b, 0x31));
    }
  }
}

#define RADONC_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))

/// The 64 codes of a block as bytes, in order.
RADONC_AVX512 inline void unpack(const std::uint8_t* codes, __m256i& first, __m256i& second) {
  const __m256i packed = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes));
  const __m256i mask = _mm256_set1_epi8(15);
  const __m256i high = _mm256_and_si256(_mm256_srli_epi16(packed, 4), mask), low = _mm256_and_si256(packed, mask);
  const __m256i a = _mm256_unpacklo_epi8(high, low), b = _mm256_unpackhi_epi8(high, low);  // within halves
  first = _mm256_permute2x128_si256(a, b, 0x20);
  second = _mm256_permute2x128_si256(a, b, 0x31);
}

RADONC_AVX512 void dequantize_avx512(const std::uint8_t* codes, const float* scales, const float* table,
                                     std::int64_t blocks, float* out) {
  const __m512 base = _mm512_loadu_ps(table);
  for (std::int64_t block = 0; block < blocks; ++block, codes += kNf4Block / 2, out += kNf4Block) {
    const __m512 values = _mm512_mul_ps(base, _mm512_set1_ps(scales[block]));
    __m256i half[2];
    unpack(codes, half[0], half[1]);
    for (int i = 0; i < 4; ++i) {
      const __m128i quarter =
          i % 2 == 0 ? _mm256_castsi256_si128(half[i / 2]) : _mm256_extracti128_si256(half[i / 2], 1);
      _mm512_storeu_ps(out + 16 * i, _mm512_permutexvar_ps(_mm512_cvtepu8_epi32(quarter), values));
    }
  }
}

template <typename Element>
RADONC_AVX512 void dequantize_avx512(const std::uint8_t* codes, const float* scales, const float* table,
                                     std::int64_t blocks, Element* out) {
  static_assert(sizeof(Element) == 2);
  for (std::int64_t block = 0; block < blocks; ++block, codes += kNf4Block / 2, out += kNf4Block) {
    Element values[16];
    fill(table, scales[block], values);
    const __m512i table16 =
        _mm512_castsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(static_cast<void*>(values))));
    __m256i half[2];
    unpack(codes, half[0], half[1]);
    for (int i = 0; i < 2; ++i)
      _mm512_storeu_si512(out + 32 * i, _mm512_permutexvar_epi16(_mm512_cvtepu8_epi16(half[i]), table16));
  }
}
#endif

RADONC_INLINE void quantize_blocks(const float* values, std::int64_t blocks, std::uint8_t* codes, float* absmax) {
  for (std::int64_t block = 0; block < blocks; ++block, values += kNf4Block, codes += kNf4Block / 2) {
    float largest = 0;
    for (std::int64_t i = 0; i < kNf4Block; ++i) largest = std::max(largest, std::fabs(values[i]));
    absmax[block] = largest;
    const float factor = 1.0F / std::max(largest, kNf4SmallestScale);
    std::int32_t wide[kNf4Block];
    for (std::int64_t i = 0; i < kNf4Block; ++i) {
      const float scaled = std::min(std::max(values[i] * factor, -1.0F), 1.0F);
      std::int32_t code = 0;  // how many bounds lie below: between two values the lower one
      for (int b = 0; b < 15; ++b) code += scaled > kNf4Bounds[static_cast<std::size_t>(b)] ? 1 : 0;
      wide[i] = code;
    }
    for (std::int64_t i = 0; i < kNf4Block / 2; ++i)
      codes[i] = static_cast<std::uint8_t>(wide[2 * i] << 4 | wide[2 * i + 1]);
  }
}

}  // namespace

void nf4_quantize_blocks(const float* values, std::int64_t blocks, std::uint8_t* codes, float* absmax) {
  at_level<quantize_blocks>()(values, blocks, codes, absmax);
}

template <typename Element>
void nf4_dequantize_blocks(const std::uint8_t* codes, const float* scales, const float* table, std::int64_t blocks,
                           Element* out) {
#if defined(__x86_64__)
  const core::CpuLevel level = core::cpu_level();
  if (level >= core::CpuLevel::kAvx512) return dequantize_avx512(codes, scales, table, blocks, out);
  if constexpr (std::is_same_v<Element, float>)
    if (level >= core::CpuLevel::kAvx2) return dequantize_avx2(codes, scales, table, blocks, out);
#endif
  dequantize_portable(codes, scales, table, blocks, out);
}

template void nf4_dequantize_blocks(const std::uint8_t*, const float*, const float*, std::int64_t, float*);
template void nf4_dequantize_blocks(const std::uint8_t*, const float*, const float*, std::int64_t, c10::BFloat16*);
template void nf4_dequantize_blocks(const std::uint8_t*, const float*, const float*, std::int64_t, c10::Half*);

}  // namespace radonc::kernels
