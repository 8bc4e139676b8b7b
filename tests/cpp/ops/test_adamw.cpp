#include "radonc/ops/adamw.hpp"

#include <doctest/doctest.h>
#include <torch/optim/adamw.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "support/tensors.hpp"

using namespace radonc;

namespace {

/// The formula in float64; gives the new parameters.
torch::Tensor reference(const torch::Tensor& parameters, const torch::Tensor& gradients, torch::Tensor& first,
                        torch::Tensor& second, double step, const ops::AdamWOptions& o) {
  first = o.beta1 * first + (1 - o.beta1) * gradients;
  second = o.beta2 * second + (1 - o.beta2) * gradients.square();
  const auto m = first / (1 - std::pow(o.beta1, step)), v = second / (1 - std::pow(o.beta2, step));
  return (1 - o.learning_rate * o.weight_decay) * parameters - o.learning_rate * m / (v.sqrt() + o.epsilon);
}

}  // namespace

TEST_CASE("adamw_ equals the formula in float64 over many steps") {
  torch::manual_seed(9);
  for (const double weight_decay : {0.0, 0.1}) {
    for (const std::int64_t n : {0, 1, 5, 40001}) {
      const ops::AdamWOptions options{.learning_rate = 0.01, .weight_decay = weight_decay};
      const auto parameters = torch::randn({n}), first = torch::zeros({n}), second = torch::zeros({n});
      auto wide = parameters.to(torch::kFloat64), wide_first = torch::zeros_like(wide),
           wide_second = torch::zeros_like(wide);
      for (std::int64_t step = 1; step <= 20; ++step) {
        const auto gradients = torch::randn({n});
        ops::adamw_(parameters, gradients, first, second, step, options);
        wide =
            reference(wide, gradients.to(torch::kFloat64), wide_first, wide_second, static_cast<double>(step), options);
      }
      CHECK(test::relative_difference(parameters, wide) < 2e-6);
      CHECK(test::relative_difference(first, wide_first) < 2e-6);
      CHECK(test::relative_difference(second, wide_second) < 2e-6);
    }
  }
}

TEST_CASE("adamw_ takes the steps of torch's AdamW") {
  torch::manual_seed(10);
  const auto start = torch::randn({3, 7});
  auto theirs = start.clone().set_requires_grad(true);
  torch::optim::AdamW optimizer({theirs}, torch::optim::AdamWOptions(0.05).weight_decay(0.02));
  const auto ours = start.clone(), first = torch::zeros({3, 7}), second = torch::zeros({3, 7});
  for (std::int64_t step = 1; step <= 5; ++step) {
    const auto gradients = torch::randn({3, 7});
    theirs.mutable_grad() = gradients;
    optimizer.step();
    ops::adamw_(ours, gradients, first, second, step, {.learning_rate = 0.05, .weight_decay = 0.02});
  }
  CHECK(test::relative_difference(ours, theirs) < 1e-6);
}

TEST_CASE("adamw_ refuses what does not fit") {
  const auto p = torch::zeros({4, 4}), g = torch::zeros({4, 4}), m = torch::zeros({4, 4});
  CHECK_THROWS_AS(ops::adamw_(p, g, m, torch::zeros({4}), 1, {}), c10::Error);
  CHECK_THROWS_AS(ops::adamw_(p, torch::zeros({4, 4}, torch::kBFloat16), m, m, 1, {}), c10::Error);
  CHECK_THROWS_AS(ops::adamw_(p, torch::zeros({4, 8}).narrow(1, 0, 4), m, m, 1, {}), c10::Error);
}
