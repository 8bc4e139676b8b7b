// Wilcoxon's signed-rank test for paired scores (Wilcoxon 1945), equal to SciPy's.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "radonc/core/export.hpp"

namespace radonc::stats {

/// What to do with pairs without a difference.
enum class ZeroMethod {
  kWilcox,  ///< leave them out (Wilcoxon 1945)
  kPratt,   ///< rank them, then leave their ranks out (Pratt 1959; z adjusted as in Cureton 1967)
  kZSplit,  ///< rank them, and give half of their ranks to each side
};

enum class Alternative {
  kTwoSided,
  kGreater,  ///< x tends to be greater than y
  kLess,     ///< x tends to be less than y
};

enum class WilcoxonMethod {
  /// SciPy's choice: kApprox for more than 50 pairs; else kExact without ties and zeros; else kPermutation up to 13
  /// pairs and kApprox beyond.
  kAuto,
  /// Distribution of the ranks 1 … n. With ties or zeros the statistic is rounded to the conservative side, as SciPy
  /// does.
  kExact,
  /// All 2^n sign flips of the very ranks observed, by dynamic programming: exact with ties and zeros too, and the
  /// method to ask for where exactness matters.
  kPermutation,
  /// Normal approximation with tie correction.
  kApprox,
  /// kPermutation where fewer than kFewPairs pairs differ, else kAuto: where few pairs differ the approximation can be
  /// off by a factor of two and more (7 of 106 pairs, all of one sign: 0.0082 for 0.0156). What a study's results use.
  kExactIfFew,
};

inline constexpr std::size_t kFewPairs = 25;

struct RADONC_API WilcoxonOptions {
  ZeroMethod zero_method = ZeroMethod::kWilcox;
  Alternative alternative = Alternative::kTwoSided;
  bool correction = false;  ///< continuity correction of 0.5 in the normal approximation
  WilcoxonMethod method = WilcoxonMethod::kAuto;
};

struct RADONC_API WilcoxonResult {
  double statistic = 0;  ///< W+ if one-sided, min(W+, W-) if two-sided
  double p_value = 1;
  std::optional<double> z;                         ///< of the normal approximation, where that was used
  double w_plus = 0;                               ///< sum of the ranks of |d| where d = x - y > 0
  double w_minus = 0;                              ///< likewise where d < 0
  std::size_t n = 0;                               ///< pairs
  std::size_t num_zeros = 0;                       ///< pairs with d = 0
  std::size_t num_nonzero = 0;                     ///< the others
  bool ties = false;                               ///< whether some |d| > 0 are equal
  WilcoxonMethod method = WilcoxonMethod::kExact;  ///< the one used, never kAuto or kExactIfFew
  ZeroMethod zero_method = ZeroMethod::kWilcox;
  Alternative alternative = Alternative::kTwoSided;
  double smallest_p = 1;     ///< 2^-num_nonzero: no exact one-sided p can be smaller
  double rank_biserial = 0;  ///< effect size (W+ - W-) / (W+ + W-), in [-1, 1] (Kerby 2014); 0 without differences
  std::string reference =
      "Wilcoxon F. Individual comparisons by ranking methods. Biometrics Bulletin 1945;1:80-83. Pratt JW. Remarks on "
      "zeros and ties in the Wilcoxon signed rank procedures. Journal of the American Statistical Association "
      "1959;54:655-667. Effect size: Kerby DS. The simple difference formula. Comprehensive Psychology "
      "2014;3:11.IT.3.1.";

  std::string assumptions =
      "The pairs are independent of one another. Under the null hypothesis a difference is as likely to have one sign "
      "as the other, whatever its size (symmetric around 0).";

  /// The result as a sentence: pairs, zeros, ties, method, figures, and a warning where the test could not have reached
  /// p <= 0.001.
  [[nodiscard]] std::string to_sentence() const;

  bool operator==(const WilcoxonResult&) const = default;
};

/// Tests whether the differences d = x - y are symmetric around 0. Equal to scipy.stats.wilcoxon(x, y, …) of
/// SciPy 1.17; without any difference the result is p = 1. A million pairs with kApprox take about a tenth of a second,
/// 5,000 with kExact or kPermutation a few seconds. Throws radonc::Error on empty or unequally long input, a value that
/// is not finite, more than 5,000 pairs with kExact, or with kPermutation unless all differences have one size.
RADONC_API WilcoxonResult wilcoxon_signed_rank(std::span<const double> x, std::span<const double> y,
                                               const WilcoxonOptions& options = {});

/// "wilcox", "pratt" or "zsplit"; "two-sided", "greater" or "less"; "auto", "exact", "permutation", "approx" or "exact
/// if few".
RADONC_API std::string to_string(ZeroMethod value);
RADONC_API std::string to_string(Alternative value);
RADONC_API std::string to_string(WilcoxonMethod value);

}  // namespace radonc::stats
