#include "kernels/low_rank.hpp"

#include <array>

#include "kernels/cpu/attention_tiles.hpp"
#include "kernels/cpu/gemv_rows.hpp"

namespace radonc::kernels {

#if defined(__x86_64__)
namespace {

constexpr std::int64_t kRanks = 8;        // at a time: their sums fill the registers
constexpr std::int64_t kRegister = 32;    // elements
constexpr std::int64_t kBlockRows = 64;   // that a gradient meets before it moves on, so that they stay in the cache
constexpr std::int64_t kGrain = 1 << 15;  // elements of x, for a thread

std::int64_t rows_a_thread(std::int64_t n) {
  return std::max<std::int64_t>(kGrain / std::max<std::int64_t>(n, 1), 4);
}

RADONC_TILES_INLINE __m512i rounded(__m512 low, __m512 high) {
  return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
}

/// A register of W's next `count` elements in bfloat16.
template <bool kWhole>
RADONC_TILES_INLINE __m512i load_weights(const Word* w, std::int64_t count) {
  return load_words<kWhole>(w, count);
}
template <bool kWhole>
RADONC_TILES_INLINE __m512i load_weights(const float* w, std::int64_t count) {
  return rounded(load16(w, first_lanes(count)), load16(w + 16, first_lanes(count - 16)));
}

/// R rows of x with up to 8 of W.
template <int R, typename Weight>
RADONC_TILES void project(const Word* x, const Weight* w, std::int64_t n, std::int64_t ranks, float factor, Word* out,
                          std::int64_t out_stride) {
  __m512 sums[R][kRanks];
#pragma GCC unroll 2
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 8
    for (int k = 0; k < kRanks; ++k) sums[r][k] = _mm512_setzero_ps();
  const auto add = [&]<bool kWhole>(std::int64_t at) RADONC_TILES __attribute__((always_inline)) {
    __m512i xs[R];
#pragma GCC unroll 2
    for (int r = 0; r < R; ++r) xs[r] = load_words<kWhole>(x + r * n + at, n - at);
#pragma GCC unroll 8
    for (int k = 0; k < kRanks; ++k) {
      const __m512i ws = load_weights<kWhole>(w + std::min<std::int64_t>(k, ranks - 1) * n + at, n - at);
#pragma GCC unroll 2
      for (int r = 0; r < R; ++r) asm("vdpbf16ps %2, %1, %0" : "+v"(sums[r][k]) : "v"(xs[r]), "v"(ws));
    }
  };
  std::int64_t at = 0;
  for (; at + kRegister <= n; at += kRegister) add.template operator()<true>(at);
  if (at < n) add.template operator()<false>(at);
#pragma GCC unroll 2
  for (int r = 0; r < R; ++r)
    store16(out + r * out_stride, first_lanes(ranks),
            _mm512_mul_ps(sum_lanes<FloatSums, kRanks>(sums[r]), _mm512_set1_ps(factor)));
}

/// Two rows of W, element by element side by side in bfloat16: [n, 2], the second zero where it is not there.
RADONC_TILES void interleave(const float* first, const float* second, std::int64_t n, Word* to) {
  for (std::int64_t at = 0; at < n; at += kRegister) {
    const __mmask16 masks[2] = {first_lanes(n - at), first_lanes(n - at - 16)};
    const auto row = [&](const float* from) RADONC_TILES {
      return rounded(load16(from + at, masks[0]), load16(from + at + 16, masks[1]));
    };
    store_pairs(row(first), second != nullptr ? row(second) : _mm512_setzero_si512(), to + 2 * at);
  }
}

/// The same of columns `k` to `k + 7` of W [n, rank], two by two: four times [n, 2], `stride` apart.
RADONC_TILES void interleave_eight(const float* w, std::int64_t n, std::int64_t rank, std::int64_t k,
                                   std::int64_t stride, Word* to) {
  // Of two times four rows with four pairs each: pair 0 of all eight, then pair 1; and pairs 2 and 3.
  const __m512i front = _mm512_set_epi32(29, 25, 21, 17, 13, 9, 5, 1, 28, 24, 20, 16, 12, 8, 4, 0);
  const __m512i back = _mm512_set_epi32(31, 27, 23, 19, 15, 11, 7, 3, 30, 26, 22, 18, 14, 10, 6, 2);
  for (std::int64_t at = 0; at < n; at += 16) {
    __m512i fours[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const auto two_rows = [&](std::int64_t row) RADONC_TILES {
        const auto one = [&](std::int64_t r)
                             RADONC_TILES { return r < n ? _mm256_loadu_ps(w + r * rank + k) : _mm256_setzero_ps(); };
        return _mm512_insertf32x8(_mm512_castps256_ps512(one(row)), one(row + 1), 1);
      };
      fours[i] = rounded(two_rows(at + 4 * i), two_rows(at + 4 * i + 2));
    }
    const __m512i a = _mm512_permutex2var_epi32(fours[0], front, fours[1]);
    const __m512i b = _mm512_permutex2var_epi32(fours[0], back, fours[1]);
    const __m512i c = _mm512_permutex2var_epi32(fours[2], front, fours[3]);
    const __m512i d = _mm512_permutex2var_epi32(fours[2], back, fours[3]);
    _mm512_store_si512(to + 2 * at, _mm512_shuffle_i64x2(a, c, 0x44));
    _mm512_store_si512(to + stride + 2 * at, _mm512_shuffle_i64x2(a, c, 0xee));
    _mm512_store_si512(to + 2 * stride + 2 * at, _mm512_shuffle_i64x2(b, d, 0x44));
    _mm512_store_si512(to + 3 * stride + 2 * at, _mm512_shuffle_i64x2(b, d, 0xee));
  }
}

/// W as pairs [⌈rank / 2⌉, n up to a multiple of 32, 2] in bfloat16; valid until the thread's next call.
const Word* pairs_of(const float* w, bool is_transposed, std::int64_t n, std::int64_t rank) {
  static thread_local Buffer buffer, columns_buffer;
  const std::int64_t stride = 2 * round_up(n, kRegister);
  auto* pairs = buffer.reserve<Word>(round_up(rank, 2) / 2 * stride);
  std::int64_t k = 0;
  for (; is_transposed && k + 8 <= rank; k += 8) interleave_eight(w, n, rank, k, stride, pairs + k / 2 * stride);
  for (; k < rank; k += 2) {
    const float* rows[2] = {w + k * n, k + 1 < rank ? w + (k + 1) * n : nullptr};
    if (is_transposed) {
      auto* columns = columns_buffer.reserve<float>(2 * n);
      for (int i = 0; i < 2; ++i) {
        for (std::int64_t at = 0; k + i < rank && at < n; ++at) columns[i * n + at] = w[at * rank + k + i];
        if (rows[i] != nullptr) rows[i] = columns + i * n;
      }
    }
    interleave(rows[0], rows[1], n, pairs + k / 2 * stride);
  }
  return pairs;
}

/// R rows of y, 32 columns at a time. pairs [⌈rank / 2⌉, n up to a multiple of 32, 2]
template <int R>
RADONC_TILES void add_rows(const Word* low, const Word* pairs, std::int64_t n, std::int64_t rank, float factor,
                           Word* y) {
  const std::int64_t stride = 2 * round_up(n, kRegister);
  for (std::int64_t at = 0; at < n; at += kRegister) {
    __m512 sums[R][2];
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) sums[r][0] = sums[r][1] = _mm512_setzero_ps();
    for (std::int64_t k = 0; k < rank; k += 2) {
      const Word* from = pairs + k / 2 * stride + 2 * at;
      const __m512i w0 = _mm512_load_si512(from), w1 = _mm512_load_si512(from + kRegister);
#pragma GCC unroll 4
      for (int r = 0; r < R; ++r) {
        std::int32_t two;
        __builtin_memcpy(&two, low + r * round_up(rank, 2) + k, 4);
        const __m512i share = _mm512_set1_epi32(two);
        asm("vdpbf16ps %2, %1, %0" : "+v"(sums[r][0]) : "v"(w0), "v"(share));
        asm("vdpbf16ps %2, %1, %0" : "+v"(sums[r][1]) : "v"(w1), "v"(share));
      }
    }
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r)
      for (int half = 0; half < 2; ++half) {
        Word* to = y + r * n + at + 16 * half;
        const __mmask16 mask = first_lanes(n - at - 16 * half);
        _mm256_mask_storeu_epi16(to, mask,
                                 to_bfloat16(_mm512_fmadd_ps(sums[r][half], _mm512_set1_ps(factor), load16(to, mask))));
      }
  }
}

