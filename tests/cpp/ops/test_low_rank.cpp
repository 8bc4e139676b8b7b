#include "radonc/ops/low_rank.hpp"

#include <doctest/doctest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include "radonc/ops/dropout.hpp"
#include "support/tensors.hpp"

using namespace radonc;

namespace {

constexpr double kScale = 0.75;
constexpr std::int64_t kSeed = -7;

torch::Tensor wide(const torch::Tensor& x) {
  return x.to(torch::kFloat64);
}

/// In float64, with the values that dropout gives in x's own type. W is rounded to that type, as the operators do.
void check(torch::ScalarType type, std::int64_t rows, std::int64_t n, std::int64_t rank, double p, bool is_transposed) {
  CAPTURE(rows);
  CAPTURE(n);
  CAPTURE(rank);
  CAPTURE(p);
  const auto random = [&](at::IntArrayRef shape) { return torch::randn(shape).to(type); };
  const auto x = random({rows, n}), low = random({rows, rank});
  const auto w = is_transposed ? torch::randn({n, rank}).t() : torch::randn({rank, n});
  const auto rounded = wide(w.to(type)), seen = wide(ops::dropout(x, p, kSeed));
  const auto mask = wide(ops::dropout(torch::ones({rows, n}), p, kSeed));
  const double tolerance = type == torch::kFloat32 ? 2e-6 : 1e-2;

  const auto projected = ops::low_rank_project(x, w, kScale, p, kSeed);
  CHECK((projected.scalar_type() == type));
  CHECK(test::relative_difference(projected, kScale * seen.mm(rounded.t())) < tolerance);

  const auto gradient = ops::low_rank_gradient(low, x, kScale, p, kSeed);
  CHECK((gradient.scalar_type() == torch::kFloat32));
  CHECK(test::relative_difference(gradient, kScale * wide(low).t().mm(seen)) < tolerance);

  const auto y = x.clone();
  ops::low_rank_add_(y, low, w, kScale, p, kSeed);
  CHECK(test::relative_difference(y, wide(x) + mask * (kScale * wide(low).mm(rounded))) < tolerance);
  CHECK(torch::equal(y.masked_select(mask == 0), x.masked_select(mask == 0)));
}

}  // namespace

TEST_CASE("the products of a low-rank update equal the formulas in float64, with dropout and without") {
  torch::manual_seed(3);
  for (const auto type : {torch::kFloat32, torch::kBFloat16})
    for (const double p : {0.0, 0.3})
      for (const bool is_transposed : {false, true})
        for (const std::int64_t rank : {1, 3, 8, 20})
          for (const auto& [rows, n] : {std::pair<std::int64_t, std::int64_t>{0, 8}, {1, 64}, {5, 33}, {131, 96}})
            check(type, rows, n, rank, p, is_transposed);
}

TEST_CASE("a row's products are the same to the bit however many rows there are") {
  const auto x = torch::randn({9, 100}).to(torch::kBFloat16), w = torch::randn({11, 100});
  const auto all = ops::low_rank_project(x, w, kScale);
  for (const std::int64_t rows : {1, 2, 4, 5})
    CHECK(torch::equal(ops::low_rank_project(x.slice(0, 0, rows), w, kScale), all.slice(0, 0, rows)));
}

TEST_CASE("a result that is not contiguous is written as well") {
  for (const auto type : {torch::kFloat32, torch::kBFloat16})
    for (const double p : {0.0, 0.3}) {
      const auto y = torch::zeros({6, 5}, type).t(), same = torch::zeros({5, 6}, type);
      const auto low = torch::randn({5, 2}).to(type), w = torch::randn({2, 6});
      ops::low_rank_add_(y, low, w, 1, p, kSeed);
      ops::low_rank_add_(same, low, w, 1, p, kSeed);
      CHECK(test::relative_difference(y, same) < test::tolerance(type));
    }
}

TEST_CASE("products of other shapes, types or probabilities are refused") {
  const auto x = torch::zeros({4, 8}), w = torch::zeros({2, 8}), low = torch::zeros({4, 2});
  CHECK_THROWS_WITH_AS(ops::low_rank_project(x, w.t(), 1), doctest::Contains("expected x [T, n] and w [rank, n]"),
                       c10::Error);
  CHECK_THROWS_WITH_AS(ops::low_rank_add_(x, w, w, 1), doctest::Contains("expected y [T, n], low [T, rank]"),
                       c10::Error);
  CHECK_THROWS_WITH_AS(ops::low_rank_gradient(w, x, 1), doctest::Contains("expected low [T, rank]"), c10::Error);
  CHECK_THROWS_WITH_AS(ops::low_rank_project(x, w.to(torch::kBFloat16), 1), doctest::Contains("expected Float on cpu"),
                       c10::Error);
  CHECK_THROWS_WITH_AS(ops::low_rank_gradient(low.to(torch::kBFloat16), x, 1), doctest::Contains("got BFloat16"),
                       c10::Error);
  CHECK_THROWS_WITH_AS(ops::low_rank_project(x, w, 1, 1), doctest::Contains("0 <= p < 1"), c10::Error);
}
