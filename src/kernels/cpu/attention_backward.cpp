#include <algorithm>
#include <limits>

#include "kernels/attention.hpp"
#include "kernels/cpu/attention_tiles.hpp"

namespace radonc::kernels {

#if defined(__x86_64__)
namespace {

// Tiles stand with keys as rows and queries as columns, so that each of the five products finds its factors as they
// are: Pᵀ = 2^(k qᵀ - log sum), dPᵀ = v doutᵀ, dSᵀ = Pᵀ (dPᵀ - D), dv += Pᵀ dout, dk += dSᵀ q, dqᵀ += kᵀ dSᵀ. A
// query's D = Σ P dP is dout·out, but summed from what is there anyway, so that nobody has to keep out.
constexpr std::int64_t kQueries = 2 * kWidth;  // rows of q at a time: two panels
constexpr std::int64_t kKeys = 16 * kRows;     // keys at a time
constexpr std::int64_t kGroups = kKeys / kRows;
constexpr std::int64_t kParts = 2;  // of a tree's queries, each with sums of its own for dk and dv

/// Spans [first, last), none of which sees a token of another tree.
struct Tree {
  std::size_t first, last;
  std::int64_t begin, end;  // tokens
  std::int64_t half;        // how many blocks of queries make the first half of the work

  std::int64_t length() const { return end - begin; }
};

/// One tree and key-value head, and its sums [parts, length, round_up(d, 64)].
struct Head {
  const Tree* tree;
  std::int64_t kv_head;
  float* k_sums;
  float* v_sums;
};

std::vector<Tree> trees_of(const AttentionShape& shape) {
  // A tree begins where nothing that follows sees what stands before.
  std::vector<Tree> trees;
  std::size_t last = shape.spans.size();
  std::int64_t earliest = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = last; i-- > 0;) {
    const SpanView& span = shape.spans[i];
    for (const KeyRange& range : span.keys) earliest = std::min(earliest, range.begin);
    if (earliest < span.begin) continue;
    const SpanView& end = shape.spans[last - 1];
    trees.push_back({.first = i, .last = last, .begin = span.begin, .end = end.begin + end.length, .half = 0});
    last = i;
  }
  std::reverse(trees.begin(), trees.end());
  const std::int64_t repeats = shape.heads / shape.kv_heads;
  for (Tree& tree : trees) {
    std::vector<std::int64_t> work;  // of all blocks up to each
    for (std::size_t i = tree.first; i < tree.last; ++i) {
      const SpanView& span = shape.spans[i];
      for (std::int64_t row = 0; row < span.length * repeats; row += kQueries)
        work.push_back((work.empty() ? 0 : work.back()) +
                       (span.position(row / repeats) + 1) * std::min(kQueries, span.length * repeats - row));
    }
    while (2 * work[static_cast<std::size_t>(tree.half)] <= work.back()) ++tree.half;
  }
  return trees;
}

struct Pass {
  const AttentionShape& shape;
  const Word *q, *k, *v;
  const float* log_sums;
  const Word* grad;
  AttentionGradients gradients;
};

/// Memory of one thread.
struct Scratch {
  Buffer memory[19];
  Word *keys, *values;           // of a span's M keys [round_up(M, 96), d]
  Word* keys_down;               // kᵀ: [⌈M / 96⌉, round_up(d, 6), 96]
  float *k_sums, *v_sums;        // [round_up(M, 96), round_up(d, 64)]
  Word *q, *grad;                // [128, d]
  Word *q_across, *grad_across;  // [2, d / 2, 64, 2]
  Word *q_down, *grad_down;      // [⌈d / 64⌉, 64, 64, 2]
  float *scores, *changes;       // Pᵀ and dPᵀ [round_up(M, 96), 128], zero where a query does not see the key
  Word *p, *ds;                  // Pᵀ and dSᵀ [96, 128]
  Word* ds_pairs;                // [2, 48, 64, 2]
  float* q_sums;                 // dqᵀ [round_up(d, 6), 128]
  float *log_sums, *dots;        // [128]

