#include <cuda_bf16.h>
#include <doctest/doctest.h>

#include "cuda/arrays.hpp"
#include "kernels/cuda/rms_norm.cuh"

using namespace radonc;
using test::Array, test::wide;

namespace {

constexpr float kEps = 1e-5F;

template <typename T>
void check(std::int64_t rows, std::int64_t n, std::int64_t shift) {
  CAPTURE(rows);
  CAPTURE(n);
  CAPTURE(shift);
  const auto x = test::normal<T>(rows * n, 1, 3, shift), weight = test::normal<T>(n, 2),
             grad = test::normal<T>(rows * n, 3);
  Array<T> y(rows * n), dx(rows * n), cpu_y(rows * n), cpu_dx(rows * n);
  kernels::device::rms_norm(test::Launch{}, x.data(), weight.data(), y.data(), rows, n, kEps);
  kernels::device::rms_norm_backward(test::Launch{}, grad.data(), x.data(), weight.data(), dx.data(), rows, n, kEps);

  std::vector<double> expected_y, expected_dx;
  for (std::int64_t r = 0; r < rows; ++r) {
    double squares = 0, dot = 0;
    for (std::int64_t i = r * n; i < (r + 1) * n; ++i) {
      squares += wide(x[i]) * wide(x[i]);
      dot += wide(grad[i]) * wide(weight[i - r * n]) * wide(x[i]);
    }
    const double scale = 1 / std::sqrt(squares / static_cast<double>(n) + kEps);
    for (std::int64_t i = r * n; i < (r + 1) * n; ++i) {
      const double w = wide(weight[i - r * n]);
      expected_y.push_back(wide(x[i]) * scale * w);
      expected_dx.push_back(scale * (wide(grad[i]) * w - wide(x[i]) * scale * scale * dot / static_cast<double>(n)));
    }
    kernels::rms_norm_row(test::cpu(x.data()) + r * n, test::cpu(weight.data()), test::cpu(cpu_y.data()) + r * n, n,
                          kEps);
    kernels::rms_norm_backward_row(test::cpu(grad.data()) + r * n, test::cpu(x.data()) + r * n,
                                   test::cpu(weight.data()), test::cpu(cpu_dx.data()) + r * n, n, kEps);
  }
  CHECK(test::error(y, expected_y) < 1);
  CHECK(test::error(dx, expected_dx) < 1);
  CHECK(test::error(y, wide(cpu_y)) < 2);
  CHECK(test::error(dx, wide(cpu_dx)) < 2);
}

}  // namespace

TEST_CASE_TEMPLATE("rms_norm's device code and its gradient equal the formula and the CPU kernel", T, float,
                   __nv_bfloat16) {
  for (const std::int64_t n : {1, 8, 33, 64, 576, 1000}) check<T>(5, n, 0);
  check<T>(129, 33, 0);
  check<T>(1, 4096, 0);
  check<T>(2, 9000, 0);  // more than a block keeps in registers
  check<T>(2, 9001, 0);
  check<T>(3, 64, 1);  // off the 16-byte boundary
}

TEST_CASE("rms_norm's device code writes nothing where there is nothing") {
  for (const auto& [rows, n] : {std::pair<std::int64_t, std::int64_t>{0, 8}, {4, 0}}) check<float>(rows, n, 0);
}
