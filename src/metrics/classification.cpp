#include "radonc/metrics/classification.hpp"

#include <fmt/format.h>

#include <map>
#include <ranges>
#include <set>

#include "metrics/check_cases.hpp"
#include "metrics/text_table.hpp"
#include "radonc/core/error.hpp"

namespace radonc::metrics {
namespace {

using Strings = std::vector<std::string>;

Strings label_set(const Strings& reference, const Strings& prediction, const ClassificationOptions& options) {
  check_cases("classification", reference, prediction.size());
  if (options.zero_division != 0 && options.zero_division != 1)
    throw Error(fmt::format("classification: zero_division must be 0 or 1, got {}.", options.zero_division));
  if (options.labels.empty()) {
    const std::set<std::string> unique(reference.begin(), reference.end());
    return {unique.begin(), unique.end()};
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < options.labels.size(); ++i) {
    if (options.labels[i].empty())
      throw Error(
          fmt::format("classification: the label at index {} is empty; \"\" stands for an unparsed answer. "
                      "Remove it from `labels`.",
                      i));
    if (!seen.insert(options.labels[i]).second)
      throw Error(
          fmt::format("classification: the label at index {} occurs twice. "
                      "Pass each label once.",
                      i));
  }
  return options.labels;
}

struct Counts {
  double true_positive = 0;
  double predicted = 0;
  double support = 0;
};

AverageMetrics metrics_of(const Counts& counts, double zero_division) {
  const auto divide = [&](double a, double b) { return b == 0 ? zero_division : a / b; };
  return {divide(counts.true_positive, counts.predicted), divide(counts.true_positive, counts.support),
          divide(2 * counts.true_positive, counts.predicted + counts.support)};
}

}  // namespace

std::vector<std::string> ClassificationReport::labels() const {
  Strings result;
  for (const ClassMetrics& entry : classes) result.push_back(entry.label);
  return result;
}

ClassificationReport classification_report(const Strings& reference, const Strings& prediction,
                                           const ClassificationOptions& options) {
  const Strings labels = label_set(reference, prediction, options);
  std::map<std::string, Counts> counts;
  for (const std::string& label : labels) counts[label];
  ClassificationReport report;
  report.n = reference.size();
  std::size_t correct = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const bool right = reference[i] == prediction[i];
    correct += right;
    report.num_unparsed += prediction[i].empty();
    if (const auto found = counts.find(reference[i]); found != counts.end()) {
      ++found->second.support;
      found->second.true_positive += right;
    }
    if (const auto found = counts.find(prediction[i]); found != counts.end()) ++found->second.predicted;
  }
  report.accuracy = static_cast<double>(correct) / static_cast<double>(report.n);
  report.balanced_accuracy = balanced_accuracy(reference, prediction);
  report.kappa = unweighted_kappa(reference, prediction);
  report.matthews = matthews_correlation(reference, prediction);

  Counts total;
  for (const Counts& entry : std::views::values(counts)) {
    total.true_positive += entry.true_positive;
    total.predicted += entry.predicted;
    total.support += entry.support;
  }
  report.micro = metrics_of(total, options.zero_division);
  for (const std::string& label : labels) {
    const Counts& entry = counts[label];
    const AverageMetrics metrics = metrics_of(entry, options.zero_division);
    report.classes.push_back(
        {label, metrics.precision, metrics.recall, metrics.f1, static_cast<std::size_t>(entry.support)});
    const double equal = 1 / static_cast<double>(labels.size());
    const double share = total.support == 0 ? equal : entry.support / total.support;
    report.macro.precision += metrics.precision * equal;
    report.macro.recall += metrics.recall * equal;
    report.macro.f1 += metrics.f1 * equal;
    report.weighted.precision += metrics.precision * share;
    report.weighted.recall += metrics.recall * share;
    report.weighted.f1 += metrics.f1 * share;
  }
  return report;
}

ConfusionMatrix confusion_matrix(const Strings& reference, const Strings& prediction,
                                 const ClassificationOptions& options) {
  const Strings labels = label_set(reference, prediction, options);
  std::map<std::string, std::size_t> index;
  for (const std::string& label : labels) index.emplace(label, index.size());
  const std::size_t other = labels.size();
  ConfusionMatrix matrix;
  matrix.rows = matrix.columns = labels;
  matrix.columns.insert(matrix.columns.end(), {kOther, kUnparsed});
  matrix.counts.assign(labels.size() + 1, std::vector<std::size_t>(labels.size() + 2, 0));
  const auto place = [&](const std::string& label) {
    const auto found = index.find(label);
    return found == index.end() ? other : found->second;
  };
  bool outside = false;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const std::size_t row = place(reference[i]);
    outside = outside || row == other;
    ++matrix.counts[row][prediction[i].empty() ? other + 1 : place(prediction[i])];
  }
  if (outside)
    matrix.rows.push_back(kOther);
  else
    matrix.counts.pop_back();
  return matrix;
}

std::string ClassificationReport::to_text() const {
  TextRows rows = {{"", "precision", "recall", "f1", "support"}};
  const auto add = [&](const std::string& name, const auto& metrics, std::size_t support) {
    rows.push_back(
        {name, number(metrics.precision), number(metrics.recall), number(metrics.f1), fmt::format("{}", support)});
  };
  std::size_t support = 0;
  for (const ClassMetrics& entry : classes) {
    add(entry.label, entry, entry.support);
    support += entry.support;
  }
  rows.emplace_back();
  add("micro average", micro, support);
  add("macro average", macro, support);
  add("weighted average", weighted, support);
  rows.emplace_back();
  rows.push_back({"accuracy", number(accuracy)});
  rows.push_back({"balanced accuracy", number(balanced_accuracy)});
  rows.push_back({"Cohen's kappa", number(kappa)});
  rows.push_back({"Matthews correlation", number(matthews)});
  rows.push_back({"answers", fmt::format("{}", n)});
  rows.push_back({"unparsed answers", fmt::format("{}", num_unparsed)});
  return text_table(rows);
}

std::string ConfusionMatrix::to_text() const {
  TextRows table = {{"reference \\ prediction"}};
  table[0].insert(table[0].end(), columns.begin(), columns.end());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    table.push_back({rows[r]});
    for (const std::size_t count : counts[r]) table.back().push_back(fmt::format("{}", count));
  }
  return text_table(table);
}

std::string majority_class(const Strings& labels) {
  if (labels.empty()) throw Error("majority_class: no labels. The majority baseline needs a training set.");
  std::map<std::string, std::size_t> counts;
  for (const std::string& label : labels) ++counts[label];
  auto best = counts.begin();
  for (auto entry = counts.begin(); entry != counts.end(); ++entry)
    if (entry->second > best->second) best = entry;
  return best->first;
}

}  // namespace radonc::metrics
