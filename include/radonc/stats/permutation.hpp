// The paired permutation test of the mean difference (Fisher 1935).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "radonc/core/export.hpp"
#include "radonc/stats/wilcoxon.hpp"

namespace radonc::stats {

enum class PermutationMethod {
  kAuto,        ///< kExact where that can be computed, else kMonteCarlo
  kExact,       ///< all sign flips
  kMonteCarlo,  ///< as many sign flips as asked for, drawn at random
};

struct RADONC_API PermutationOptions {
  Alternative alternative = Alternative::kTwoSided;
  PermutationMethod method = PermutationMethod::kAuto;
  std::size_t num_resamples = 99'999;  ///< of kMonteCarlo
  std::uint64_t seed = 0;              ///< likewise
};

struct RADONC_API PermutationResult {
  double mean_difference = 0;  ///< mean of x - y, in the unit of the scores
  double p_value = 1;
  std::size_t n = 0;          ///< pairs
  std::size_t num_zeros = 0;  ///< pairs with x = y; a flip leaves them as they are
  bool ties = false;          ///< whether some |x - y| > 0 are equal
  Alternative alternative = Alternative::kTwoSided;
  PermutationMethod method = PermutationMethod::kExact;  ///< the one used, never kAuto
  std::size_t num_resamples = 0;                         ///< of kMonteCarlo, else 0
  std::string assumptions =
      "The pairs are independent of one another. Under the null hypothesis a difference is as likely to have one sign "
      "as the other, whatever its size (the two scores of a pair are exchangeable).";
  std::string reference =
      "Fisher RA. The Design of Experiments, 1935, section 21. Monte Carlo: Phipson B, Smyth GK. Permutation p-values "
      "should never be zero. Statistical Applications in Genetics and Molecular Biology 2010;9:39.";

  /// The result as a sentence: pairs, zeros, ties, method and figures.
  [[nodiscard]] std::string to_sentence() const;
};

/// Tests whether the mean of x - y could come from flipping the signs of the differences at random.
/// kExact works with up to 40 pairs that differ, or with any number where the differences are whole multiples of a
/// common unit (0/1 scores, grids such as 0.05) with a sum of up to some millions of units; it is equal to
/// scipy.stats.permutation_test(permutation_type="samples"). kMonteCarlo gives (b + 1) / (m + 1) for b of m flips at
/// least as extreme, two-sided by absolute value; same seed, same p.
/// Throws radonc::Error on empty or unequally long input, a value that is not finite, no resamples, or kExact where it
/// cannot be computed.
RADONC_API PermutationResult permutation_test(std::span<const double> x, std::span<const double> y,
                                              const PermutationOptions& options = {});

/// "auto", "exact" or "monte-carlo".
RADONC_API std::string to_string(PermutationMethod value);

}  // namespace radonc::stats
