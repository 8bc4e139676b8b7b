#include "radonc/metrics/calibration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "metrics/text_table.hpp"
#include "radonc/core/error.hpp"

namespace radonc::metrics {
namespace {

using Doubles = std::vector<double>;

void check_probability(const char* metric, double value, std::size_t index) {
  if (!(value >= 0 && value <= 1))
    throw Error(
        fmt::format("{}: the probability at index {} is {}, which is not between 0 and 1. "
                    "Pass probabilities, not logits, log-probabilities or per cent.",
                    metric, index, value));
}

void check(const char* metric, const Doubles& probability, std::size_t num_outcomes) {
  if (probability.size() != num_outcomes)
    throw Error(
        fmt::format("{}: {} probabilities but {} outcomes. "
                    "Pass one of each a case.",
                    metric, probability.size(), num_outcomes));
  if (probability.empty()) throw Error(fmt::format("{}: no cases. Pass at least one.", metric));
  for (std::size_t i = 0; i < probability.size(); ++i) check_probability(metric, probability[i], i);
}

// `sum` of `n` things, on average; 0 if there are none.
double mean(double sum, std::size_t n) {
  return n == 0 ? 0 : sum / static_cast<double>(n);
}

}  // namespace

ReliabilityTable reliability_table(const Doubles& confidence, const std::vector<bool>& correct, int num_bins) {
  if (num_bins < 1)
    throw Error(
        fmt::format("reliability_table: the number of bins must be at least 1, got {}. "
                    "Ten are usual.",
                    num_bins));
  check("reliability_table", confidence, correct.size());
  ReliabilityTable table;
  table.n = confidence.size();
  const auto size = static_cast<std::size_t>(num_bins);
  Doubles edges(size + 1);
  for (std::size_t i = 0; i < size; ++i) edges[i] = static_cast<double>(i) * (1.0 / num_bins);
  edges[size] = 1;
  table.bins.resize(size);
  for (std::size_t i = 0; i < confidence.size(); ++i) {
    // Inner edges only, so that 1 falls into the last bin.
    const auto above = std::upper_bound(edges.begin() + 1, edges.end() - 1, confidence[i]);
    ReliabilityBin& bin = table.bins[static_cast<std::size_t>(above - edges.begin() - 1)];
    ++bin.n;
    bin.mean_confidence += confidence[i];
    bin.accuracy += correct[i] ? 1 : 0;
  }
  const auto n = static_cast<double>(table.n);
  for (std::size_t b = 0; b < size; ++b) {
    ReliabilityBin& bin = table.bins[b];
    bin.low = edges[b];
    bin.high = edges[b + 1];
    table.mean_confidence += bin.mean_confidence / n;
    table.accuracy += bin.accuracy / n;
    bin.mean_confidence = mean(bin.mean_confidence, bin.n);
    bin.accuracy = mean(bin.accuracy, bin.n);
    const double gap = std::abs(bin.accuracy - bin.mean_confidence);
    table.expected_calibration_error += gap * static_cast<double>(bin.n) / n;
    table.maximum_calibration_error = std::max(table.maximum_calibration_error, gap);
  }
  return table;
}

double expected_calibration_error(const Doubles& confidence, const std::vector<bool>& correct, int num_bins) {
  return reliability_table(confidence, correct, num_bins).expected_calibration_error;
}

double brier_score(const std::vector<bool>& happened, const Doubles& probability) {
  check("brier_score", probability, happened.size());
  double sum = 0;
  for (std::size_t i = 0; i < probability.size(); ++i) {
    const double difference = probability[i] - (happened[i] ? 1 : 0);
    sum += difference * difference;
  }
  return mean(sum, probability.size());
}

double brier_score_multiclass(const std::vector<std::size_t>& classes, const std::vector<Doubles>& probabilities) {
  constexpr const char* kName = "brier_score_multiclass";
  if (classes.size() != probabilities.size())
    throw Error(fmt::format("{}: {} classes but {} rows of probabilities. Pass one of each a case.", kName,
                            classes.size(), probabilities.size()));
  if (classes.empty()) throw Error(fmt::format("{}: no cases. Pass at least one.", kName));
  const std::size_t num_classes = probabilities[0].size();
  if (num_classes < 2)
    throw Error(
        fmt::format("{}: the first row has {} probabilities. Pass one for each of two or more classes, "
                    "or use brier_score for one event.",
                    kName, num_classes));
  double sum = 0;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const Doubles& row = probabilities[i];
    if (row.size() != num_classes)
      throw Error(
          fmt::format("{}: the row at index {} has {} probabilities, the first one has {}. "
                      "Pass one a class in every row.",
                      kName, i, row.size(), num_classes));
    if (classes[i] >= num_classes)
      throw Error(
          fmt::format("{}: the class at index {} is {}, but there are probabilities for classes 0 to {}. "
                      "Count classes from 0, and give each a column.",
                      kName, i, classes[i], num_classes - 1));
    double total = 0;
    for (std::size_t c = 0; c < num_classes; ++c) {
      check_probability(kName, row[c], i);
      total += row[c];
      const double difference = row[c] - (classes[i] == c ? 1 : 0);
      sum += difference * difference;
    }
    if (std::abs(total - 1) > 1e-5)
      throw Error(
          fmt::format("{}: the probabilities at index {} sum to {}, not to 1. "
                      "Divide each by their sum.",
                      kName, i, total));
  }
  return mean(sum, classes.size()) * (num_classes == 2 ? 0.5 : 1);
}

