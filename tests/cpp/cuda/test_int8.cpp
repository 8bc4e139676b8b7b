#include <cuda_bf16.h>
#include <doctest/doctest.h>

#include "cuda/arrays.hpp"
#include "kernels/cuda/int8.cuh"

using namespace radonc;
using test::Array, test::wide;

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