  void reserve(std::int64_t num_keys, std::int64_t d) {
    const std::int64_t keys_count = round_up(num_keys, kKeys), width = round_up(d, kWidth), tall = round_up(d, kRows);
    Buffer* next = memory;
    const auto words = [&](std::int64_t count) { return (next++)->reserve<Word>(count); };
    const auto floats = [&](std::int64_t count) { return (next++)->reserve<float>(count); };
    keys = words(keys_count * d), values = words(keys_count * d), keys_down = words(keys_count * tall);
    k_sums = floats(keys_count * width), v_sums = floats(keys_count * width);
    q = words(kQueries * d), grad = words(kQueries * d);
    q_across = words(kQueries * d), grad_across = words(kQueries * d);
    q_down = words(kQueries * width), grad_down = words(kQueries * width);
    p = words(kKeys * kQueries), ds = words(kKeys * kQueries), ds_pairs = words(kKeys * kQueries);
    q_sums = floats(tall * kQueries), log_sums = floats(kQueries), dots = floats(kQueries);
    scores = floats(keys_count * kQueries), changes = floats(keys_count * kQueries);
  }
};

RADONC_TILES void load_keys(const Pass& pass, const SpanView& span, std::int64_t kv_head, Scratch& s) {
  const std::int64_t d = pass.shape.d, count = round_up(span.num_keys, kKeys), tall = round_up(d, kRows);
  s.reserve(span.num_keys, d);
  gather_keys(pass.shape, span, kv_head, pass.k, 0, span.num_keys, count, s.keys);
  gather_keys(pass.shape, span, kv_head, pass.v, 0, span.num_keys, count, s.values);
  for (std::int64_t key = 0; key < count; key += 16) {
    Word* down = s.keys_down + key / kKeys * tall * kKeys + key % kKeys;
    for (std::int64_t part = 0; part < d; part += 32) {
      __m512i r[16];
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i) r[i] = _mm512_loadu_si512(s.keys + (key + i) * d + part);
      transpose(r);  // now of two dimensions each
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i) {
        auto* to = reinterpret_cast<__m256i*>(down + (part + 2 * i) * kKeys);
        _mm256_store_si256(to, _mm512_cvtepi32_epi16(r[i]));
        _mm256_store_si256(to + kKeys / 16, _mm512_cvtepi32_epi16(_mm512_srli_epi32(r[i], 16)));
      }
    }
    for (std::int64_t i = d; i < tall; ++i) std::fill_n(down + i * kKeys, 16, Word{0});
  }
}

RADONC_TILES void load_queries(const Pass& pass, const Rows& rows, std::int64_t first, std::int64_t count, Scratch& s) {
  const std::int64_t d = pass.shape.d;
  gather(rows, pass.q, first, count, kQueries, d, s.q);
  gather(rows, pass.grad, first, count, kQueries, d, s.grad);
  for (std::int64_t half = 0; half < kQueries; half += kWidth) {
    pack_across(s.q + half * d, d, kWidth, d, s.q_across + half * d);
    pack_across(s.grad + half * d, d, kWidth, d, s.grad_across + half * d);
  }
  pack_down(s.q, d, kQueries, d, kQueries, s.q_down);
  pack_down(s.grad, d, kQueries, d, kQueries, s.grad_down);
  for (std::int64_t n = 0; n < kQueries; ++n) s.log_sums[n] = n < count ? pass.log_sums[rows.at(first + n)] : 0;
  std::fill_n(s.dots, kQueries, 0.0F);
}

/// Which queries of a panel of 64 rows see a key.
struct Sight {
  std::int64_t num_keys, start, repeats, window, first, count;

  /// From row `row` on.
  Sight(const AttentionShape& shape, const SpanView& span, const Rows& rows, std::int64_t row)
      : num_keys(span.num_keys),
        start(span.position(0)),
        repeats(rows.repeats),
        window(shape.window > 0 ? shape.window : span.num_keys),
        first(row),
        count(rows.count() - row) {}

  RADONC_TILES_INLINE __mmask64 of(std::int64_t key) const {
    if (key >= num_keys) return 0;
    const std::int64_t from = (key - start) * repeats;  // the first row at the key's position or behind
    return first_bytes(std::min(count, from + window * repeats - first)) & ~first_bytes(from - first);
  }
};

