#include "radonc/stats/interval.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "radonc/core/error.hpp"
#include "radonc/core/random.hpp"
#include "support/golden.hpp"

using namespace radonc;
using stats::bca_mean_interval, stats::bootstrap_mean_interval, stats::clopper_pearson_interval,
    stats::clustered_wilson_interval, stats::wilson_interval;

TEST_CASE("Wilson's interval equals SciPy's") {
  const auto data = test::golden("metrics/intervals.json");
  REQUIRE_FALSE(data["wilson"].empty());
  for (const auto& entry : data["wilson"]) {
    const auto estimate = wilson_interval(entry[0], entry[1], entry[2]);
    CAPTURE(entry.dump());
    CHECK(test::close(estimate.low, entry[3]));
    CHECK(test::close(estimate.high, entry[4]));
    CHECK(estimate.low <= estimate.value);
    CHECK(estimate.value <= estimate.high);
  }
  CHECK(wilson_interval(0, 10).low == 0);
  CHECK(wilson_interval(10, 10).high == 1);
}

TEST_CASE("Clopper and Pearson's interval equals SciPy's") {
  const auto data = test::golden("stats/intervals.json");
  REQUIRE(data["clopper_pearson"].size() >= 300);
  for (const auto& entry : data["clopper_pearson"]) {
    const auto estimate = clopper_pearson_interval(entry[0], entry[1], entry[2]);
    CAPTURE(entry.dump());
    CHECK(test::relatively_close(estimate.low, entry[3]));
    CHECK(test::relatively_close(estimate.high, entry[4]));
  }
}

TEST_CASE("Clopper and Pearson's interval keeps its precision for a million cases") {
  // The root of (1 - p)^n + n p (1 - p)^(n - 1) = 0.05, found with 50 decimal digits.
  CHECK(test::relatively_close(clopper_pearson_interval(1, 1'000'000, 0.9).high, 4.7438556382068105e-06, 1e-14));
}

TEST_CASE("Wilson's interval over clusters equals statsmodels' for the effective number of cases") {
  const auto data = test::golden("stats/clusters.json");
  REQUIRE(data["clustered_wilson"].size() >= 50);
  for (const auto& entry : data["clustered_wilson"]) {
    std::vector<bool> right;
    for (const auto& value : entry[0]) right.push_back(value == 1);
    const auto estimate = clustered_wilson_interval(right, entry[1].get<std::vector<std::string>>(), entry[2]);
    CAPTURE(entry.dump());
    CHECK(test::relatively_close(estimate.low, entry[3]));
    CHECK(test::relatively_close(estimate.high, entry[4]));
  }
}

TEST_CASE("over clusters of one case Wilson's interval is the plain one, where nothing varies that of the clusters") {
  const std::vector<bool> right = {true, false, true, true};
  CHECK(clustered_wilson_interval(right, {"a", "b", "c", "d"}, 0.9) == wilson_interval(3, 4, 0.9));
  const auto all = clustered_wilson_interval({true, true, true, true}, {"a", "a", "b", "b"});
  CHECK(all.low == wilson_interval(2, 2).low);
  CHECK(all.high == 1);
  CHECK(all.n == 4);
  CHECK(all.num_clusters == 2);
  CHECK(clustered_wilson_interval(right, {"a", "a", "a", "a"}).low < 0.2);
}

TEST_CASE("where patients have cases alike, Wilson's interval over clusters covers, and the plain one does not") {
  constexpr std::size_t kStudies = 2000, kPatients = 40, kCases = 4;
  core::Random random(3);
  std::size_t covered = 0, covered_plain = 0;
  for (std::size_t study = 0; study < kStudies; ++study) {
    std::vector<bool> right;
    std::vector<std::string> patients;
    for (std::size_t patient = 0; patient < kPatients; ++patient) {
      const double share = random.uniform() < 0.6 ? 0.95 : 0.2;  // on average 0.65
      for (std::size_t i = 0; i < kCases; ++i) {
        right.push_back(random.uniform() < share);
        patients.push_back(std::to_string(patient));
      }
    }
    const auto holds = [](const stats::Estimate& e) { return e.low <= 0.65 && 0.65 <= e.high; };
    const auto hits = static_cast<std::size_t>(std::ranges::count(right, true));
    covered += holds(clustered_wilson_interval(right, patients));
    covered_plain += holds(wilson_interval(hits, right.size()));
  }
  CHECK(covered > 0.935 * kStudies);
  CHECK(covered < 0.965 * kStudies);
  CHECK(covered_plain < 0.85 * kStudies);
}

TEST_CASE("the BCa interval equals SciPy's over the same replicates, whatever the number of threads") {
  const auto data = test::golden("stats/intervals.json");
  REQUIRE(data["bca"].size() >= 20);
  for (const auto& entry : data["bca"]) {
    const auto values = entry[0].get<std::vector<double>>();
    const auto clusters = entry[1].get<std::vector<std::string>>();
    const auto estimate = bca_mean_interval(values, clusters, entry[2], entry[3], entry[4], 1);
    CAPTURE(entry.dump());
    CHECK(test::relatively_close(estimate.low, entry[5]));
    CHECK(test::relatively_close(estimate.high, entry[6]));
    for (const unsigned threads : {0U, 2U, 7U, 100U})
      CHECK(bca_mean_interval(values, clusters, entry[2], entry[3], entry[4], threads) == estimate);
  }
}

