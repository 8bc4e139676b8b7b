#include <fmt/format.h>

#include <optional>
#include <type_traits>

#include "radonc/core/file.hpp"
#include "radonc/report/table_files.hpp"
#include "report/results.hpp"

namespace radonc::report {
namespace {

std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

std::string field(const char* text) {
  return field(std::string(text));
}

template <class Number>
requires std::is_arithmetic_v<Number> std::string field(Number value) {
  return fmt::format("{}", value);  // the shortest text that reads back as the same number
}

template <class T>
std::string field(const std::optional<T>& value) {
  return value ? field(*value) : "";
}

template <class... Fields>
std::string line(const Fields&... fields) {
  std::string text;
  ((text += field(fields) + ","), ...);
  text.back() = '\r';
  return text + "\n";
}

std::string main_table(const StudyResult& r) {
  std::string text =
      line("task", "allowed", "model", "n", "patients", "training_cases", "parsed", "accuracy", "accuracy_low",
           "accuracy_high", "rouge1_f1", "rouge1_f1_low", "rouge1_f1_high", "rouge1_precision", "rouge1_recall",
           "macro_precision", "macro_recall", "macro_f1", "weighted_precision", "weighted_recall", "weighted_f1",
           "balanced_accuracy", "kappa", "matthews", "brier", "ece");
  for (const TaskResult& task : r.tasks)
    for (const ModelMetrics& m : task.models) {
      const auto if_classes = [&](double value) { return task.has_classes ? std::optional(value) : std::nullopt; };
      std::optional<double> brier, ece;
      if (m.calibration) {
        brier = m.calibration->brier;
        ece = m.calibration->reliability.expected_calibration_error;
      }
      text +=
          line(task.task, tasks::to_string(task.allowed), m.model, m.n, task.num_patients, task.num_train, m.num_parsed,
               m.accuracy.value, m.accuracy.low, m.accuracy.high, m.rouge1_f1.value, m.rouge1_f1.low, m.rouge1_f1.high,
               m.rouge1_precision, m.rouge1_recall, if_classes(m.macro.precision), if_classes(m.macro.recall),
               if_classes(m.macro.f1), if_classes(m.weighted.precision), if_classes(m.weighted.recall),
               if_classes(m.weighted.f1), if_classes(m.balanced_accuracy), m.kappa, if_classes(m.matthews), brier, ece);
    }
  return text;
}

std::string partial(const StudyResult& r) {
  std::string text = line("task", "allowed", "model", "credit", "mean");
  for (const TaskResult& task : r.tasks)
    for (const ModelMetrics& m : task.models)
      for (const auto& [name, value] : m.partial)
        text += line(task.task, tasks::to_string(task.allowed), m.model, name, value);
  return text;
}

std::string quantities(const StudyResult& r) {
  std::string text = line("task", "allowed", "model", "quantity", "unit", "n", "mean_absolute", "within_five_percent");
  for (const TaskResult& task : r.tasks)
    for (const ModelMetrics& m : task.models)
      for (const QuantityDifference& q : m.quantities)
        text += line(task.task, tasks::to_string(task.allowed), m.model, q.name, q.unit, q.n, q.mean_absolute,
                     q.within_five_percent);
  return text;
}

std::string comparisons(const StudyResult& r) {
  std::string text = line("task", "allowed", "first", "second", "score", "difference", "low", "high", "alternative",
                          "method", "p", "p_holm", "rank_biserial", "n", "differing");
  for (const TaskResult& task : r.tasks) {
    const auto add = [&](const std::string& first, const std::string& second, const std::string& score,
                         const stats::Estimate& d, const stats::WilcoxonResult& test, double p_holm) {
      text += line(task.task, tasks::to_string(task.allowed), first, second, score, d.value, d.low, d.high,
                   stats::to_string(test.alternative), stats::to_string(test.method), test.p_value, p_holm,
                   test.rank_biserial, test.n, test.num_nonzero);
    };
    add(task.models.at(1).model, task.models[0].model, task.tested_score, task.difference, task.test, task.p_holm);
    for (const Comparison& c : task.comparisons) add(c.first, c.second, c.score, c.difference, c.test, c.p_holm);
  }
  return text;
}

// -1 and 1 are the histogram's ends; an entry without a histogram has one line with the counts alone.
std::string differences(const StudyResult& r) {
  std::string text = line("task", "allowed", "score", "better", "equal", "worse", "bin_low", "bin_high", "cases");
  for (const TaskResult& task : r.tasks)
    for (const ScoreDifferences& d : task.score_differences) {
      const auto counts = [&](auto... bin) {
        text +=
            line(task.task, tasks::to_string(task.allowed), d.score, d.num_better, d.num_equal, d.num_worse, bin...);
      };
      if (d.histogram.empty()) counts("", "", "");
      const auto half = static_cast<double>(d.histogram.size()) / 2;
      for (std::size_t i = 0; i < d.histogram.size(); ++i)
        counts((static_cast<double>(i) - half) / half, (static_cast<double>(i + 1) - half) / half, d.histogram[i]);
    }
  return text;
}

std::string classes(const StudyResult& r) {
  std::string text = line("task", "allowed", "model", "class", "support", "precision", "recall", "f1");
  for (const TaskResult& task : r.tasks)
    for (const ModelMetrics& m : task.models)
      for (const metrics::ClassMetrics& c : m.classes)
        text +=
            line(task.task, tasks::to_string(task.allowed), m.model, c.label, c.support, c.precision, c.recall, c.f1);
  return text;
}

std::string subgroups(const StudyResult& r) {
  std::string text = line("task", "allowed", "score", "variable", "value", "n", "patients", "before", "after",
                          "difference", "low", "high", "method", "p", "p_adjusted");
  for (const TaskResult& task : r.tasks)
    for (const Subgroup& s : task.subgroups)
      text += line(task.task, tasks::to_string(task.allowed), task.tested_score, s.variable, s.value, s.n,
                   s.num_patients, s.before, s.after, s.difference.value, s.difference.low, s.difference.high,
                   stats::to_string(s.method), s.p_value, s.p_adjusted);
  return text;
}

std::string calibration(const StudyResult& r) {
  std::string text = line("task", "allowed", "model", "bin_low", "bin_high", "n", "mean_probability", "accuracy");
  for (const TaskResult& task : r.tasks)
    for (const ModelMetrics& m : task.models)
      if (m.calibration)
        for (const metrics::ReliabilityBin& bin : m.calibration->reliability.bins)
          text += line(task.task, tasks::to_string(task.allowed), m.model, bin.low, bin.high, bin.n,
                       bin.n > 0 ? std::optional(bin.mean_confidence) : std::nullopt,
                       bin.n > 0 ? std::optional(bin.accuracy) : std::nullopt);
  return text;
}

std::string coverage(const StudyResult& r) {
  std::string text = line("task", "allowed", "model", "threshold", "coverage", "answered", "accuracy");
  for (const TaskResult& task : r.tasks)
    for (const ModelMetrics& m : task.models)
      if (m.calibration)
        for (const metrics::CoveragePoint& point : m.calibration->coverage.points)
          text += line(task.task, tasks::to_string(task.allowed), m.model, point.threshold, point.coverage,
                       point.num_answered, point.accuracy);
  return text;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> csv_tables(const StudyResult& r) {
  return {{"main.csv", main_table(r)},         {"partial.csv", partial(r)},         {"quantities.csv", quantities(r)},
          {"comparisons.csv", comparisons(r)}, {"differences.csv", differences(r)}, {"classes.csv", classes(r)},
          {"subgroups.csv", subgroups(r)},     {"calibration.csv", calibration(r)}, {"coverage.csv", coverage(r)}};
}

void write_tables(const StudyResult& r, const std::filesystem::path& folder) {
  core::require_writable_folder(folder);
  for (const auto& [name, text] : csv_tables(r)) core::write_file_atomically(folder / name, text);
  core::write_file_atomically(folder / "tables.tex", latex_tables(r));
}

}  // namespace radonc::report
