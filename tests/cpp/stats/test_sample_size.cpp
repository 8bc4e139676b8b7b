#include "radonc/stats/sample_size.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "radonc/core/error.hpp"
#include "support/golden.hpp"

using namespace radonc;
using stats::pairs_needed, stats::PairedTest, stats::SampleSizeOptions;

TEST_CASE("the number of pairs equals an independent writing of the simulation") {
  const auto data = test::golden("stats/sample_size.json");
  REQUIRE(data["cases"].size() >= 5);
  constexpr PairedTest kTests[] = {PairedTest::kMcNemarExact, PairedTest::kMcNemarMidP, PairedTest::kWilcoxonApprox};
  for (const auto& entry : data["cases"])
    for (std::size_t i = 0; i < 3; ++i) {
      const auto result = pairs_needed({.accuracy_first = entry[0],
                                        .accuracy_second = entry[1],
                                        .share_discordant = entry[2],
                                        .alpha = entry[3],
                                        .power = entry[4],
                                        .test = kTests[i],
                                        .num_simulations = entry[6],
                                        .seed = entry[5]});
      CAPTURE(entry.dump());
      CHECK(result.num_pairs == entry[7][i][0].get<std::size_t>());
      CHECK(test::close(result.power, entry[7][i][1]));
    }
}

TEST_CASE("the answer lies near the formula for large samples") {
  const SampleSizeOptions options = {
      .accuracy_first = 0.8, .accuracy_second = 0.7, .share_discordant = 0.3, .test = PairedTest::kWilcoxonApprox};
  const auto result = pairs_needed(options);
  // Connor 1987: (z_alpha sqrt(s) + z_power sqrt(s - d²))² / d²
  const double connor = std::pow(1.6449 * std::sqrt(0.3) + 0.8416 * std::sqrt(0.3 - 0.01), 2) / 0.01;
  CHECK(static_cast<double>(result.num_pairs) == doctest::Approx(connor).epsilon(0.06));
  CHECK(result.power_low < result.power);
  CHECK(result.power < result.power_high);
  CHECK(pairs_needed(options).num_pairs == result.num_pairs);
}

TEST_CASE("sentence and faults of the sample size") {
  SampleSizeOptions options = {
      .accuracy_first = 1, .accuracy_second = 0, .share_discordant = 1, .num_simulations = 1000};
  const auto result = pairs_needed(options);
  CHECK(result.num_pairs == 5);  // 2^-5 < 0.05 < 2^-4
  CHECK(result.to_sentence() ==
        "5 pairs are needed for a power of 80 % (simulated 100 %, 95 % interval 99.62 to 100, 1000 simulations) of the "
        "one-sided exact McNemar test at 0.05, if the accuracies are 1 and 0 and the models differ on 100 % of the "
        "cases: about 5 that differ; the others, ties between the models, do not count in the test.");
  CHECK_FALSE(result.assumptions.empty());
  CHECK_FALSE(result.reference.empty());
  const auto with = [&](double a, double b, double share) {
    SampleSizeOptions changed = options;
    changed.accuracy_first = a, changed.accuracy_second = b, changed.share_discordant = share;
    return changed;
  };
  CHECK_THROWS_WITH_AS(pairs_needed(with(80, 0.5, 0.3)), doctest::Contains("lie in [0, 1]"), Error);
  CHECK_THROWS_WITH_AS(pairs_needed(with(std::numeric_limits<double>::quiet_NaN(), 0.5, 0.3)),
                       doctest::Contains("lie in [0, 1]"), Error);
  CHECK_THROWS_WITH_AS(pairs_needed(with(0.5, 0.5, 0.3)), doctest::Contains("must be above"), Error);
  CHECK_THROWS_WITH_AS(pairs_needed(with(0.8, 0.5, 0.2)), doctest::Contains("between 0.3 and 0.7, got 0.2"), Error);
  CHECK_THROWS_WITH_AS(pairs_needed(with(0.8, 0.5, 0.8)), doctest::Contains("between 0.3 and 0.7"), Error);
  options.power = 1;
  CHECK_THROWS_WITH_AS(pairs_needed(options), doctest::Contains("such as 0.05 and 0.8"), Error);
  options.power = 0.8;
  options.num_simulations = 0;
  CHECK_THROWS_WITH_AS(pairs_needed(options), doctest::Contains("num_simulations"), Error);
  options = with(0.51, 0.5, 0.4);
  options.num_simulations = 50;
  options.max_pairs = 500;
  CHECK_THROWS_WITH_AS(pairs_needed(options), doctest::Contains("raise max_pairs"), Error);
}
