#include "radonc/stats/permutation.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "radonc/core/error.hpp"
#include "radonc/stats/mcnemar.hpp"
#include "support/golden.hpp"

using namespace radonc;
using stats::Alternative, stats::permutation_test, stats::PermutationMethod;
using Values = std::vector<double>;

namespace {

constexpr Alternative kAlternatives[] = {Alternative::kTwoSided, Alternative::kGreater, Alternative::kLess};

}  // namespace

TEST_CASE("exact p equal SciPy's permutation test") {
  const auto data = test::golden("stats/tests.json");
  REQUIRE(data["permutation_exact"].size() >= 50);
  for (const auto& entry : data["permutation_exact"]) {
    const auto d = entry[0].get<Values>();
    for (std::size_t i = 0; i < 3; ++i) {
      const auto result = permutation_test(d, Values(d.size()), {.alternative = kAlternatives[i]});
      CAPTURE(entry.dump());
      CHECK(test::relatively_close(result.p_value, entry[1][i]));
      CHECK(result.method == PermutationMethod::kExact);
    }
  }
}

TEST_CASE("differences on a grid are exact for hundreds of pairs, in whatever unit") {
  const auto data = test::golden("stats/tests.json");
  REQUIRE(data["permutation_units"].size() >= 5);
  for (const auto& entry : data["permutation_units"])
    for (const double unit : {1.0, 0.25, 0.01, 1.0 / 3}) {
      auto d = test::grid(entry[0].get<std::uint64_t>() + 1, entry[0], entry[1], entry[2]);
      for (double& value : d) value *= unit;
      for (std::size_t i = 0; i < 3; ++i) {
        const auto result = permutation_test(d, Values(d.size()), {.alternative = kAlternatives[i]});
        CAPTURE(entry.dump());
        CHECK(result.method == PermutationMethod::kExact);
        CHECK(test::relatively_close(result.p_value, entry[3][i]));
      }
    }
}

TEST_CASE("right-or-wrong scores give McNemar's exact test") {
  Values x(900, 1), y(900, 1);
  for (std::size_t i = 0; i < 70; ++i) (i < 50 ? y : x)[i] = 0;
  CHECK(test::relatively_close(permutation_test(x, y).p_value, stats::mcnemar_exact(50, 20).p_value));
}

TEST_CASE("the Monte Carlo p equals an independent writing of it, and the exact one within its error") {
  const auto data = test::golden("stats/tests.json");
  REQUIRE(data["permutation_drawn"].size() >= 5);
  for (const auto& entry : data["permutation_drawn"]) {
    const auto d = entry[0].get<Values>();
    for (std::size_t i = 0; i < 3; ++i) {
      const auto result = permutation_test(
          d, Values(d.size()), {.alternative = kAlternatives[i], .num_resamples = entry[1], .seed = entry[2]});
      CHECK(result.method == PermutationMethod::kMonteCarlo);
      CHECK(test::relatively_close(result.p_value, entry[3][i]));
    }
  }
  const auto d = test::grid(11, 200, 21, 9);
  const auto exact = permutation_test(d, Values(200));
  const auto drawn = permutation_test(d, Values(200), {.method = PermutationMethod::kMonteCarlo});
  CHECK(exact.p_value == doctest::Approx(drawn.p_value).epsilon(0.1));
}

TEST_CASE("sentence and faults of the permutation test") {
  const auto result = permutation_test(Values{1, 1, 0, 2}, Values{0, 0, 0, 0}, {.alternative = Alternative::kGreater});
  CHECK(
      result.to_sentence() ==
      "Paired permutation test of the mean difference (Fisher 1935), one-sided (greater), exact over all sign flips: 4 "
      "pairs, 1 without a difference, with ties; mean difference 1, p = 0.12.");
  CHECK_FALSE(result.assumptions.empty());
  CHECK_FALSE(result.reference.empty());
  CHECK(permutation_test(Values{1}, Values{1}).p_value == 1);
  const auto drawn = permutation_test(Values{1}, Values{0}, {.method = PermutationMethod::kMonteCarlo});
  CHECK(drawn.to_sentence().find("99999 random sign flips") != std::string::npos);
  Values odd;
  for (int i = 0; i < 41; ++i) odd.push_back(std::sqrt(2.0 + i));
  CHECK(permutation_test(odd, Values(41)).method == PermutationMethod::kMonteCarlo);
  CHECK_THROWS_WITH_AS(permutation_test(odd, Values(41), {.method = PermutationMethod::kExact}),
                       doctest::Contains("Use method monte-carlo"), Error);
  odd.pop_back();
  CHECK(test::relatively_close(permutation_test(odd, Values(40)).p_value, std::ldexp(1, -39)));
  CHECK_THROWS_WITH_AS(permutation_test({}, {}), doctest::Contains("no pairs"), Error);
  CHECK_THROWS_WITH_AS(permutation_test(Values{1}, Values{1}, {.num_resamples = 0}), doctest::Contains("9,999"), Error);
  CHECK_THROWS_WITH_AS(permutation_test(Values{std::numeric_limits<double>::quiet_NaN()}, Values{1}),
                       doctest::Contains("index 0"), Error);
}
