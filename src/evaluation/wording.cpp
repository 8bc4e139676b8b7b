#include "evaluation/wording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ranges>

#include "core/numbers.hpp"
#include "radonc/tasks/baselines.hpp"

namespace radonc::evaluation {
namespace {

using core::grouped;
using core::p_text;

std::string effect_of(const stats::WilcoxonResult& test, double p_holm) {
  return fmt::format(
      "one-sided Wilcoxon signed-rank p\u00A0{} (Holm:\u00A0p\u00A0{}), rank-biserial "
      "r\u00A0=\u00A0{:+.2f}, {} of {} cases differ",
      p_text(test.p_value), p_text(p_holm), test.rank_biserial, grouped(test.num_nonzero), grouped(test.n));
}

}  // namespace

std::string task_title(const std::string& task) {
  if (task == "regimen") return "Regimen";
  if (task == "modality") return "Modality";
  if (task == "icd10") return "ICD-10 code";
  constexpr std::string_view kFromList = "_from_list";
  if (task.ends_with(kFromList))
    return task_title(task.substr(0, task.size() - kFromList.size())) + ", chosen among the valid answers";
  return task;
}

std::string partial_title(const std::string& name) {
  if (name == "valid") return "valid code";  // the answer alone, whatever the right one is
  std::string title = name;
  std::ranges::replace(title, '_', ' ');
  return title + " match";
}

bool is_better(const TaskResult& task) {
  return task.p_holm <= kAlpha && task.test.rank_biserial > 0;
}

std::string test_sentence(const TaskResult& task) {
  std::string text = is_better(task) ? fmt::format("Fine-tuned is better in {}: ", task.tested_score)
                                     : fmt::format("No evidence that fine-tuned is better in {}: ", task.tested_score);
  text += effect_of(task.test, task.p_holm) + ".";
  if (task.accuracy_test)
    text += fmt::format(" In accuracy: p\u00A0{}, uncorrected, {} cases differ.", p_text(task.accuracy_test->p_value),
                        grouped(task.accuracy_test->num_nonzero));
  return text;
}

std::string comparison_sentence(const Comparison& comparison) {
  const stats::Estimate& d = comparison.difference;
  return fmt::format(
      "Against {} in {}: {:+.3f} [{:+.3f},\u00A0{:+.3f}], two-sided p\u00A0{} (Holm:\u00A0p\u00A0{}), {} of {} cases "
      "differ.",
      comparison.second, comparison.score, d.value, d.low, d.high, p_text(comparison.test.p_value),
      p_text(comparison.p_holm), grouped(comparison.test.num_nonzero), grouped(comparison.test.n));
}

std::string verdict(const Comparison& comparison) {
  if (comparison.p_holm > kAlpha) return "no evidence";
  return comparison.test.rank_biserial > 0 ? "better" : "worse";
}

std::vector<std::string> cautions(const TaskResult& task) {
  std::vector<std::string> result;
  if (const ModelMetrics* majority = task.find(tasks::kMajority)) {
    const ModelMetrics& tested = task.models.at(1);
    if (tested.accuracy.value < majority->accuracy.value)
      result.push_back(
          fmt::format("The {} model's accuracy is below that of always giving the commonest answer.", tested.model));
    else if (tested.accuracy.low <= majority->accuracy.value)
      result.push_back(fmt::format(
          "The {} model's interval includes the accuracy of always giving the commonest answer.", tested.model));
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
      "Both models answer the same held-out cases with the same prompts. An unparsed answer counts as wrong and is "
      "never dropped.",
      "Macro averages give each class among the held-out references the same weight (labels below); an answer outside "
      "them is an error, not a class of its own."};
  if (!result.tasks.empty())
    notes.push_back(fmt::format(
        "CI: {:.4g}\u00A0% intervals, Wilson's for accuracy, bootstrap over patients for ROUGE-1. "
        "Majority: the training set's commonest answer, given to every case. Nearest case: the answer of the "
        "training case whose details share the most words (cosine of TF-IDF vectors).",
        100 * result.tasks.front().confidence));
  notes.push_back(
      fmt::format("Holm: p corrected for the study's {} tests, evidence at {} or below. r runs from -1 "
                  "to 1; 1 means that every case that differs favours the fine-tuned model.",
                  result.tasks.size(), kAlpha));
  return notes;
}

}  // namespace radonc::evaluation
