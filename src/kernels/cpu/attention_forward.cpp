#include "kernels/attention.hpp"
#include "kernels/cpu/attention_tiles.hpp"
#include "kernels/levels.hpp"

namespace radonc::kernels {

#if defined(__x86_64__)
namespace {

constexpr std::int64_t kBlock = 48;  // rows at a time: their scores against all keys stay in the second cache level
constexpr std::int64_t kGroups = kBlock / kRows;
constexpr std::int64_t kKeys = kDepth;  // of a tile of scores: two panels, one depth of the product with v

constexpr std::int64_t kMostPacked = std::int64_t{1} << 22;  // keys' elements that are packed at a time, as a rule

/// A span's keys as panels [⌈M / 128⌉ · 2, d / 2, 64, 2] and values as [⌈M / 128⌉, ⌈d / 64⌉, 64, 64, 2].
struct Packed {
  Word* keys;
  Word* values;
};

RADONC_TILES void pack(const AttentionShape& shape, const SpanView& span, std::int64_t kv_head, const Word* k,
                       const Word* v, const Packed& packed) {
  static thread_local Buffer rows_buffer;
  const std::int64_t d = shape.d, width = round_up(d, kWidth);
  Word* rows = rows_buffer.reserve<Word>(kKeys * d);
  for (std::int64_t key = 0; key < span.num_keys; key += kKeys) {
    const std::int64_t end = std::min(key + kKeys, span.num_keys), count = end - key;
    gather_keys(shape, span, kv_head, k, key, end, count, rows);
    for (std::int64_t half = 0; half < count; half += kWidth)
      pack_across(rows + half * d, d, count - half, d, packed.keys + (key + half) * d);
    gather_keys(shape, span, kv_head, v, key, end, count, rows);
    pack_down(rows, d, count, d, kKeys, packed.values + key * width);
  }
}

/// Which of the 64 keys of a panel the query at `position` sees.
RADONC_TILES_INLINE __mmask64 visible(const AttentionShape& shape, std::int64_t position, std::int64_t panel) {
  const std::int64_t first = panel * kWidth;
  return first_bytes(position + 1 - first) & ~first_bytes(first_seen(shape, position) - first);
}

/// A row's scores, [tiles, kBlock, 128] from `scores` on, become probabilities in bfloat16 at the same place, up to
/// their common factor, which is given back. Panels [begin, end) hold what the row sees.
RADONC_TILES float soften(const AttentionShape& shape, std::int64_t position, std::int64_t begin, std::int64_t end,
                          float scale, float* scores, float& log_sum) {
  __m512 most = _mm512_set1_ps(-INFINITY);
  for (std::int64_t panel = begin; panel < end; ++panel) {
    const __mmask64 mask = visible(shape, position, panel);
    const float* from = scores + panel / 2 * kBlock * kKeys + panel % 2 * kWidth;
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const auto lanes = static_cast<__mmask16>(mask >> (16 * i));
      most = _mm512_mask_max_ps(most, lanes, most, _mm512_load_ps(from + 16 * i));
    }
  }
  const float top = _mm512_reduce_max_ps(most) * scale;
  const __m512 factor = _mm512_set1_ps(scale), shift = _mm512_set1_ps(top);
  __m512 sums[4];
  sums[0] = sums[1] = sums[2] = sums[3] = _mm512_setzero_ps();
  for (std::int64_t panel = begin; panel < end; ++panel) {
    const __mmask64 mask = visible(shape, position, panel);
    const float* from = scores + panel / 2 * kBlock * kKeys + panel % 2 * kWidth;
    Word* to = reinterpret_cast<Word*>(scores + panel / 2 * kBlock * kKeys) + panel % 2 * kWidth;
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const auto lanes = static_cast<__mmask16>(mask >> (16 * i));
      const __m512 power = power_of_two(_mm512_fmsub_ps(_mm512_load_ps(from + 16 * i), factor, shift));
      const __m512 kept = _mm512_maskz_mov_ps(lanes, power);
      sums[i] = _mm512_add_ps(sums[i], kept);
      _mm256_store_si256(reinterpret_cast<__m256i*>(to + 16 * i), to_bfloat16(kept));
    }
  }
  const float sum =
      _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sums[0], sums[1]), _mm512_add_ps(sums[2], sums[3])));
  log_sum = top + std::log2(sum);
  return 1 / sum;
}

