#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>

#include "radonc/report/table_files.hpp"
#include "report/results.hpp"

namespace radonc::report {
namespace {

// What LaTeX reads as a command, and characters that its default fonts lack.
constexpr std::pair<std::string_view, std::string_view> kReplaced[] = {{"\\", "\\textbackslash{}"},
                                                                       {"{", "\\{"},
                                                                       {"}", "\\}"},
                                                                       {"$", "\\$"},
                                                                       {"&", "\\&"},
                                                                       {"#", "\\#"},
                                                                       {"%", "\\%"},
                                                                       {"_", "\\_"},
                                                                       {"^", "\\textasciicircum{}"},
                                                                       {"~", "\\textasciitilde{}"},
                                                                       {"<", "\\textless{}"},
                                                                       {">", "\\textgreater{}"},
                                                                       {"|", "\\textbar{}"},
                                                                       {"\"", "\\textquotedbl{}"},
                                                                       {"\u00A0", "~"},
                                                                       {"→", "$\\rightarrow$"},
                                                                       {"≤", "$\\leq$"},
                                                                       {"≥", "$\\geq$"},
                                                                       {"×", "$\\times$"},
                                                                       {"·", "$\\cdot$"},
                                                                       {"−", "$-$"},
                                                                       {"α", "$\\alpha$"},
                                                                       {"β", "$\\beta$"},
                                                                       {"κ", "$\\kappa$"},
                                                                       {"“", "``"},
                                                                       {"”", "''"},
                                                                       {"–", "--"},
                                                                       {"…", "\\ldots{}"}};

std::string tex(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto* found = std::ranges::find_if(kReplaced, [&](const auto& pair) { return text.starts_with(pair.first); });
    if (found != std::end(kReplaced)) {
      out += found->second;
      text.remove_prefix(found->first.size());
      continue;
    }
    const char c = text.front();
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;  // a line end would end a row's cell
    text.remove_prefix(1);
  }
  return out;
}

std::string math(double value) {
  return fmt::format("${:+.3f}$", value);
}

std::string with_interval(const stats::Estimate& e) {
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", e.value, e.low, e.high);
}

std::string p_tex(double p) {
  if (p < 1e-300) return "$<10^{-300}$";
  if (p >= 0.001) return fmt::format("{:.2g}", p);
  const std::string text = fmt::format("{:.1e}", p);
  const std::size_t e = text.find('e');
  return fmt::format("${}\\times10^{{{}}}$", text.substr(0, e), std::stoi(text.substr(e + 1)));
}

// `caption` and `head` are LaTeX. The table breaks over pages, and its head is repeated.
std::string longtable(const std::string& label, const std::string& caption, const std::string& columns,
                      const std::string& head, const std::string& rows) {
  return fmt::format(
      "\\begin{{longtable}}{{{}}}\n\\caption{{{}}}\\label{{tab:{}}}\\\\\n\\toprule\n{} "
      "\\\\\n\\midrule\n\\endfirsthead\n"
      "\\toprule\n{} \\\\\n\\midrule\n\\endhead\n\\bottomrule\n\\endfoot\n{}\\end{{longtable}}\n\n",
      columns, caption, label, head, head, rows);
}

std::string percent(const std::vector<TaskResult>& tasks) {
  return fmt::format("{:.4g}\\,\\%", 100 * (tasks.empty() ? 0.95 : tasks.front().confidence));
}

std::string main_table(const StudyResult& r) {
  std::string rows;
  for (const TaskResult& task : r.tasks) {
    if (!rows.empty()) rows += "\\addlinespace\n";
    rows += fmt::format(
        "\\multicolumn{{7}}{{l}}{{\\textbf{{{}}}, $n={}$, difference in {} {} [{}, {}], $p$ (Holm) {}}} \\\\\n",
        tex(title_of(task)), task.num_cases, tex(task.tested_score), math(task.difference.value),
        math(task.difference.low), math(task.difference.high), p_tex(task.p_holm));
    for (const ModelMetrics& m : task.models) {
      rows += fmt::format("{} & {} & {}", tex(m.model), with_interval(m.accuracy), with_interval(m.rouge1_f1));
      for (const double value : {m.macro.precision, m.macro.recall, m.macro.f1})
        rows += task.has_classes ? fmt::format(" & {:.3f}", value) : " & --";
      rows += fmt::format(" & {} \\\\\n", m.n - m.num_parsed);
    }
  }
  return longtable(
      "main",
      fmt::format("Every model on the held-out cases, with {} intervals. Precision, recall and F1 are macro "
                  "averages. Differences: second model minus first. $p$ is exact, from all permutations of the signs, "
                  "where fewer than {} cases differ.",
                  percent(r.tasks), stats::kFewPairs),
      "lllrrrr", "Model & Accuracy & ROUGE-1 F1 & Precision & Recall & F1 & Unparsed", rows);
}

std::string classes(const TaskResult& task, std::size_t number) {
  const auto &before = task.models.at(0), &after = task.models.at(1);
  std::vector<std::size_t> order(before.classes.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return before.classes[i].support; });
  std::string rows;
  const auto add = [&](const std::string& name, std::size_t support, const auto& first, const auto& second) {
    rows += fmt::format("{} & {} & {:.3f} & {:.3f} & {:.3f} & {:.3f} & {:.3f} & {:.3f} \\\\\n", name, support,
                        first.precision, first.recall, first.f1, second.precision, second.recall, second.f1);
  };
  for (const std::size_t i : order)
    add(tex(before.classes[i].label), before.classes[i].support, before.classes[i], after.classes.at(i));
  rows += "\\midrule\n";
  add("Macro average", before.n, before.macro, after.macro);
  add("Weighted average", before.n, before.weighted, after.weighted);
  return longtable(fmt::format("classes-{}", number),
                   fmt::format("{}, class by class: {} (left) and {} (right).", tex(title_of(task)), tex(before.model),
                               tex(after.model)),
                   "lrrrrrrr", "Class & Cases & Precision & Recall & F1 & Precision & Recall & F1", rows);
}

std::string subgroups(const TaskResult& task, std::size_t number) {
  std::string rows, variable;
  for (const Subgroup& group : task.subgroups) {
    if (group.variable != variable)
      rows += fmt::format("\\multicolumn{{6}}{{l}}{{\\textbf{{{}}}}} \\\\\n", tex(group.variable));
    variable = group.variable;
    rows += fmt::format("{} & {} & {:.3f} & {:.3f} & {} [{}, {}] & {} \\\\\n", tex(group.value), group.n, group.before,
                        group.after, math(group.difference.value), math(group.difference.low),
                        math(group.difference.high), p_tex(group.p_adjusted));
  }
  return longtable(fmt::format("subgroups-{}", number),
                   fmt::format("{} by subgroup, exploratory: {} of {} and of {}, $p$ adjusted after Benjamini and "
                               "Hochberg.",
                               tex(title_of(task)), tex(task.tested_score), tex(task.models.at(0).model),
                               tex(task.models.at(1).model)),
                   "lrrrlr", "Group & Cases & Before & After & Difference & $p$", rows);
}

}  // namespace

std::string latex_tables(const StudyResult& r) {
  std::string out = "% Needs \\usepackage{booktabs,longtable}.\n\n" + main_table(r);
  for (std::size_t i = 0; i < r.tasks.size(); ++i)
    if (r.tasks[i].has_classes) out += classes(r.tasks[i], i + 1);
  for (std::size_t i = 0; i < r.tasks.size(); ++i)
    if (!r.tasks[i].subgroups.empty()) out += subgroups(r.tasks[i], i + 1);
  return out;
}

}  // namespace radonc::report
