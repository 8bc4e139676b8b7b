#include "radonc/ops/lora_linear.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <doctest/doctest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "radonc/ops/dropout.hpp"
#include "support/tensors.hpp"

using namespace radonc;

namespace {

/// What dropout multiplies x with under a generator of `seed`.
torch::Tensor keep_mask(const torch::Tensor& x, double dropout, std::uint64_t seed) {
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  const auto drawn = at::check_generator<at::CPUGeneratorImpl>(generator)->random64();
  return ops::dropout(torch::ones(x.sizes()), dropout, static_cast<std::int64_t>(drawn));
}

torch::Tensor wide(const torch::Tensor& t) {
  return t.detach().to(torch::kFloat64).set_requires_grad(true);
}

/// Output and gradients against plain autograd in float64, for a gradient of the loss of about `size`. A and B are
/// rounded to `type`, too, as they are where they are used: that is not what this measures.
void check_plain(torch::ScalarType type, std::int64_t tokens, std::int64_t in, std::int64_t out, std::int64_t rank,
                 double size, double tolerance) {
  CAPTURE(size);
  CAPTURE(tokens);
  CAPTURE(in);
  CAPTURE(rank);
  const auto random = [&](at::IntArrayRef shape) { return torch::randn(shape).to(type); };
  auto x = random({tokens, in}).set_requires_grad(true);
  const auto weight = random({out, in}), upstream = random({tokens, out}) * size;
  ops::LowRankUpdate update{.a = random({rank, in}).to(torch::kFloat32).set_requires_grad(true),
                            .b = random({out, rank}).to(torch::kFloat32).set_requires_grad(true),
                            .scale = 0.75};
  const auto y = ops::lora_linear(x, weight, {}, update);
  y.backward(upstream);

  auto wx = wide(x), wa = wide(update.a), wb = wide(update.b);
  const auto expected = wx.mm(weight.to(torch::kFloat64).t()) + 0.75 * wx.mm(wa.t()).mm(wb.t());
  expected.backward(upstream.to(torch::kFloat64));
  CHECK(test::relative_difference(y, expected) < tolerance);
  CHECK(test::relative_difference(x.grad(), wx.grad()) < tolerance);
  CHECK(test::relative_difference(update.a.grad(), wa.grad()) < tolerance);
  CHECK(test::relative_difference(update.b.grad(), wb.grad()) < tolerance);

  const torch::NoGradGuard no_gradient;
  CHECK(torch::equal(ops::lora_linear(x, weight, {}, update), y));
}

}  // namespace

TEST_CASE("lora_linear and its gradients equal plain autograd in float64") {
  torch::manual_seed(4);
  for (const double size : {1.0, 1e-4})
    for (const std::int64_t tokens : {1, 19}) check_plain(torch::kFloat32, tokens, 24, 17, 4, size, 2e-6);
}

TEST_CASE("lora_linear and its gradients in bfloat16 are as exact as bfloat16 lets them be, at any rank and length") {
  torch::manual_seed(14);
  for (const std::int64_t rank : {1, 3, 8, 9, 20})
    for (const auto& [tokens, in, out] : {std::array{1, 64, 32}, std::array{5, 33, 70}, std::array{131, 96, 7},
                                          std::array{300, 576, 160}, std::array{64, 2, 1}})
      for (const double size : {1.0, 1e-4}) check_plain(torch::kBFloat16, tokens, in, out, rank, size, 1.5e-2);
}

