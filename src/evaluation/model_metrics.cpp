#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "evaluation/case_scores.hpp"
#include "radonc/clinical/dose.hpp"
#include "radonc/core/error.hpp"

namespace radonc::evaluation {
namespace {

constexpr double kAlphaBetaGy = 10;

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

std::optional<DoseDifference> dose_difference(const CaseScores& scores) {
  DoseDifference sum;
  for (const auto& [id, score] : scores) {
    if (!score->parsed) continue;
    const auto got = clinical::parse_regimen(score->prediction).value,
               expected = clinical::parse_regimen(score->reference).value;
    if (!got || !expected) continue;
    const double eqd2 = clinical::eqd2_gy(*expected, kAlphaBetaGy);
    const double eqd2_off = std::abs(clinical::eqd2_gy(*got, kAlphaBetaGy) - eqd2);
    ++sum.n;
    sum.total_dose_gy += std::abs(clinical::total_dose_cgy(*got) - clinical::total_dose_cgy(*expected)) / 100;
    sum.bed_gy += std::abs(clinical::bed_gy(*got, kAlphaBetaGy) - clinical::bed_gy(*expected, kAlphaBetaGy));
    sum.eqd2_gy += eqd2_off;
    sum.within_five_percent += eqd2_off <= 0.05 * eqd2;
  }
  if (sum.n == 0) return std::nullopt;
  for (double* value : {&sum.total_dose_gy, &sum.bed_gy, &sum.eqd2_gy, &sum.within_five_percent})
    *value /= static_cast<double>(sum.n);
  return sum;
}

std::optional<Calibration> calibration(const CaseScores& scores) {
  std::vector<double> probability;
  std::vector<bool> right;
  for (const auto& [id, score] : scores) {
    if (!score->probability) return std::nullopt;
    probability.push_back(*score->probability);
    right.push_back(score->correct == 1);
  }
  return Calibration{.reliability = metrics::reliability_table(probability, right),
                     .brier = metrics::brier_score(right, probability),
                     .coverage = metrics::coverage_curve(probability, right)};
}

void add_classes(ModelMetrics& metrics, const CaseScores& scores) {
  std::vector<std::string> references, predictions;
  for (const auto& [id, score] : scores) {
    references.push_back(score->reference);
    predictions.push_back(score->parsed ? score->prediction : "");
  }
  const auto report = metrics::classification_report(references, predictions);
  metrics.macro = report.macro;
  metrics.weighted = report.weighted;
  metrics.balanced_accuracy = report.balanced_accuracy;
  if (std::isfinite(report.kappa)) metrics.kappa = report.kappa;
  metrics.matthews = report.matthews;
  metrics.classes = report.classes;
  metrics.confusion = metrics::confusion_matrix(references, predictions);
}

}  // namespace

std::vector<double> collect(const CaseScores& scores, Getter get) {
  std::vector<double> values;
  for (const auto& [id, score] : scores) values.push_back(get(*score));
  return values;
}

std::vector<std::string> patients_of(const CaseScores& scores) {
  std::vector<std::string> patients;
  for (const auto& [id, score] : scores) patients.push_back(score->patient_id);
  return patients;
}

std::vector<double> differences(const CaseScores& after, const CaseScores& before, Getter get) {
  std::vector<double> values;
  for (const auto& [id, score] : after) values.push_back(get(*score) - get(*before.at(id)));
  return values;
}

ModelMetrics metrics_of(const CaseScores& scores, bool has_classes, const EvaluateOptions& options) {
  ModelMetrics metrics;
  metrics.model = scores.begin()->second->model;
  metrics.n = scores.size();
  std::size_t num_correct = 0;
  for (const auto& [id, score] : scores) {
    metrics.num_parsed += score->parsed;
    if (score->correct != 0 && score->correct != 1)
      throw Error(fmt::format("evaluate: case {} has `correct` = {}, expected 0 or 1.", id, score->correct));
    num_correct += score->correct == 1;
    for (const auto& [name, credit] : score->partial) metrics.partial[name] += credit / static_cast<double>(metrics.n);
  }
  metrics.accuracy = stats::wilson_interval(num_correct, metrics.n, options.confidence);
  metrics.rouge1_f1 = stats::bootstrap_mean_interval(collect(scores, rouge1_f1), patients_of(scores),
                                                     options.confidence, options.num_replicates, options.seed);
  metrics.rouge1_precision = mean(collect(scores, [](const tasks::Score& s) { return s.rouge1.precision; }));
  metrics.rouge1_recall = mean(collect(scores, [](const tasks::Score& s) { return s.rouge1.recall; }));
  metrics.calibration = calibration(scores);
  if (has_classes)
    add_classes(metrics, scores);
  else
    metrics.dose = dose_difference(scores);
  return metrics;
}

}  // namespace radonc::evaluation
