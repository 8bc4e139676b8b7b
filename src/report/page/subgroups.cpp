#include <fmt/format.h>

#include "report/page/parts.hpp"
#include "report/page/sections.hpp"

namespace radonc::report {
namespace {

std::string forest(const TaskResult& task) {
  std::vector<stats::Estimate> all = {task.difference};
  for (const Subgroup& group : task.subgroups) all.push_back(group.difference);
  const Axis axis = difference_axis(all);
  const auto score = [&](std::size_t model) { return tested_value(task, task.models.at(model)).value; };
  const auto group_row = [&](const std::string& name, std::size_t n, std::size_t patients, double before, double after,
                             const stats::Estimate& difference, const std::string& p, const char* css_class = "") {
    return row(name,
               {plot_cell(axis, difference, "after", task.difference.value), signed_estimate(difference), number(n),
                number(patients), number(fmt::format("{:.3f}\u00A0→\u00A0{:.3f}", before, after)), p},
               css_class);
  };
  std::string rows =
      group_row("All", task.num_cases, task.num_patients, score(0), score(1), task.difference, number(""), "average");
  std::string variable;
  for (const Subgroup& group : task.subgroups) {
    if (group.variable != variable) rows += heading_row(escape(group.variable), 7);
    variable = group.variable;
    rows += group_row(group.value, group.n, group.num_patients, group.before, group.after, group.difference,
                      group.method == stats::WilcoxonMethod::kApprox
                          ? p_cell(group.p_adjusted)
                          : number(p_html(group.p_adjusted) + " <small>exact</small>"));
  }
  return table(fmt::format("{} by subgroup: difference in {}, “{}” minus “{}”", title_of(task), task.tested_score,
                           task.models[1].model, task.models[0].model),
               {{"Group", "text"},
                {"", "plot"},
                {"Difference" + interval_note({task}), "est"},
                {"Cases"},
                {"Patients"},
                {"Before → after"},
                {"p<br><small>adjusted</small>"}},
               rows + axis_row(axis, 1, 5), "full forest");
}

}  // namespace

std::string subgroups_section(const StudyResult& r) {
  std::string out;
  for (const TaskResult& task : r.tasks)
    if (!task.subgroups.empty()) out += forest(task);
  if (out.empty()) return {};
  return paragraph(
             "Exploratory: no subgroup was the question of the study, and a group that stands out needs cases of its "
             "own. Dashed: the difference over all cases. p: one-sided Wilcoxon signed-rank test, adjusted after "
             "Benjamini and Hochberg within the task; “exact” where it is from all permutations of the signs, as few "
             "cases "
             "differ, else from the normal approximation.",
             "warn") +
         out;
}

}  // namespace radonc::report
