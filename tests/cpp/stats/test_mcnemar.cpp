#include "radonc/stats/mcnemar.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "support/golden.hpp"

using namespace radonc;
using stats::Alternative, stats::mcnemar_exact, stats::mcnemar_mid_p;

TEST_CASE("the exact test equals SciPy's binomial test") {
  const auto data = test::golden("metrics/intervals.json");
  REQUIRE_FALSE(data["mcnemar"].empty());
  for (const auto& entry : data["mcnemar"]) {
    CAPTURE(entry.dump());
    CHECK(test::close(mcnemar_exact(entry[0], entry[1]).p_value, entry[2]));
    CHECK(test::close(mcnemar_exact(entry[0], entry[1], Alternative::kGreater).p_value, entry[3]));
    CHECK(test::close(mcnemar_exact(entry[0], entry[1], Alternative::kLess).p_value, entry[4]));
  }
}

TEST_CASE("models that never differ give p = 1; small p keep their relative precision") {
  CHECK(mcnemar_exact(0, 0).p_value == 1);
  CHECK(mcnemar_exact(0, 0, Alternative::kGreater).p_value == 1);
  CHECK(mcnemar_exact(200, 0, Alternative::kGreater).p_value == doctest::Approx(std::ldexp(1, -200)).epsilon(1e-12));
}

TEST_CASE("the exact test equals statsmodels', the mid-p its definition") {
  const auto data = test::golden("stats/tests.json");
  REQUIRE(data["mid_p"].size() > 100);
  for (const auto& entry : data["mid_p"]) {
    CAPTURE(entry.dump());
    CHECK(test::close(mcnemar_exact(entry[0], entry[1]).p_value, entry[2]));
    CHECK(test::close(mcnemar_mid_p(entry[0], entry[1]).p_value, entry[3]));
    CHECK(test::close(mcnemar_mid_p(entry[0], entry[1], Alternative::kGreater).p_value, entry[4]));
    CHECK(test::close(mcnemar_mid_p(entry[0], entry[1], Alternative::kLess).p_value, entry[5]));
  }
  CHECK(mcnemar_mid_p(0, 0).p_value == 1);
  CHECK(mcnemar_mid_p(10, 0, Alternative::kGreater).p_value == doctest::Approx(std::ldexp(1, -11)).epsilon(1e-12));
}

TEST_CASE("the sentences") {
  CHECK(mcnemar_exact(0, 0).to_sentence() ==
        "McNemar's test (McNemar 1947), two-sided, exact: the models never differ, so there is nothing to test and p = "
        "1.");
  CHECK(
      mcnemar_mid_p(1, 0, Alternative::kGreater).to_sentence() ==
      "McNemar's test (McNemar 1947), one-sided (greater), exact with mid-p: of 1 case on which the models differ the "
      "first alone is right in 1, the second alone in 0; p = 0.25.");
  CHECK(mcnemar_exact(3000, 0).to_sentence().ends_with("p < 1e-300."));
  CHECK_FALSE(mcnemar_exact(1, 2).assumptions.empty());
  CHECK_FALSE(mcnemar_exact(1, 2).reference.empty());
}
