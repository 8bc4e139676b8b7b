#include "radonc/evaluation/task_result.hpp"

#include <doctest/doctest.h>

#include "radonc/core/error.hpp"
#include "support/sample_study.hpp"

using namespace radonc;

namespace {

using Scores = std::vector<tasks::Score>;

const std::vector<std::string> kLabels = {"external beam", "brachytherapy", "radionuclide"};

evaluation::TaskResult evaluated(Scores before, const Scores& after) {
  before.insert(before.end(), after.begin(), after.end());
  return evaluation::evaluate(before).at(0);
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

TEST_CASE("differences are counted and binned by size, the same on both sides of zero") {
  auto before = test::sample_scores("regimen", "original", 40, {"a b c d e f g h i j"}, 1, 2), after = before;
  // ROUGE-1 F1 before and after, case by case; all others stay equal.
  const std::pair<double, double> values[] = {{0.5, 0.8}, {0.8, 0.5}, {0, 1}, {1, 0}, {0.3, 0.35}, {0.2, 0.41}};
  for (std::size_t i = 0; i < std::size(values); ++i) {
    before[i].rouge1.f1 = values[i].first;
    after[i].rouge1.f1 = values[i].second;
  }
  for (auto& score : after) score.model = "fine-tuned";
  after[7].correct = 1 - after[7].correct;
  const auto result = evaluated(before, after);
  REQUIRE(result.score_differences.size() == 2);
  const auto& rouge = result.score_differences[0];
  CHECK(rouge.score == "ROUGE-1 F1");
  CHECK(rouge.num_better == 4);
  CHECK(rouge.num_worse == 2);
  CHECK(rouge.num_equal == 34);
  std::vector<std::size_t> expected(20, 0);
  expected[0] = expected[7] = 1;    // -1 and -0.3
  expected[10] = expected[19] = 1;  // 0.05 and 1
  expected[12] = 2;                 // 0.3 and 0.21
  CHECK(rouge.histogram == expected);
  const auto& accuracy = result.score_differences[1];
  CHECK(accuracy.score == "accuracy");
  CHECK(accuracy.num_better + accuracy.num_worse == 1);
  CHECK(accuracy.histogram.empty());
}
