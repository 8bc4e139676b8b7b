// Corrections for several tests: Holm's and Benjamini and Hochberg's.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"

namespace radonc::stats {

/// Holm's step-down correction (Holm 1979), which bounds the probability of any false rejection. Adjusted p-values in
/// the input's order. With the p sorted upwards, p_(1) <= … <= p_(m):
///   adjusted_(i) = min(1, max over j <= i of (m - j + 1) p_(j))
/// Throws radonc::Error unless every p lies in [0, 1].
RADONC_API std::vector<double> holm(const std::vector<double>& p_values);

/// Benjamini and Hochberg's step-up correction (1995), which bounds the expected share of false rejections among all
/// rejections. Adjusted p-values in the input's order:
///   adjusted_(i) = min(1, min over j >= i of m p_(j) / j)
/// Throws radonc::Error unless every p lies in [0, 1].
RADONC_API std::vector<double> benjamini_hochberg(const std::vector<double>& p_values);

enum class Correction { kHolm, kBenjaminiHochberg };

struct RADONC_API CorrectedTests {
  std::vector<double> p_values;  ///< as given
  std::vector<double> adjusted;  ///< in the same order
  std::vector<bool> rejected;    ///< adjusted <= alpha
  Correction correction = Correction::kHolm;
  double alpha = 0.05;
  std::string assumptions;  ///< of the correction
  std::string reference;    ///< likewise

  /// The result as a sentence: number of tests, correction, and how many are rejected with and without it.
  [[nodiscard]] std::string to_sentence() const;
};

/// Equal to statsmodels' multipletests(p_values, alpha, "holm" or "fdr_bh").
/// Throws radonc::Error unless there is a p, every p lies in [0, 1] and 0 < alpha < 1.
RADONC_API CorrectedTests correct_tests(const std::vector<double>& p_values, Correction correction = Correction::kHolm,
                                        double alpha = 0.05);

}  // namespace radonc::stats