/// sums [8, 2, 16] += shares [⌈rows / 2⌉, 8, 2] · x, of up to 32 columns of some rows of x, two rows at a time.
RADONC_TILES void add_pairs(const Word* x, std::int64_t n, std::int64_t columns, const std::int32_t* shares,
                            std::int64_t rows, float* sums) {
  __m512 low[kRanks], high[kRanks];
#pragma GCC unroll 8
  for (int k = 0; k < kRanks; ++k) {
    low[k] = _mm512_load_ps(sums + 32 * k);
    high[k] = _mm512_load_ps(sums + 32 * k + 16);
  }
  const auto mask = static_cast<__mmask32>(first_bytes(std::min(columns, kRegister)));
  for (std::int64_t row = 0; row < rows; row += 2) {
    const Word* from = x + row * n;
    _mm_prefetch(from + kRegister, _MM_HINT_T0);
    _mm_prefetch(from + n + kRegister, _MM_HINT_T0);
    const __m512i first = _mm512_maskz_loadu_epi16(mask, from);
    const __m512i second = row + 1 < rows ? _mm512_maskz_loadu_epi16(mask, from + n) : _mm512_setzero_si512();
    const __m512i l = _mm512_unpacklo_epi16(first, second), h = _mm512_unpackhi_epi16(first, second);
#pragma GCC unroll 8
    for (int k = 0; k < kRanks; ++k) {
      const __m512i share = _mm512_set1_epi32(shares[row / 2 * kRanks + k]);
      asm("vdpbf16ps %2, %1, %0" : "+v"(low[k]) : "v"(l), "v"(share));
      asm("vdpbf16ps %2, %1, %0" : "+v"(high[k]) : "v"(h), "v"(share));
    }
  }
#pragma GCC unroll 8
  for (int k = 0; k < kRanks; ++k) {
    _mm512_store_ps(sums + 32 * k, low[k]);
    _mm512_store_ps(sums + 32 * k + 16, high[k]);
  }
}

