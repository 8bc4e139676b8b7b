// Special functions behind the tests and intervals, accurate to about 1e-15 relative.
#pragma once

#include <cstddef>

namespace radonc::stats {

/// P(X = k) and P(X <= k) of X ~ Binomial(n, 1/2), for k <= n.
double binomial_half_mass(std::size_t k, std::size_t n);
double binomial_half_lower(std::size_t k, std::size_t n);

/// The p-quantile of the Beta(a, b) distribution as its odds x / (1 - x), for a, b > 0 and 0 < p < 1.
long double beta_quantile_odds(long double p, long double a, long double b);

/// The p-quantile of the F distribution, and P(F >= f), with degrees of freedom that need not be whole.
double f_quantile(double p, double df1, double df2);
double f_upper_tail(double f, double df1, double df2);

}  // namespace radonc::stats
