#include "evaluation/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <set>

#include "core/numbers.hpp"
#include "radonc/tasks/baselines.hpp"

namespace radonc::evaluation {
namespace {

using core::grouped;
using core::p_text;

/// "exact permutation, 7 of 106 cases differ"
std::string basis_of(const stats::WilcoxonResult& test) {
  return fmt::format("{}, {} of {} cases differ", method_of(test), grouped(test.num_nonzero), grouped(test.n));
}

/// One sentence on what the arms were asked.
std::string prompts_note(const StudyResult& result) {
  const std::string cases = "All models answer the same held-out cases";
  std::set<std::string> prompts;
  for (const ArmResult& arm : result.arms) prompts.insert(arm.prompts);
  if (prompts.size() == 1) return cases + " with the same prompts.";
  return cases + (prompts.empty() ? "." : "; their prompts differ, see the models' settings.");
}

}  // namespace

std::string title_of(const TaskResult& task) {
  return task.allowed == tasks::Allowed::kAnyText ? task.title : task.title + ", confined to its valid answers";
}

std::string partial_title(const std::string& name) {
  std::string title = name;
  std::ranges::replace(title, '_', ' ');
  return title;
}

std::string study_title(const StudyResult& result) {
  std::vector<std::string> names;
  for (const ArmResult& arm : result.arms)
    if (std::ranges::find(names, arm.model) == names.end()) names.push_back(arm.model);
  std::string title;
  for (std::size_t i = 0; i < names.size(); ++i)
    title.append(i == 0 ? "" : i + 1 == names.size() ? " and " : ", ").append(names[i]);
  return title.empty() ? "Study" : title;
}

const stats::Estimate& tested_value(const TaskResult& task, const ModelMetrics& model) {
  return task.has_classes ? model.accuracy : model.rouge1_f1;
}

std::string verdict(const Comparison& comparison) {
  if (comparison.p_holm > kAlpha) return "no evidence";
  return comparison.test.rank_biserial > 0 ? "better" : "worse";
}

const Comparison* against(const TaskResult& task, const std::string& model) {
  for (const Comparison& comparison : task.comparisons)
    if (comparison.second == model && comparison.score == task.tested_score) return &comparison;
  return nullptr;
}

const Comparison* strongest_baseline(const TaskResult& task) {
  const Comparison* strongest = nullptr;
  double highest = -1;
  for (const ModelMetrics& model : task.models) {
    if (!tasks::is_baseline(model.model) || tested_value(task, model).value <= highest) continue;
    if (const Comparison* comparison = against(task, model.model)) {
      strongest = comparison;
      highest = tested_value(task, model).value;
    }
  }
  return strongest;
}

bool is_better(const TaskResult& task) {
  return task.p_holm <= kAlpha && task.test.rank_biserial > 0;
}

bool is_gain(const TaskResult& task) {
  const Comparison* constant = against(task, tasks::kMajority);
  return is_better(task) && (!constant || verdict(*constant) == "better");
}

std::string method_of(const stats::WilcoxonResult& test) {
  return test.method == stats::WilcoxonMethod::kApprox ? "normal approximation" : "exact permutation";
}

std::string test_sentence(const TaskResult& task) {
  const std::string &first = task.models.at(0).model, &tested = task.models.at(1).model;
  const std::string found =
      is_gain(task) ? fmt::format("“{}” is better than “{}” in {}", tested, first, task.tested_score)
      : is_better(task)
          ? fmt::format("“{}” is above “{}” in {}, but not shown to be above a constant answer", tested, first,
                        task.tested_score)
          : fmt::format("No evidence that “{}” is better than “{}” in {}", tested, first, task.tested_score);
  std::string text = fmt::format(
      "{}: one-sided Wilcoxon signed-rank p\u00A0{} (Holm:\u00A0p\u00A0{}), rank-biserial r\u00A0=\u00A0{:+.2f}; {}.",
      found, p_text(task.test.p_value), p_text(task.p_holm), task.test.rank_biserial, basis_of(task.test));
  if (task.accuracy_test)
    text += fmt::format(" In accuracy: p\u00A0{}, uncorrected; {}.", p_text(task.accuracy_test->p_value),
                        basis_of(*task.accuracy_test));
  return text;
}

std::string comparison_sentence(const Comparison& comparison) {
  const stats::Estimate& d = comparison.difference;
  return fmt::format(
      "Against “{}” in {}: {:+.3f} [{:+.3f},\u00A0{:+.3f}], two-sided p\u00A0{} (Holm:\u00A0p\u00A0{}); {}.",
      comparison.second, comparison.score, d.value, d.low, d.high, p_text(comparison.test.p_value),
      p_text(comparison.p_holm), basis_of(comparison.test));
}

std::vector<const Comparison*> ordered_comparisons(const TaskResult& task) {
  std::vector<const Comparison*> all;
  for (const Comparison& comparison : task.comparisons) all.push_back(&comparison);
  if (const Comparison* strongest = strongest_baseline(task))
    std::ranges::stable_partition(all, [&](const Comparison* one) { return one->second == strongest->second; });
  return all;
}

std::vector<std::string> cautions(const TaskResult& task) {
  std::vector<std::string> result;
  if (const ModelMetrics* majority = task.find(tasks::kMajority)) {
    const ModelMetrics& tested = task.models.at(1);
    if (tested.accuracy.value < majority->accuracy.value)
      result.push_back(
          fmt::format("The accuracy of “{}” is below that of always giving the commonest answer.", tested.model));
    else if (tested.accuracy.low <= majority->accuracy.value)
      result.push_back(fmt::format("The interval of “{}” includes the accuracy of always giving the commonest answer.",
                                   tested.model));
  }
  if (task.test.num_nonzero == 0)
    result.push_back("Both models score the same on every case: there is nothing to test.");
  else if (task.test.num_nonzero < 10)
    result.push_back(
        fmt::format("Only {} cases differ: no exact one-sided p can be below {:.2g}, so that p\u00A0≤\u00A00.001 "
                    "was out of reach.",
                    task.test.num_nonzero, task.test.smallest_p));
  return result;
}

std::vector<std::string> notes(const StudyResult& result) {
  std::vector<std::string> notes = {
      prompts_note(result) + " An unparsed answer counts as wrong and is never dropped.",
      "Macro averages give each class among the held-out references the same weight (labels below); an answer outside "
      "them is an error, not a class of its own."};
  if (!result.tasks.empty()) {
    notes.push_back(fmt::format(
        "CI: {:.4g}\u00A0% intervals, Wilson's for accuracy, bootstrap over patients for ROUGE-1. "
        "Majority: the training set's commonest answer, given to every case. Nearest case: the answer of the "
        "training case whose details share the most words (cosine of TF-IDF vectors).",
        100 * result.tasks.front().confidence));
    notes.push_back(fmt::format(
        "Holm: p corrected for the study's {} tests, evidence at {} or below. p is exact, from all permutations of the "
        "signs, where fewer than {} cases differ, else from the normal approximation. r runs from -1 to 1; 1 means "
        "that "
        "every case that differs favours “{}”.",
        result.tasks.size(), kAlpha, stats::kFewPairs, result.tasks.front().models.at(1).model));
  }
  for (const std::string& sentence : result.left_out) notes.push_back(sentence);
  return notes;
}

}  // namespace radonc::evaluation