RADONC_TILES void attend(const AttentionShape& shape, const SpanView& span, const Rows& rows, std::int64_t first,
                         const Packed& packed, const Word* q, Word* out, float* log_sums) {
  static thread_local Buffer queries_buffer, scores_buffer, sums_buffer, seen_buffer;
  const std::int64_t d = shape.d, width = round_up(d, kWidth), count = std::min(kBlock, rows.count() - first);
  const auto position = [&](std::int64_t row) { return span.position((first + row) / rows.repeats); };
  const std::int64_t last_key = position(count - 1) + 1;
  const std::int64_t panels = round_up(last_key, kWidth) / kWidth, tiles = round_up(last_key, kKeys) / kKeys;
  Word* queries = queries_buffer.reserve<Word>(kBlock * d);
  float* scores = scores_buffer.reserve<float>(tiles * kBlock * kKeys);
  float* sums = sums_buffer.reserve<float>(kBlock * width);
  auto* seen = seen_buffer.reserve<std::uint8_t>(panels * kGroups);  // whether a group of rows sees any of a panel
  std::int64_t ends[kGroups] = {};                                   // behind the last key that a group sees
  gather(rows, q, first, count, round_up(count, kRows), d, queries);

  for (std::int64_t panel = 0; panel < panels; ++panel)
    for (std::int64_t row = 0; row < count; row += kRows) {
      const std::int64_t group = row / kRows;
      __mmask64 any = 0;
      for (std::int64_t i = row; i < std::min(row + kRows, count); ++i) any |= visible(shape, position(i), panel);
      seen[panel * kGroups + group] = any != 0;
      if (any == 0) continue;
      ends[group] = panel * kWidth + 64 - __builtin_clzll(any);
      multiply_tile<kRows>(queries + row * d, d, packed.keys + panel * kWidth * d, d / 2,
                           scores + (panel / 2 * kBlock + row) * kKeys + panel % 2 * kWidth, kKeys, true);
    }

  const float scale = 1.44269504088896341F / std::sqrt(static_cast<float>(d));
  float factors[kBlock];
  for (std::int64_t i = 0; i < count; ++i)
    factors[i] =
        soften(shape, position(i), first_seen(shape, position(i / kRows * kRows)) / kKeys * 2,
               round_up(ends[i / kRows], kWidth) / kWidth, scale, scores + i * kKeys, log_sums[rows.at(first + i)]);

  std::fill_n(sums, kBlock * width, 0.0F);
  for (std::int64_t tile = 0; tile < tiles; ++tile)
    for (std::int64_t column = 0; column < width; column += kWidth)
      for (std::int64_t row = 0; row < count; row += kRows) {
        const std::int64_t group = row / kRows, depth = std::min(kKeys, ends[group] - tile * kKeys);
        if (depth <= 0) continue;
        const std::uint8_t* of_group = seen + 2 * tile * kGroups + group;
        if (!of_group[0] && (depth <= kWidth || !of_group[kGroups])) continue;
        multiply_tile<kRows>(reinterpret_cast<const Word*>(scores + (tile * kBlock + row) * kKeys), 2 * kKeys,
                             packed.values + (tile * width + column) * kKeys, (depth + 1) / 2,
                             sums + row * width + column, width, false);
      }
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t column = 0; column < d; column += 16)
      _mm256_storeu_si256(
          reinterpret_cast<__m256i*>(out + rows.at(first + i) * d + column),
          to_bfloat16(_mm512_mul_ps(_mm512_load_ps(sums + i * width + column), _mm512_set1_ps(factors[i]))));
}

}  // namespace

bool has_attention(std::int64_t d) {
  return level_kernels().has_bfloat16 && d > 0 && d % 32 == 0 && d <= 256;
}

void attention_forward(const AttentionShape& shape, const std::uint16_t* q, const std::uint16_t* k,
                       const std::uint16_t* v, std::uint16_t* out, float* log_sums) {
  struct Block {
    const SpanView* span;
    std::int64_t kv_head, first;
    Packed packed;
  };
  const std::int64_t width = round_up(shape.d, kWidth);
  static thread_local Buffer keys_buffer, values_buffer;
  std::vector<Block> to_pack, blocks;
  for (std::size_t begin = 0, end = 0; begin < shape.spans.size(); begin = end) {
    // What many spans share is packed for each of them: some spans at a time, so that this takes little memory.
    std::int64_t keys = 0;
    do {
      keys += round_up(shape.spans[end++].num_keys, kKeys) * shape.kv_heads;
    } while (end < shape.spans.size() &&
             (keys + round_up(shape.spans[end].num_keys, kKeys) * shape.kv_heads) * width <= kMostPacked);
    Packed packed{keys_buffer.reserve<Word>(keys * shape.d), values_buffer.reserve<Word>(keys * width)};
    to_pack.clear();
    blocks.clear();
    for (std::size_t i = begin; i < end; ++i) {
      const SpanView& span = shape.spans[i];
      for (std::int64_t head = 0; head < shape.kv_heads; ++head) {
        to_pack.push_back({&span, head, 0, packed});
        for (std::int64_t n = query_rows(shape, span, head).count(); n > 0;) {
          n = (n - 1) / kBlock * kBlock;  // the last ones, which have most keys, first
          blocks.push_back({&span, head, n, packed});
        }
        packed.keys += round_up(span.num_keys, kKeys) * shape.d;
        packed.values += round_up(span.num_keys, kKeys) * width;
      }
    }
    share_out(static_cast<std::int64_t>(to_pack.size()), [&](std::int64_t i) {
      const Block& block = to_pack[static_cast<std::size_t>(i)];
      pack(shape, *block.span, block.kv_head, k, v, block.packed);
    });
    share_out(static_cast<std::int64_t>(blocks.size()), [&](std::int64_t i) {
      const Block& block = blocks[static_cast<std::size_t>(i)];
      attend(shape, *block.span, query_rows(shape, *block.span, block.kv_head), block.first, block.packed, q, out,
             log_sums);
    });
  }
}
#else
bool has_attention(std::int64_t) {
  return false;
}

void attention_forward(const AttentionShape&, const std::uint16_t*, const std::uint16_t*, const std::uint16_t*,
                       std::uint16_t*, float*) {}
#endif

}  // namespace radonc::kernels
