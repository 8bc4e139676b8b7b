#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <ranges>

#include "metrics/check_cases.hpp"
#include "radonc/metrics/classification.hpp"

namespace radonc::metrics {
namespace {

using Strings = std::vector<std::string>;

struct Counts {
  double references = 0;
  double predictions = 0;
  double right = 0;
};

// By label, of either side; "" among the predictions is a label too.
std::map<std::string, Counts> count(const char* metric, const Strings& reference, const Strings& prediction) {
  check_cases(metric, reference, prediction.size());
  std::map<std::string, Counts> counts;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    Counts& entry = counts[reference[i]];
    ++entry.references;
    ++counts[prediction[i]].predictions;
    entry.right += reference[i] == prediction[i] ? 1 : 0;
  }
  return counts;
}

}  // namespace

double balanced_accuracy(const Strings& reference, const Strings& prediction) {
  double sum = 0, classes = 0;
  for (const Counts& entry : std::views::values(count("balanced_accuracy", reference, prediction)))
    if (entry.references > 0) {
      sum += entry.right / entry.references;
      ++classes;
    }
  return sum / classes;
}

double unweighted_kappa(const Strings& reference, const Strings& prediction) {
  double right = 0, by_chance = 0;
  for (const Counts& entry : std::views::values(count("unweighted_kappa", reference, prediction))) {
    right += entry.right;
    by_chance += entry.references * entry.predictions;
  }
  const auto n = static_cast<double>(reference.size());
  const double disagreement_by_chance = n * n - by_chance;
  if (disagreement_by_chance == 0) return std::numeric_limits<double>::quiet_NaN();
  return 1 - (n - right) * n / disagreement_by_chance;
}

double matthews_correlation(const Strings& reference, const Strings& prediction) {
  double right = 0, both = 0, references = 0, predictions = 0;
  for (const Counts& entry : std::views::values(count("matthews_correlation", reference, prediction))) {
    right += entry.right;
    both += entry.references * entry.predictions;
    references += entry.references * entry.references;
    predictions += entry.predictions * entry.predictions;
  }
  const auto n = static_cast<double>(reference.size());
  const double variances = (n * n - references) * (n * n - predictions);
  return variances == 0 ? 0 : (right * n - both) / std::sqrt(variances);
}

double top_k_accuracy(const Strings& reference, const std::vector<Strings>& ranked, int k) {
  if (k < 1)
    throw Error(
        fmt::format("top_k_accuracy: k is the number of answers that count and must be at least 1, got {}. "
                    "Use k = 1 for the accuracy of the first answers.",
                    k));
  check_cases("top_k_accuracy", reference, ranked.size());
  std::size_t right = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const auto counted = ranked[i] | std::views::take(k);
    right += std::ranges::find(counted, reference[i]) != counted.end() ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(reference.size());
}

}  // namespace radonc::metrics
