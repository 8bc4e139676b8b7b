#include "radonc/stats/multiple_testing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "radonc/core/error.hpp"
#include "stats/paired.hpp"

namespace radonc::stats {
namespace {

// Positions of the p-values from the smallest to the largest.
std::vector<std::size_t> sorted_positions(const char* function, const std::vector<double>& p_values) {
  for (std::size_t i = 0; i < p_values.size(); ++i)
    if (!(p_values[i] >= 0 && p_values[i] <= 1))
      throw Error(fmt::format("{}: a p-value lies in [0, 1], got {} at index {}.", function, p_values[i], i));
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  return order;
}

}  // namespace

std::vector<double> holm(const std::vector<double>& p_values) {
  const std::vector<std::size_t> order = sorted_positions("holm", p_values);
  const std::size_t m = p_values.size();
  std::vector<double> adjusted(m);
  double largest = 0;
  for (std::size_t i = 0; i < m; ++i) {
    largest = std::max(largest, static_cast<double>(m - i) * p_values[order[i]]);
    adjusted[order[i]] = std::min(1.0, largest);
  }
  return adjusted;
}

std::vector<double> benjamini_hochberg(const std::vector<double>& p_values) {
  const std::vector<std::size_t> order = sorted_positions("benjamini_hochberg", p_values);
  const auto m = static_cast<double>(p_values.size());
  std::vector<double> adjusted(p_values.size());
  double smallest = 1;
  for (std::size_t i = p_values.size(); i > 0; --i) {
    smallest = std::min(smallest, p_values[order[i - 1]] * m / static_cast<double>(i));
    adjusted[order[i - 1]] = smallest;
  }
  return adjusted;
}

CorrectedTests correct_tests(const std::vector<double>& p_values, Correction correction, double alpha) {
  if (p_values.empty()) throw Error("correct_tests: no p-values. Pass one for each test.");
  if (!(alpha > 0 && alpha < 1))
    throw Error(fmt::format("correct_tests: alpha must lie between 0 and 1, such as 0.05, got {}.", alpha));
  CorrectedTests result;
  result.p_values = p_values;
  result.correction = correction;
  result.alpha = alpha;
  if (correction == Correction::kHolm) {
    result.adjusted = holm(p_values);
    result.assumptions = "None beyond those of the single tests: they may depend on one another in any way.";
    result.reference =
        "Holm S. A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics "
        "1979;6:65-70.";
  } else {
    result.adjusted = benjamini_hochberg(p_values);
    result.assumptions = "The tests are independent of one another or positively dependent.";
    result.reference =
        "Benjamini Y, Hochberg Y. Controlling the false discovery rate: a practical and powerful approach to multiple "
        "testing. Journal of the Royal Statistical Society B 1995;57:289-300.";
  }
  for (const double p : result.adjusted) result.rejected.push_back(p <= alpha);
  return result;
}

std::string CorrectedTests::to_sentence() const {
  const auto before = std::ranges::count_if(p_values, [&](double p) { return p <= alpha; });
  return fmt::format(
      "{} over {}: {} rejected at {:.4g}, against {} without a correction.",
      correction == Correction::kHolm ? "Holm's correction (Holm 1979)" : "Benjamini and Hochberg's correction (1995)",
      counted(p_values.size(), "test"), std::ranges::count(rejected, true), alpha, before);
}

}  // namespace radonc::stats
