// What was found for one task: every model's figures, the tests between models, and the subgroups.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/metrics/calibration.hpp"
#include "radonc/metrics/classification.hpp"
#include "radonc/stats/interval.hpp"
#include "radonc/stats/wilcoxon.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::evaluation {

/// How far one of the numbers of a model's answers, such as EQD2, is from the references' (tasks::Quantity), over the
/// answers that have it.
struct RADONC_API QuantityDifference {
  std::string name;
  std::string unit;
  std::size_t n = 0;               ///< answers that have it
  double mean_absolute = 0;        ///< mean |difference|, in the unit
  double within_five_percent = 0;  ///< share of these answers within 5 % of the reference
};

/// Whether the probability with which a model gave its answers tells right ones from wrong ones.
struct RADONC_API Calibration {
  metrics::ReliabilityTable reliability;
  double brier = 0;                 ///< of "the answer is right", see metrics::brier_score
  metrics::CoverageCurve coverage;  ///< accuracy if the least probable answers are withheld
};

/// One model's scores over one task's held-out cases.
struct RADONC_API ModelMetrics {
  std::string model;
  std::size_t n = 0;
  std::size_t num_parsed = 0;
  stats::Estimate accuracy;   ///< right answers / n, Wilson's interval
  stats::Estimate rouge1_f1;  ///< mean over cases, bootstrap interval clustered by patient
  double rouge1_precision = 0;
  double rouge1_recall = 0;
  std::map<std::string, double> partial;       ///< mean of each partial credit, such as "total_dose" or "category"
  std::vector<QuantityDifference> quantities;  ///< in the task's order
  std::optional<Calibration> calibration;      ///< where every score has a probability

  // The rest is for tasks with classes only; see TaskResult::has_classes.
  metrics::AverageMetrics macro;
  metrics::AverageMetrics weighted;
  double balanced_accuracy = 0;
  std::optional<double> kappa;  ///< Cohen's; nothing where it is undefined
  double matthews = 0;
  std::vector<metrics::ClassMetrics> classes;
  metrics::ConfusionMatrix confusion;
};

/// One score case by case, the second model's minus the first's.
struct RADONC_API ScoreDifferences {
  std::string score;           ///< "accuracy" or "ROUGE-1 F1"
  std::size_t num_better = 0;  ///< cases with a difference d > 0
  std::size_t num_equal = 0;
  std::size_t num_worse = 0;
  /// Of ROUGE-1 F1: cases by d, in 20 bins: -1 <= d < -0.9, …, -0.1 <= d < 0, 0 < d <= 0.1, …, 0.9 < d <= 1. Equal
  /// cases are in none of them, and exchanging the models mirrors the histogram.
  std::vector<std::size_t> histogram;
};

/// Two models on the same cases.
struct RADONC_API Comparison {
  std::string first;
  std::string second;
  std::string score;           ///< "accuracy" or "ROUGE-1 F1"
  stats::Estimate difference;  ///< mean of first minus second, bootstrap interval clustered by patient
  stats::WilcoxonResult test;  ///< two-sided
  double p_holm = 1;           ///< test.p_value after Holm's correction over all comparisons of the scores
};

/// The tested model against the first one among the cases of one group. Exploratory.
struct RADONC_API Subgroup {
  std::string variable;  ///< "sex"
  std::string value;     ///< "female"; small groups together are "other (2 values)"
  std::size_t n = 0;     ///< cases
  std::size_t num_patients = 0;
  double before = 0;           ///< mean of the tested score, first model
  double after = 0;            ///< likewise, tested model
  stats::Estimate difference;  ///< after - before, bootstrap interval clustered by patient
  double p_value = 1;          ///< one-sided Wilcoxon signed-rank test, as the task's
  stats::WilcoxonMethod method = stats::WilcoxonMethod::kPermutation;  ///< which gave p_value
  double p_adjusted = 1;  ///< after Benjamini and Hochberg's correction over the task's subgroups
};

/// One task, with one set of allowed answers. The second model is tested against the first: the fine-tuned one against
/// the original. Every p-value that rests on fewer than 25 pairs that differ is exact, see
/// stats::WilcoxonResult::method.
struct RADONC_API TaskResult {
  std::string task;   ///< tasks::Task::name
  std::string title;  ///< tasks::Task::title
  tasks::Allowed allowed = tasks::Allowed::kAnyText;
  std::size_t num_train = 0;         ///< training cases; 0 where not known
  std::size_t num_cases = 0;         ///< held-out cases
  std::size_t num_patients = 0;      ///< patients among them
  bool has_classes = false;          ///< false where answers are sentences
  std::vector<std::string> labels;   ///< what macro averages run over: the sorted labels of the held-out references
  std::vector<ModelMetrics> models;  ///< at least two, the baselines last
  double confidence = 0.95;          ///< of all intervals
  std::string majority_label;        ///< what the model "majority" always answers; empty if it is not there
  std::string tested_score;          ///< "accuracy", or "ROUGE-1 F1" without classes
  stats::WilcoxonResult test;        ///< second model greater than the first, on tested_score, one-sided
  stats::Estimate difference;        ///< second minus first, on tested_score, bootstrap clustered by patient
  double p_holm = 1;                 ///< test.p_value after Holm's correction over the tasks
  std::optional<stats::WilcoxonResult> accuracy_test;  ///< where tested_score is not the accuracy
  std::vector<ScoreDifferences> score_differences;     ///< of tested_score, and of the accuracy
  std::vector<Comparison> comparisons;                 ///< the second model against each further one
  std::vector<Subgroup> subgroups;                     ///< by variable, the largest group first

  /// The model of that name, or nothing.
  [[nodiscard]] const ModelMetrics* find(const std::string& model) const {
    for (const ModelMetrics& metrics : models)
      if (metrics.model == model) return &metrics;
    return nullptr;
  }
};

}  // namespace radonc::evaluation
