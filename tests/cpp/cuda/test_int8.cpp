#include <cuda_bf16.h>
#include <doctest/doctest.h>

#include "cuda/arrays.hpp"
#include "kernels/cuda/int8.cuh"
#include "kernels/unpacked_gemv.hpp"

using namespace radonc;
using test::Array, test::wide;

namespace {

template <typename T>
void check_gemv(std::int64_t batch, std::int64_t rows, std::int64_t columns, std::int64_t shift = 0) {
  CAPTURE(batch);
  CAPTURE(rows);
  CAPTURE(columns);
  CAPTURE(shift);
  const std::int64_t blocks = (columns + 127) / 128;
  const auto scales = test::normal<float>((rows + 127) / 128 * blocks, 1, 0.01);
  Array<std::int8_t> codes(rows * columns, shift);
  for (std::int64_t i = 0; i < rows * columns; ++i) codes[i] = static_cast<std::int8_t>(i * 37 % 255 - 127);
  const auto x = test::normal<T>(batch * columns, 2, 1.0 / std::sqrt(static_cast<double>(columns)));
  std::vector<double> expected;
  std::vector<float> widened;
  for (std::int64_t i = 0; i < batch * columns; ++i) widened.push_back(static_cast<float>(wide(x[i])));
  for (std::int64_t b = 0; b < batch; ++b)
    for (std::int64_t row = 0; row < rows; ++row) {
      double sum = 0;
      for (std::int64_t i = 0; i < columns; ++i)
        sum += wide(x[b * columns + i]) * codes[row * columns + i] * double{scales[row / 128 * blocks + i / 128]};
      expected.push_back(sum);
    }
  Array<T> y(batch * rows);
  kernels::device::int8_gemv(test::Launch{}, codes.data(), scales.data(), x.data(), y.data(), batch, rows, columns);
  CHECK(test::error(y, expected) < 1);
  Array<float> cpu(batch * rows);
  kernels::unpacked_gemv(kernels::Int8View{.codes = codes.data(), .scales = scales.data(), .out = rows, .in = columns},
                         widened.data(), batch, cpu.data());
  CHECK(test::error(y, wide(cpu)) < 2);
}

}  // namespace

TEST_CASE_TEMPLATE("int8_dequantize's device code equals code times the scale of its block", T, float, __nv_bfloat16) {
  const auto check = [](std::int64_t rows, std::int64_t columns, std::int64_t shift) {
    CAPTURE(rows);
    CAPTURE(columns);
    CAPTURE(shift);
    const std::int64_t bands = (rows + 127) / 128, blocks = (columns + 127) / 128;
    const auto scales = test::normal<float>(bands * blocks, 1);
    Array<std::int8_t> codes(rows * columns, shift);
    std::vector<double> expected;
    for (std::int64_t i = 0; i < rows * columns; ++i) {
      codes[i] = static_cast<std::int8_t>(i * 37 % 255 - 127);
      const double scale = scales[i / columns / 128 * blocks + i % columns / 128];
      expected.push_back(codes[i] * scale);
    }
    Array<T> out(rows * columns);
    kernels::device::int8_dequantize(test::Launch{}, codes.data(), scales.data(), out.data(), rows, columns);
    CHECK(test::error(out, expected) < 1);
  };
  check(1, 1, 0);
  check(3, 8, 0);
  check(130, 300, 0);
  check(257, 129, 0);
  check(2, 4096, 0);
  check(5, 64, 1);  // off the 16-byte boundary
  check(0, 64, 0);
  check(4, 0, 0);
}

TEST_CASE_TEMPLATE("int8_gemv's device code equals the product, and the CPU kernel's", T, float, __nv_bfloat16) {
  for (std::int64_t batch = 0; batch <= kernels::device::kMaxGemvBatch; ++batch) check_gemv<T>(batch, 37, 320);
  for (const std::int64_t batch : {1, 2, 3, 8}) {
    check_gemv<T>(batch, 1, 16);
    check_gemv<T>(batch, 131, 144);  // two bands, and a block that is not whole
    check_gemv<T>(batch, 5, 4096);
    check_gemv<T>(batch, 6, 24);  // no whole pack of 16
    check_gemv<T>(batch, 130, 131);
    check_gemv<T>(batch, 3, 64, 1);  // off the 16-byte boundary
  }
  check_gemv<T>(2, 0, 64);
  check_gemv<T>(2, 3, 0);
}