TEST_CASE("an input that can be made again is not kept, and the gradients are the same to the bit") {
  torch::manual_seed(5);
  const auto x = torch::randn({19, 24}), weight = torch::randn({17, 24}), upstream = torch::randn({19, 17});
  const auto gradients = [&](bool again, std::int64_t& made) {
    const auto input = x.clone().set_requires_grad(true);
    const ops::LowRankUpdate update{.a = torch::ones({4, 24}).set_requires_grad(true),
                                    .b = torch::ones({17, 4}).set_requires_grad(true)};
    auto seen = input * 1;
    const c10::weak_intrusive_ptr<at::TensorImpl> storage(seen.getIntrusivePtr());
    const auto y = ops::lora_linear(seen, weight, {}, update, std::nullopt,
                                    again ? ops::Recompute([&] {
                                      ++made;
                                      return x.clone();
                                    })
                                          : ops::Recompute());
    seen.reset();
    CHECK(storage.expired() == again);
    y.backward(upstream);
    return torch::cat({input.grad().flatten(), update.a.grad().flatten(), update.b.grad().flatten()});
  };
  std::int64_t made = 0;
  const auto kept = gradients(false, made);
  CHECK(made == 0);
  CHECK(torch::equal(gradients(true, made), kept));
  CHECK(made == 1);
}

TEST_CASE("a bias behind B is scaled as B is, and its gradient too") {
  torch::manual_seed(6);
  const auto x = torch::randn({19, 24}), weight = torch::randn({17, 24}), bias = torch::randn({17});
  ops::LowRankUpdate update{.a = torch::randn({4, 24}), .b = torch::randn({17, 4}), .scale = 0.75};
  const auto without = ops::lora_linear(x, weight, bias, update);
  update.b_bias = torch::randn({17}).set_requires_grad(true);
  const auto y = ops::lora_linear(x, weight, bias, update);
  CHECK(test::relative_difference(y, without + 0.75 * update.b_bias) < 1e-6);
  const auto upstream = torch::randn({19, 17});
  y.backward(upstream);
  CHECK(test::relative_difference(update.b_bias.grad(), 0.75 * upstream.sum(0)) < 1e-6);
}

TEST_CASE("dropout keeps inputs independently, at its rate, and scales what it keeps") {
  // With A and B the identity and W zero, the output is the mask.
  const std::int64_t tokens = 400, width = 64;
  const auto x = torch::ones({tokens, width}), eye = torch::eye(width);
  const auto weight = torch::zeros({width, width});
  for (const double dropout : {0.05, 0.3, 0.5, 0.9}) {
    const ops::LowRankUpdate update{.a = eye, .b = eye, .scale = 1, .dropout = dropout};
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(12);
    const auto first = ops::lora_linear(x, weight, {}, update, generator);
    const auto second = ops::lora_linear(x, weight, {}, update, generator);
    const auto kept = (first > 0).to(torch::kFloat64), kept_again = (second > 0).to(torch::kFloat64);
    CHECK(torch::allclose(first.to(torch::kFloat64), kept / (1 - dropout)));

    const double keep = 1 - dropout, variance = keep * dropout;
    const auto deviations = [&](const torch::Tensor& shares, double count) {
      return ((shares - keep).abs() / std::sqrt(variance / count)).max().item<double>();
    };
    CHECK(deviations(kept.mean(), tokens * width) < 4);
    CHECK(deviations(kept.mean(0), tokens) < 4.5);  // of 64 columns
    CHECK(deviations(kept.mean(1), width) < 5);     // of 400 rows
    // Correlation with the neighbour in the row, the next token, and the next draw: a standard normal over √n.
    const auto centred = kept - keep;
    const auto correlation = [&](const torch::Tensor& one, const torch::Tensor& other) {
      return std::abs((one * other).mean().item<double>()) / variance * std::sqrt(static_cast<double>(one.numel()));
    };
    CHECK(correlation(centred.slice(1, 1), centred.slice(1, 0, -1)) < 4);
    CHECK(correlation(centred.slice(0, 1), centred.slice(0, 0, -1)) < 4);
    CHECK(correlation(centred, kept_again - keep) < 4);
  }
}

