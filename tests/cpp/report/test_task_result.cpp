#include "radonc/report/task_result.hpp"

#include <doctest/doctest.h>

#include "radonc/core/error.hpp"
#include "support/sample_study.hpp"

using namespace radonc;

namespace {

using Scores = std::vector<tasks::Score>;

const std::vector<std::string> kLabels = {"external beam", "brachytherapy", "radionuclide"};

report::TaskResult evaluated(Scores before, const Scores& after) {
  before.insert(before.end(), after.begin(), after.end());
  return report::evaluate(before).at(0);
}

}  // namespace

TEST_CASE("calibration is there where every answer has a probability") {
  auto before = test::sample_scores("modality", "original", 240, kLabels, 0.3, 2);
  auto after = test::sample_scores("modality", "fine-tuned", 240, kLabels, 0.85, 3);
  for (auto& score : after) score.probability = score.correct == 1 ? 0.9 : 0.2;
  before[7].probability.reset();
  const auto result = evaluated(before, after);
  CHECK_FALSE(result.models[0].calibration.has_value());
  REQUIRE(result.models[1].calibration.has_value());
  const auto& calibration = *result.models[1].calibration;
  const double accuracy = result.models[1].accuracy.value;
  CHECK(calibration.brier == doctest::Approx(accuracy * 0.01 + (1 - accuracy) * 0.04));
  CHECK(calibration.coverage.points.size() == 2);
  CHECK(calibration.coverage.points[0].accuracy == 1);
  CHECK(calibration.coverage.points[0].coverage == doctest::Approx(accuracy));
  after[0].probability = 1.5;
  CHECK_THROWS_AS(evaluated(before, after), Error);
}

TEST_CASE("a model is found by its name") {
  const auto study = test::sample_study();
  CHECK(study.tasks[1].find("fine-tuned") == &study.tasks[1].models[1]);
  CHECK(study.tasks[1].find("absent") == nullptr);
}
