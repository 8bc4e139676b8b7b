#include <fmt/format.h>

#include <algorithm>

#include "radonc/tasks/baselines.hpp"
#include "report/page/parts.hpp"
#include "report/page/sections.hpp"

namespace radonc::report {
namespace {

bool is_baseline(const std::string& model) {
  return model == tasks::kMajority || model == tasks::kNearestCase;
}

/// The comparison with that model in the task's tested score, or nothing.
const Comparison* against(const TaskResult& task, const std::string& model) {
  for (const Comparison& comparison : task.comparisons)
    if (comparison.second == model && comparison.score == task.tested_score) return &comparison;
  return nullptr;
}

bool has_baselines(const TaskResult& task) {
  return against(task, tasks::kMajority) || against(task, tasks::kNearestCase);
}

bool beats_baselines(const TaskResult& task) {
  for (const char* name : {tasks::kMajority, tasks::kNearestCase})
    if (const Comparison* comparison = against(task, name); comparison && verdict(*comparison) != "better")
      return false;
  return has_baselines(task);
}

std::string headline(const StudyResult& r) {
  const auto won = static_cast<std::size_t>(std::ranges::count_if(r.tasks, is_better));
  const std::string model = escape(r.model.empty() ? "the model" : r.model);
  if (won == 0)
    return fmt::format("<h1>No evidence that fine-tuning {} helped on any of {} tasks</h1>\n", model, r.tasks.size());
  return fmt::format("<h1>Fine-tuning {} improved {} of {} tasks</h1>\n", model, won, r.tasks.size());
}

std::string list_of(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out.append(i == 0 ? "" : i + 1 == names.size() ? " and " : ", ").append(escape(names[i]));
  return out;
}

std::string models_text(const StudyResult& r) {
  const TaskResult& task = r.tasks.front();
  std::vector<std::string> further, baselines;
  for (std::size_t i = 2; i < task.models.size(); ++i)
    (is_baseline(task.models[i].model) ? baselines : further).push_back(task.models[i].model);
  std::string text =
      fmt::format("“{}” was tested against “{}”", escape(task.models[1].model), escape(task.models[0].model));
  if (!further.empty()) text += fmt::format(", and compared with {}", list_of(further));
  if (!baselines.empty()) text += fmt::format(". Baselines that need no language model: {}", list_of(baselines));
  return text + ". All answered the same held-out cases.";
}

std::string cases_text(const StudyResult& r) {
  std::string text;
  if (!r.flow.empty())
    text = fmt::format("{} records, {} of them in the cohort. ", grouped(r.flow.front().left),
                       grouped(r.flow.back().left));
  for (std::size_t i = 0; i < r.split.size(); ++i)
    text += fmt::format("{}{}: {} cases of {} patients", i == 0 ? "Split by patient – " : "; ", escape(r.split[i].part),
                        grouped(r.split[i].cases), grouped(r.split[i].patients));
  return text.empty() ? "" : text + ".";
}

std::string baseline_text(const Comparison& c) {
  const std::string found = verdict(c);
  const std::string words = found == "better"  ? "better than"
                            : found == "worse" ? "<strong>worse</strong> than"
                                               : "not shown to differ from";
  return fmt::format("{} “{}” ({}, p\u00A0{})", words, escape(c.second), signed_interval(c.difference),
                     p_relation(c.p_holm));
}

std::string finding(const TaskResult& task) {
  const bool rouge = task.tested_score == "ROUGE-1 F1";
  const ModelMetrics &before = task.models.at(0), &after = task.models.at(1);
  std::string text =
      fmt::format("<li><strong>{}: {}.</strong> {} {:.3f} → {:.3f}, difference {}, p\u00A0{}; {} cases of {} patients.",
                  escape(task_title(task.task)), is_better(task) ? "better" : "no evidence of a gain",
                  rouge ? "ROUGE-1 F1" : "Accuracy", rouge ? before.rouge1_f1.value : before.accuracy.value,
                  rouge ? after.rouge1_f1.value : after.accuracy.value, signed_interval(task.difference),
                  p_relation(task.p_holm), grouped(task.num_cases), grouped(task.num_patients));
  std::string baselines;
  for (const char* name : {tasks::kMajority, tasks::kNearestCase})
    if (const Comparison* comparison = against(task, name))
      baselines += (baselines.empty() ? "" : "; ") + baseline_text(*comparison);
  if (!baselines.empty()) text += fmt::format(" Against the baselines it is {}.", baselines);
  if (rouge)
    text += fmt::format(" Wholly right answers: {:.3f} → {:.3f}.", before.accuracy.value, after.accuracy.value);
  return text + "</li>\n";
}

std::string accuracy_figure(const StudyResult& r) {
  const Axis axis = share_axis();
  std::string rows;
  for (const TaskResult& task : r.tasks) {
    rows += heading_row(escape(task_title(task.task)), 3);
    for (std::size_t i = 0; i < task.models.size(); ++i)
      rows += row(task.models[i].model,
                  {plot_cell(axis, task.models[i].accuracy, mark_of(task, i)), estimate(task.models[i].accuracy)});
  }
  return table("Accuracy of every model on held-out cases",
               {{"Model", "text"}, {"", "plot"}, {"Accuracy" + interval_note(r.tasks), "est"}},
               rows + axis_row(axis, 1, 1), "full forest");
}

}  // namespace

std::string summary_section(const StudyResult& r) {
  std::string out = headline(r);
  out += fmt::format(
      "<p class=\"lead\">The original and the fine-tuned model answered the same held-out cases. Evidence means a "
      "one-sided Wilcoxon signed-rank test with p ≤ {} after Holm's correction over the tasks.",
      kAlpha);
  if (const auto num_tasks = std::ranges::count_if(r.tasks, has_baselines); num_tasks > 0)
    out += fmt::format(" The fine-tuned model is better than every baseline on {} of the {} tasks that have baselines.",
                       std::ranges::count_if(r.tasks, beats_baselines), num_tasks);
  out +=
      "</p>\n<p class=\"warn\"><strong>For research. Not for clinical decisions.</strong> The figures describe these "
      "records and this split, nothing more.</p>\n";
  if (r.tasks.empty()) return out;
  out += "<div class=\"abstract\">\n";
  out += fmt::format("<p><b>Compared.</b> {}</p>\n", models_text(r));
  if (const std::string cases = cases_text(r); !cases.empty()) out += fmt::format("<p><b>Cases.</b> {}</p>\n", cases);
  out += "<p><b>Found.</b></p><ul>\n";
  for (const TaskResult& task : r.tasks) out += finding(task);
  out += fmt::format(
      "</ul>\n<p class=\"soft\">Differences with {:.4g}\u00A0% intervals; p after Holm's correction, one-sided against "
      "the original, two-sided against all others.</p>\n</div>\n",
      100 * r.tasks.front().confidence);
  return out + accuracy_figure(r);
}

}  // namespace radonc::report