TEST_CASE("where the replicates say nothing the BCa interval is a point") {
  const auto estimate = bca_mean_interval(std::vector<double>{1, 1, 1}, {"a", "b", "b"}, 0.95, 50);
  CHECK(estimate.low == 1);
  CHECK(estimate.high == 1);
}

TEST_CASE("the sentences") {
  CHECK(wilson_interval(8, 10).to_sentence() == "0.8 (0.4902 to 0.9433, 95 % interval, Wilson), n = 10.");
  CHECK(stats::Estimate{0.5, 0.25, 0.75, 1}.to_sentence() == "0.5 (0.25 to 0.75), n = 1.");
  const auto estimate = bca_mean_interval(std::vector<double>{1, 1, 1}, {"a", "b", "b"}, 0.95, 50);
  CHECK(estimate.to_sentence() == "1 (1 to 1, 95 % interval, BCa bootstrap with 50 replicates), n = 3 of 2 patients.");
  for (const auto& made :
       {wilson_interval(1, 2), clopper_pearson_interval(1, 2), estimate,
        clustered_wilson_interval({true, false}, {"a", "b"}), bootstrap_mean_interval(std::vector<double>{1}, {"a"})}) {
    CHECK_FALSE(made.assumptions.empty());
    CHECK_FALSE(made.reference.empty());
  }
}

TEST_CASE("the clustered bootstrap equals an independent writing of it") {
  const auto data = test::golden("metrics/intervals.json");
  REQUIRE_FALSE(data["bootstrap"].empty());
  for (const auto& entry : data["bootstrap"]) {
    const auto estimate = bootstrap_mean_interval(entry["values"].get<std::vector<double>>(),
                                                  entry["clusters"].get<std::vector<std::string>>(),
                                                  entry["confidence"], entry["replicates"], entry["seed"]);
    CHECK(test::close(estimate.low, entry["interval"][0]));
    CHECK(test::close(estimate.high, entry["interval"][1]));
    CHECK(estimate.n == entry["values"].size());
  }
}

TEST_CASE("clusters widen the interval, single ones narrow it to theory") {
  std::vector<double> values;
  std::vector<std::string> single, pooled;
  for (int i = 0; i < 400; ++i) {
    values.push_back((i / 40) % 2 + 0.3 * std::sin(i));  // alike within a block of 40
    single.push_back(std::to_string(i));
    pooled.push_back(std::to_string(i / 40));
  }
  const auto one = bootstrap_mean_interval(values, single, 0.95, 4000, 7);
  double variance = 0;
  for (const double value : values) variance += (value - one.value) * (value - one.value) / 400;
  CHECK((one.high - one.low) / 2 == doctest::Approx(1.96 * std::sqrt(variance / 400)).epsilon(0.06));
  const auto many = bootstrap_mean_interval(values, pooled, 0.95, 4000, 7);
  CHECK(many.high - many.low > 1.5 * (one.high - one.low));
  CHECK(bootstrap_mean_interval(values, single, 0.95, 4000, 7) == one);
  CHECK_FALSE(bootstrap_mean_interval(values, single, 0.95, 4000, 8) == one);
}

TEST_CASE("faulty input is named") {
  const std::vector<double> one = {1}, nan = {std::numeric_limits<double>::quiet_NaN()};
  CHECK_THROWS_WITH_AS(wilson_interval(0, 0), doctest::Contains("n is 0"), Error);
  CHECK_THROWS_WITH_AS(wilson_interval(3, 2), doctest::Contains("3 successes of 2"), Error);
  CHECK_THROWS_WITH_AS(wilson_interval(1, 2, 95), doctest::Contains("between 0 and 1"), Error);
  CHECK_THROWS_WITH_AS(clopper_pearson_interval(3, 2), doctest::Contains("3 successes of 2"), Error);
  CHECK_THROWS_WITH_AS(clustered_wilson_interval({}, {}), doctest::Contains("no values"), Error);
  CHECK_THROWS_WITH_AS(clustered_wilson_interval({true}, {}), doctest::Contains("0 cluster ids"), Error);
  CHECK_THROWS_WITH_AS(clustered_wilson_interval({true}, {"a"}, 1), doctest::Contains("between 0 and 1"), Error);
  CHECK_THROWS_WITH_AS(bca_mean_interval(one, {"a"}), doctest::Contains("at least two"), Error);
  CHECK_THROWS_WITH_AS(bca_mean_interval(nan, {"a"}), doctest::Contains("finite"), Error);
  CHECK_THROWS_WITH_AS(bootstrap_mean_interval({}, {}), doctest::Contains("no values"), Error);
  CHECK_THROWS_WITH_AS(bootstrap_mean_interval(one, {"a", "b"}), doctest::Contains("2 cluster ids"), Error);
  CHECK_THROWS_WITH_AS(bootstrap_mean_interval(nan, {"a"}), doctest::Contains("finite"), Error);
  CHECK_THROWS_WITH_AS(bootstrap_mean_interval(one, {"a"}, 0.95, 0), doctest::Contains("num_replicates"), Error);
  CHECK_THROWS_AS(bootstrap_mean_interval(one, {"a"}, 1), Error);
}
