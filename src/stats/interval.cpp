#include "radonc/stats/interval.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "radonc/core/error.hpp"
#include "radonc/stats/normal.hpp"
#include "stats/clusters.hpp"
#include "stats/paired.hpp"
#include "stats/special.hpp"

namespace radonc::stats {
namespace {

Estimate proportion(const char* function, std::size_t successes, std::size_t n, double confidence) {
  require_confidence(function, confidence);
  if (n == 0) throw Error(fmt::format("{}: n is 0. A proportion needs at least one case.", function));
  if (successes > n)
    throw Error(
        fmt::format("{}: {} successes of {} cases. Pass the number of successes first.", function, successes, n));
  Estimate result;
  result.value = static_cast<double>(successes) / static_cast<double>(n);
  result.n = n;
  result.confidence = confidence;
  result.assumptions = "The cases are independent of one another and equally likely to be successes.";
  return result;
}

// Wilson's ends for result.value among so many cases.
void set_wilson_ends(Estimate& result, double cases) {
  const double p = result.value;
  const double z = normal_quantile(0.5 + result.confidence / 2);
  const double divisor = 2 * (cases + z * z);
  const double centre = (2 * cases * p + z * z) / divisor;
  const double half = z * std::sqrt(z * z + 4 * cases * p * (1 - p)) / divisor;
  result.low = p == 0 ? 0 : centre - half;
  result.high = p == 1 ? 1 : centre + half;
}

}  // namespace

Estimate wilson_interval(std::size_t successes, std::size_t n, double confidence) {
  Estimate result = proportion("wilson_interval", successes, n, confidence);
  set_wilson_ends(result, static_cast<double>(n));
  result.method = "Wilson";
  result.reference =
      "Wilson EB. Probable inference, the law of succession, and statistical inference. Journal of the American "
      "Statistical Association 1927;22:209-212.";
  return result;
}

Estimate clustered_wilson_interval(const std::vector<bool>& successes, const std::vector<std::string>& clusters,
                                   double confidence) {
  constexpr const char* kName = "clustered_wilson_interval";
  require_confidence(kName, confidence);
  const std::vector<double> values(successes.begin(), successes.end());
  const std::vector<Cluster> groups = clusters_of(kName, values, clusters);
  const std::size_t n = values.size();
  Estimate result = proportion(kName, static_cast<std::size_t>(std::ranges::count(successes, true)), n, confidence);
  const double p = result.value;
  const auto cases = static_cast<double>(n), num_groups = static_cast<double>(groups.size());
  double effective = num_groups;
  if (groups.size() > 1 && groups.size() < n && p > 0 && p < 1) {
    double squares = 0;
    for (const Cluster& group : groups) squares += std::pow(group.sum - p * static_cast<double>(group.size), 2);
    const double variance = num_groups / (num_groups - 1) * squares / (cases * cases);
    effective = std::min(cases, p * (1 - p) / variance);
  }
  set_wilson_ends(result, effective);
  result.method = "Wilson over clusters";
  result.num_clusters = groups.size();
  result.assumptions =
      "The patients are independent of one another and drawn from the population of interest; cases of one patient may "
      "depend on one another. With few patients (below about 20) the interval tends to be too narrow.";
  result.reference =
      "Korn EL, Graubard BI. Confidence intervals for proportions with small expected number of positive counts "
      "estimated from survey data. Survey Methodology 1998;24:193-201. Dean N, Pagano M. Evaluating confidence "
      "interval "
      "methods for binomial proportions in clustered surveys. Journal of Survey Statistics and Methodology "
      "2015;3:484-503.";
  return result;
}

Estimate clopper_pearson_interval(std::size_t successes, std::size_t n, double confidence) {
  Estimate result = proportion("clopper_pearson_interval", successes, n, confidence);
  const long double tail = (1 - static_cast<long double>(confidence)) / 2;
  const auto hits = static_cast<long double>(successes), misses = static_cast<long double>(n - successes);
  // Both ends from lower tails, that of the upper one for the share of misses.
  if (successes > 0) {
    const long double odds = beta_quantile_odds(tail, hits, misses + 1);
    result.low = static_cast<double>(odds / (1 + odds));
  }
  result.high = successes == n ? 1 : static_cast<double>(1 / (1 + beta_quantile_odds(tail, misses, hits + 1)));
  result.method = "Clopper-Pearson";
  result.reference =
      "Clopper CJ, Pearson ES. The use of confidence or fiducial limits illustrated in the case of the binomial. "
      "Biometrika 1934;26:404-413.";
  return result;
}

std::string Estimate::to_sentence() const {
  std::string text = fmt::format("{:.4g} ({:.4g} to {:.4g}", value, low, high);
  if (confidence > 0) text += fmt::format(", {:.4g} % interval", 100 * confidence);
  if (!method.empty()) text += ", " + method;
  if (num_replicates > 0) text += fmt::format(" with {}", counted(num_replicates, "replicate"));
  text += fmt::format("), n = {}", n);
  if (num_clusters > 0) text += " of " + counted(num_clusters, "patient");
  return text + ".";
}

}  // namespace radonc::stats