/// Columns [begin, end) of the gradient's rows `rank` to `rank + ranks - 1`.
RADONC_TILES void gradient_of(const Word* low, const Word* x, std::int64_t rows, std::int64_t n, std::int64_t all,
                              std::int64_t rank, std::int64_t begin, std::int64_t end, float factor, float* out) {
  static thread_local Buffer buffer;
  const std::int64_t ranks = std::min(kRanks, all - rank), strips = round_up(end - begin, kRegister) / kRegister;
  constexpr std::int64_t kSums = kRanks * kRegister;
  auto* sums = buffer.reserve<float>(strips * kSums);
  std::fill_n(sums, strips * kSums, 0.0F);
  for (std::int64_t first = 0; first < rows; first += kBlockRows) {
    const std::int64_t count = std::min(kBlockRows, rows - first);
    std::array<std::int32_t, kBlockRows / 2 * kRanks> shares{};
    for (std::int64_t row = 0; row < count; ++row)
      for (std::int64_t k = 0; k < ranks; ++k)
        shares[static_cast<std::size_t>(row / 2 * kRanks + k)] |=
            static_cast<std::int32_t>(std::uint32_t{low[(first + row) * all + rank + k]} << (row % 2 * 16));
    for (std::int64_t strip = 0; strip < strips; ++strip) {
      const std::int64_t column = begin + strip * kRegister;
      add_pairs(x + first * n + column, n, end - column, shares.data(), count, sums + strip * kSums);
    }
  }
  const __m512 scale = _mm512_set1_ps(factor);
  for (std::int64_t strip = 0; strip < strips; ++strip)
    for (std::int64_t k = 0; k < ranks; ++k) {
      const std::int64_t column = begin + strip * kRegister;
      const float* own = sums + strip * kSums + k * kRegister;
      const InOrder columns = in_order(_mm512_load_ps(own), _mm512_load_ps(own + 16));
      float* to = out + (rank + k) * n + column;
      _mm512_mask_storeu_ps(to, first_lanes(end - column), _mm512_mul_ps(columns.first, scale));
      _mm512_mask_storeu_ps(to + 16, first_lanes(end - column - 16), _mm512_mul_ps(columns.second, scale));
    }
}

