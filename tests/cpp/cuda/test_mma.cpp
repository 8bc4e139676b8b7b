// What stands in for the tensor cores on the host, itself under test.
#include <cuda_bf16.h>
#include <doctest/doctest.h>
#include <mma.h>

#include "cuda/arrays.hpp"

using namespace radonc;
using test::Array, test::wide, test::on_host::Error, test::on_host::run;
namespace wmma = nvcuda::wmma;

namespace {

using Bf16 = __nv_bfloat16;
using Sums = wmma::fragment<wmma::accumulator, 16, 16, 16, float>;

constexpr int kStride = 24;  // elements between rows, or columns

template <typename LayoutA, typename LayoutB>
void multiply(const Bf16* a, const Bf16* b, float* out, wmma::layout_t layout) {
  wmma::fragment<wmma::matrix_a, 16, 16, 16, Bf16, LayoutA> left;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, Bf16, LayoutB> right;
  Sums sums;
  wmma::fill_fragment(sums, 1.0F);
  wmma::load_matrix_sync(left, a, kStride);
  wmma::load_matrix_sync(right, b, kStride);
  wmma::mma_sync(sums, left, right, sums);
  wmma::mma_sync(sums, left, right, sums);
  wmma::store_matrix_sync(out, sums, kStride, layout);
}

template <typename LayoutA, typename LayoutB>
void check(wmma::layout_t layout) {
  const auto a = test::normal<Bf16>(16 * kStride, 1), b = test::normal<Bf16>(16 * kStride, 2);
  Array<float> out(16 * kStride);
  run({1}, {64}, [&] { multiply<LayoutA, LayoutB>(a.data(), b.data(), out.data(), layout); });
  const auto place = [](bool by_rows, int row, int column) {
    return by_rows ? row * kStride + column : column * kStride + row;
  };
  constexpr bool kRowsA = std::is_same_v<LayoutA, wmma::row_major>, kRowsB = std::is_same_v<LayoutB, wmma::row_major>;
  double error = 0;
  for (int row = 0; row < 16; ++row)
    for (int column = 0; column < 16; ++column) {
      double sum = 1;
      for (int k = 0; k < 16; ++k) sum += 2 * wide(a[place(kRowsA, row, k)]) * wide(b[place(kRowsB, k, column)]);
      error = std::max(error, std::abs(out[place(layout == wmma::mem_row_major, row, column)] - sum));
    }
  CHECK(error < 1e-4);
  CHECK(std::isnan(out[16]));  // between the rows
}

}  // namespace

TEST_CASE("a product of tiles is the formula's in every layout") {
  check<wmma::row_major, wmma::row_major>(wmma::mem_row_major);
  check<wmma::row_major, wmma::col_major>(wmma::mem_row_major);
  check<wmma::col_major, wmma::row_major>(wmma::mem_col_major);
  check<wmma::col_major, wmma::col_major>(wmma::mem_col_major);
}

TEST_CASE("a product that a lane misses, or that lanes do not agree about, is an error") {
  const auto a = test::normal<Bf16>(32 * kStride, 1);
  wmma::fragment<wmma::matrix_a, 16, 16, 16, Bf16, wmma::row_major> tile;
  const auto load = [&](const Bf16* from, unsigned stride) { wmma::load_matrix_sync(tile, from, stride); };
  CHECK_THROWS_WITH_AS(run({1}, {32}, [&] { threadIdx.x == 5 ? void() : load(a.data(), kStride); }),
                       doctest::Contains("thread 5 has returned"), Error);
  CHECK_THROWS_WITH_AS(run({1}, {32}, [&] { load(a.data() + (threadIdx.x == 5 ? 16 : 0), kStride); }),
                       doctest::Contains("lanes name different tiles"), Error);
  CHECK_THROWS_WITH_AS(run({1}, {32}, [&] { load(a.data() + 8, kStride); }), doctest::Contains("off the boundary"),
                       Error);
  CHECK_THROWS_WITH_AS(run({1}, {32}, [&] { load(a.data(), 20); }), doctest::Contains("off the boundary"), Error);
}

TEST_CASE("a tile that is read before all lanes have written it is not what they write") {
  const auto x = test::normal<Bf16>(256, 1);
  const auto pass_on = [&](bool waits, bool stores) {
    Array<Bf16> staged(256);
    Array<float> sums(256), out(256);
    run({1}, {32}, [&] {
      for (unsigned i = threadIdx.x; i < 256; i += 32) staged[i] = x[i];
      if (waits) __syncwarp();
      wmma::fragment<wmma::matrix_a, 16, 16, 16, Bf16, wmma::row_major> left;
      wmma::fragment<wmma::matrix_b, 16, 16, 16, Bf16, wmma::row_major> right;
      Sums product;
      wmma::fill_fragment(product, 0.0F);
      wmma::load_matrix_sync(left, stores ? x.data() : staged.data(), 16);
      wmma::load_matrix_sync(right, x.data(), 16);
      wmma::mma_sync(product, left, right, product);
      wmma::store_matrix_sync(sums.data(), product, 16, wmma::mem_row_major);
      if (waits || !stores) __syncwarp();
      for (unsigned i = threadIdx.x; i < 256; i += 32) out[i] = sums[255 - i];
    });
    double sum = 0;
    for (const double value : wide(out)) sum += value;
    return sum;
  };
  CHECK(std::isfinite(pass_on(true, true)));
  CHECK(std::isfinite(pass_on(true, false)));
  CHECK(!std::isfinite(pass_on(false, true)));
  CHECK(!std::isfinite(pass_on(false, false)));
}
