#include <optional>

#include "kernels/cpu/gemv_rows.hpp"
#include "kernels/nf4.hpp"

namespace radonc::kernels {

#if defined(__x86_64__)
namespace {

#define RADONC_VBMI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512vbmi,avx512bf16")))
#define RADONC_VBMI_INLINE RADONC_VBMI __attribute__((always_inline)) inline

constexpr std::int64_t kChunk = 2 * kNf4Block;  // weights in a register of codes
constexpr std::int64_t kBand = 1024;            // scales decoded at a time, which stay in the first cache level

/// The 256 floats that an 8-bit scale may stand for, as four tables of their bytes: a table is looked up 64 codes at a
/// time.
class ByteTables {
 public:
  explicit ByteTables(const float* map) {
    for (std::size_t i = 0; i < 256; ++i) {
      std::uint32_t bits;
      __builtin_memcpy(&bits, map + i, 4);
      for (std::size_t byte = 0; byte < 4; ++byte) bytes_[byte][i] = static_cast<std::uint8_t>(bits >> 8 * byte);
    }
  }

  /// out [64]; codes in the order that unpacking the bytes asks for.
  RADONC_VBMI_INLINE void look_up(__m512i codes, __m512 out[4]) const {
    const __mmask64 upper = _mm512_movepi8_mask(codes);
    __m512i bytes[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const std::uint8_t* table = bytes_[i];
      const __m512i low = _mm512_permutex2var_epi8(_mm512_load_si512(table), codes, _mm512_load_si512(table + 64));
      const __m512i high =
          _mm512_permutex2var_epi8(_mm512_load_si512(table + 128), codes, _mm512_load_si512(table + 192));
      bytes[i] = _mm512_mask_blend_epi8(upper, low, high);
    }
    const __m512i a = _mm512_unpacklo_epi8(bytes[0], bytes[1]), b = _mm512_unpackhi_epi8(bytes[0], bytes[1]);
    const __m512i c = _mm512_unpacklo_epi8(bytes[2], bytes[3]), d = _mm512_unpackhi_epi8(bytes[2], bytes[3]);
    out[0] = _mm512_castsi512_ps(_mm512_unpacklo_epi16(a, c));
    out[1] = _mm512_castsi512_ps(_mm512_unpackhi_epi16(a, c));
    out[2] = _mm512_castsi512_ps(_mm512_unpacklo_epi16(b, d));
    out[3] = _mm512_castsi512_ps(_mm512_unpackhi_epi16(b, d));
  }

 private:
  alignas(64) std::uint8_t bytes_[4][256];
};

/// Scales `first` to `last` of a doubly quantised matrix; gives the place of the first one in `out`, which has room for
/// 64 on either side.
RADONC_VBMI const float* decode_scales(const Nf4View& weight, const ByteTables& tables, std::int64_t first,
                                       std::int64_t last, float* out) {
  alignas(64) std::uint8_t order[64];  // code 16 m + 4 l + j lies at 16 l + 4 m + j
  for (int i = 0; i < 64; ++i) order[i] = static_cast<std::uint8_t>(16 * (i / 4 % 4) + 4 * (i / 16) + i % 4);
  const std::int64_t start = first / 64 * 64;
  for (std::int64_t i = start; i < last; i += 64) {
    const __m512i codes = _mm512_maskz_loadu_epi8(first_bytes(last - i), weight.nested_codes + i);
    __m512 values[4];
    tables.look_up(_mm512_permutexvar_epi8(_mm512_load_si512(order), codes), values);
    const __m512 scale = _mm512_set1_ps(weight.nested_scales[i / 256]), offset = _mm512_set1_ps(weight.nested_offset);
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      __m512 product = _mm512_mul_ps(values[j], scale);
      asm("" : "+v"(product));  // two roundings, as where it is dequantised: the compiler would fuse them
      _mm512_store_ps(out + (i - start) + 16 * j, _mm512_add_ps(product, offset));
    }
  }
  return out + (first - start);
}

/// x [rows, chunks, 4, 32]: of each four, the one that shifting the codes by 0, 4, 8 and 12 brings to the bottom.
RADONC_PANEL void arrange(const std::uint16_t* x, std::int64_t rows, std::int64_t in, std::uint16_t* to) {
  constexpr int kPlace[4] = {1, 0, 3, 2};
  alignas(64) std::uint16_t places[4][32];
  for (int shift = 0; shift < 4; ++shift)
    for (int i = 0; i < 32; ++i) places[shift][i] = static_cast<std::uint16_t>((4 * i + kPlace[shift]) % 64);
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t k = 0; k < in; k += kChunk, to += kChunk) {
      const std::uint16_t* from = x + row * in + k;
      __m512i r[4];
      for (int i = 0; i < 4; ++i) r[i] = _mm512_maskz_loadu_epi16(k + 32 * i < in ? ~__mmask32{0} : 0, from + 32 * i);
      for (int shift = 0; shift < 4; ++shift) {
        const __m512i at = _mm512_load_si512(places[shift]);
        const __m512i low = _mm512_permutex2var_epi16(r[0], at, r[1]), high = _mm512_permutex2var_epi16(r[2], at, r[3]);
        _mm512_store_si512(to + 32 * shift, _mm512_inserti64x4(low, _mm512_castsi512_si256(high), 1));
      }
    }
}

