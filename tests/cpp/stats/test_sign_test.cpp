#include "radonc/stats/sign_test.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "radonc/core/error.hpp"
#include "support/golden.hpp"

using namespace radonc;
using stats::Alternative, stats::sign_test;
using Values = std::vector<double>;

TEST_CASE("the sign test equals SciPy's binomial test") {
  const auto data = test::golden("stats/tests.json");
  REQUIRE(data["sign"].size() >= 50);
  constexpr Alternative kAlternatives[] = {Alternative::kTwoSided, Alternative::kGreater, Alternative::kLess};
  for (const auto& entry : data["sign"]) {
    const auto d = entry[0].get<Values>();
    for (std::size_t i = 0; i < 3; ++i) {
      const auto result = sign_test(d, Values(d.size()), kAlternatives[i]);
      CAPTURE(entry.dump());
      CHECK(test::relatively_close(result.p_value, entry[1][i]));
      CHECK(result.num_positive + result.num_negative + result.num_zeros == result.n);
    }
  }
}

TEST_CASE("the sign test's sentence and faults") {
  const auto result = sign_test(Values{1, 1, 1, 0, 0}, Values{0, 0, 0, 0, 1}, Alternative::kGreater);
  CHECK(result.to_sentence() ==
        "Sign test (Dixon and Mood 1946), one-sided (greater), exact: 5 pairs, of which x is greater in 3, less in 1 "
        "and equal in 1 (left out); p = 0.31.");
  CHECK_FALSE(result.assumptions.empty());
  CHECK_FALSE(result.reference.empty());
  CHECK(sign_test(Values{1}, Values{1}).p_value == 1);
  CHECK_THROWS_WITH_AS(sign_test({}, {}), doctest::Contains("sign_test: no pairs"), Error);
  CHECK_THROWS_WITH_AS(sign_test(Values{1}, {}), doctest::Contains("1 values and y has 0"), Error);
  CHECK_THROWS_WITH_AS(sign_test(Values{std::numeric_limits<double>::quiet_NaN()}, Values{1}),
                       doctest::Contains("index 0"), Error);
}
