// The standard normal distribution.
#pragma once

#include "radonc/core/export.hpp"

namespace radonc::stats {

/// P(Z <= z), accurate in both tails.
RADONC_API double normal_cdf(double z);

/// The z with P(Z <= z) = p. Throws radonc::Error unless 0 < p < 1.
RADONC_API double normal_quantile(double p);

}  // namespace radonc::stats