CoverageCurve coverage_curve(const Doubles& confidence, const std::vector<bool>& correct) {
  check("coverage_curve", confidence, correct.size());
  std::vector<std::size_t> order(confidence.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return confidence[a] > confidence[b]; });
  CoverageCurve curve;
  std::size_t right = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    right += correct[order[i]] ? 1 : 0;
    const double threshold = confidence[order[i]];
    if (i + 1 < order.size() && confidence[order[i + 1]] == threshold) continue;
    const CoveragePoint point = {threshold, mean(static_cast<double>(i + 1), order.size()),
                                 mean(static_cast<double>(right), i + 1), i + 1};
    const CoveragePoint before = curve.points.empty() ? CoveragePoint{1, 0, point.accuracy, 0} : curve.points.back();
    curve.area += (point.coverage - before.coverage) * (point.accuracy + before.accuracy) / 2;
    curve.points.push_back(point);
  }
  return curve;
}

CoveragePoint coverage_at(const Doubles& confidence, const std::vector<bool>& correct, double threshold) {
  check("coverage_at", confidence, correct.size());
  if (std::isnan(threshold)) throw Error("coverage_at: the threshold is NaN. Pass a number between 0 and 1.");
  std::size_t right = 0, answered = 0;
  for (std::size_t i = 0; i < confidence.size(); ++i)
    if (confidence[i] >= threshold) {
      ++answered;
      right += correct[i] ? 1 : 0;
    }
  const double accuracy =
      answered == 0 ? std::numeric_limits<double>::quiet_NaN() : mean(static_cast<double>(right), answered);
  return {threshold, mean(static_cast<double>(answered), confidence.size()), accuracy, answered};
}

std::string ReliabilityTable::to_text() const {
  TextRows rows = {{"confidence", "n", "mean", "accuracy"}};
  for (const ReliabilityBin& bin : bins)
    rows.push_back({fmt::format("{:.4f}-{:.4f}", bin.low, bin.high), fmt::format("{}", bin.n),
                    bin.n == 0 ? "-" : number(bin.mean_confidence), bin.n == 0 ? "-" : number(bin.accuracy)});
  rows.push_back({"all", fmt::format("{}", n), number(mean_confidence), number(accuracy)});
  return text_table(rows) + fmt::format("\nexpected calibration error {}, maximum {}\n",
                                        number(expected_calibration_error), number(maximum_calibration_error));
}

std::string CoverageCurve::to_text() const {
  constexpr std::size_t kLines = 20;
  TextRows rows = {{"threshold", "answered", "coverage", "accuracy"}};
  const std::size_t lines = std::min(points.size(), kLines);
  for (std::size_t line = 1; line <= lines; ++line) {
    const CoveragePoint& point = points[line * points.size() / lines - 1];
    rows.push_back({number(point.threshold), fmt::format("{}", point.num_answered), number(point.coverage),
                    number(point.accuracy)});
  }
  return text_table(rows) + fmt::format("\narea under accuracy over coverage {}\n", number(area));
}

}  // namespace radonc::metrics
