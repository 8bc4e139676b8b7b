#include "kernels/unpacked_gemv.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "kernels/cpu/at_level.hpp"
#include "kernels/nf4.hpp"

namespace radonc::kernels {
namespace {

constexpr std::int64_t kGrain = 1 << 15;  // weights; fewer are read before another thread has started

/// A quarter of the terms in each of four sums, so that additions do not wait for one another.
RADONC_INLINE float dot(const float* x, const float* w, std::int64_t n) {
  const std::int64_t quarter = n / 4;
  float a = 0, b = 0, c = 0, d = 0;
#pragma omp simd reduction(+ : a, b, c, d)
  for (std::int64_t i = 0; i < quarter; ++i) {
    a += x[i] * w[i];
    b += x[quarter + i] * w[quarter + i];
    c += x[2 * quarter + i] * w[2 * quarter + i];
    d += x[3 * quarter + i] * w[3 * quarter + i];
  }
  for (std::int64_t i = 4 * quarter; i < n; ++i) a += x[i] * w[i];
  return (a + b) + (c + d);
}

RADONC_INLINE void scale_codes(const std::int8_t* codes, float scale, std::int64_t n, float* out) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(codes[i]) * scale;
}

/// In two loops, so that there are two roundings, as where the matrix is dequantised: in one the compiler would fuse
/// them.
RADONC_INLINE void decode_scales(const Nf4View& weight, std::int64_t begin, std::int64_t end, float* out) {
  for (std::int64_t i = begin; i < end; ++i)
    out[i - begin] = weight.nested_map[weight.nested_codes[i]] * weight.nested_scales[i / kNf4NestedBlock];
  for (std::int64_t i = begin; i < end; ++i) out[i - begin] += weight.nested_offset;
}

}  // namespace

void unpack_rows(const Nf4View& weight, std::int64_t begin, std::int64_t end, float* out) {
  const std::int64_t first = begin * weight.in / kNf4Block, blocks = (end - begin) * weight.in / kNf4Block;
  const float* scales = weight.scales;
  static thread_local std::vector<float> decoded;
  if (!scales) {
    decoded.resize(static_cast<std::size_t>(blocks));
    at_level<decode_scales>()(weight, first, first + blocks, decoded.data());
  }
  nf4_dequantize_blocks(weight.codes + first * kNf4Block / 2, scales ? scales + first : decoded.data(), weight.table,
                        blocks, out);
}

void unpack_rows(const Int8View& weight, std::int64_t begin, std::int64_t end, float* out) {
  const auto scale = at_level<scale_codes>();
  const std::int64_t blocks = (weight.in + kInt8Block - 1) / kInt8Block;
  for (std::int64_t row = begin; row < end; ++row)
    for (std::int64_t block = 0; block < blocks; ++block) {
      const std::int64_t column = block * kInt8Block, place = row * weight.in + column;
      scale(weight.codes + place, weight.scales[row / kInt8Block * blocks + block],
            std::min(kInt8Block, weight.in - column), out + place - begin * weight.in);
    }
}

template <typename View>
void unpacked_gemv(const View& weight, const float* x, std::int64_t rows, float* out) {
  const auto multiply = at_level<dot>();
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(weight.in, 1));
  at::parallel_for(0, weight.out, grain, [&](std::int64_t begin, std::int64_t end) {
    static thread_local std::vector<float> values;
    values.resize(static_cast<std::size_t>(weight.in));
    for (std::int64_t row = begin; row < end; ++row) {
      unpack_rows(weight, row, row + 1, values.data());
      for (std::int64_t r = 0; r < rows; ++r)
        out[r * weight.out + row] = multiply(x + r * weight.in, values.data(), weight.in);
    }
  });
}

template void unpacked_gemv(const Nf4View&, const float*, std::int64_t, float*);
template void unpacked_gemv(const Int8View&, const float*, std::int64_t, float*);

}  // namespace radonc::kernels
