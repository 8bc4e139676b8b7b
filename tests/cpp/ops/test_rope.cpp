#include "radonc/ops/rope.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "support/tensors.hpp"

using namespace radonc;

namespace {

torch::Tensor reference(const torch::Tensor& x, const torch::Tensor& cos, const torch::Tensor& sin) {
  const auto halves = x.chunk(2, -1);
  const auto c = cos.unsqueeze(1).to(x.scalar_type()), s = sin.unsqueeze(1).to(x.scalar_type());
  return torch::cat({halves[0] * c - halves[1] * s, halves[1] * c + halves[0] * s}, -1);
}

}  // namespace

TEST_CASE("rope and its gradient equal the formula in float64") {
  torch::manual_seed(3);
  for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
    for (const std::int64_t tokens : {0, 1, 67}) {
      auto x = torch::randn({tokens, 3, 64}).to(type).set_requires_grad(true);
      const auto [cos, sin] = ops::rope_angles(torch::arange(tokens), ops::rope_frequencies(64, 10000));
      const auto upstream = torch::randn({tokens, 3, 64}).to(type);
      const auto y = ops::rope(x, cos, sin);
      y.backward(upstream);
      auto wide = x.detach().to(torch::kFloat64).set_requires_grad(true);
      const auto expected = reference(wide, cos, sin);
      expected.backward(upstream.to(torch::kFloat64));
      CHECK(test::relative_difference(y, expected) < test::tolerance(type));
      CHECK(test::relative_difference(x.grad(), wide.grad()) < test::tolerance(type));
    }
  }
}

TEST_CASE("the angle of position p and pair i is p theta^(-2i/d)") {
  const auto [cos, sin] = ops::rope_angles(torch::tensor({7}), ops::rope_frequencies(8, 500.0));
  for (int i = 0; i < 4; ++i) {
    const double angle = 7 * std::pow(500.0, -2.0 * i / 8);
    CHECK(cos[0][i].item<double>() == doctest::Approx(std::cos(angle)).epsilon(1e-5));
    CHECK(sin[0][i].item<double>() == doctest::Approx(std::sin(angle)).epsilon(1e-5));
  }
}

TEST_CASE("rope refuses angles of another length") {
  CHECK_THROWS_AS(ops::rope(torch::ones({2, 1, 8}), torch::ones({3, 4}), torch::ones({3, 4})), c10::Error);
}