/// `W` rows from `row` on, those behind the last one in its place, whose scales are `scales`, with R rows of x.
template <int W, int R>
RADONC_VBMI __attribute__((noinline)) void multiply_rows(const Nf4View& weight, std::int64_t row, const float* scales,
                                                         const std::uint16_t* x, std::uint16_t* out) {
  const std::int64_t blocks = weight.in / kNf4Block, x_stride = round_up(weight.in, kChunk);
  const std::uint8_t* codes[W];
  const float* own[W];
#pragma GCC unroll 4
  for (int i = 0; i < W; ++i) {
    const std::int64_t place = std::min<std::int64_t>(i, weight.out - 1 - row);
    codes[i] = weight.codes + (row + place) * weight.in / 2;
    own[i] = scales + place * blocks;
  }
  const __m512 table = _mm512_loadu_ps(weight.table);
  const __m512i low_bits = _mm512_set1_epi16(15);
  const __m512i second = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi16(16), 1);
  __m512 sums[R][W], more[R][W];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int i = 0; i < W; ++i) sums[r][i] = more[r][i] = _mm512_setzero_ps();
  const auto add = [&](std::int64_t block, bool is_whole) RADONC_VBMI __attribute__((always_inline)) {
    __m512i words[W], values[W];
#pragma GCC unroll 4
    for (int i = 0; i < W; ++i) {
      const std::uint8_t* from = codes[i] + block * (kNf4Block / 2);
      // The next rows, by themselves the processor fetches short rows too late. Into the second cache level: the first
      // one waits for too few lines at a time.
      _mm_prefetch(from + W * weight.in / 2, _MM_HINT_T1);
      words[i] = is_whole ? _mm512_loadu_si512(from)
                          : _mm512_zextsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
      const __m512 low = _mm512_mul_ps(table, _mm512_set1_ps(own[i][block]));
      const __m512 high = is_whole ? _mm512_mul_ps(table, _mm512_set1_ps(own[i][block + 1])) : _mm512_setzero_ps();
      values[i] = (__m512i)_mm512_cvtne2ps_pbh(high, low);
    }
#pragma GCC unroll 4
    for (int shift = 0; shift < 4; ++shift) {
      __m512i w[W];
#pragma GCC unroll 4
      for (int i = 0; i < W; ++i) {
        const __m512i shifted = shift == 0 ? words[i] : _mm512_srli_epi16(words[i], 4 * shift);
        w[i] = _mm512_permutexvar_epi16(_mm512_ternarylogic_epi64(shifted, low_bits, second, 0xEA), values[i]);
      }
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) {
        const __m512i xs = _mm512_load_si512(x + r * x_stride + block * kNf4Block + 32 * shift);
#pragma GCC unroll 4
        for (int i = 0; i < W; ++i)
          asm("vdpbf16ps %2, %1, %0" : "+v"(shift % 2 == 0 ? sums[r][i] : more[r][i]) : "v"(w[i]), "v"(xs));
      }
    }
  };
  std::int64_t block = 0;
  for (; block + 2 <= blocks; block += 2) add(block, true);
  if (block < blocks) add(block, false);
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int i = 0; i < W; ++i) sums[r][i] = _mm512_add_ps(sums[r][i], more[r][i]);
    store16(out + r * weight.out + row, first_lanes(std::min<std::int64_t>(W, weight.out - row)),
            sum_lanes<FloatSums, W>(sums[r]));
  }
}

}  // namespace

void nf4_gemv(const Nf4View& weight, const std::uint16_t* x, std::int64_t rows, std::uint16_t* out) {
  constexpr std::int64_t kStrip = 4;
  const std::int64_t blocks = weight.in / kNf4Block, x_stride = round_up(weight.in, kChunk);
  const std::int64_t strips = round_up(weight.out, kStrip) / kStrip;
  const std::int64_t strips_of_band = std::max<std::int64_t>(1, kBand / (kStrip * blocks));
  static thread_local Buffer arranged;
  auto* tiles = arranged.reserve<std::uint16_t>(rows * x_stride);
  arrange(x, rows, weight.in, tiles);
  const std::optional<ByteTables> tables = weight.scales ? std::nullopt : std::optional<ByteTables>(weight.nested_map);
  over_groups(strips, kStrip * weight.in / 2, [&](std::int64_t first, std::int64_t last) {
    static thread_local Buffer decoded;
    float* buffer = decoded.reserve<float>(strips_of_band * kStrip * blocks + 128);
    for (std::int64_t band = first; band < last; band += strips_of_band) {
      const std::int64_t begin = band * kStrip;
      const std::int64_t end = std::min({(band + strips_of_band) * kStrip, last * kStrip, weight.out});
      const float* scales = weight.scales ? weight.scales + begin * blocks
                                          : decode_scales(weight, *tables, begin * blocks, end * blocks, buffer);
      for (std::int64_t strip = begin; strip < end; strip += kStrip)
        over_rows(rows, [&]<int R>(std::int64_t some) {
          constexpr int kW = R == 1 ? 4 : 2;
          for (std::int64_t row = strip; row < std::min(strip + kStrip, end); row += kW)
            multiply_rows<kW, R>(weight, row, scales + (row - begin) * blocks, tiles + some * x_stride,
                                 out + some * weight.out);
        });
    }
  });
}
#else
void nf4_gemv(const Nf4View&, const std::uint16_t*, std::int64_t, std::uint16_t*) {}
#endif

}  // namespace radonc::kernels