TEST_CASE("DoRA with dropout is PEFT's formula: W x itself, and the change of what is kept") {
  double size = 1;
  SUBCASE("") {}
  SUBCASE("small gradients") {
    size = 1e-4;
  }
  torch::manual_seed(8);
  auto x = torch::randn({11, 24}).set_requires_grad(true);
  const auto weight = torch::randn({17, 24});
  ops::LowRankUpdate update{.a = torch::randn({4, 24}).set_requires_grad(true),
                            .b = torch::randn({17, 4}).set_requires_grad(true),
                            .scale = 0.75,
                            .dropout = 0.4,
                            .magnitude = (torch::rand({17}) + 1).set_requires_grad(true),
                            .squared_norms = weight.square().sum(1)};
  const auto upstream = torch::randn({11, 17}) * size;
  const auto y = ops::lora_linear(x, weight, {}, update, at::make_generator<at::CPUGeneratorImpl>(7));
  y.backward(upstream);

  auto wx = wide(x), wa = wide(update.a), wb = wide(update.b), wm = wide(update.magnitude);
  const auto w = weight.to(torch::kFloat64), seen = wx * keep_mask(x, 0.4, 7);
  const auto gain = wm / (w + 0.75 * wb.mm(wa)).detach().norm(2, 1);
  const auto expected = wx.mm(w.t()) + (gain - 1) * seen.mm(w.t()) + gain * 0.75 * seen.mm(wa.t()).mm(wb.t());
  expected.backward(upstream.to(torch::kFloat64));
  CHECK(test::relative_difference(y, expected) < 2e-6);
  CHECK(test::relative_difference(x.grad(), wx.grad()) < 2e-6);
  CHECK(test::relative_difference(update.a.grad(), wa.grad()) < 2e-6);
  CHECK(test::relative_difference(update.b.grad(), wb.grad()) < 2e-6);
  CHECK(test::relative_difference(update.magnitude.grad(), wm.grad()) < 2e-6);
}

TEST_CASE("DoRA without dropout is the layer with its rows rescaled, gradients of any size too") {
  for (const double size : {1.0, 1e-4}) {
    CAPTURE(size);
    torch::manual_seed(9);
    auto x = torch::randn({11, 24}).set_requires_grad(true);
    const auto weight = torch::randn({17, 24}), upstream = torch::randn({11, 17}) * size;
    ops::LowRankUpdate update{.a = torch::randn({4, 24}).set_requires_grad(true),
                              .b = torch::randn({17, 4}).set_requires_grad(true),
                              .scale = 0.75,
                              .magnitude = (torch::rand({17}) + 1).set_requires_grad(true),
                              .squared_norms = weight.square().sum(1)};
    const auto y = ops::lora_linear(x, weight, {}, update);
    y.backward(upstream);

    auto wx = wide(x), wa = wide(update.a), wb = wide(update.b), wm = wide(update.magnitude);
    const auto w = weight.to(torch::kFloat64);
    const auto gain = wm / (w + 0.75 * wb.mm(wa)).detach().norm(2, 1);
    const auto expected = gain * (wx.mm(w.t()) + 0.75 * wx.mm(wa.t()).mm(wb.t()));
    expected.backward(upstream.to(torch::kFloat64));
    CHECK(test::relative_difference(y, expected) < 2e-6);
    CHECK(test::relative_difference(x.grad(), wx.grad()) < 2e-6);
    CHECK(test::relative_difference(update.a.grad(), wa.grad()) < 2e-6);
    CHECK(test::relative_difference(update.b.grad(), wb.grad()) < 2e-6);
    CHECK(test::relative_difference(update.magnitude.grad(), wm.grad()) < 2e-6);
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
  const auto keep = keep_mask(x, 0.5, 7);
  const auto expected = keep * update.b.sum(0).mul(2).unsqueeze(0).matmul(update.a).detach();
  CHECK(test::relative_difference(x.grad(), expected) < 1e-6);
  CHECK(test::relative_difference(update.a.grad(),
                                  2 * torch::outer(update.b.detach().sum(0), (keep * x.detach()).sum(0))) < 1e-6);
}
