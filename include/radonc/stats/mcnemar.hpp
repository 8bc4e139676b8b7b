// McNemar's test for paired right-or-wrong answers (McNemar 1947), exact and with the mid-p.
#pragma once

#include <cstddef>
#include <string>

#include "radonc/core/export.hpp"
#include "radonc/stats/wilcoxon.hpp"

namespace radonc::stats {

struct RADONC_API McNemarResult {
  std::size_t only_first = 0;   ///< cases that only the first model answered rightly
  std::size_t only_second = 0;  ///< cases that only the second model answered rightly
  Alternative alternative = Alternative::kTwoSided;
  double p_value = 1;  ///< 1 where the models never differ
  bool mid_p = false;  ///< whether p_value counts the observed table with half its probability
  std::string assumptions =
      "The cases are independent of one another. Under the null hypothesis a case on which the models differ is as "
      "likely to favour one as the other; cases that both answer rightly or both wrongly do not matter.";
  std::string reference =
      "McNemar Q. Note on the sampling error of the difference between correlated proportions or percentages. "
      "Psychometrika 1947;12:153-157.";

  /// The result as a sentence: cases that differ, method and figures.
  [[nodiscard]] std::string to_sentence() const;
};

/// Under the null hypothesis only_first ~ Binomial(only_first + only_second, 1/2). kGreater: the first model is right
/// more often. The two-sided p is twice the smaller tail, at most 1.
RADONC_API McNemarResult mcnemar_exact(std::size_t only_first, std::size_t only_second,
                                       Alternative alternative = Alternative::kTwoSided);

/// The same with the mid-p, which counts the observed table with half its probability: less conservative than the exact
/// test, yet seldom above its level (Fagerland, Lydersen and Laake 2013, BMC Medical Research Methodology 13:91).
RADONC_API McNemarResult mcnemar_mid_p(std::size_t only_first, std::size_t only_second,
                                       Alternative alternative = Alternative::kTwoSided);

}  // namespace radonc::stats
