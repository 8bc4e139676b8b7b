// McNemar's exact test for paired right-or-wrong answers (McNemar 1947).
#pragma once

#include <cstddef>

#include "radonc/stats/wilcoxon.hpp"

namespace radonc::stats {

struct McNemarResult {
  std::size_t only_first = 0;   ///< cases that only the first model answered rightly
  std::size_t only_second = 0;  ///< cases that only the second model answered rightly
  Alternative alternative = Alternative::kTwoSided;
  double p_value = 1;  ///< 1 where the models never differ
};

/// Under the null hypothesis only_first ~ Binomial(only_first + only_second, 1/2). kGreater: the first model is right
/// more often. The two-sided p is twice the smaller tail, at most 1.
McNemarResult mcnemar_exact(std::size_t only_first, std::size_t only_second,
                            Alternative alternative = Alternative::kTwoSided);

}  // namespace radonc::stats
