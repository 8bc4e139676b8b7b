#include "radonc/stats/wilcoxon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "radonc/core/error.hpp"
#include "radonc/stats/normal.hpp"
#include "stats/paired.hpp"
#include "stats/sign_flip.hpp"

namespace radonc::stats {
namespace {

constexpr std::size_t kLargestExact = 5000;

struct Ranks {
  std::vector<double> nonzero;  // mean ranks of the pairs that differ
  double plus = 0, minus = 0;   // W+, W-
  double split = 0;             // half the zeros' ranks, for kZSplit
  double count = 0;             // how many were ranked
  double tie_sum = 0;           // Σ t³ - t over the groups of t ties that count
  bool ties = false;            // among the pairs that differ
};

Ranks rank(const std::vector<double>& d, ZeroMethod zero_method) {
  std::vector<double> sorted;
  sorted.reserve(d.size());
  for (const double value : d)
    if (value != 0 || zero_method != ZeroMethod::kWilcox) sorted.push_back(value);
  std::ranges::sort(sorted, {}, [](double value) { return std::abs(value); });
  Ranks ranks;
  ranks.count = static_cast<double>(sorted.size());
  for (std::size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    const double size = std::abs(sorted[begin]);
    while (end < sorted.size() && std::abs(sorted[end]) == size) ++end;
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
      (sorted[i] > 0 ? ranks.plus : ranks.minus) += mean_rank;
    }
  }
  ranks.plus += ranks.split;
  ranks.minus += ranks.split;
  return ranks;
}

// P(W+ <= at_most), P(W+ >= at_least), or twice the smaller, where each weight is in W+ with probability 1/2.
double flip_p(std::vector<std::uint64_t> weights, std::uint64_t at_most, std::uint64_t at_least,
              Alternative alternative) {
  const std::uint64_t sum = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  const std::uint64_t mirrored = sum - at_least;  // the distribution is symmetric: P(W+ >= k) = P(W+ <= sum - k)
  if (alternative == Alternative::kLess) return sign_flip_lower(std::move(weights), at_most);
  if (alternative == Alternative::kGreater) return sign_flip_lower(std::move(weights), mirrored);
  return std::min(1.0, 2 * sign_flip_lower(std::move(weights), std::min(at_most, mirrored)));
}

double exact_p(const Ranks& ranks, Alternative alternative) {
  std::vector<std::uint64_t> weights(static_cast<std::size_t>(ranks.count));
  std::iota(weights.begin(), weights.end(), std::uint64_t{1});
  return flip_p(std::move(weights), static_cast<std::uint64_t>(std::ceil(ranks.plus)),
                static_cast<std::uint64_t>(std::floor(ranks.plus)), alternative);
}

// Mean ranks are multiples of 1/2, so that doubled ones are whole numbers.
double permutation_p(const Ranks& ranks, Alternative alternative) {
  std::vector<std::uint64_t> weights;
  weights.reserve(ranks.nonzero.size());
  for (const double value : ranks.nonzero) weights.push_back(static_cast<std::uint64_t>(2 * value));
  const auto observed = static_cast<std::uint64_t>(std::llround(2 * (ranks.plus - ranks.split)));
  return flip_p(std::move(weights), observed, observed, alternative);
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
  if (asked == WilcoxonMethod::kExactIfFew && result.num_nonzero < kFewPairs) return WilcoxonMethod::kPermutation;
  if (asked != WilcoxonMethod::kAuto && asked != WilcoxonMethod::kExactIfFew) return asked;
  if (result.n > 50) return WilcoxonMethod::kApprox;
  if (!result.ties && result.num_zeros == 0) return WilcoxonMethod::kExact;
  return result.n <= 13 ? WilcoxonMethod::kPermutation : WilcoxonMethod::kApprox;
}

}  // namespace

WilcoxonResult wilcoxon_signed_rank(std::span<const double> x, std::span<const double> y,
                                    const WilcoxonOptions& options) {
  const std::vector<double> d = paired_differences("wilcoxon_signed_rank", x, y);
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
  const bool one_size = !ranks.nonzero.empty() && ranks.nonzero.front() == ranks.nonzero.back();
  const bool enumerates =
      result.method == WilcoxonMethod::kExact || (result.method == WilcoxonMethod::kPermutation && !one_size);
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

std::string WilcoxonResult::to_sentence() const {
  const std::string test =
      fmt::format("Wilcoxon signed-rank test (Wilcoxon 1945), {}",
                  alternative == Alternative::kTwoSided ? "two-sided" : "one-sided (" + to_string(alternative) + ")");
  if (num_nonzero == 0)
    return n == 1 ? fmt::format("{}: the only pair does not differ, so there is nothing to test and p = 1.", test)
                  : fmt::format("{}: none of the {} pairs differs, so there is nothing to test and p = 1.", test, n);
  std::string how;
  if (method == WilcoxonMethod::kExact)
    how = ties || num_zeros > 0 ? "exact for untied ranks, the statistic rounded to the conservative side" : "exact";
  else if (method == WilcoxonMethod::kPermutation)
    how = "exact over all sign flips";
  else
    how = "normal approximation";
  std::string text = fmt::format("{}, {}: {}, {} without a difference ({}), {} ties; {} = {:.6g}", test, how,
                                 counted(n, "pair"), num_zeros, to_string(zero_method), ties ? "with" : "no",
                                 alternative == Alternative::kTwoSided ? "min(W+, W-)" : "W+", statistic);
  if (z) text += fmt::format(", z = {:.3f}", *z);
  text += fmt::format(", {}, rank-biserial r = {:.3f}.", p_phrase(p_value), rank_biserial);
  if (num_nonzero < 10)
    text += fmt::format(
        " With {} that differ{} no exact one-sided p can be below {:.2g}: "
        "p <= 0.001 was out of reach and needs at least 10.",
        counted(num_nonzero, "pair"), num_nonzero == 1 ? "s" : "", smallest_p);
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
    case WilcoxonMethod::kApprox:
      return "approx";
    default:
      return "exact if few";
  }
}

}  // namespace radonc::stats
