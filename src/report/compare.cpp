#include "radonc/report/compare.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "radonc/core/error.hpp"
#include "radonc/stats/multiple_testing.hpp"

namespace radonc::report {
namespace {

using Scores = std::map<std::string, const tasks::Score*>;  // by case_id

Scores by_case(const std::string& task, const std::vector<tasks::Score>& scores, const char* model) {
  Scores result;
  for (const tasks::Score& score : scores) {
    if (score.task != task)
      throw Error(
          fmt::format("compare: case {} of the {} model is scored for task {}, expected {}. "
                      "Pass one task's scores at a time.",
                      score.case_id, model, score.task, task));
    if (!result.emplace(score.case_id, &score).second)
      throw Error(fmt::format("compare: case {} occurs twice among the {} model's {} scores. Score each case once.",
                              score.case_id, model, task));
  }
  return result;
}

void require_same_cases(const std::string& task, const Scores& original, const Scores& fine_tuned) {
  const auto missing = [&](const Scores& from, const Scores& in, const char* model) {
    for (const auto& [id, score] : from)
      if (!in.contains(id))
        throw Error(
            fmt::format("compare: case {} has no {} score of the {} model. "
                        "Let both models answer the same held-out cases.",
                        id, task, model));
  };
  missing(original, fine_tuned, "fine-tuned");
  missing(fine_tuned, original, "original");
  for (const auto& [id, score] : original)
    if (score->reference != fine_tuned.at(id)->reference)
      throw Error(
          fmt::format("compare: case {} has another {} reference for each model. "
                      "Score both against the same pairs.",
                      id, task));
  if (original.empty()) throw Error(fmt::format("compare: no held-out cases for task {}. Enlarge the cohort.", task));
}

std::vector<double> collect(const Scores& scores, double (*get)(const tasks::Score&)) {
  std::vector<double> values;
  for (const auto& [id, score] : scores) values.push_back(get(*score));
  return values;
}

double correct(const tasks::Score& score) {
  return score.correct;
}
double rouge1(const tasks::Score& score) {
  return score.rouge1.f1;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

ModelMetrics metrics_of(const Scores& scores, const char* fallback_name, bool has_classes,
                        const CompareOptions& options) {
  ModelMetrics metrics;
  metrics.n = scores.size();
  std::vector<std::string> patients, references, predictions;
  std::size_t num_correct = 0;
  for (const auto& [id, score] : scores) {
    metrics.model = score->model.empty() ? fallback_name : score->model;
    metrics.num_parsed += score->parsed;
    if (score->correct != 0 && score->correct != 1)
      throw Error(fmt::format("compare: case {} has `correct` = {}, expected 0 or 1.", id, score->correct));
    num_correct += score->correct == 1;
    patients.push_back(score->patient_id);
    references.push_back(score->reference);
    predictions.push_back(score->parsed ? score->prediction : "");
    for (const auto& [name, credit] : score->partial) metrics.partial[name] += credit / static_cast<double>(metrics.n);
  }
  metrics.accuracy = stats::wilson_interval(num_correct, metrics.n, options.confidence);
  metrics.rouge1_f1 = stats::bootstrap_mean_interval(collect(scores, rouge1), patients, options.confidence,
                                                     options.num_replicates, options.seed);
  metrics.rouge1_precision = mean(collect(scores, [](const tasks::Score& s) { return s.rouge1.precision; }));
  metrics.rouge1_recall = mean(collect(scores, [](const tasks::Score& s) { return s.rouge1.recall; }));
  if (has_classes) {
    const auto report = eval::classification_report(references, predictions);
    metrics.macro = report.macro;
    metrics.weighted = report.weighted;
    metrics.classes = report.classes;
    metrics.confusion = eval::confusion_matrix(references, predictions);
  }
  return metrics;
}

}  // namespace

std::string from_list(const std::string& task) {
  return task + "_from_list";
}

TaskResult compare(const std::string& task, const std::vector<tasks::Score>& original,
                   const std::vector<tasks::Score>& fine_tuned, const std::string& majority_label,
                   std::size_t num_train, const CompareOptions& options) {
  const Scores before = by_case(task, original, "original");
  const Scores after = by_case(task, fine_tuned, "fine-tuned");
  require_same_cases(task, before, after);

  TaskResult result;
  result.task = task;
  result.num_train = num_train;
  result.confidence = options.confidence;
  result.has_classes = task != "regimen";
  result.models = {metrics_of(before, "original", result.has_classes, options),
                   metrics_of(after, "fine-tuned", result.has_classes, options)};
  std::set<std::string> patients, labels;
  std::size_t num_majority = 0;
  for (const auto& [id, score] : before) {
    patients.insert(score->patient_id);
    labels.insert(score->reference);
    num_majority += score->reference == majority_label;
  }
  result.num_patients = patients.size();
  if (result.has_classes) result.labels.assign(labels.begin(), labels.end());
  result.majority = {majority_label, static_cast<double>(num_majority) / static_cast<double>(before.size())};

  const auto test = [&](double (*get)(const tasks::Score&)) {
    stats::WilcoxonOptions one_sided;
    one_sided.alternative = stats::Alternative::kGreater;
    return stats::wilcoxon_signed_rank(collect(after, get), collect(before, get), one_sided);
  };
  result.tested_score = result.has_classes ? "accuracy" : "ROUGE-1 F1";
  result.test = test(result.has_classes ? correct : rouge1);
  if (!result.has_classes) result.accuracy_test = test(correct);
  result.p_holm = result.test.p_value;
  return result;
}

void apply_holm(std::vector<TaskResult>& tasks) {
  std::vector<double> raw;
  for (const TaskResult& task : tasks) raw.push_back(task.test.p_value);
  const std::vector<double> adjusted = stats::holm(raw);
  for (std::size_t i = 0; i < tasks.size(); ++i) tasks[i].p_holm = adjusted[i];
}

}  // namespace radonc::report