/// From the tiles k qᵀ and v doutᵀ of 6 keys and 64 queries: Pᵀ and dPᵀ in their place, and their share of D.
RADONC_TILES void normalize(Scratch& s, const __mmask64* masks, std::int64_t key, std::int64_t column, float scale) {
  const __m512 factor = _mm512_set1_ps(scale);
  for (std::int64_t i = column; i < column + kWidth; i += 16) {
    const __m512 log_sums = _mm512_load_ps(s.log_sums + i);
    __m512 dots = _mm512_load_ps(s.dots + i);
#pragma GCC unroll 6
    for (int j = 0; j < kRows; ++j) {
      float *scores = s.scores + (key + j) * kQueries + i, *changes = s.changes + (key + j) * kQueries + i;
      const auto lanes = static_cast<__mmask16>(masks[j] >> (i - column));
      const __m512 p =
          _mm512_maskz_mov_ps(lanes, power_of_two(_mm512_fmsub_ps(_mm512_load_ps(scores), factor, log_sums)));
      const __m512 change = _mm512_maskz_mov_ps(lanes, _mm512_load_ps(changes));
      dots = _mm512_fmadd_ps(p, change, dots);
      _mm512_store_ps(scores, p);
      _mm512_store_ps(changes, change);
    }
    _mm512_store_ps(s.dots + i, dots);
  }
}

/// Which keys of a block the two panels of queries see any of.
struct Seen {
  std::int64_t rows = 0;  // keys of the block, rounded up to a group
  bool groups[2][kGroups] = {};
  std::int64_t begins[2] = {kKeys, kKeys}, ends[2] = {0, 0};
};

/// Pᵀ, dPᵀ and D's share of a block of queries and a block of keys.
RADONC_TILES Seen score(const Pass& pass, const Sight* sights, std::int64_t key, float scale, Scratch& s) {
  const std::int64_t d = pass.shape.d;
  Seen seen{.rows = std::min(kKeys, round_up(sights->num_keys - key, kRows))};
  for (std::int64_t panel = 0; panel < 2; ++panel)
    for (std::int64_t row = 0; row < seen.rows; row += kRows) {
      __mmask64 masks[kRows], any = 0;
      for (std::int64_t i = 0; i < kRows; ++i) any |= masks[i] = sights[panel].of(key + row + i);
      if (any == 0) continue;
      seen.groups[panel][row / kRows] = true;
      seen.begins[panel] = std::min(seen.begins[panel], row);
      seen.ends[panel] = row + kRows;
      const std::int64_t at = (key + row) * kQueries + panel * kWidth;
      multiply_tile<kRows>(s.keys + (key + row) * d, d, s.q_across + panel * kWidth * d, d / 2, s.scores + at, kQueries,
                           true);
      multiply_tile<kRows>(s.values + (key + row) * d, d, s.grad_across + panel * kWidth * d, d / 2, s.changes + at,
                           kQueries, true);
      normalize(s, masks, key + row, panel * kWidth, scale);
    }
  return seen;
}

/// Pᵀ and dSᵀ of 6 keys and 64 queries in bfloat16.
RADONC_TILES void differentiate(const Scratch& s, std::int64_t key, std::int64_t row, std::int64_t column) {
  for (std::int64_t i = column; i < column + kWidth; i += 16) {
    const __m512 dots = _mm512_load_ps(s.dots + i);
#pragma GCC unroll 3
    for (int pair = 0; pair < kRows; pair += 2) {
      __m512i words[2];
#pragma GCC unroll 2
      for (int j = 0; j < 2; ++j) {
        const std::int64_t from = (key + row + pair + j) * kQueries + i, to = (row + pair + j) * kQueries + i;
        const __m512 p = _mm512_load_ps(s.scores + from);
        const __m256i ds = to_bfloat16(_mm512_mul_ps(p, _mm512_sub_ps(_mm512_load_ps(s.changes + from), dots)));
        _mm256_store_si256(reinterpret_cast<__m256i*>(s.p + to), to_bfloat16(p));
        _mm256_store_si256(reinterpret_cast<__m256i*>(s.ds + to), ds);
        words[j] = _mm512_cvtepu16_epi32(ds);
      }
      _mm512_store_si512(s.ds_pairs + column * kKeys + (row + pair) * kWidth + 2 * (i - column),
                         _mm512_or_si512(words[0], _mm512_slli_epi32(words[1], 16)));
    }
  }
}

