#include "radonc/ops/cross_entropy.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>
#include <utility>

#include "support/tensors.hpp"

using namespace radonc;

TEST_CASE("linear_cross_entropy and its gradient equal the plain loss in float64, across chunks") {
  torch::manual_seed(5);
  for (const auto& [rows, size] : {std::pair<std::int64_t, double>{1, 0.5}, {256, 0.5}, {700, 0.5}, {700, 1e-4}}) {
    CAPTURE(size);  // of the gradient that comes in
    auto hidden = torch::randn({rows, 16}).set_requires_grad(true);
    const auto weight = torch::randn({101, 16});
    const auto labels = torch::randint(101, {rows}, torch::kInt64);
    const auto loss = ops::linear_cross_entropy(hidden, weight, labels);
    (loss * size).backward();
    auto wide = hidden.detach().to(torch::kFloat64).set_requires_grad(true);
    const auto expected =
        at::cross_entropy_loss(wide.mm(weight.to(torch::kFloat64).t()), labels, /*weight=*/{}, at::Reduction::Sum);
    (expected * size).backward();
    CHECK(loss.item<double>() == doctest::Approx(expected.item<double>()).epsilon(1e-5));
    CHECK(test::relative_difference(hidden.grad(), wide.grad()) < 5e-6);
  }
}

TEST_CASE("in bfloat16 the loss and its gradient are off by the rounding of the logits alone") {
  torch::manual_seed(6);
  const auto hidden = (torch::randn({150, 32}) * 2).to(torch::kBFloat16).set_requires_grad(true);
  const auto weight = torch::randn({1003, 32}).to(torch::kBFloat16);
  const auto labels = torch::randint(1003, {150}, torch::kInt64);
  const auto loss = ops::linear_cross_entropy(hidden, weight, labels);
  (loss * 1e-4).backward();
  const auto logits = hidden.detach().mm(weight.t()).to(torch::kFloat64);
  const auto expected = torch::log_softmax(logits, 1);
  CHECK(loss.item<double>() ==
        doctest::Approx(-expected.gather(1, labels.unsqueeze(1)).sum().item<double>()).epsilon(1e-5));
  auto difference = expected.exp();
  difference.scatter_add_(1, labels.unsqueeze(1), torch::full({150, 1}, -1.0, torch::kFloat64));
  CHECK(test::relative_difference(hidden.grad(), 1e-4 * difference.mm(weight.to(torch::kFloat64))) < 8e-3);
}

TEST_CASE("a logit that is not finite makes the loss not finite") {
  const auto weight = torch::eye(5);
  for (const float odd : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto hidden = torch::ones({3, 5});
    hidden[1][2] = odd;
    const auto loss = ops::linear_cross_entropy(hidden, weight, torch::zeros({3}, torch::kInt64));
    CHECK(!std::isfinite(loss.item<float>()));
  }
}

TEST_CASE("linear_cross_entropy refuses a label outside the vocabulary") {
  const auto labels = torch::tensor({0, 5}, torch::kInt64);
  CHECK_THROWS_AS(ops::linear_cross_entropy(torch::ones({2, 3}), torch::ones({5, 3}), labels), c10::Error);
  CHECK_THROWS_AS(ops::linear_cross_entropy(torch::ones({2, 3}), torch::ones({5, 3}), -labels), c10::Error);
}

TEST_CASE("linear_cross_entropy refuses labels of another length") {
  CHECK_THROWS_AS(ops::linear_cross_entropy(torch::ones({2, 3}), torch::ones({5, 3}), torch::zeros({3}, torch::kInt64)),
                  c10::Error);
}
