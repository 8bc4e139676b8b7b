// Estimates with confidence intervals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace radonc::stats {

struct Estimate {
  double value = 0;
  double low = 0;   ///< lower end of the interval
  double high = 0;  ///< upper end
  std::size_t n = 0;

  bool operator==(const Estimate&) const = default;
};

/// A proportion with Wilson's score interval (Wilson 1927), with p = successes / n and z the normal quantile:
///   (p + z²/2n ± z sqrt(p (1 - p)/n + z²/4n²)) / (1 + z²/n)
/// Throws radonc::Error unless 0 <= successes <= n, n > 0 and 0 < confidence < 1.
Estimate wilson_interval(std::size_t successes, std::size_t n, double confidence = 0.95);

/// The mean of `values` with a percentile bootstrap interval (Efron 1979). Whole clusters (patients) are drawn with
/// replacement, since cases of one patient are not independent. Same seed, same interval, on every machine.
///   values [n]   clusters [n]: the cluster each value belongs to
/// Throws radonc::Error on empty or unequally long input, values that are not finite, no replicates, or a confidence
/// outside (0, 1).
Estimate bootstrap_mean_interval(std::span<const double> values, const std::vector<std::string>& clusters,
                                 double confidence = 0.95, std::size_t num_replicates = 2000, std::uint64_t seed = 0);

}  // namespace radonc::stats
