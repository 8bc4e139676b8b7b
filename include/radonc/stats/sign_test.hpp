// The sign test for paired scores (Dixon and Mood 1946).
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "radonc/core/export.hpp"
#include "radonc/stats/wilcoxon.hpp"

namespace radonc::stats {

struct RADONC_API SignTestResult {
  std::size_t n = 0;             ///< pairs
  std::size_t num_positive = 0;  ///< pairs with x > y
  std::size_t num_negative = 0;  ///< pairs with x < y
  std::size_t num_zeros = 0;     ///< pairs with x = y, left out
  Alternative alternative = Alternative::kTwoSided;
  double p_value = 1;  ///< exact; 1 where no pair differs
  std::string assumptions =
      "The pairs are independent of one another. Under the null hypothesis x > y and x < y are equally likely; the "
      "sizes of the differences do not matter.";
  std::string reference =
      "Dixon WJ, Mood AM. The statistical sign test. Journal of the American Statistical Association 1946;41:557-566.";

  /// The result as a sentence: pairs, zeros, method and figures.
  [[nodiscard]] std::string to_sentence() const;
};

/// num_positive ~ Binomial(num_positive + num_negative, 1/2) under the null hypothesis. Equal to
/// scipy.stats.binomtest(num_positive, num_positive + num_negative, 0.5, alternative).
/// Throws radonc::Error on empty or unequally long input or a value that is not finite.
RADONC_API SignTestResult sign_test(std::span<const double> x, std::span<const double> y,
                                    Alternative alternative = Alternative::kTwoSided);

}  // namespace radonc::stats
