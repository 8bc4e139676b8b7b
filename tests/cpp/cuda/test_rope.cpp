#include <cuda_bf16.h>
#include <doctest/doctest.h>

#include "cuda/arrays.hpp"
#include "kernels/cuda/rope.cuh"

using namespace radonc;
using test::Array, test::wide;

namespace {

template <typename T>
void check(std::int64_t tokens, std::int64_t heads, std::int64_t half, std::int64_t shift) {
  CAPTURE(tokens);
  CAPTURE(heads);
  CAPTURE(half);
  CAPTURE(shift);
  const std::int64_t n = tokens * heads * 2 * half;
  const auto x = test::normal<T>(n, 1, 1, shift);
  Array<float> cos(tokens * half), sin(tokens * half), back(tokens * half);
  for (std::int64_t i = 0; i < tokens * half; ++i) {
    cos[i] = std::cos(static_cast<float>(i));
    sin[i] = std::sin(static_cast<float>(i));
    back[i] = -sin[i];
  }
  Array<T> y(n), cpu_y(n), again(n);
  kernels::device::rope(test::Launch{}, x.data(), cos.data(), sin.data(), y.data(), tokens, heads, half);

  std::vector<double> expected(static_cast<std::size_t>(n));
  for (std::int64_t head = 0; head < tokens * heads; ++head) {
    const std::int64_t angle = head / heads * half, first = head * 2 * half;
    for (std::int64_t i = 0; i < half; ++i) {
      const double a = wide(x[first + i]), b = wide(x[first + half + i]);
      const double c = cos[angle + i], s = sin[angle + i];
      expected[static_cast<std::size_t>(first + i)] = a * c - b * s;
      expected[static_cast<std::size_t>(first + half + i)] = b * c + a * s;
    }
    kernels::rope_head(test::cpu(x.data()) + first, cos.data() + angle, sin.data() + angle,
                       test::cpu(cpu_y.data()) + first, half);
  }
  // A sum of two products may cancel: its float32 error is that of the products, which are about 1.
  CHECK(test::error(y, expected) < 1);
  CHECK(test::error(y, wide(cpu_y)) < 2);

  // The gradient is the rotation by the negative angle, which undoes the rotation.
  kernels::device::rope(test::Launch{}, y.data(), cos.data(), back.data(), again.data(), tokens, heads, half);
  double worst = 0;
  for (std::int64_t i = 0; i < n; ++i) worst = std::max(worst, std::abs(wide(again[i]) - wide(x[i])));
  CHECK(worst < (sizeof(T) == 2 ? 0.04 : 2e-6));
}

}  // namespace

TEST_CASE_TEMPLATE("rope's device code equals the formula and the CPU kernel, and its gradient undoes it", T, float,
                   __nv_bfloat16) {
  check<T>(1, 1, 1, 0);
  check<T>(5, 3, 8, 0);
  check<T>(5, 3, 12, 0);
  check<T>(3, 9, 5, 0);
  check<T>(2, 32, 64, 0);
  check<T>(2, 40, 64, 0);
  check<T>(4, 2, 16, 1);
  check<T>(0, 2, 16, 0);
  check<T>(2, 0, 16, 0);
}