/// What a block of queries and a block of keys add to each other's gradients.
RADONC_TILES void meet(const Pass& pass, const Seen& seen, std::int64_t key, Scratch& s) {
  const std::int64_t d = pass.shape.d, width = round_up(d, kWidth), tall = round_up(d, kRows), rows = seen.rows;
  for (std::int64_t panel = 0; panel < 2; ++panel)
    for (std::int64_t row = 0; row < rows; row += kRows) {
      if (seen.groups[panel][row / kRows]) {
        differentiate(s, key, row, panel * kWidth);
        continue;
      }
      for (std::int64_t i = row; i < row + kRows; ++i) {
        std::fill_n(s.p + i * kQueries + panel * kWidth, kWidth, Word{0});
        std::fill_n(s.ds + i * kQueries + panel * kWidth, kWidth, Word{0});
      }
      std::fill_n(s.ds_pairs + (panel * kKeys + row) * kWidth, kRows * kWidth, Word{0});
    }
  const auto add = [&](const Word* factor, const Word* panels, float* sums) {
    for (std::int64_t column = 0; column < width; column += kWidth)
      for (std::int64_t row = 0; row < rows; row += kRows) {
        const std::int64_t begin = seen.groups[0][row / kRows] ? 0 : kWidth;
        const std::int64_t end = seen.groups[1][row / kRows] ? kQueries : kWidth;
        if (begin >= end) continue;
        multiply_tile<kRows>(factor + row * kQueries + begin, kQueries, panels + column * kQueries + begin * kWidth,
                             (end - begin) / 2, sums + (key + row) * width + column, width, false);
      }
  };
  add(s.p, s.grad_down, s.v_sums);
  add(s.ds, s.q_down, s.k_sums);
  for (std::int64_t panel = 0; panel < 2; ++panel)
    for (std::int64_t row = 0; row < tall && seen.begins[panel] < seen.ends[panel]; row += kRows)
      multiply_tile<kRows>(s.keys_down + (key / kKeys * tall + row) * kKeys + seen.begins[panel], kKeys,
                           s.ds_pairs + (panel * kKeys + seen.begins[panel]) * kWidth,
                           (seen.ends[panel] - seen.begins[panel]) / 2, s.q_sums + row * kQueries + panel * kWidth,
                           kQueries, false);
}

/// dqᵀ · scale, turned.
RADONC_TILES void store_queries(const Pass& pass, const Rows& rows, std::int64_t first, std::int64_t count, float scale,
                                const Scratch& s) {
  const std::int64_t d = pass.shape.d;
  for (std::int64_t n = 0; n < count; n += 16)
    for (std::int64_t column = 0; column < d; column += 16) {
      __m512i r[16];
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i) r[i] = _mm512_load_si512(s.q_sums + (column + i) * kQueries + n);
      transpose(r);
#pragma GCC unroll 16
      for (int i = 0; i < 16; ++i)
        if (n + i < count)
          _mm256_storeu_si256(reinterpret_cast<__m256i*>(pass.gradients.q + rows.at(first + n + i) * d + column),
                              to_bfloat16(_mm512_mul_ps(_mm512_castsi512_ps(r[i]), _mm512_set1_ps(scale))));
    }
}

/// Blocks [begin, end) of a tree's queries.
RADONC_TILES void run_blocks(const Pass& pass, const Head& head, std::int64_t begin, std::int64_t end, float* k_sums,
                             float* v_sums) {
  static thread_local Scratch s;
  static thread_local std::vector<Seen> seen;
  const AttentionShape& shape = pass.shape;
  const std::int64_t d = shape.d, width = round_up(d, kWidth);
  const float scale = 1 / std::sqrt(static_cast<float>(d));
  std::int64_t block = 0;  // the span's first
  for (std::size_t i = head.tree->first; i < head.tree->last && block < end; ++i) {
    const SpanView& span = shape.spans[i];
    const Rows rows = query_rows(shape, span, head.kv_head);
    const std::int64_t first = std::max<std::int64_t>(begin - block, 0) * kQueries;
    const std::int64_t last = std::min((end - block) * kQueries, rows.count());
    block += round_up(rows.count(), kQueries) / kQueries;
    if (first >= last) continue;
    load_keys(pass, span, head.kv_head, s);
    std::fill_n(s.k_sums, round_up(span.num_keys, kKeys) * width, 0.0F);
    std::fill_n(s.v_sums, round_up(span.num_keys, kKeys) * width, 0.0F);
    for (std::int64_t row = first; row < last; row += kQueries) {
      const std::int64_t count = std::min(kQueries, rows.count() - row);
      load_queries(pass, rows, row, count, s);
      std::fill_n(s.q_sums, round_up(d, kRows) * kQueries, 0.0F);
      const Sight sights[2] = {{shape, span, rows, row}, {shape, span, rows, row + kWidth}};
      const std::int64_t from = first_seen(shape, span.position(row / rows.repeats)) / kKeys * kKeys;
      const std::int64_t to = span.position((row + count - 1) / rows.repeats) + 1;
      seen.clear();
      for (std::int64_t key = from; key < to; key += kKeys)
        seen.push_back(score(pass, sights, key, scale * 1.44269504088896341F, s));
      for (std::size_t i = 0; i < seen.size(); ++i) meet(pass, seen[i], from + static_cast<std::int64_t>(i) * kKeys, s);
      store_queries(pass, rows, row, count, scale, s);
    }
    for_keys(span, 0, span.num_keys, [&](std::int64_t key, std::int64_t token, std::int64_t count) {
      const std::int64_t from = key * width, to = (token - head.tree->begin) * width;
      for (std::int64_t n = 0; n < count * width; ++n) {
        k_sums[to + n] += s.k_sums[from + n];
        v_sums[to + n] += s.v_sums[from + n];
      }
    });
  }
}

