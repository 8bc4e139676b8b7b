#include "radonc/ops/swiglu.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "support/tensors.hpp"

using namespace radonc;

TEST_CASE("swiglu and its gradients equal the formula in float64, far from 0 too") {
  torch::manual_seed(2);
  for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
    for (const std::int64_t n : {0, 1, 15, 1536, 40001}) {
      auto gate = (torch::randn({2, n}) * 30).to(type).set_requires_grad(true);
      auto up = torch::randn({2, n}).to(type).set_requires_grad(true);
      const auto upstream = torch::randn({2, n}).to(type);
      const auto y = ops::swiglu(gate, up);
      y.backward(upstream);

      auto wide_gate = gate.detach().to(torch::kFloat64).set_requires_grad(true);
      auto wide_up = up.detach().to(torch::kFloat64).set_requires_grad(true);
      const auto expected = torch::silu(wide_gate) * wide_up;
      expected.backward(upstream.to(torch::kFloat64));
      CHECK(test::relative_difference(y, expected) < test::tolerance(type));
      CHECK(test::relative_difference(gate.grad(), wide_gate.grad()) < test::tolerance(type));
      CHECK(test::relative_difference(up.grad(), wide_up.grad()) < test::tolerance(type));
    }
  }
}

TEST_CASE("swiglu refuses two shapes") {
  CHECK_THROWS_AS(ops::swiglu(torch::ones({2, 3}), torch::ones({3, 2})), c10::Error);
}
