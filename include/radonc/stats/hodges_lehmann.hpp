// Hodges and Lehmann's estimate of the difference between paired scores, with its confidence interval (1963).
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "radonc/core/export.hpp"

namespace radonc::stats {

/// All in the unit of the scores.
struct RADONC_API HodgesLehmannResult {
  double value = 0;       ///< the median of the Walsh averages (d_i + d_j) / 2, i <= j, of the differences d = x - y
  double low = 0;         ///< lower end of the interval
  double high = 0;        ///< upper end
  double confidence = 0;  ///< as asked for
  double coverage = 0;    ///< reached without ties, at least `confidence` where that can be reached with n pairs
  std::size_t n = 0;      ///< pairs
  std::size_t num_zeros = 0;  ///< pairs with d = 0; they are kept
  bool ties = false;          ///< whether some |d| > 0 are equal
  bool exact = true;          ///< ends from the exact distribution of W+, or from its normal approximation
  std::string assumptions =
      "The pairs are independent of one another and their differences are distributed symmetrically around the "
      "estimated one. With ties or zeros the interval is conservative.";
  std::string reference =
      "Hodges JL, Lehmann EL. Estimates of location based on rank tests. Annals of Mathematical Statistics "
      "1963;34:598-611. Hollander M, Wolfe DA, Chicken E. Nonparametric Statistical Methods, 3rd ed., 2014, section "
      "3.3.";

  /// The result as a sentence: estimate, interval, pairs, zeros, ties and method.
  [[nodiscard]] std::string to_sentence() const;
};

/// The interval runs from the C-th smallest Walsh average to the C-th largest: those shifts that the two-sided
/// signed-rank test does not reject. C is the largest with P(W+ <= C - 1) <= (1 - confidence) / 2, exactly up to 500
/// pairs and by the normal approximation with continuity correction beyond; and at least 1, as in R's wilcox.test.
/// Needs n numbers of memory and 64 passes over them: the n² / 2 averages are never stored.
/// Throws radonc::Error on empty or unequally long input, a value that is not finite, or a confidence outside (0, 1).
RADONC_API HodgesLehmannResult hodges_lehmann(std::span<const double> x, std::span<const double> y,
                                              double confidence = 0.95);

}  // namespace radonc::stats
