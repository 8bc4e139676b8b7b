#include <cuda_bf16.h>
#include <doctest/doctest.h>

#include "cuda/arrays.hpp"
#include "kernels/cuda/adamw.cuh"

using namespace radonc;
using test::Array, test::wide;

TEST_CASE("adamw's device code equals the formula and the CPU kernel") {
  const kernels::AdamWStep step{.decay = 0.99F,
                                .weight1 = 0.1F,
                                .beta2 = 0.999F,
                                .weight2 = 0.001F,
                                .rate = 0.02F,
                                .root = 1.5F,
                                .epsilon = 1e-3F};
  for (const std::int64_t n : {0, 1, 3, 4, 257, 1000, 5003}) {
    for (const std::int64_t shift : {0, 1}) {
      CAPTURE(n);
      CAPTURE(shift);
      auto parameters = test::normal<float>(n, 1, 1, shift), first = test::normal<float>(n, 2, 0.1);
      auto second = test::normal<float>(n, 3, 0.01);
      for (std::int64_t i = 0; i < n; ++i) second[i] = std::abs(second[i]);
      const auto gradients = test::normal<float>(n, 4);
      std::vector<double> expected_p, expected_m, expected_v;
      for (std::int64_t i = 0; i < n; ++i) {
        const double g = gradients[i];
        expected_m.push_back(first[i] + step.weight1 * (g - first[i]));
        expected_v.push_back(step.beta2 * double{second[i]} + step.weight2 * g * g);
        expected_p.push_back(step.decay * double{parameters[i]} -
                             step.rate * expected_m.back() / (step.root * std::sqrt(expected_v.back()) + step.epsilon));
      }
      auto cpu_p = parameters, cpu_m = first, cpu_v = second;
      kernels::adamw_range(cpu_p.data(), gradients.data(), cpu_m.data(), cpu_v.data(), n, step);
      kernels::device::adamw(test::Launch{}, parameters.data(), gradients.data(), first.data(), second.data(), n, step);
      CHECK(test::error(parameters, expected_p) < 1);
      CHECK(test::error(first, expected_m) < 1);
      CHECK(test::error(second, expected_v) < 1);
      CHECK(test::error(parameters, wide(cpu_p)) < 1);
      CHECK(test::error(first, wide(cpu_m)) < 1);
      CHECK(test::error(second, wide(cpu_v)) < 1);
    }
  }
}
