#include "radonc/ops/lora_linear.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <doctest/doctest.h>
#include <torch/torch.h>

#include "support/tensors.hpp"

using namespace radonc;

TEST_CASE("lora_linear and its gradients equal plain autograd in float64") {
  torch::manual_seed(4);
  for (const std::int64_t tokens : {1, 19}) {
    auto x = torch::randn({tokens, 24}).set_requires_grad(true);
    const auto weight = torch::randn({17, 24});
    ops::LowRankUpdate update{.a = torch::randn({4, 24}).set_requires_grad(true),
                              .b = torch::randn({17, 4}).set_requires_grad(true),
                              .scale = 0.75};
    const auto upstream = torch::randn({tokens, 17});
    const auto y = ops::lora_linear(x, weight, {}, update);
    y.backward(upstream);

    auto wide = [](const torch::Tensor& t) { return t.detach().to(torch::kFloat64).set_requires_grad(true); };
    auto wx = wide(x), wa = wide(update.a), wb = wide(update.b);
    const auto expected = wx.mm(weight.to(torch::kFloat64).t()) + 0.75 * wx.mm(wa.t()).mm(wb.t());
    expected.backward(upstream.to(torch::kFloat64));
    CHECK(test::relative_difference(y, expected) < 2e-6);
    CHECK(test::relative_difference(x.grad(), wx.grad()) < 2e-6);
    CHECK(test::relative_difference(update.a.grad(), wa.grad()) < 2e-6);
    CHECK(test::relative_difference(update.b.grad(), wb.grad()) < 2e-6);
  }
}

TEST_CASE("dropout zeroes inputs of the update alone, keeps their mean, and follows its generator") {
  const auto x = torch::ones({1, 10000});
  const auto weight = torch::zeros({1, 10000});
  ops::LowRankUpdate update{.a = torch::full({1, 10000}, 1e-4), .b = torch::ones({1, 1}), .scale = 1, .dropout = 0.25};
  const auto run = [&](std::uint64_t seed) {
    return ops::lora_linear(x, weight, {}, update, at::make_generator<at::CPUGeneratorImpl>(seed)).item<double>();
  };
  CHECK(run(1) == run(1));
  CHECK(run(1) != run(2));
  CHECK(run(1) == doctest::Approx(1).epsilon(0.03));
  CHECK(ops::lora_linear(x, weight, {}, update).item<double>() == doctest::Approx(1));
}

TEST_CASE("the gradient with dropout flows through the kept inputs only") {
  auto x = torch::randn({5, 8}).set_requires_grad(true);
  ops::LowRankUpdate update{.a = torch::randn({2, 8}).set_requires_grad(true),
                            .b = torch::randn({3, 2}).set_requires_grad(true),
                            .scale = 2,
                            .dropout = 0.5};
  ops::lora_linear(x, torch::zeros({3, 8}), {}, update, at::make_generator<at::CPUGeneratorImpl>(7)).sum().backward();
  const auto keep = torch::empty_like(x).bernoulli_(0.5, at::make_generator<at::CPUGeneratorImpl>(7)).div_(0.5);
  const auto expected = keep * update.b.sum(0).mul(2).unsqueeze(0).matmul(update.a).detach();
  CHECK(test::relative_difference(x.grad(), expected) < 1e-6);
  CHECK(test::relative_difference(update.a.grad(),
                                  2 * torch::outer(update.b.detach().sum(0), (keep * x.detach()).sum(0))) < 1e-6);
}