RADONC_TILES void run_part(const Pass& pass, const Head& head, std::int64_t part) {
  const std::int64_t sums = head.tree->length() * round_up(pass.shape.d, kWidth);
  float *k_sums = head.k_sums + part * sums, *v_sums = head.v_sums + part * sums;
  std::fill_n(k_sums, sums, 0.0F);
  std::fill_n(v_sums, sums, 0.0F);
  const std::int64_t half = head.tree->half, all = std::numeric_limits<std::int64_t>::max() / kQueries;
  run_blocks(pass, head, part == 0 ? 0 : half, part == 0 ? half : all, k_sums, v_sums);
}

/// dk · scale and dv, summed over the parts.
RADONC_TILES void store_keys(const Pass& pass, const Head& head) {
  const std::int64_t d = pass.shape.d, width = round_up(d, kWidth), sums = head.tree->length() * width;
  const Rows rows{head.tree->begin, head.tree->length(), 1, pass.shape.kv_heads, head.kv_head};
  const auto store = [&](const float* from, float scale, Word* to) RADONC_TILES {
    for (std::int64_t key = 0; key < rows.length; ++key)
      for (std::int64_t column = 0; column < d; column += 16) {
        __m512 sum = _mm512_load_ps(from + key * width + column);
        for (std::int64_t part = 1; part < kParts; ++part)
          sum = _mm512_add_ps(sum, _mm512_load_ps(from + part * sums + key * width + column));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + rows.at(key) * d + column),
                            to_bfloat16(_mm512_mul_ps(sum, _mm512_set1_ps(scale))));
      }
  };
  store(head.k_sums, 1 / std::sqrt(static_cast<float>(d)), pass.gradients.k);
  store(head.v_sums, 1, pass.gradients.v);
}

}  // namespace

void attention_backward(const AttentionShape& shape, const std::uint16_t* q, const std::uint16_t* k,
                        const std::uint16_t* v, const float* log_sums, const std::uint16_t* grad,
                        const AttentionGradients& gradients) {
  const Pass pass{shape, q, k, v, log_sums, grad, gradients};
  const std::vector<Tree> trees = trees_of(shape);
  const std::int64_t width = round_up(shape.d, kWidth);
  std::int64_t tokens = 0;
  for (const Tree& tree : trees) tokens += tree.length();
  static thread_local Buffer k_buffer, v_buffer;
  float* k_sums = k_buffer.reserve<float>(kParts * shape.kv_heads * tokens * width);
  float* v_sums = v_buffer.reserve<float>(kParts * shape.kv_heads * tokens * width);
  std::vector<Head> heads;
  for (const Tree& tree : trees)
    for (std::int64_t head = 0; head < shape.kv_heads; ++head) {
      heads.push_back({&tree, head, k_sums, v_sums});
      k_sums += kParts * tree.length() * width;
      v_sums += kParts * tree.length() * width;
    }
  const auto count = static_cast<std::int64_t>(heads.size());
  share_out(count * kParts,
            [&](std::int64_t i) { run_part(pass, heads[static_cast<std::size_t>(i / kParts)], i % kParts); });
  share_out(count, [&](std::int64_t i) { store_keys(pass, heads[static_cast<std::size_t>(i)]); });
}
#else
void attention_backward(const AttentionShape&, const std::uint16_t*, const std::uint16_t*, const std::uint16_t*,
                        const float*, const std::uint16_t*, const AttentionGradients&) {}
#endif

}  // namespace radonc::kernels
