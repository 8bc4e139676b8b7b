#include "radonc/metrics/calibration.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "radonc/core/error.hpp"
#include "support/golden.hpp"

using namespace radonc;
using Doubles = std::vector<double>;
using Bools = std::vector<bool>;

namespace {

Bools bools(const nlohmann::json& numbers) {
  Bools result;
  for (const auto& number : numbers) result.push_back(number.get<int>() == 1);
  return result;
}

}  // namespace

TEST_CASE("calibration, Brier score and coverage equal NumPy's and scikit-learn's") {
  const auto data = test::golden("metrics/calibration.json");
  REQUIRE(data["cases"].size() >= 200);
  for (std::size_t i = 0; i < data["cases"].size(); ++i) {
    CAPTURE(i);
    const auto& entry = data["cases"][i];
    const auto p = entry["p"].get<Doubles>();
    const auto y = bools(entry["y"]);
    const int num_bins = static_cast<int>(entry["bins"].size());
    const auto table = metrics::reliability_table(p, y, num_bins);
    REQUIRE(table.bins.size() == entry["bins"].size());
    for (std::size_t b = 0; b < table.bins.size(); ++b) {
      CHECK(table.bins[b].low == entry["edges"][b].get<double>());
      CHECK(table.bins[b].high == entry["edges"][b + 1].get<double>());
      CHECK(table.bins[b].n == entry["bins"][b][0].get<std::size_t>());
      CHECK(test::close(table.bins[b].mean_confidence, entry["bins"][b][1]));
      CHECK(test::close(table.bins[b].accuracy, entry["bins"][b][2]));
    }
    CHECK(test::close(table.expected_calibration_error, entry["ece"]));
    CHECK(test::close(table.maximum_calibration_error, entry["mce"]));
    CHECK(metrics::expected_calibration_error(p, y, num_bins) == table.expected_calibration_error);
    CHECK(test::close(metrics::brier_score(y, p), entry["brier"]));

    const auto curve = metrics::coverage_curve(p, y);
    const auto& points = entry["curve"];
    REQUIRE(curve.points.size() == entry["num_points"].get<std::size_t>());
    const std::size_t step = points.size() == curve.points.size() ? 1 : 7;
    for (std::size_t k = 0; k < points.size(); ++k) {
      const auto& point = curve.points[k * step];
      CHECK(point.threshold == points[k][0].get<double>());
      CHECK(test::close(point.coverage, points[k][1]));
      CHECK(test::close(point.accuracy, points[k][2]));
      const auto same = metrics::coverage_at(p, y, point.threshold);
      CHECK(same.num_answered == point.num_answered);
      CHECK(same.accuracy == point.accuracy);
      CHECK(same.coverage == point.coverage);
    }
    CHECK(test::close(curve.area, entry["area"]));
    CHECK(curve.points.back().num_answered == p.size());
    CHECK(test::close(curve.points.back().accuracy, table.accuracy));
  }
  REQUIRE(data["classes"].size() >= 100);
  for (const auto& entry : data["classes"])
    CHECK(test::close(
        metrics::brier_score_multiclass(entry[0].get<std::vector<std::size_t>>(), entry[1].get<std::vector<Doubles>>()),
        entry[2]));
}

TEST_CASE("a confidence on an edge belongs to the bin above, and 1 to the last") {
  const auto table = metrics::reliability_table({0, 0.25, 0.5, 1}, {false, true, true, true}, 4);
  CHECK(table.bins[0].n == 1);
  CHECK(table.bins[1].n == 1);
  CHECK(table.bins[2].n == 1);
  CHECK(table.bins[3].n == 1);
  CHECK(table.expected_calibration_error == 0.3125);
  CHECK(table.maximum_calibration_error == 0.75);
}

TEST_CASE("results print themselves") {
  CHECK(metrics::reliability_table({0.2, 0.9, 1}, {true, true, false}, 2).to_text() ==
        "confidence     n    mean  accuracy\n"
        "0.0000-0.5000  1  0.2000    1.0000\n"
        "0.5000-1.0000  2  0.9500    0.5000\n"
        "all            3  0.7000    0.6667\n"
        "\n"
        "expected calibration error 0.5667, maximum 0.8000\n");
  const auto curve = metrics::coverage_curve({0.5, 0.9, 0.5, 0.1}, {true, true, false, false});
  CHECK(curve.to_text() ==
        "threshold  answered  coverage  accuracy\n"
        "0.9000            1    0.2500    1.0000\n"
        "0.5000            3    0.7500    0.6667\n"
        "0.1000            4    1.0000    0.5000\n"
        "\n"
        "area under accuracy over coverage 0.8125\n");
  Doubles many(50);
  for (std::size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i) / 50;
  const auto text = metrics::coverage_curve(many, Bools(50, true)).to_text();
  CHECK(std::ranges::count(text, '\n') == 23);
  CHECK(text.find("0.0000           50    1.0000    1.0000") != std::string::npos);  // the last point is there
}

TEST_CASE("a threshold that withholds every answer") {
  const auto point = metrics::coverage_at({0.5}, {true}, 0.6);
  CHECK(point.coverage == 0);
  CHECK(point.num_answered == 0);
  CHECK(std::isnan(point.accuracy));
}

TEST_CASE("faulty input is named") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(metrics::reliability_table({}, {}), doctest::Contains("no cases"), Error);
  CHECK_THROWS_WITH_AS(metrics::reliability_table({0.5}, {}), doctest::Contains("1 probabilities but 0 outcomes"),
                       Error);
  CHECK_THROWS_WITH_AS(metrics::reliability_table({0.5}, {true}, 0), doctest::Contains("at least 1, got 0"), Error);
  CHECK_THROWS_WITH_AS(metrics::reliability_table({0.5, 1.5}, {true, true}), doctest::Contains("index 1 is 1.5"),
                       Error);
  CHECK_THROWS_WITH_AS(metrics::brier_score({true}, {-0.1}), doctest::Contains("not between 0 and 1"), Error);
  CHECK_THROWS_WITH_AS(metrics::brier_score({true}, {nan}), doctest::Contains("index 0 is nan"), Error);
  CHECK_THROWS_WITH_AS(metrics::coverage_curve({nan}, {true}), doctest::Contains("nan"), Error);
  CHECK_THROWS_WITH_AS(metrics::coverage_at({0.5}, {true}, nan), doctest::Contains("threshold is NaN"), Error);
  const auto brier = [](std::vector<std::size_t> classes, std::vector<Doubles> rows) {
    return metrics::brier_score_multiclass(classes, rows);
  };
  const Doubles even = {0.5, 0.5};
  CHECK_THROWS_WITH_AS(brier({}, {}), doctest::Contains("no cases"), Error);
  CHECK_THROWS_WITH_AS(brier({0, 1}, {even}), doctest::Contains("2 classes but 1 rows"), Error);
  CHECK_THROWS_WITH_AS(brier({2}, {even}), doctest::Contains("classes 0 to 1"), Error);
  CHECK_THROWS_WITH_AS(brier({0}, {Doubles{1.0}}), doctest::Contains("two or more"), Error);
  CHECK_THROWS_WITH_AS(brier({0, 0}, {even, {0.2, 0.2, 0.6}}), doctest::Contains("index 1 has 3"), Error);
  CHECK_THROWS_WITH_AS(brier({0}, {{0.5, 0.4}}), doctest::Contains("sum to 0.9"), Error);
  CHECK_THROWS_WITH_AS(brier({0}, {{1.5, -0.5}}), doctest::Contains("index 0 is 1.5"), Error);
}
