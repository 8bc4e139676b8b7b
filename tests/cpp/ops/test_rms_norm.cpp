#include "radonc/ops/rms_norm.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "support/tensors.hpp"

using namespace radonc;

namespace {

torch::Tensor reference(const torch::Tensor& x, const torch::Tensor& weight, double eps) {
  const auto wide = x.to(torch::kFloat64);
  return wide * (wide.square().mean(-1, true) + eps).rsqrt() * weight.to(torch::kFloat64);
}

}  // namespace

TEST_CASE("rms_norm and its gradient equal the formula in float64") {
  torch::manual_seed(1);
  for (const auto type : {torch::kFloat32, torch::kBFloat16}) {
    for (const auto& shape :
         std::vector<std::vector<std::int64_t>>{{1, 1}, {1, 576}, {37, 33}, {129, 576}, {2, 3, 64}, {0, 8}}) {
      const auto x = (torch::randn(shape) * 3).to(type).set_requires_grad(true);
      const auto weight = torch::randn({shape.back()}).to(type);
      const auto upstream = torch::randn(shape).to(type);
      const auto y = ops::rms_norm(x, weight, 1e-5);
      CHECK(test::relative_difference(y, reference(x, weight, 1e-5)) < test::tolerance(type));
      y.backward(upstream);

      const auto wide = x.detach().to(torch::kFloat64).set_requires_grad(true);
      reference(wide, weight, 1e-5).backward(upstream.to(torch::kFloat64));
      // Of a row of one value the gradient is the difference of two that are nearly the same: so relative to these.
      const auto terms = upstream.to(torch::kFloat64) * weight.to(torch::kFloat64) /
                         wide.detach().square().mean(-1, true).add(1e-5).sqrt();
      const auto off = (x.grad().to(torch::kFloat64) - wide.grad()).abs();
      if (off.numel() > 0)
        CHECK(off.max().item<double>() < test::tolerance(type) * 4 * terms.abs().max().item<double>());
    }
  }
}

TEST_CASE("rms_norm takes strided input and refuses what does not fit") {
  const auto x = torch::randn({6, 5}).t();  // [5, 6], not contiguous
  CHECK(test::relative_difference(ops::rms_norm(x, torch::ones({6}), 1e-5), reference(x, torch::ones({6}), 1e-5)) <
        2e-6);
  CHECK_THROWS_AS(ops::rms_norm(x, torch::ones({5}), 1e-5), c10::Error);
  CHECK_THROWS_AS(ops::rms_norm(x, torch::ones({6}, torch::kBFloat16), 1e-5), c10::Error);
  CHECK_THROWS_AS(ops::rms_norm(x, torch::ones({6}).set_requires_grad(true), 1e-5), c10::Error);
}
