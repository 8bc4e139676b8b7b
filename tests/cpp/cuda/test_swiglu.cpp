#include <cuda_bf16.h>
#include <doctest/doctest.h>

#include "cuda/arrays.hpp"
#include "kernels/cuda/swiglu.cuh"

using namespace radonc;
using test::Array, test::wide;

TEST_CASE_TEMPLATE("swiglu's device code and its gradient equal the formula and the CPU kernel", T, float,
                   __nv_bfloat16) {
  for (const std::int64_t n : {0, 1, 7, 8, 255, 257, 4096, 5001}) {
    for (const std::int64_t shift : {0, 1}) {
      CAPTURE(n);
      CAPTURE(shift);
      const auto gate = test::normal<T>(n, 1, 4, shift), up = test::normal<T>(n, 2), grad = test::normal<T>(n, 3);
      Array<T> y(n), gate_grad(n), up_grad(n), cpu_y(n), cpu_gate_grad(n), cpu_up_grad(n);
      kernels::device::swiglu(test::Launch{}, gate.data(), up.data(), y.data(), n);
      kernels::device::swiglu_backward(test::Launch{}, grad.data(), gate.data(), up.data(), gate_grad.data(),
                                       up_grad.data(), n);
      kernels::swiglu_range(test::cpu(gate.data()), test::cpu(up.data()), test::cpu(cpu_y.data()), n);
      kernels::swiglu_backward_range(test::cpu(grad.data()), test::cpu(gate.data()), test::cpu(up.data()),
                                     test::cpu(cpu_gate_grad.data()), test::cpu(cpu_up_grad.data()), n);

      std::vector<double> expected_y, expected_gate, expected_up;
      for (std::int64_t i = 0; i < n; ++i) {
        const double g = wide(gate[i]), s = 1 / (1 + std::exp(-g));
        expected_y.push_back(g * s * wide(up[i]));
        expected_gate.push_back(wide(grad[i]) * wide(up[i]) * s * (1 + g * (1 - s)));
        expected_up.push_back(wide(grad[i]) * g * s);
      }
      CHECK(test::error(y, expected_y) < 1);
      CHECK(test::error(gate_grad, expected_gate) < 1);
      CHECK(test::error(up_grad, expected_up) < 1);
      CHECK(test::error(y, wide(cpu_y)) < 2);
      CHECK(test::error(gate_grad, wide(cpu_gate_grad)) < 2);
      CHECK(test::error(up_grad, wide(cpu_up_grad)) < 2);
    }
  }
}

TEST_CASE("the threads of a small grid stride over all elements") {
  const std::int64_t n = 5000;
  const auto gate = test::normal<float>(n, 1), up = test::normal<float>(n, 2);
  Array<float> y(n), small(n);
  kernels::device::swiglu(test::Launch{}, gate.data(), up.data(), y.data(), n);
  test::Launch{}(kernels::device::swiglu_kernel<float, 4>, 2, 64, gate.data(), up.data(), small.data(), n);
  CHECK(wide(small) == wide(y));
}

TEST_CASE("swiglu's device code is finite for gates far from zero") {
  Array<float> gate(4), up(4), y(4);
  for (std::int64_t i = 0; i < 4; ++i) up[i] = 1;
  gate[0] = -200, gate[1] = 200, gate[2] = -90, gate[3] = 0;
  kernels::device::swiglu(test::Launch{}, gate.data(), up.data(), y.data(), 4);
  CHECK(test::error(y, {0, 200, 0, 0}) < 1);
}
