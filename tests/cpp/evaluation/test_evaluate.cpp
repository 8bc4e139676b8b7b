#include "radonc/evaluation/evaluate.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "radonc/core/error.hpp"
#include "radonc/stats/mcnemar.hpp"
#include "radonc/stats/multiple_testing.hpp"
#include "support/sample_study.hpp"

using namespace radonc;
using evaluation::evaluate;

namespace {

using Scores = std::vector<tasks::Score>;

const std::vector<std::string> kLabels = {"external beam", "brachytherapy", "radionuclide"};

Scores scores(const char* model, double skill, std::uint64_t seed, std::size_t n = 240) {
  return test::sample_scores("modality", model, n, kLabels, skill, seed);
}

Scores joined(const std::vector<Scores>& parts) {
  Scores all;
  for (const Scores& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

TEST_CASE("metrics and test agree with the scores") {
  const auto before = scores("original", 0.3, 2), after = scores("fine-tuned", 0.85, 3);
  const auto result = evaluate(joined({before, after})).at(0);
  REQUIRE(result.models.size() == 2);
  CHECK(result.models[0].model == "original");
  CHECK(result.models[1].model == "fine-tuned");
  double right = 0, rouge = 0, difference = 0;
  std::size_t parsed = 0, only_before = 0, only_after = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    right += after[i].correct;
    difference += (after[i].correct - before[i].correct) / 240;
    parsed += after[i].parsed;
    rouge += after[i].rouge1.f1;
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
  CHECK(result.num_cases == 240);
  CHECK(result.num_patients == 120);
  CHECK(result.labels.size() == 3);
  CHECK(result.tested_score == "accuracy");
  CHECK_FALSE(result.accuracy_test.has_value());
  CHECK(result.comparisons.empty());
  CHECK(result.majority_label.empty());
  CHECK(result.difference.value == doctest::Approx(difference));
  CHECK(result.difference.low > 0);
  // The exact McNemar test looks at the same discordant cases.
  CHECK(result.test.num_nonzero == only_before + only_after);
  CHECK(result.test.p_value < 0.001);
  CHECK(result.test.p_value >
        stats::mcnemar_exact(only_after, only_before, stats::Alternative::kGreater).p_value / 100);
  // The other way round there is no evidence.
  CHECK(evaluate(joined({after, before})).at(0).test.p_value > 0.999);
}

TEST_CASE("the figures of the classes are those of the classification report, the ROUGE averages the cases' means") {
  auto before = scores("original", 0.3, 2), after = scores("fine-tuned", 0.85, 3);
  for (tasks::Score& score : before) score.rouge1.recall *= 0.5;  // else it is the precision
  const auto result = evaluate(joined({before, after})).at(0);
  std::vector<std::string> references, predictions;
  double precision = 0, recall = 0;
  for (const tasks::Score& score : before) {
    references.push_back(score.reference);
    predictions.push_back(score.parsed ? score.prediction : "");
    precision += score.rouge1.precision / 240;
    recall += score.rouge1.recall / 240;
  }
  const auto report = metrics::classification_report(references, predictions);
  const evaluation::ModelMetrics& got = result.models[0];
  const auto check = [](const metrics::AverageMetrics& average, const metrics::AverageMetrics& expected) {
    CHECK(average.precision == expected.precision);
    CHECK(average.recall == expected.recall);
    CHECK(average.f1 == expected.f1);
  };
  check(got.macro, report.macro);
  check(got.weighted, report.weighted);
  CHECK(std::abs(report.macro.recall - report.weighted.recall) > 0.01);  // else the two could be confused unseen
  CHECK(std::abs(report.macro.precision - report.macro.recall) > 0.001);
  CHECK(got.balanced_accuracy == report.balanced_accuracy);
  CHECK(got.kappa == report.kappa);
  CHECK(got.matthews == report.matthews);
  CHECK(got.rouge1_precision == doctest::Approx(precision));
  CHECK(got.rouge1_recall == doctest::Approx(recall));
  CHECK(std::abs(precision - recall) > 0.01);
}

TEST_CASE("every further model and baseline is compared with the tested one") {
  const auto results = evaluate(joined({test::sample_majority("modality", 240, kLabels), scores("original", 0.3, 2),
                                        scores("fine-tuned", 0.85, 3), scores("few-shot", 0.5, 4)}));
  const auto& result = results.at(0);
  REQUIRE(result.models.size() == 4);
  CHECK(result.models[2].model == "few-shot");
  CHECK(result.models[3].model == tasks::kMajority);  // the baselines come last, wherever they stand
  CHECK(result.majority_label == "external beam");
  CHECK_FALSE(result.models[3].calibration.has_value());
  REQUIRE(result.comparisons.size() == 2);
  std::vector<double> p_values;
  for (const auto& comparison : result.comparisons) {
    const double expected = result.models[1].accuracy.value - result.find(comparison.second)->accuracy.value;
    CHECK(comparison.first == "fine-tuned");
    CHECK(comparison.difference.value == doctest::Approx(expected));
    CHECK(comparison.test.alternative == stats::Alternative::kTwoSided);
    p_values.push_back(comparison.test.p_value);
  }
  const auto adjusted = stats::holm(p_values);
  CHECK(result.comparisons[0].p_holm == adjusted[0]);
  CHECK(result.comparisons[1].p_holm == adjusted[1]);
}

TEST_CASE("subgroups partition the cases of each variable; small ones are put together") {
  auto before = scores("original", 0.3, 2), after = scores("fine-tuned", 0.85, 3);
  for (auto* both : {&before, &after})
    for (std::size_t i = 0; i < both->size(); ++i)
      (*both)[i].subgroups = {{"sex", i % 3 == 0 ? "male" : "female"},
                              {"site", i < 6    ? "larynx"
                                       : i < 12 ? "eye"
                                       : i % 2  ? "brain"
                                                : "breast"},
                              {"source", "one"}};
  const auto result = evaluate(joined({before, after})).at(0);
  std::vector<std::string> names;
  std::vector<double> p_values, adjusted;
  for (const auto& group : result.subgroups) {
    names.push_back(group.variable + " " + group.value);
    CHECK(group.difference.value == doctest::Approx(group.after - group.before));
    CHECK(group.difference.n == group.n);
    p_values.push_back(group.p_value);
    adjusted.push_back(group.p_adjusted);
  }
  CHECK(names ==
        std::vector<std::string>{"sex female", "sex male", "site brain", "site breast", "site other (2 values)"});
  CHECK(result.subgroups[0].n + result.subgroups[1].n == 240);
  CHECK(result.subgroups[4].n == 12);
  CHECK(result.subgroups[4].num_patients == 6);
  double of_men = 0;
  for (std::size_t i = 0; i < 240; i += 3) of_men += after[i].correct / 80;
  CHECK(result.subgroups[1].after == doctest::Approx(of_men));
  CHECK(adjusted == stats::benjamini_hochberg(p_values));
  CHECK(evaluate(joined({before, after}), {.min_subgroup = 5}).at(0).subgroups.size() == 6);
  CHECK(evaluate(joined({before, after}), {.min_subgroup = 13}).at(0).subgroups.size() == 4);  // 12 in all are too few
}

TEST_CASE("a regimen is tested by ROUGE-1, and by accuracy besides; it has partial credits, doses and no classes") {
  const std::vector<std::string> labels = {"Brain; external beam; 200 cGy x 30 fractions; total 6000 cGy",
                                           "Brain; external beam; 180 cGy x 25 fractions; total 4500 cGy"};
  const auto before = test::sample_scores("regimen", "original", 80, labels, 0, 2);
  const auto after = test::sample_scores("regimen", "fine-tuned", 80, labels, 0.9, 3);
  const auto result =
      evaluate(joined({before, after, test::sample_scores("regimen", "few-shot", 80, labels, 0.5, 4)})).at(0);
  CHECK(result.tested_score == "ROUGE-1 F1");
  REQUIRE(result.accuracy_test.has_value());
  CHECK(result.comparisons.size() == 2);  // both scores
  const auto& tuned = result.models[1];
  CHECK(tuned.classes.empty());
  CHECK(tuned.partial.at("total_dose") == doctest::Approx(tuned.accuracy.value));
  REQUIRE(tuned.quantities.size() == 3);
  // 60 against 45 Gy: BED 72 against 53.1, EQD2 60 against 44.25.
  const double wrong = 1 - tuned.accuracy.value * 80 / static_cast<double>(tuned.num_parsed);
  const double expected[] = {15 * wrong, 18.9 * wrong, 15.75 * wrong};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(tuned.quantities[i].n == tuned.num_parsed);
    CHECK(tuned.quantities[i].unit == "Gy");
    CHECK(tuned.quantities[i].mean_absolute == doctest::Approx(expected[i]));
    CHECK(tuned.quantities[i].within_five_percent == doctest::Approx(1 - wrong));
  }
}

TEST_CASE("where few cases differ, p is exact, and says so") {
  auto before = scores("original", 1, 2, 106), after = before;
  for (auto& score : after) score.model = "fine-tuned";
  auto baseline = after;
  for (auto& score : baseline) score.model = tasks::kMajority;
  for (std::size_t i = 0; i < 7; ++i) baseline[i].correct = 0;
  for (std::size_t i = 0; i < 30; ++i) before[i].correct = 0;
  const auto result = evaluate(joined({before, after, baseline})).at(0);
  REQUIRE(result.comparisons.size() == 1);
  CHECK(result.comparisons[0].test.num_nonzero == 7);
  CHECK(result.comparisons[0].test.p_value == doctest::Approx(2.0 / 128));  // not the approximation's 0.0082
  CHECK(result.comparisons[0].test.method == stats::WilcoxonMethod::kPermutation);
  CHECK(result.test.method == stats::WilcoxonMethod::kApprox);  // 30 differ
  for (const auto& group : result.subgroups)
    CHECK((group.method == stats::WilcoxonMethod::kPermutation) == (group.difference.value * double(group.n) < 24.5));
}

TEST_CASE("free and confined answers of one task are two results") {
  auto free = joined({scores("original", 0.3, 2), scores("fine-tuned", 0.8, 3)}), confined = free;
  for (auto& score : confined) score.allowed = tasks::Allowed::kValidAnswers;
  const auto results = evaluate(joined({free, confined}));
  REQUIRE(results.size() == 2);
  CHECK(results[0].task == results[1].task);
  CHECK(results[0].allowed == tasks::Allowed::kAnyText);
  CHECK(results[1].allowed == tasks::Allowed::kValidAnswers);
  CHECK(results[0].p_holm == 2 * results[0].test.p_value);
  free[3].has_classes = false;
  CHECK_THROWS_WITH_AS(evaluate(free), doctest::Contains("case-0003"), Error);
}

TEST_CASE("the order of the scores does not matter") {
  auto before = scores("original", 0.3, 2), after = scores("fine-tuned", 0.85, 3);
  evaluation::StudyResult first, second;
  first.tasks = evaluate(joined({before, after}));
  std::ranges::reverse(before);
  std::ranges::rotate(after, after.begin() + 17);
  second.tasks = evaluate(joined({before, after}));
  CHECK(evaluation::to_json(first) == evaluation::to_json(second));
}

TEST_CASE("Holm's correction spans the tasks") {
  const auto study = test::sample_study();
  std::vector<double> raw, corrected;
  for (const auto& task : study.tasks) {
    raw.push_back(task.test.p_value);
    corrected.push_back(task.p_holm);
  }
  CHECK(raw.size() == 3);
  CHECK(corrected == stats::holm(raw));
}

TEST_CASE("scores that cannot be paired are named") {
  const auto before = scores("original", 0.3, 2, 8), after = scores("fine-tuned", 0.8, 3, 8);
  const auto fails = [](const std::vector<Scores>& parts, const char* message) {
    CHECK_THROWS_WITH_AS(evaluate(joined(parts)), doctest::Contains(message), Error);
  };
  auto fewer = after;
  fewer.erase(fewer.begin() + 3);
  fails({before, fewer}, "case-0003 has no modality score of the fine-tuned model");
  fewer = before;
  fewer.pop_back();
  fails({fewer, after}, "case-0007 has no modality score of the original model");
  auto doubled = after;
  doubled.push_back(doubled[5]);
  fails({before, doubled}, "case-0005 occurs twice");
  auto other = after;
  other[2].reference = "photon";
  fails({before, other}, "case-0002 has another");
  fails({before}, "one model only");
  fails({before, test::sample_majority("modality", 8, kLabels)}, "one model only");
  fails({}, "no scores");
  auto half = after;
  half[0].correct = 0.5;
  fails({before, half}, "expected 0 or 1");
}
