#include <cuda_bf16.h>
#include <doctest/doctest.h>

#include <memory>

#include "cuda/arrays.hpp"
#include "kernels/cuda/nf4.cuh"
#include "kernels/gemv.hpp"
#include "kernels/levels.hpp"

using namespace radonc;
using test::Array, test::wide;

namespace {

/// Codes and scales of a matrix, and the weights they stand for.
struct Weight {
  std::int64_t rows, columns;
  Array<std::uint8_t> codes, nested_codes;
  Array<float> scales, nested_map, nested_scales;
  kernels::device::Nf4Matrix matrix = {};
  std::vector<double> values;

  Weight(std::int64_t num_rows, std::int64_t num_columns, bool is_nested)
      : rows(num_rows),
        columns(num_columns),
        codes(rows * columns / 2),
        nested_codes(blocks()),
        scales(test::normal<float>(blocks(), 1)),
        nested_map(test::normal<float>(256, 2)),
        nested_scales(test::normal<float>((blocks() + 255) / 256, 3)) {
    const auto table = test::normal<float>(16, 4);
    std::copy_n(table.data(), 16, matrix.table);
    matrix.codes = codes.data();
    matrix.nested_offset = 0.125F;
    if (is_nested) {
      matrix.nested_codes = nested_codes.data();
      matrix.nested_map = nested_map.data();
      matrix.nested_scales = nested_scales.data();
    } else {
      matrix.scales = scales.data();
    }
    for (std::int64_t i = 0; i < blocks(); ++i) {
      nested_codes[i] = static_cast<std::uint8_t>(i * 101);
      if (is_nested) scales[i] = nested_map[nested_codes[i]] * nested_scales[i / 256] + matrix.nested_offset;
    }
    for (std::int64_t i = 0; i < rows * columns / 2; ++i) {
      codes[i] = static_cast<std::uint8_t>(i * 37 ^ i >> 5);
      values.push_back(double{table[codes[i] >> 4]} * scales[i / 32]);
      values.push_back(double{table[codes[i] & 15]} * scales[i / 32]);
    }
  }

  [[nodiscard]] std::int64_t blocks() const { return rows * columns / 64; }

  [[nodiscard]] kernels::Nf4View view() const {
    return {.codes = codes.data(), .table = matrix.table, .scales = scales.data(), .out = rows, .in = columns};
  }
};

template <typename T>
void check_gemv(const Weight& weight, std::int64_t batch) {
  CAPTURE(weight.rows);
  CAPTURE(weight.columns);
  CAPTURE(batch);
  const auto x = test::normal<T>(batch * weight.columns, 5, 1.0 / std::sqrt(static_cast<double>(weight.columns)));
  Array<T> y(batch * weight.rows), cpu_y(batch * weight.rows);
  kernels::device::nf4_gemv(test::Launch{}, weight.matrix, x.data(), y.data(), batch, weight.rows, weight.columns);
  std::vector<double> expected;
  for (std::int64_t b = 0; b < batch; ++b) {
    for (std::int64_t row = 0; row < weight.rows; ++row) {
      double sum = 0;
      for (std::int64_t i = 0; i < weight.columns; ++i)
        sum += wide(x[b * weight.columns + i]) * weight.values[static_cast<std::size_t>(row * weight.columns + i)];
      expected.push_back(sum);
    }
  }
  CHECK(test::error(y, expected) < 1);
  if constexpr (sizeof(T) == 2) {
    if (!kernels::level_kernels().has_bfloat16) return;
    kernels::nf4_gemv(weight.view(), &x.data()->bits, batch, &cpu_y.data()->bits);
    double largest = 0;  // the CPU's weights are rounded
    for (std::int64_t i = 0; i < y.size(); ++i) largest = std::max(largest, std::abs(wide(y[i]) - wide(cpu_y[i])));
    CHECK(largest < 0.05);
  }
}

}  // namespace

TEST_CASE_TEMPLATE("nf4_quantize's device code gives the CPU kernel's codes and scales, to the bit", T, float,
                   __nv_bfloat16) {
  for (const std::int64_t blocks : {0, 1, 2, 9, 300}) {
    auto values = test::normal<T>(blocks * 64, 6);
    for (std::int64_t i = 0; i < blocks * 64; ++i) {
      if (i / 64 == 1) values[i] = kernels::device::rounded<T>(0);
      if (i / 64 == 2 && i % 64 < 16)  // what lies on a bound
        values[i] = kernels::device::rounded<T>(i % 64 == 15 ? 1.0F : kernels::kNf4Bounds[i % 64]);
      if (i / 64 == 2 && i % 64 >= 16) values[i] = kernels::device::rounded<T>(0.25F);
    }
    Array<std::uint8_t> codes(blocks * 32);
    Array<float> absmax(blocks);
    kernels::device::nf4_quantize(test::Launch{}, values.data(), codes.data(), absmax.data(), blocks);
    std::vector<float> widened;
    for (std::int64_t i = 0; i < blocks * 64; ++i) widened.push_back(static_cast<float>(wide(values[i])));
    std::vector<std::uint8_t> expected(static_cast<std::size_t>(blocks * 32));
    std::vector<float> scales(static_cast<std::size_t>(blocks));
    kernels::nf4_quantize_blocks(widened.data(), blocks, expected.data(), scales.data());
    CHECK(std::equal(expected.begin(), expected.end(), codes.data()));
    CHECK(std::equal(scales.begin(), scales.end(), absmax.data()));
    CHECK(codes.has_guards());
    CHECK(absmax.has_guards());
  }
}

TEST_CASE_TEMPLATE("nf4_dequantize's device code equals table times scale, and the CPU kernel", T, float,
                   __nv_bfloat16) {
  for (const bool is_nested : {false, true}) {
    for (const auto& [rows, columns] : {std::pair<std::int64_t, std::int64_t>{1, 64}, {3, 576}, {65, 320}, {0, 64}}) {
      CAPTURE(is_nested);
      CAPTURE(rows);
      const Weight weight(rows, columns, is_nested);
      Array<T> out(rows * columns);
      kernels::device::nf4_dequantize(test::Launch{}, weight.matrix, out.data(), weight.blocks());
      CHECK(test::error(out, weight.values) < 1);
      if constexpr (sizeof(T) == 4) {
        Array<float> cpu(rows * columns);
        kernels::nf4_dequantize_blocks(weight.codes.data(), weight.scales.data(), weight.matrix.table, weight.blocks(),
                                       cpu.data());
        CHECK(wide(out) == wide(cpu));  // to the bit
      }
    }
  }
}

TEST_CASE_TEMPLATE("nf4_gemv's device code equals the product, and the CPU kernel up to its rounded weights", T, float,
                   __nv_bfloat16) {
  for (const bool is_nested : {false, true}) {
    const Weight small(37, 320, is_nested), narrow(1, 64, is_nested), wide_rows(5, 4096, is_nested);
    for (std::int64_t batch = 1; batch <= kernels::device::kMaxGemvBatch; ++batch) check_gemv<T>(small, batch);
    for (const std::int64_t batch : {1, 3, 8}) {
      check_gemv<T>(narrow, batch);
      check_gemv<T>(wide_rows, batch);
    }
  }
}
