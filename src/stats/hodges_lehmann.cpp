#include "radonc/stats/hodges_lehmann.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "radonc/stats/normal.hpp"
#include "stats/paired.hpp"

namespace radonc::stats {
namespace {

constexpr std::size_t kLargestExact = 500;
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

// Whole numbers in the order of the floating-point numbers, so that halving an interval of them ends at one number.
std::uint64_t to_order(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

double from_order(std::uint64_t order) {
  return std::bit_cast<double>((order & kSign) != 0 ? order ^ kSign : ~order);
}

// How many sums halves[i] + halves[j], i <= j, are at most `bound`; halves sorted upwards.
std::uint64_t count_at_most(const std::vector<double>& halves, double bound) {
  std::uint64_t count = 0;
  std::size_t end = halves.size();
  for (std::size_t i = 0; i < end; ++i) {
    while (end > i && halves[i] + halves[end - 1] > bound) --end;
    count += end - i;
  }
  return count;
}

// The k-th smallest such sum, k from 1.
double walsh_average(const std::vector<double>& halves, std::uint64_t k) {
  std::uint64_t low = to_order(2 * halves.front()), high = to_order(2 * halves.back());
  if (low > high) std::swap(low, high);  // only for -0 and 0
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (count_at_most(halves, from_order(middle)) >= k)
      high = middle;
    else
      low = middle + 1;
  }
  return from_order(high) + 0.0;  // no -0
}

struct Rank {
  std::uint64_t c = 1;
  double coverage = 0;
};

// The largest C with P(W+ <= C - 1) <= tail for the ranks 1 … n, but at least 1.
Rank exact_rank(std::size_t n, double tail) {
  std::vector<double> mass(n * (n + 1) / 4 + 1, 0.0);
  mass[0] = 1;
  std::size_t top = 0;
  for (std::size_t rank = 1; rank <= n; ++rank) {
    top = std::min(top + rank, mass.size() - 1);
    for (std::size_t k = top + 1; k-- > 0;) mass[k] = 0.5 * (mass[k] + (k >= rank ? mass[k - rank] : 0.0));
  }
  double cumulative = mass[0];
  std::size_t c = 1;
  while (c < mass.size() && cumulative + mass[c] <= tail) cumulative += mass[c++];
  return {c, 1 - 2 * cumulative};
}

Rank approximate_rank(std::size_t n, double tail) {
  const auto size = static_cast<double>(n);
  const double mean = size * (size + 1) / 4, deviation = std::sqrt(size * (size + 1) * (2 * size + 1) / 24);
  const double c = std::max(1.0, std::floor(mean + normal_quantile(tail) * deviation + 0.5));
  return {static_cast<std::uint64_t>(c), 1 - 2 * normal_cdf((c - 0.5 - mean) / deviation)};
}

}  // namespace

HodgesLehmannResult hodges_lehmann(std::span<const double> x, std::span<const double> y, double confidence) {
  require_confidence("hodges_lehmann", confidence);
  std::vector<double> halves = paired_differences("hodges_lehmann", x, y);
  HodgesLehmannResult result;
  result.n = halves.size();
  result.confidence = confidence;
  result.num_zeros = static_cast<std::size_t>(std::ranges::count(halves, 0.0));
  std::ranges::sort(halves, {}, [](double d) { return std::abs(d); });
  for (std::size_t i = 1; i < halves.size(); ++i)
    result.ties = result.ties || (halves[i] != 0 && std::abs(halves[i]) == std::abs(halves[i - 1]));
  std::ranges::sort(halves);
  for (double& d : halves) d /= 2;

  const std::uint64_t size = halves.size(), num_averages = size * (size + 1) / 2;
  const double upper = walsh_average(halves, num_averages / 2 + 1);
  result.value = num_averages % 2 == 1 ? upper : std::midpoint(walsh_average(halves, num_averages / 2), upper);
  result.exact = result.n <= kLargestExact;
  const double tail = (1 - confidence) / 2;
  const Rank rank = result.exact ? exact_rank(result.n, tail) : approximate_rank(result.n, tail);
  result.low = walsh_average(halves, rank.c);
  result.high = walsh_average(halves, num_averages + 1 - rank.c);
  result.coverage = rank.coverage;
  return result;
}

std::string HodgesLehmannResult::to_sentence() const {
  std::string text = fmt::format(
      "Hodges-Lehmann median difference (Hodges and Lehmann 1963) {:.6g}, {:.4g} % interval {:.6g} to {:.6g}, {}: {}, "
      "{} without a difference (kept), {} ties.",
      value, 100 * confidence, low, high,
      exact ? "exact distribution of the signed ranks" : "normal approximation of the signed ranks", counted(n, "pair"),
      num_zeros, ties ? "with" : "no");
  if (coverage < confidence && exact)
    text += fmt::format(" With so few pairs the widest interval covers only {:.4g} %.", 100 * coverage);
  return text;
}

}  // namespace radonc::stats
