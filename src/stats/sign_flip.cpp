#include "stats/sign_flip.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "stats/special.hpp"

namespace radonc::stats {
namespace {

using Weights = std::vector<std::uint64_t>;

// The tilt at which the mean of W is k, for k below half of the sum: Σ w / (1 + e^(-tilt w)) = k.
double tilt_of(const Weights& weights, double k) {
  const auto mean = [&](double tilt) {
    double sum = 0;
    for (const std::uint64_t weight : weights) {
      const auto w = static_cast<double>(weight);
      sum += w / (1 + std::exp(-tilt * w));
    }
    return sum;
  };
  double low = -1, high = 0;
  while (mean(low) > k && low > -60) low *= 2;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (mean(middle) > k ? high : low) = middle;
  }
  return low;
}

// mass[j] = absent mass[j] + present mass[j - weight] for j in [begin, end), from the top down.
void add(double* mass, std::uint64_t begin, std::uint64_t end, std::uint64_t weight, double absent, double present) {
  const std::uint64_t stop = std::max(begin, weight);
  while (end > stop) {  // pieces no longer than the weight, whose source and target do not overlap
    const std::uint64_t from = end - std::min(weight, end - stop);
    double* __restrict target = mass + from;
    const double* __restrict source = mass + (from - weight);
    const std::uint64_t size = end - from;
    for (std::uint64_t i = 0; i < size; ++i) target[i] = absent * target[i] + present * source[i];
    end = from;
  }
  for (std::uint64_t j = begin; j < end; ++j) mass[j] *= absent;
}

// P(W <= k) for k below half of the sum, weights sorted upwards and of more than one size.
double lower_tail(const Weights& weights, std::uint64_t k) {
  constexpr double kLogTail = 60;  // what the windows leave out is below e^-60
  const double tilt = tilt_of(weights, static_cast<double>(k));
  std::vector<double> mass(k + 1, 0.0);
  mass[0] = 1;
  long double log_scale = -static_cast<long double>(tilt) * static_cast<long double>(k);
  double mean = 0, variance = 0;
  std::uint64_t begin = 0, total = 0;
  for (const std::uint64_t weight : weights) {
    const auto w = static_cast<double>(weight);
    const long double odds = std::exp(static_cast<long double>(tilt) * static_cast<long double>(weight));
    const auto present = static_cast<double>(odds / (1 + odds));
    const auto absent = static_cast<double>(1 / (1 + odds));
    log_scale += std::log1p(odds) - std::log(2.0L);
    mean += w * present;
    variance += w * w * present * absent;
    total += weight;
    const double bound = kLogTail * w / 3;  // Bernstein's inequality, w being the largest weight so far
    const double half = bound + std::sqrt(bound * bound + 2 * kLogTail * variance);
    const std::uint64_t end = std::min({k, total, static_cast<std::uint64_t>(std::ceil(mean + half))}) + 1;
    const auto next = std::max(begin, static_cast<std::uint64_t>(std::max(0.0, std::floor(mean - half))));
    add(mass.data(), std::min(next, end), end, weight, absent, present);
    std::fill(mass.begin() + static_cast<std::ptrdiff_t>(begin),
              mass.begin() + static_cast<std::ptrdiff_t>(std::min(next, end)), 0.0);
    begin = next;
  }
  long double sum = 0;
  for (std::uint64_t j = begin; j <= k; ++j)
    sum += static_cast<long double>(mass[j]) * std::exp(tilt * static_cast<double>(k - j));
  return static_cast<double>(std::exp(log_scale) * sum);
}

}  // namespace

double sign_flip_lower(Weights weights, std::uint64_t k) {
  std::erase(weights, std::uint64_t{0});
  if (weights.empty()) return 1;
  std::uint64_t divisor = 0, sum = 0;
  for (const std::uint64_t weight : weights) divisor = std::gcd(divisor, weight);
  for (std::uint64_t& weight : weights) sum += weight /= divisor;
  k /= divisor;
  if (k >= sum) return 1;
  if (k >= sum - k) return 1 - sign_flip_lower(weights, sum - k - 1);
  std::ranges::sort(weights);
  if (weights.front() == weights.back()) return binomial_half_lower(k, weights.size());
  if (k < weights.front()) return std::ldexp(1.0, -static_cast<int>(std::min<std::size_t>(weights.size(), 5000)));
  return lower_tail(weights, k);
}

}  // namespace radonc::stats
