#include "radonc/stats/holm.hpp"

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
  const auto data = test::golden("eval/intervals.json");
  REQUIRE_FALSE(data["holm"].empty());
  for (const auto& entry : data["holm"]) {
    const auto result = stats::holm(entry[0].get<std::vector<double>>());
    REQUIRE(result.size() == entry[1].size());
    for (std::size_t i = 0; i < result.size(); ++i) CHECK(test::close(result[i], entry[1][i]));
  }
}

TEST_CASE("what is no p-value is refused") {
  CHECK_THROWS_WITH_AS(stats::holm({0.5, 1.5}), doctest::Contains("got 1.5 at index 1"), Error);
  CHECK_THROWS_AS(stats::holm({std::numeric_limits<double>::quiet_NaN()}), Error);
  CHECK_THROWS_AS(stats::holm({-0.1}), Error);
}
