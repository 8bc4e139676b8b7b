#include "radonc/ops/cross_entropy.hpp"

#include <doctest/doctest.h>
#include <torch/torch.h>

#include "support/tensors.hpp"

using namespace radonc;

TEST_CASE("linear_cross_entropy and its gradient equal the plain loss in float64, across chunks") {
  torch::manual_seed(5);
  for (const std::int64_t rows : {1, 256, 700}) {
    auto hidden = torch::randn({rows, 16}).set_requires_grad(true);
    const auto weight = torch::randn({101, 16});
    const auto labels = torch::randint(101, {rows}, torch::kInt64);
    const auto loss = ops::linear_cross_entropy(hidden, weight, labels);
    (loss * 0.5).backward();
    auto wide = hidden.detach().to(torch::kFloat64).set_requires_grad(true);
    const auto expected =
        torch::nn::functional::cross_entropy(wide.mm(weight.to(torch::kFloat64).t()), labels,
                                             torch::nn::functional::CrossEntropyFuncOptions().reduction(torch::kSum));
    (expected * 0.5).backward();
    CHECK(loss.item<double>() == doctest::Approx(expected.item<double>()).epsilon(1e-5));
    CHECK(test::relative_difference(hidden.grad(), wide.grad()) < 5e-6);
  }
}

TEST_CASE("linear_cross_entropy refuses labels of another length") {
  CHECK_THROWS_AS(ops::linear_cross_entropy(torch::ones({2, 3}), torch::ones({5, 3}), torch::zeros({3}, torch::kInt64)),
                  c10::Error);
}
