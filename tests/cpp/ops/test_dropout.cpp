#include "radonc/ops/dropout.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <array>
#include <limits>

#include "support/tensors.hpp"

using namespace radonc;

namespace {

/// Philox4x32-10 as Salmon et al. define it.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> x, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = 0xD2511F53ULL * x[0], b = 0xCD9E8D57ULL * x[2];
    const auto high = [](std::uint64_t product) { return static_cast<std::uint32_t>(product >> 32); };
    x = {high(b) ^ x[1] ^ key[0], static_cast<std::uint32_t>(b), high(a) ^ x[3] ^ key[1],
         static_cast<std::uint32_t>(a)};
    key = {key[0] + 0x9E3779B9U, key[1] + 0xBB67AE85U};
  }
  return x;
}

}  // namespace

TEST_CASE("the reference gives its authors' known answers") {  // Random123's kat_vectors
  CHECK(philox({}, {}) == std::array{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U});
  CHECK(philox({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}) == std::array{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU});
}

TEST_CASE("an element is dropped by its own word, on any number of threads, and its gradient with it") {
  torch::manual_seed(1);
  for (const auto type : {torch::kFloat32, torch::kBFloat16})
    for (const std::int64_t n : {0, 1, 63, 64, 65, 5000, 70001})
      for (const std::int64_t seed : {std::int64_t{0}, std::int64_t{-7}, std::int64_t{1} << 40}) {
        CAPTURE(n);
        CAPTURE(seed);
        constexpr double kP = 0.3;
        const auto x = torch::randn({n}).to(type).set_requires_grad(true), upstream = torch::randn({n}).to(type);
        const auto y = ops::dropout(x, kP, seed);
        y.backward(upstream);
        auto keep = torch::empty({n}, torch::kFloat64);
        for (std::int64_t i = 0; i < n; ++i) {
          const auto bits = static_cast<std::uint64_t>(seed);
          const auto words = philox({static_cast<std::uint32_t>(i / 4), 0, 0, 0},
                                    {static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32)});
          const bool is_kept = words[static_cast<std::size_t>(i % 4)] >= static_cast<std::uint32_t>(kP * 4294967296.0);
          keep.data_ptr<double>()[i] = is_kept ? 1 / (1 - kP) : 0;
        }
        CHECK(test::relative_difference(y, x.to(torch::kFloat64) * keep) < test::tolerance(type));
        CHECK(test::relative_difference(x.grad(), upstream.to(torch::kFloat64) * keep) < test::tolerance(type));
        CHECK(torch::equal(y == 0, keep == 0));
      }
}

TEST_CASE("what is dropped may be infinite, and nothing is dropped with probability 0") {
  const auto x = torch::full({1000}, std::numeric_limits<float>::infinity());
  const auto y = ops::dropout(x, 0.5, 3);
  CHECK(!y.isnan().any().item<bool>());
  CHECK(torch::equal(ops::dropout(x, 0, 3), x));
  CHECK_THROWS_WITH_AS(ops::dropout(x, 1, 3), doctest::Contains("0 <= p < 1"), c10::Error);
}
