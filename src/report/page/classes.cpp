#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "report/page/parts.hpp"
#include "report/page/sections.hpp"

namespace radonc::report {
namespace {

constexpr std::size_t kLargestMatrix = 12;  // classes; beyond, the commonest errors are listed
constexpr std::size_t kListedErrors = 20;

std::string averages(const StudyResult& r) {
  std::vector<Column> columns = {{"Model", "text"}};
  for (const char* name : {"Precision", "Recall", "F1"})
    columns.push_back({fmt::format("{}<br><small>macro</small>", name)});
  for (const char* name : {"Precision", "Recall", "F1"})
    columns.push_back({fmt::format("{}<br><small>weighted</small>", name)});
  for (const char* name : {"Balanced<br>accuracy", "Cohen’s<br>κ", "MCC"}) columns.push_back({name});
  std::string rows;
  for (const TaskResult& task : r.tasks) {
    if (!task.has_classes) continue;
    rows += heading_row(fmt::format("{} <span class=\"soft\">{} classes among the held-out references</span>",
                                    escape(title_of(task)), task.labels.size()),
                        columns.size());
    for (const ModelMetrics& m : task.models)
      rows += row(m.model, {number(m.macro.precision), number(m.macro.recall), number(m.macro.f1),
                            number(m.weighted.precision), number(m.weighted.recall), number(m.weighted.f1),
                            number(m.balanced_accuracy), m.kappa ? number(*m.kappa) : number("–"), number(m.matthews)});
  }
  return rows.empty() ? "" : table("Averages over classes, and agreement beyond chance", columns, rows, "full");
}

/// Precision, recall and F1 of models[first … last), class by class, the most frequent first.
std::string classes(const TaskResult& task, std::size_t first, std::size_t last) {
  const auto& entries = task.models[first].classes;
  std::vector<Column> columns = {{"Class", "text"}, {"Cases"}};
  std::string names;
  for (std::size_t i = first; i < last; ++i) {
    const std::string name = escape(task.models[i].model);
    names += (names.empty() ? "" : " and ") + task.models[i].model;
    for (const char* title : {"Precision", "Recall", "F1"})
      columns.push_back({fmt::format("{}<br><small>{}</small>", title, name)});
  }
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return entries[i].support; });
  std::string rows;
  for (const std::size_t entry : order) {
    std::vector<std::string> cells = {number(entries[entry].support)};
    for (std::size_t i = first; i < last; ++i) {
      const metrics::ClassMetrics& c = task.models[i].classes.at(entry);
      for (const double value : {c.precision, c.recall, c.f1}) cells.push_back(number(value));
    }
    rows += row(entries[entry].label, cells);
  }
  for (const auto& [name, average] :
       {std::pair("macro average", &ModelMetrics::macro), {"weighted average", &ModelMetrics::weighted}}) {
    std::vector<std::string> cells = {number(task.models[first].n)};
    for (std::size_t i = first; i < last; ++i) {
      const metrics::AverageMetrics& a = task.models[i].*average;
      for (const double value : {a.precision, a.recall, a.f1}) cells.push_back(number(value));
    }
    rows += row(name, cells, "average");
  }
  return table(fmt::format("{}, class by class: {}", title_of(task), names), columns, rows);
}

// Shades grow with the share of the row, and stay light enough for dark text.
std::string matrix(const TaskResult& task, const ModelMetrics& m) {
  std::vector<Column> columns = {{"Reference", "text"}};
  for (const std::string& column : m.confusion.columns) columns.push_back({escape(column)});
  std::string rows;
  for (std::size_t i = 0; i < m.confusion.rows.size(); ++i) {
    const auto& counts = m.confusion.counts.at(i);
    const auto sum = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
    std::vector<std::string> cells;
    for (std::size_t j = 0; j < counts.size(); ++j) {
      const double share = sum == 0 ? 0 : 0.35 * static_cast<double>(counts[j]) / static_cast<double>(sum);
      cells.push_back(fmt::format("<td class=\"num{}\" style=\"background:rgba(11,90,138,{:.2f})\">{}</td>",
                                  i == j ? " right" : "", share, grouped(counts[j])));
    }
    rows += row(m.confusion.rows[i], cells);
  }
  return table(fmt::format("{}, “{}”: references (rows) against answers (columns)", title_of(task), m.model), columns,
               rows, "matrix");
}

std::string commonest_errors(const TaskResult& task, const ModelMetrics& m) {
  std::vector<std::tuple<std::size_t, std::string, std::string>> errors;
  for (std::size_t i = 0; i < m.confusion.rows.size(); ++i)
    for (std::size_t j = 0; j < m.confusion.counts.at(i).size(); ++j)
      if (i != j && m.confusion.counts[i][j] > 0)
        errors.emplace_back(m.confusion.counts[i][j], m.confusion.rows[i], m.confusion.columns.at(j));
  std::ranges::stable_sort(errors, [](const auto& a, const auto& b) { return std::get<0>(a) > std::get<0>(b); });
  const std::size_t shown = std::min(errors.size(), kListedErrors);
  std::string rows;
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& [count, reference, answer] = errors[i];
    rows += row(reference, {text_cell(answer), number(count)});
  }
  return table(fmt::format("{}, “{}”: commonest errors, {} of {} kinds", title_of(task), m.model, shown, errors.size()),
               {{"Reference", "text"}, {"Answer", "text"}, {"Cases"}}, rows);
}

std::string errors_of(const TaskResult& task, const ModelMetrics& model) {
  return task.labels.size() <= kLargestMatrix ? matrix(task, model) : commonest_errors(task, model);
}

}  // namespace

std::string classes_section(const StudyResult& r) {
  std::string out = averages(r);
  for (const TaskResult& task : r.tasks) {
    if (!task.has_classes) continue;
    std::string body = classes(task, 0, 2);
    for (std::size_t i = 0; i < 2; ++i) body += errors_of(task, task.models[i]);
    for (std::size_t i = 2; i < task.models.size(); ++i)
      body += folded(fmt::format("{}: {}", title_of(task), task.models[i].model),
                     classes(task, i, i + 1) + errors_of(task, task.models[i]));
    out += folded(fmt::format("{}: {} classes", title_of(task), task.labels.size()), body,
                  task.labels.size() <= kLargestMatrix);
  }
  return out;
}

}  // namespace radonc::report
