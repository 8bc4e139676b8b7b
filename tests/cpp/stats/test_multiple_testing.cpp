#include "radonc/stats/multiple_testing.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "radonc/core/error.hpp"
#include "support/golden.hpp"

using namespace radonc;

TEST_CASE("Holm's correction") {
  const auto adjusted = stats::holm({0.01, 0.04, 0.03, 0.005});  // the textbook's example
  CHECK(adjusted[0] == doctest::Approx(0.03));
  CHECK(adjusted[1] == doctest::Approx(0.06));
  CHECK(adjusted[2] == doctest::Approx(0.06));
  CHECK(adjusted[3] == doctest::Approx(0.02));
  const auto data = test::golden("metrics/intervals.json");
  REQUIRE_FALSE(data["holm"].empty());
  for (const auto& entry : data["holm"]) {
    const auto result = stats::holm(entry[0].get<std::vector<double>>());
    REQUIRE(result.size() == entry[1].size());
    for (std::size_t i = 0; i < result.size(); ++i) CHECK(test::close(result[i], entry[1][i]));
  }
}

TEST_CASE("both corrections equal statsmodels'") {
  const auto data = test::golden("stats/tests.json");
  REQUIRE(data["corrected"].size() >= 100);
  for (const auto& entry : data["corrected"]) {
    CAPTURE(entry.dump());
    for (const auto correction : {stats::Correction::kHolm, stats::Correction::kBenjaminiHochberg}) {
      const auto& expected = entry[correction == stats::Correction::kHolm ? 2 : 3];
      const auto result = stats::correct_tests(entry[0].get<std::vector<double>>(), correction, entry[1]);
      CHECK(result.rejected == expected[0].get<std::vector<bool>>());
      for (std::size_t i = 0; i < result.adjusted.size(); ++i)
        CHECK(test::relatively_close(result.adjusted[i], expected[1][i]));
    }
  }
  CHECK(stats::benjamini_hochberg({}).empty());
  const auto result = stats::correct_tests({0.01, 0.02, 0.04}, stats::Correction::kBenjaminiHochberg);
  CHECK(result.to_sentence() ==
        "Benjamini and Hochberg's correction (1995) over 3 tests: 3 rejected at 0.05, against 3 without a correction.");
  CHECK(stats::correct_tests({0.04}).to_sentence() ==
        "Holm's correction (Holm 1979) over 1 test: 1 rejected at 0.05, against 1 without a correction.");
  CHECK_FALSE(result.assumptions.empty());
  CHECK_FALSE(result.reference.empty());
}

TEST_CASE("what is no p-value is refused") {
  CHECK_THROWS_WITH_AS(stats::holm({0.5, 1.5}), doctest::Contains("got 1.5 at index 1"), Error);
  CHECK_THROWS_AS(stats::holm({std::numeric_limits<double>::quiet_NaN()}), Error);
  CHECK_THROWS_AS(stats::holm({-0.1}), Error);
  CHECK_THROWS_WITH_AS(stats::benjamini_hochberg({2}), doctest::Contains("benjamini_hochberg"), Error);
  CHECK_THROWS_WITH_AS(stats::correct_tests({}), doctest::Contains("no p-values"), Error);
  CHECK_THROWS_WITH_AS(stats::correct_tests({0.1}, stats::Correction::kHolm, 5), doctest::Contains("alpha"), Error);
}
