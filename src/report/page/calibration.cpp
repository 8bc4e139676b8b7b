#include <fmt/format.h>

#include "evaluation/coverage.hpp"
#include "report/page/parts.hpp"
#include "report/page/sections.hpp"

namespace radonc::report {
namespace {

constexpr double kShares[] = {0.5, 0.8, 0.9, 1.0};

std::string calibration_table(const StudyResult& r) {
  std::vector<Column> columns = {
      {"Model", "text"}, {"Mean<br><small>probability</small>"}, {"ECE"}, {"Brier<br><small>score</small>"}};
  for (const double share : kShares)
    columns.push_back({fmt::format("Right of the<br><small>likeliest {:.0f}\u00A0%</small>", 100 * share)});
  std::string rows;
  for (const TaskResult& task : r.tasks) {
    std::string own;
    for (const ModelMetrics& model : task.models) {
      if (!model.calibration) continue;
      const Calibration& c = *model.calibration;
      std::vector<std::string> cells = {number(c.reliability.mean_confidence),
                                        number(c.reliability.expected_calibration_error), number(c.brier)};
      for (const double share : kShares) {
        if (c.coverage.points.empty()) {
          cells.push_back(number("–"));
          continue;
        }
        const metrics::CoveragePoint& point = at_coverage(c.coverage, share);
        cells.push_back(fmt::format("<td class=\"num\">{:.3f} <small>n\u00A0=\u00A0{}</small></td>", point.accuracy,
                                    grouped(point.num_answered)));
      }
      own += row(model.model, cells);
    }
    if (!own.empty()) rows += heading_row(escape(title_of(task)), columns.size()) + own;
  }
  return rows.empty() ? ""
                      : table("Calibration, and the accuracy if unsure answers are withheld", columns, rows, "full");
}

std::string figures(const TaskResult& task, const ModelMetrics& model) {
  const std::string whose = fmt::format("{}, “{}”: ", title_of(task), model.model);
  const Calibration& c = *model.calibration;
  std::string out = figure(reliability_figure(model.model, c.reliability), whose + "reliability.");
  if (const std::string curve = coverage_figure(model.model, c.coverage); !curve.empty())
    out += figure(curve, whose + "accuracy by coverage.");
  return out;
}

}  // namespace

std::string calibration_section(const StudyResult& r) {
  std::string out = calibration_table(r);
  if (out.empty()) return {};
  out += paragraph(
      "The probability is the one with which a model gave its answer, among all texts, or among the list where it had "
      "one. ECE: expected calibration error, the mean gap between probability and share of right answers over ten "
      "bins. "
      "Brier score: mean squared gap, 0 at best. Answers of one probability are kept or withheld together, so that n "
      "can "
      "be more than the share asked for. The thresholds are read off the held-out cases themselves; a threshold to "
      "be used has to be chosen on other cases.",
      "soft");
  out += paragraph(
      "Reliability: share of right answers by probability; the numbers count the answers of a bin, and the dashed line "
      "is "
      "what well calibrated probabilities would give. Accuracy by coverage: the share of right answers if only the "
      "most "
      "probable answers are given.",
      "soft");
  for (const TaskResult& task : r.tasks) {
    std::string shown, further;
    for (std::size_t i = 0; i < task.models.size(); ++i)
      if (task.models[i].calibration) (i < 2 ? shown : further) += figures(task, task.models[i]);
    if (shown.empty() && further.empty()) continue;
    out += fmt::format("<h3>{}</h3>\n", escape(title_of(task)));
    if (!shown.empty()) out += fmt::format("<div class=\"charts\">\n{}</div>\n", shown);
    if (!further.empty())
      out += folded(title_of(task) + ": further models", fmt::format("<div class=\"charts\">\n{}</div>\n", further));
  }
  return out;
}

}  // namespace radonc::report