template <typename Weight>
void project_rows(const Word* x, const Weight* w, std::int64_t rows, std::int64_t n, std::int64_t rank, float factor,
                  Word* out) {
  at::parallel_for(0, rows, rows_a_thread(n), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; row += 2)
      for (std::int64_t k = 0; k < rank; k += kRanks) {
        const auto run = row + 1 < end ? project<2, Weight> : project<1, Weight>;
        run(x + row * n, w + k * n, n, std::min(kRanks, rank - k), factor, out + row * rank + k, rank);
      }
  });
}

}  // namespace

void low_rank_project(const std::uint16_t* x, const std::uint16_t* w, std::int64_t rows, std::int64_t n,
                      std::int64_t rank, float factor, std::uint16_t* out) {
  project_rows(x, w, rows, n, rank, factor, out);
}

void low_rank_project(const std::uint16_t* x, const float* w, std::int64_t rows, std::int64_t n, std::int64_t rank,
                      float factor, std::uint16_t* out) {
  project_rows(x, w, rows, n, rank, factor, out);
}

void low_rank_add(const std::uint16_t* low, const float* w, bool is_transposed, std::int64_t rows, std::int64_t n,
                  std::int64_t rank, float factor, std::uint16_t* y) {
  static thread_local Buffer even_buffer;
  const std::int64_t even = round_up(rank, 2);
  const Word* pairs = pairs_of(w, is_transposed, n, rank);
  if (even != rank) {
    auto* filled = even_buffer.reserve<Word>(rows * even);
    for (std::int64_t row = 0; row < rows; ++row) {
      std::copy_n(low + row * rank, rank, filled + row * even);
      filled[row * even + rank] = 0;
    }
    low = filled;
  }
  at::parallel_for(0, rows, rows_a_thread(n), [&](std::int64_t begin, std::int64_t end) {
    over_rows(end - begin, [&]<int R>(std::int64_t some) {
      add_rows<R>(low + (begin + some) * even, pairs, n, rank, factor, y + (begin + some) * n);
    });
  });
}

void low_rank_gradient(const std::uint16_t* low, const std::uint16_t* x, std::int64_t rows, std::int64_t n,
                       std::int64_t rank, float factor, float* out) {
  const std::int64_t strips = round_up(n, kRegister) / kRegister;
  const std::int64_t grain = std::max<std::int64_t>(kGrain / (kRegister * std::max<std::int64_t>(rows, 1)), 1);
  at::parallel_for(0, strips, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = 0; k < rank; k += kRanks)
      gradient_of(low, x, rows, n, rank, k, begin * kRegister, std::min(end * kRegister, n), factor, out);
  });
}
#else
void low_rank_project(const std::uint16_t*, const std::uint16_t*, std::int64_t, std::int64_t, std::int64_t, float,
                      std::uint16_t*) {}
void low_rank_project(const std::uint16_t*, const float*, std::int64_t, std::int64_t, std::int64_t, float,
                      std::uint16_t*) {}
void low_rank_add(const std::uint16_t*, const float*, bool, std::int64_t, std::int64_t, std::int64_t, float,
                  std::uint16_t*) {}
void low_rank_gradient(const std::uint16_t*, const std::uint16_t*, std::int64_t, std::int64_t, std::int64_t, float,
                       float*) {}
#endif

}  // namespace radonc::kernels
