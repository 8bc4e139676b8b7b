#include "radonc/stats/mcnemar.hpp"

#include <doctest/doctest.h>

#include "support/golden.hpp"

using namespace radonc;
using stats::Alternative, stats::mcnemar_exact;

TEST_CASE("the exact test equals SciPy's binomial test") {
  const auto data = test::golden("eval/intervals.json");
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
