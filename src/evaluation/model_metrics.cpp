#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "evaluation/case_scores.hpp"
#include "radonc/core/error.hpp"

namespace radonc::evaluation {
namespace {

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

std::vector<QuantityDifference> quantity_differences(const CaseScores& scores) {
  std::vector<QuantityDifference> all;
  for (const auto& [id, score] : scores)
    for (const tasks::Quantity& quantity : score->quantities) {
      auto found = std::ranges::find(all, quantity.name, &QuantityDifference::name);
      if (found == all.end()) found = all.insert(all.end(), {.name = quantity.name, .unit = quantity.unit});
      const double off = std::abs(quantity.value - quantity.reference);
      ++found->n;
      found->mean_absolute += off;
      found->within_five_percent += off <= 0.05 * std::abs(quantity.reference);
    }
  for (QuantityDifference& difference : all)
    for (double* value : {&difference.mean_absolute, &difference.within_five_percent})
      *value /= static_cast<double>(difference.n);
  return all;
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

stats::WilcoxonResult signed_rank_test(const std::vector<double>& first, const std::vector<double>& second,
                                       stats::Alternative side) {
  return stats::wilcoxon_signed_rank(first, second,
                                     {.alternative = side, .method = stats::WilcoxonMethod::kExactIfFew});
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
  metrics.quantities = quantity_differences(scores);
  metrics.calibration = calibration(scores);
  if (has_classes) add_classes(metrics, scores);
  return metrics;
}

}  // namespace radonc::evaluation
