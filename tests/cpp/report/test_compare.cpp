#include "radonc/report/compare.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "radonc/core/error.hpp"
#include "radonc/stats/mcnemar.hpp"
#include "support/sample_study.hpp"

using namespace radonc;
using report::compare;

namespace {

const std::vector<std::string> kLabels = {"external beam", "brachytherapy", "radionuclide"};

std::vector<tasks::Score> scores(const char* model, double skill, std::uint64_t seed, std::size_t n = 240) {
  return test::sample_scores("modality", model, n, kLabels, skill, seed);
}

}  // namespace

TEST_CASE("metrics and test agree with the scores") {
  const auto before = scores("original", 0.3, 2), after = scores("fine-tuned", 0.85, 3);
  const auto result = compare("modality", before, after, "external beam", 1000);
  REQUIRE(result.models.size() == 2);
  CHECK(result.models[0].model == "original");
  CHECK(result.models[1].model == "fine-tuned");
  double right = 0, majority = 0, rouge = 0;
  std::size_t parsed = 0, only_before = 0, only_after = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    right += after[i].correct;
    parsed += after[i].parsed;
    rouge += after[i].rouge1.f1;
    majority += after[i].reference == "external beam";
    only_before += before[i].correct > after[i].correct;
    only_after += after[i].correct > before[i].correct;
  }
  const auto& tuned = result.models[1];
  CHECK(tuned.accuracy.value == doctest::Approx(right / 240));
  CHECK(tuned.accuracy.low < tuned.accuracy.value);
  CHECK(tuned.num_parsed == parsed);
  CHECK(parsed < 240);
  CHECK(tuned.rouge1_f1.value == doctest::Approx(rouge / 240));
  CHECK(tuned.rouge1_f1.n == 240);
  CHECK(result.majority.accuracy == doctest::Approx(majority / 240));
  CHECK(result.num_patients == 120);
  CHECK(result.num_train == 1000);
  CHECK(result.labels.size() == 3);
  CHECK(result.tested_score == "accuracy");
  CHECK_FALSE(result.accuracy_test.has_value());
  // The exact McNemar test looks at the same discordant cases.
  CHECK(result.test.num_nonzero == only_before + only_after);
  CHECK(result.test.p_value < 0.001);
  CHECK(result.test.p_value >
        stats::mcnemar_exact(only_after, only_before, stats::Alternative::kGreater).p_value / 100);
  // The other way round there is no evidence.
  CHECK(compare("modality", after, before, "external beam", 1).test.p_value > 0.999);
}

TEST_CASE("a regimen is tested by ROUGE-1, and by accuracy besides; it has partial credits and no classes") {
  const std::vector<std::string> labels = {"6000 cGy in 30 fractions", "4500 cGy in 25 fractions"};
  const auto result = compare("regimen", test::sample_scores("regimen", "original", 80, labels, 0, 2),
                              test::sample_scores("regimen", "fine-tuned", 80, labels, 0.9, 3), labels[0], 10);
  CHECK(result.tested_score == "ROUGE-1 F1");
  REQUIRE(result.accuracy_test.has_value());
  CHECK(result.models[1].classes.empty());
  CHECK(result.models[1].partial.at("total_dose") == doctest::Approx(result.models[1].accuracy.value));
}

TEST_CASE("the order of the scores does not matter") {
  auto before = scores("original", 0.3, 2), after = scores("fine-tuned", 0.85, 3);
  report::StudyResult first, second;
  first.tasks = {compare("modality", before, after, "external beam", 1)};
  std::ranges::reverse(before);
  std::ranges::rotate(after, after.begin() + 17);
  second.tasks = {compare("modality", before, after, "external beam", 1)};
  CHECK(report::to_json(first) == report::to_json(second));
}

TEST_CASE("Holm's correction spans the tasks") {
  auto study = test::sample_study();
  auto& tasks = study.tasks;
  for (std::size_t i = 0; i < 3; ++i) tasks[i].test.p_value = 0.01 * static_cast<double>(i + 1);
  report::apply_holm(tasks);
  CHECK(tasks[0].p_holm == doctest::Approx(0.03));
  CHECK(tasks[1].p_holm == doctest::Approx(0.04));
  CHECK(tasks[2].p_holm == doctest::Approx(0.04));
}

TEST_CASE("scores that cannot be paired are named") {
  const auto before = scores("original", 0.3, 2, 8), after = scores("fine-tuned", 0.8, 3, 8);
  auto fewer = after;
  fewer.erase(fewer.begin() + 3);
  CHECK_THROWS_WITH_AS(compare("modality", before, fewer, "x", 1),
                       doctest::Contains("case-0003 has no modality score of the fine-tuned model"), Error);
  CHECK_THROWS_WITH_AS(compare("modality", fewer, after, "x", 1), doctest::Contains("score of the original"), Error);
  auto doubled = after;
  doubled.push_back(doubled[5]);
  CHECK_THROWS_WITH_AS(compare("modality", before, doubled, "x", 1), doctest::Contains("case-0005 occurs twice"),
                       Error);
  auto other = after;
  other[2].reference = "photon";
  CHECK_THROWS_WITH_AS(compare("modality", before, other, "x", 1), doctest::Contains("case-0002 has another"), Error);
  CHECK_THROWS_WITH_AS(compare("icd10", before, after, "x", 1), doctest::Contains("task modality, expected icd10"),
                       Error);
  CHECK_THROWS_WITH_AS(compare("modality", {}, {}, "x", 1), doctest::Contains("no held-out cases"), Error);
  auto half = after;
  half[0].correct = 0.5;
  CHECK_THROWS_WITH_AS(compare("modality", before, half, "x", 1), doctest::Contains("expected 0 or 1"), Error);
}
