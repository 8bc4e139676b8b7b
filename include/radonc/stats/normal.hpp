// The standard normal distribution.
#pragma once

namespace radonc::stats {

/// P(Z <= z), accurate in both tails.
double normal_cdf(double z);

/// The z with P(Z <= z) = p. Throws radonc::Error unless 0 < p < 1.
double normal_quantile(double p);

}  // namespace radonc::stats
