#include "radonc/stats/wilcoxon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "radonc/core/error.hpp"
#include "radonc/stats/normal.hpp"

namespace radonc::stats {
namespace {

constexpr std::size_t kLargestExact = 2000;

std::vector<double> differences(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size())
    throw Error(fmt::format("wilcoxon_signed_rank: x has {} values and y has {}. Pass paired values, one pair a case.",
                            x.size(), y.size()));
  if (x.empty())
    throw Error("wilcoxon_signed_rank: no pairs. The test needs at least one case scored for both models.");
  std::vector<double> d(x.size());
  for (std::size_t i = 0; i < d.size(); ++i) {
    d[i] = x[i] - y[i];
    if (!std::isfinite(d[i]))
      throw Error(
          fmt::format("wilcoxon_signed_rank: expected finite values, got x = {}, y = {} at index {}. "
                      "Mend or leave out that pair.",
                      x[i], y[i], i));
  }
  return d;
}

struct Ranks {
  std::vector<double> nonzero;  // mean ranks of the pairs that differ
  double plus = 0, minus = 0;   // W+, W-
  double split = 0;             // half the zeros' ranks, for kZSplit
  double count = 0;             // how many were ranked
  double tie_sum = 0;           // Σ t³ - t over the groups of t ties that count
  bool ties = false;            // among the pairs that differ
};

Ranks rank(const std::vector<double>& d, ZeroMethod zero_method) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < d.size(); ++i)
    if (d[i] != 0 || zero_method != ZeroMethod::kWilcox) order.push_back(i);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return std::abs(d[a]) < std::abs(d[b]); });
  Ranks ranks;
  ranks.count = static_cast<double>(order.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    const double size = std::abs(d[order[begin]]);
    while (end < order.size() && std::abs(d[order[end]]) == size) ++end;
    const auto t = static_cast<double>(end - begin);
    const double mean_rank = static_cast<double>(begin + 1 + end) / 2;
    if (size == 0) {
      if (zero_method == ZeroMethod::kZSplit) {
        ranks.split = t * mean_rank / 2;
        ranks.tie_sum += t * t * t - t;
      }
      continue;
    }
    ranks.ties = ranks.ties || t > 1;
    ranks.tie_sum += t * t * t - t;
    for (std::size_t i = begin; i < end; ++i) {
      ranks.nonzero.push_back(mean_rank);
      (d[order[i]] > 0 ? ranks.plus : ranks.minus) += mean_rank;
    }
  }
  ranks.plus += ranks.split;
  ranks.minus += ranks.split;
  return ranks;
}

// P(W+ = k) for k = 0 … Σ weights, where each weight is in W+ with probability 1/2.
std::vector<double> distribution(const std::vector<std::size_t>& weights) {
  std::vector<double> mass(std::accumulate(weights.begin(), weights.end(), std::size_t{0}) + 1, 0.0);
  mass[0] = 1;
  std::size_t top = 0;
  for (const std::size_t weight : weights) {
    top += weight;
    for (std::size_t k = top + 1; k-- > 0;) mass[k] = 0.5 * (mass[k] + (k >= weight ? mass[k - weight] : 0.0));
  }
  return mass;
}

// One-sided tails at `lower` (P(W <= lower)) and `upper` (P(W >= upper)), combined as the alternative asks.
double tail_p(const std::vector<double>& mass, std::size_t lower, std::size_t upper, Alternative alternative) {
  const auto at = [&](std::size_t k) { return mass.begin() + static_cast<std::ptrdiff_t>(std::min(k, mass.size())); };
  const double less = std::accumulate(mass.begin(), at(lower + 1), 0.0);
  const double greater = std::accumulate(mass.rbegin(), std::make_reverse_iterator(at(upper)), 0.0);
  if (alternative == Alternative::kLess) return std::min(less, 1.0);
  if (alternative == Alternative::kGreater) return std::min(greater, 1.0);
  return std::min(1.0, 2 * std::min(less, greater));
}

double exact_p(const Ranks& ranks, Alternative alternative) {
  std::vector<std::size_t> weights(static_cast<std::size_t>(ranks.count));
  std::iota(weights.begin(), weights.end(), std::size_t{1});
  return tail_p(distribution(weights), static_cast<std::size_t>(std::ceil(ranks.plus)),
                static_cast<std::size_t>(std::floor(ranks.plus)), alternative);
}

// Mean ranks are multiples of 1/2, so that doubled ones are whole numbers.
double permutation_p(const Ranks& ranks, Alternative alternative) {
  std::vector<std::size_t> weights;
  for (const double value : ranks.nonzero) weights.push_back(static_cast<std::size_t>(2 * value));
  const auto observed = static_cast<std::size_t>(std::llround(2 * (ranks.plus - ranks.split)));
  return tail_p(distribution(weights), observed, observed, alternative);
}

