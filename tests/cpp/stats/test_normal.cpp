#include "radonc/stats/normal.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "radonc/core/error.hpp"
#include "support/golden.hpp"

using namespace radonc;

TEST_CASE("quantiles equal SciPy's and invert the distribution function") {
  const auto data = test::golden("metrics/intervals.json");
  REQUIRE_FALSE(data["quantiles"].empty());
  for (const auto& entry : data["quantiles"]) {
    CAPTURE(entry[0].get<double>());
    const double z = stats::normal_quantile(entry[0]);
    CHECK(test::close(z, entry[1]));
    CHECK(stats::normal_cdf(z) == doctest::Approx(entry[0].get<double>()).epsilon(1e-11));
  }
  CHECK_THROWS_AS(stats::normal_quantile(0), Error);
  CHECK_THROWS_AS(stats::normal_quantile(1), Error);
  CHECK_THROWS_AS(stats::normal_quantile(std::numeric_limits<double>::quiet_NaN()), Error);
}
