#include "radonc/evaluation/evaluate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "evaluation/case_scores.hpp"
#include "radonc/core/error.hpp"
#include "radonc/stats/multiple_testing.hpp"
#include "radonc/tasks/baselines.hpp"

namespace radonc::evaluation {
namespace {

/// One task's scores, a map for each model in the order of evaluate().
struct TaskScores {
  std::string task, title;
  tasks::Allowed allowed = tasks::Allowed::kAnyText;
  bool has_classes = true;
  std::vector<std::pair<std::string, CaseScores>> models;
};

TaskScores& entry_of(std::vector<TaskScores>& all, const tasks::Score& score) {
  for (TaskScores& one : all) {
    if (one.task != score.task || one.allowed != score.allowed) continue;
    if (one.title != score.title || one.has_classes != score.has_classes)
      throw Error(
          fmt::format("evaluate: case {}: the task {} has another title, or classes, than before. Score all cases "
                      "with one task.",
                      score.case_id, score.task));
    return one;
  }
  return all.emplace_back(TaskScores{score.task, score.title, score.allowed, score.has_classes, {}});
}

std::vector<TaskScores> by_task(const std::vector<tasks::Score>& scores) {
  using Model = std::pair<std::string, CaseScores>;
  std::vector<TaskScores> all;
  for (const tasks::Score& score : scores) {
    auto& models = entry_of(all, score).models;
    auto found = std::ranges::find(models, score.model, &Model::first);
    if (found == models.end()) found = models.insert(models.end(), {score.model, {}});
    if (!found->second.emplace(score.case_id, &score).second)
      throw Error(fmt::format("evaluate: case {} occurs twice among the {} model's {} scores. Score each case once.",
                              score.case_id, score.model, score.task));
  }
  for (TaskScores& task : all)
    std::ranges::stable_partition(task.models, [](const Model& model) { return !tasks::is_baseline(model.first); });
  return all;
}

void require_same_cases(const TaskScores& scores) {
  if (scores.models.size() < 2 || tasks::is_baseline(scores.models[1].first))
    throw Error(
        fmt::format("evaluate: the task {} has scores of one model only, besides baselines. Let two models answer the "
                    "same held-out cases.",
                    scores.task));
  const auto& [first_name, first] = scores.models.front();
  for (const auto& [name, cases] : scores.models) {
    const auto missing = [&](const CaseScores& from, const CaseScores& in, const std::string& model) {
      for (const auto& [id, score] : from)
        if (!in.contains(id))
          throw Error(
              fmt::format("evaluate: case {} has no {} score of the {} model. Let all models answer the same held-out "
                          "cases.",
                          id, scores.task, model));
    };
    missing(first, cases, name);
    missing(cases, first, first_name);
    for (const auto& [id, score] : first)
      if (score->reference != cases.at(id)->reference)
        throw Error(
            fmt::format("evaluate: case {} has another {} reference for the {} model. Score all models against the "
                        "same pairs.",
                        id, scores.task, name));
  }
}

stats::WilcoxonResult test(const CaseScores& first, const CaseScores& second, Getter get, stats::Alternative side) {
  return signed_rank_test(collect(first, get), collect(second, get), side);
}

stats::Estimate difference(const CaseScores& first, const CaseScores& second, Getter get,
                           const EvaluateOptions& options) {
  return stats::bootstrap_mean_interval(differences(first, second, get), patients_of(first), options.confidence,
                                        options.num_replicates, options.seed);
}

ScoreDifferences score_differences(std::string score, const std::vector<double>& differences, bool histogram) {
  constexpr std::size_t kBinsOfOneSign = 10;
  ScoreDifferences result{.score = std::move(score)};
  if (histogram) result.histogram.assign(2 * kBinsOfOneSign, 0);
  for (const double d : differences) {
    ++(d > 0 ? result.num_better : d < 0 ? result.num_worse : result.num_equal);
    if (!histogram || d == 0) continue;
    const double upper = std::ceil(std::abs(d) * kBinsOfOneSign - 1e-9);  // 0.8 - 0.5 is a little more than 0.3
    const auto bin = static_cast<std::size_t>(std::clamp(upper, 1.0, static_cast<double>(kBinsOfOneSign))) - 1;
    ++result.histogram[d > 0 ? kBinsOfOneSign + bin : kBinsOfOneSign - 1 - bin];
  }
  return result;
}

TaskResult evaluate_task(const TaskScores& scores, const EvaluateOptions& options) {
  require_same_cases(scores);
  const auto& [before_name, before] = scores.models[0];
  const auto& [after_name, after] = scores.models[1];
  TaskResult result;
  result.task = scores.task;
  result.title = scores.title;
  result.allowed = scores.allowed;
  result.num_cases = before.size();
  result.confidence = options.confidence;
  result.has_classes = scores.has_classes;
  std::set<std::string> patients, labels;
  for (const auto& [id, score] : before) {
    patients.insert(score->patient_id);
    labels.insert(score->reference);
  }
  result.num_patients = patients.size();
  if (result.has_classes) result.labels.assign(labels.begin(), labels.end());
  for (const auto& [name, cases] : scores.models) {
    result.models.push_back(metrics_of(cases, result.has_classes, options));
    if (name == tasks::kMajority) result.majority_label = cases.begin()->second->prediction;
  }

  const Getter tested = result.has_classes ? correct : rouge1_f1;
  result.tested_score = result.has_classes ? "accuracy" : "ROUGE-1 F1";
  result.test = test(after, before, tested, stats::Alternative::kGreater);
  result.difference = difference(after, before, tested, options);
  result.p_holm = result.test.p_value;
  if (!result.has_classes)
    result.score_differences.push_back(
        score_differences(result.tested_score, differences(after, before, rouge1_f1), true));
  result.score_differences.push_back(score_differences("accuracy", differences(after, before, correct), false));
  if (!result.has_classes) result.accuracy_test = test(after, before, correct, stats::Alternative::kGreater);
  for (std::size_t i = 2; i < scores.models.size(); ++i) {
    const auto& [name, cases] = scores.models[i];
    const auto add = [&](const char* score, Getter get) {
      result.comparisons.push_back({.first = after_name,
                                    .second = name,
                                    .score = score,
                                    .difference = difference(after, cases, get, options),
                                    .test = test(after, cases, get, stats::Alternative::kTwoSided)});
    };
    if (!result.has_classes) add("ROUGE-1 F1", rouge1_f1);
    add("accuracy", correct);
  }
  result.subgroups = subgroups_of(before, after, tested, options);
  return result;
}

/// Holm's correction, once over the tasks and once over all comparisons.
void correct_p_values(std::vector<TaskResult>& tasks) {
  std::vector<double> tests, comparisons;
  for (const TaskResult& task : tasks) {
    tests.push_back(task.test.p_value);
    for (const Comparison& comparison : task.comparisons) comparisons.push_back(comparison.test.p_value);
  }
  tests = stats::holm(tests);
  comparisons = stats::holm(comparisons);
  auto next = comparisons.begin();
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    tasks[i].p_holm = tests[i];
    for (Comparison& comparison : tasks[i].comparisons) comparison.p_holm = *next++;
  }
}

}  // namespace

std::vector<TaskResult> evaluate(const std::vector<tasks::Score>& scores, const EvaluateOptions& options) {
  if (scores.empty()) throw Error("evaluate: there are no scores.");
  std::vector<TaskResult> results;
  for (const TaskScores& task : by_task(scores)) results.push_back(evaluate_task(task, options));
  correct_p_values(results);
  return results;
}

}  // namespace radonc::evaluation
