#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "report/page/parts.hpp"
#include "report/page/sections.hpp"

namespace radonc::report {
namespace {

std::string main_table(const StudyResult& r) {
  const std::string ci = interval_note(r.tasks);
  std::vector<Column> columns = {{"Model", "text"}, {"Accuracy" + ci, "est"}, {"ROUGE-1 F1" + ci, "est"}};
  for (const char* name : {"Precision", "Recall", "F1"})
    columns.push_back({fmt::format("{}<br><small>macro</small>", name)});
  columns.push_back({"Unparsed<br><small>answers</small>"});
  std::string rows;
  for (const TaskResult& task : r.tasks) {
    std::string counts =
        fmt::format("{} held-out cases of {} patients", grouped(task.num_cases), grouped(task.num_patients));
    if (task.num_train > 0) counts += fmt::format(", {} training cases", grouped(task.num_train));
    rows +=
        heading_row(fmt::format("{} <span class=\"soft\">{}</span>", escape(title_of(task)), counts), columns.size());
    for (const ModelMetrics& m : task.models) {
      std::vector<std::string> cells = {estimate(m.accuracy), estimate(m.rouge1_f1)};
      for (const double value : {m.macro.precision, m.macro.recall, m.macro.f1})
        cells.push_back(task.has_classes ? number(value) : number("–"));
      cells.push_back(number(count_of(m.n - m.num_parsed, m.n)));
      rows += row(m.model, cells);
    }
    if (!task.majority_label.empty())
      rows += fmt::format(
          "<tr class=\"note\"><td colspan=\"{}\" class=\"soft\"><span>The majority always answers "
          "“{}”.</span></td></tr>\n",
          columns.size(), escape(task.majority_label));
  }
  return table("Every model on every task", columns, rows, "full");
}

std::string comparison_row(const Axis& axis, const std::string& name, const std::string& score,
                           const stats::Estimate& difference, const stats::WilcoxonResult& test, double p_holm,
                           const std::string& found) {
  const char* mark = found == "better" ? "after" : (found == "worse" ? "before" : "other");
  return row(name,
             {text_cell(score), plot_cell(axis, difference, mark), signed_estimate(difference), p_cell(test.p_value),
              p_cell(p_holm), text_cell(method_of(test)), number(test.rank_biserial), text_cell(found)});
}

std::string comparison_table(const StudyResult& r) {
  std::vector<stats::Estimate> all;
  for (const TaskResult& task : r.tasks) {
    all.push_back(task.difference);
    for (const Comparison& comparison : task.comparisons) all.push_back(comparison.difference);
  }
  const Axis axis = difference_axis(all);
  const std::vector<Column> columns = {{"Against", "text"},
                                       {"Score", "text"},
                                       {"", "plot"},
                                       {"Difference" + interval_note(r.tasks), "est"},
                                       {"p"},
                                       {"p<br><small>Holm</small>"},
                                       {"Method<br><small>of p</small>", "text"},
                                       {"r"},
                                       {"Verdict", "text"}};
  std::string rows;
  for (const TaskResult& task : r.tasks) {
    rows += heading_row(fmt::format("{} <span class=\"soft\">“{}” minus the model of the row</span>",
                                    escape(title_of(task)), escape(task.models.at(1).model)),
                        columns.size());
    rows += comparison_row(axis, task.models[0].model, task.tested_score, task.difference, task.test, task.p_holm,
                           is_better(task) ? "better" : "no evidence");
    for (const Comparison* c : ordered_comparisons(task))
      rows += comparison_row(axis, c->second, c->score, c->difference, c->test, c->p_holm, verdict(*c));
  }
  return table("The tested model against every other", columns, rows + axis_row(axis, 2, 6), "full forest versus");
}

std::string partial_table(const TaskResult& task) {
  std::set<std::string> names;
  for (const ModelMetrics& model : task.models)
    for (const auto& [name, value] : model.partial) names.insert(name);
  if (names.empty()) return {};
  std::vector<Column> columns = {{"Credit", "text"}};
  for (const ModelMetrics& model : task.models) columns.push_back({escape(model.model)});
  std::string rows;
  for (const std::string& name : names) {
    std::vector<std::string> cells;
    for (const ModelMetrics& model : task.models) {
      const auto credit = model.partial.find(name);
      cells.push_back(credit == model.partial.end() ? number("–") : number(credit->second));
    }
    rows += row(partial_title(name), cells);
  }
  return table(title_of(task) + ": partly right, mean credit over all held-out cases", columns, rows, "wide");
}

std::string quantity_table(const TaskResult& task) {
  std::vector<Column> columns = {{"Model", "text"}, {"Answers<br><small>with these</small>"}};
  std::string rows;
  for (const ModelMetrics& model : task.models) {
    if (model.quantities.empty()) continue;
    const bool is_first = rows.empty();
    std::vector<std::string> cells = {number(count_of(model.quantities.front().n, model.n))};
    for (const QuantityDifference& q : model.quantities) {
      cells.push_back(number(fmt::format("{:.2f}", q.mean_absolute)));
      cells.push_back(number(fmt::format("{:.1f}\u00A0%", 100 * q.within_five_percent)));
      if (!is_first) continue;
      columns.push_back({fmt::format("{}<br><small>{}</small>", escape(q.name), escape(q.unit))});
      columns.push_back({fmt::format("{}<br><small>within 5\u00A0%</small>", escape(q.name))});
    }
    rows += row(model.model, cells);
  }
  if (rows.empty()) return {};
  return table(title_of(task) + ": mean absolute difference from the reference", columns, rows, "wide") +
         paragraph("A model that seldom gives such an answer is compared on fewer cases.", "soft");
}

// Better, equal and worse as shares of a bar.
std::string shares_cell(const ScoreDifferences& d) {
  const auto all = static_cast<double>(std::max<std::size_t>(1, d.num_better + d.num_equal + d.num_worse));
  std::string bars;
  double x = 0;
  for (const auto& [kind, count] :
       {std::pair("worse", d.num_worse), {"equal", d.num_equal}, {"better", d.num_better}}) {
    const double width = 100 * static_cast<double>(count) / all;
    bars += fmt::format("<rect class=\"{}\" x=\"{:.2f}\" y=\"4\" width=\"{:.2f}\" height=\"12\"/>", kind, x, width);
    x += width;
  }
  return "<td class=\"plot\"><svg viewBox=\"0 0 100 20\" preserveAspectRatio=\"none\" aria-hidden=\"true\">" + bars +
         "</svg></td>";
}

}  // namespace

std::string results_section(const StudyResult& r) {
  if (r.tasks.empty()) return {};
  std::string out = main_table(r);
  for (const TaskResult& task : r.tasks) {
    out += fmt::format("<p><b>{}.</b> {}</p>\n", escape(title_of(task)), escape(test_sentence(task)));
    std::string warning;
    for (const std::string& caution : cautions(task)) warning += (warning.empty() ? "" : " ") + caution;
    if (!warning.empty()) out += paragraph(warning, "warn");
  }
  out += "<ul class=\"soft\">\n";
  for (const std::string& note : notes(r)) out += fmt::format("<li>{}</li>\n", escape(note));
  return out + "</ul>\n";
}

std::string comparisons_section(const StudyResult& r) {
  if (r.tasks.empty()) return {};
  return comparison_table(r) +
         paragraph(
             "Against the first model one-sided, with Holm's correction over the tasks; against all others two-sided, "
             "with Holm's correction over all of these comparisons. Intervals by bootstrap over patients, not "
             "corrected. p is exact, from all permutations of the signs, where few cases differ. r is the "
             "rank-biserial correlation: 1 if every case that differs favours the tested model. "
             "“No "
             "evidence” is no proof of equality.",
             "soft");
}

std::string partial_section(const StudyResult& r) {
  std::string out;
  for (const TaskResult& task : r.tasks) out += partial_table(task) + quantity_table(task);
  return out;
}

std::string differences_section(const StudyResult& r) {
  std::string rows, figures;
  for (const TaskResult& task : r.tasks)
    for (const ScoreDifferences& d : task.score_differences) {
      const std::size_t n = d.num_better + d.num_equal + d.num_worse;
      rows += row(title_of(task), {text_cell(d.score), shares_cell(d), number(count_of(d.num_worse, n)),
                                   number(count_of(d.num_equal, n)), number(count_of(d.num_better, n))});
      if (const std::string drawing = histogram_figure(d); !drawing.empty())
        figures += figure(
            drawing,
            fmt::format("{}: cases by the difference in {}, “{}” minus “{}”; {} equal cases are left out.",
                        title_of(task), d.score, task.models.at(1).model, task.models[0].model, grouped(d.num_equal)));
    }
  if (rows.empty()) return {};
  return table("Cases in which the tested model scores worse, equal or better than the first",
               {{"Task", "text"}, {"Score", "text"}, {"", "plot"}, {"Worse"}, {"Equal"}, {"Better"}}, rows, "full") +
         figures;
}

}  // namespace radonc::report
