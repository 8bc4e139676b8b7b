// Estimates with confidence intervals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"

namespace radonc::stats {

struct RADONC_API Estimate {
  double value = 0;
  double low = 0;   ///< lower end of the interval
  double high = 0;  ///< upper end
  std::size_t n = 0;
  // How the interval was made; empty or 0 where an Estimate was written by hand or read from a file.
  std::string method = {};         ///< such as "Wilson", "Clopper-Pearson", "percentile bootstrap", "BCa bootstrap"
  double confidence = 0;           ///< such as 0.95
  std::size_t num_clusters = 0;    ///< patients, where these and not the cases are independent
  std::size_t num_replicates = 0;  ///< of the bootstraps
  std::string assumptions = {};
  std::string reference = {};

  /// The result as a sentence: value, interval, method and n.
  [[nodiscard]] std::string to_sentence() const;

  /// The same figures; how they were made is not compared.
  bool operator==(const Estimate& other) const {
    return value == other.value && low == other.low && high == other.high && n == other.n;
  }
};

/// A proportion with Wilson's score interval (Wilson 1927), with p = successes / n and z the normal quantile:
///   (p + z²/2n ± z sqrt(p (1 - p)/n + z²/4n²)) / (1 + z²/n)
/// Throws radonc::Error unless 0 <= successes <= n, n > 0 and 0 < confidence < 1.
RADONC_API Estimate wilson_interval(std::size_t successes, std::size_t n, double confidence = 0.95);

/// A proportion with Clopper and Pearson's exact interval (1934), which never covers less than `confidence` and mostly
/// more. With B(p; a, b) the quantiles of the beta distribution and s successes:
///   B((1 - confidence)/2; s, n - s + 1) to B((1 + confidence)/2; s + 1, n - s)
/// Throws radonc::Error unless 0 <= successes <= n, n > 0 and 0 < confidence < 1.
RADONC_API Estimate clopper_pearson_interval(std::size_t successes, std::size_t n, double confidence = 0.95);

/// A proportion of cases of which several may belong to one cluster (patient), with Wilson's interval for the effective
/// number of cases (Korn and Graubard 1998; Dean and Pagano 2015): the number that as many independent cases would need
/// for the variance v which the G clusters show, at most n. With y_c successes among the m_c cases of cluster c:
///   v = G / (G - 1) · Σ_c (y_c - p m_c)² / n²     n_effective = min(n, p (1 - p) / v)
/// Where p is 0 or 1, or there is one cluster, nothing shows v, and n_effective is G, as if the cases of a cluster were
/// one. Equal to wilson_interval where each case is a cluster of its own.
/// Throws radonc::Error on empty or unequally long input or a confidence outside (0, 1).
RADONC_API Estimate clustered_wilson_interval(const std::vector<bool>& successes,
                                              const std::vector<std::string>& clusters, double confidence = 0.95);

/// The mean of `values` with a percentile bootstrap interval (Efron 1979). Whole clusters (patients) are drawn with
/// replacement, since cases of one patient are not independent. Same seed, same interval, on every machine.
///   values [n]   clusters [n]: the cluster each value belongs to
/// Throws radonc::Error on empty or unequally long input, values that are not finite, no replicates, or a confidence
/// outside (0, 1).
RADONC_API Estimate bootstrap_mean_interval(std::span<const double> values, const std::vector<std::string>& clusters,
                                            double confidence = 0.95, std::size_t num_replicates = 2000,
                                            std::uint64_t seed = 0);

/// The mean of `values` with the bias-corrected and accelerated bootstrap interval (Efron 1987), likewise over whole
/// clusters: replicates that equal the mean count half towards the bias, the acceleration is the jackknife's over
/// clusters, as in scipy.stats.bootstrap. Same seed, same interval, whatever the number of threads (0: one for each
/// core). Where all replicates lie on one side of the mean the bias is that of half a replicate on the other.
/// Throws radonc::Error as above, and with fewer than two clusters.
RADONC_API Estimate bca_mean_interval(std::span<const double> values, const std::vector<std::string>& clusters,
                                      double confidence = 0.95, std::size_t num_replicates = 10'000,
                                      std::uint64_t seed = 0, unsigned num_threads = 0);

}  // namespace radonc::stats
