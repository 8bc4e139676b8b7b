#include <fmt/format.h>

#include <algorithm>

#include "radonc/tasks/baselines.hpp"
#include "report/page/parts.hpp"
#include "report/page/sections.hpp"

namespace radonc::report {
namespace {

bool has_baselines(const TaskResult& task) {
  return strongest_baseline(task) != nullptr;
}

bool beats_baselines(const TaskResult& task) {
  return has_baselines(task) && std::ranges::all_of(task.comparisons, [&](const Comparison& comparison) {
           return !tasks::is_baseline(comparison.second) || comparison.score != task.tested_score ||
                  verdict(comparison) == "better";
         });
}

std::string headline(const StudyResult& r) {
  if (r.tasks.empty()) return "<h1>No task was evaluated</h1>\n";
  const std::string first = escape(r.tasks.front().models.at(0).model),
                    tested = escape(r.tasks.front().models.at(1).model);
  const auto with_baselines = std::ranges::count_if(r.tasks, has_baselines);
  std::string text;
  if (with_baselines > 0)
    text = fmt::format("“{}” is above its strongest baseline on {} of {} tasks, and ", tested,
                       std::ranges::count_if(r.tasks, beats_baselines), with_baselines);
  else
    text = fmt::format("“{}” is ", tested);
  return fmt::format("<h1>{}better than “{}” on {} of {}</h1>\n", text, first, std::ranges::count_if(r.tasks, is_gain),
                     r.tasks.size());
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
    (tasks::is_baseline(task.models[i].model) ? baselines : further).push_back(task.models[i].model);
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
  return fmt::format("{} “{}” ({}, p\u00A0{}, {})", words, escape(c.second), signed_interval(c.difference),
                     p_relation(c.p_holm), method_of(c.test));
}

/// The strongest baseline first, then the first model, then the other baselines.
std::string finding(const TaskResult& task) {
  const ModelMetrics &before = task.models.at(0), &after = task.models.at(1);
  std::string text =
      fmt::format("<li><strong>{}.</strong> “{}”: {} {:.3f}", escape(title_of(task)), escape(after.model),
                  task.has_classes ? "accuracy" : "ROUGE-1 F1", tested_value(task, after).value);
  const Comparison* strongest = strongest_baseline(task);
  if (strongest)
    text += fmt::format(", {}, the strongest baseline ({:.3f})", baseline_text(*strongest),
                        tested_value(task, *task.find(strongest->second)).value);
  text += fmt::format("; {} “{}” ({:.3f}; difference {}, p\u00A0{}, {}); {} cases of {} patients.",
                      is_better(task) ? "better than" : "no evidence that it is better than", escape(before.model),
                      tested_value(task, before).value, signed_interval(task.difference), p_relation(task.p_holm),
                      method_of(task.test), grouped(task.num_cases), grouped(task.num_patients));
  for (const Comparison& comparison : task.comparisons)
    if (tasks::is_baseline(comparison.second) && comparison.score == task.tested_score &&
        comparison.second != strongest->second)
      text += fmt::format(" It is {}.", baseline_text(comparison));
  if (!task.has_classes)
    text += fmt::format(" Wholly right answers: {:.3f} → {:.3f}.", before.accuracy.value, after.accuracy.value);
  return text + "</li>\n";
}

std::string accuracy_figure(const StudyResult& r) {
  const Axis axis = share_axis();
  std::string rows;
  for (const TaskResult& task : r.tasks) {
    rows += heading_row(escape(title_of(task)), 3);
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
      "<p class=\"lead\">{}. Evidence means a Wilcoxon signed-rank test with p ≤ {} after Holm's correction: one-sided "
      "against the first model, two-sided against all others. What answers no better than always giving the commonest "
      "answer is not called better.",
      escape(study_title(r)), kAlpha);
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
      "the first model, two-sided against all others.</p>\n</div>\n",
      100 * r.tasks.front().confidence);
  return out + accuracy_figure(r);
}

}  // namespace radonc::report