double z_of(const Ranks& ranks, std::size_t num_zeros, const WilcoxonOptions& options) {
  const double n = ranks.count;
  double mean = n * (n + 1) / 4;
  double variance = n * (n + 1) * (2 * n + 1);  // times 24
  if (options.zero_method == ZeroMethod::kPratt) {
    const auto zeros = static_cast<double>(num_zeros);
    mean -= zeros * (zeros + 1) / 4;
    variance -= zeros * (zeros + 1) * (2 * zeros + 1);
  }
  const double deviation = std::sqrt((variance - ranks.tie_sum / 2) / 24);
  double z = (ranks.plus - mean) / deviation;
  if (options.correction) {
    double sign = options.alternative == Alternative::kGreater ? 1 : -1;
    if (options.alternative == Alternative::kTwoSided) sign = z > 0 ? 1 : (z < 0 ? -1 : 0);
    z -= sign * 0.5 / deviation;
  }
  return z;
}

WilcoxonMethod choose(const WilcoxonResult& result, WilcoxonMethod asked) {
  if (asked != WilcoxonMethod::kAuto) return asked;
  if (result.n > 50) return WilcoxonMethod::kApprox;
  if (!result.ties && result.num_zeros == 0) return WilcoxonMethod::kExact;
  return result.n <= 13 ? WilcoxonMethod::kPermutation : WilcoxonMethod::kApprox;
}

}  // namespace

WilcoxonResult wilcoxon_signed_rank(std::span<const double> x, std::span<const double> y,
                                    const WilcoxonOptions& options) {
  const std::vector<double> d = differences(x, y);
  const Ranks ranks = rank(d, options.zero_method);
  WilcoxonResult result;
  result.n = d.size();
  result.num_nonzero = ranks.nonzero.size();
  result.num_zeros = result.n - result.num_nonzero;
  result.ties = ranks.ties;
  result.w_plus = ranks.plus;
  result.w_minus = ranks.minus;
  result.zero_method = options.zero_method;
  result.alternative = options.alternative;
  result.smallest_p = std::ldexp(1.0, -static_cast<int>(std::min<std::size_t>(result.num_nonzero, 1100)));
  result.statistic = options.alternative == Alternative::kTwoSided ? std::min(ranks.plus, ranks.minus) : ranks.plus;
  result.method = choose(result, options.method);
  const bool enumerates = result.method != WilcoxonMethod::kApprox;
  if (enumerates && result.n > kLargestExact)
    throw Error(
        fmt::format("wilcoxon_signed_rank: the exact distribution of {} pairs is too large (at most {}). "
                    "Use method approx, which is accurate at this size.",
                    result.n, kLargestExact));
  if (result.num_nonzero == 0) return result;  // p = 1: nothing differs
  result.rank_biserial = (ranks.plus - ranks.minus) / (ranks.plus + ranks.minus);
  if (result.method == WilcoxonMethod::kExact) {
    result.p_value = exact_p(ranks, options.alternative);
  } else if (result.method == WilcoxonMethod::kPermutation) {
    result.p_value = permutation_p(ranks, options.alternative);
  } else {
    const double z = z_of(ranks, result.num_zeros, options);
    switch (options.alternative) {
      case Alternative::kTwoSided:
        result.p_value = 2 * normal_cdf(-std::abs(z));
        result.z = -std::abs(z);
        break;
      case Alternative::kGreater:
        result.p_value = normal_cdf(-z);
        result.z = z;
        break;
      case Alternative::kLess:
        result.p_value = normal_cdf(z);
        result.z = z;
    }
  }
  return result;
}

std::string WilcoxonResult::summary() const {
  const std::string test =
      fmt::format("Wilcoxon signed-rank test (Wilcoxon 1945), {}",
                  alternative == Alternative::kTwoSided ? "two-sided" : "one-sided (" + to_string(alternative) + ")");
  if (num_nonzero == 0)
    return fmt::format("{}: none of the {} pairs differs, so there is nothing to test and p = 1.", test, n);
  std::string how;
  if (method == WilcoxonMethod::kExact)
    how = "exact";
  else if (method == WilcoxonMethod::kPermutation)
    how = "exact over all sign flips";
  else
    how = "normal approximation";
  std::string text = fmt::format("{}, {}: {} pairs, {} without a difference; {} = {:.6g}", test, how, n, num_zeros,
                                 alternative == Alternative::kTwoSided ? "min(W+, W-)" : "W+", statistic);
  if (z) text += fmt::format(", z = {:.3f}", *z);
  text += fmt::format(", p = {:.2g}, rank-biserial r = {:.3f}.", p_value, rank_biserial);
  if (num_nonzero < 10)
    text += fmt::format(
        " With {} pairs that differ no exact one-sided p can be below {:.2g}: "
        "p <= 0.001 was out of reach and needs at least 10.",
        num_nonzero, smallest_p);
  return text;
}

std::string to_string(ZeroMethod value) {
  switch (value) {
    case ZeroMethod::kWilcox:
      return "wilcox";
    case ZeroMethod::kPratt:
      return "pratt";
    default:
      return "zsplit";
  }
}

std::string to_string(Alternative value) {
  switch (value) {
    case Alternative::kTwoSided:
      return "two-sided";
    case Alternative::kGreater:
      return "greater";
    default:
      return "less";
  }
}

std::string to_string(WilcoxonMethod value) {
  switch (value) {
    case WilcoxonMethod::kAuto:
      return "auto";
    case WilcoxonMethod::kExact:
      return "exact";
    case WilcoxonMethod::kPermutation:
      return "permutation";
    default:
      return "approx";
  }
}

}  // namespace radonc::stats
