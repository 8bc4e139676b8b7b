#include "stats/special.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace radonc::stats {
namespace {

using Real = long double;

// log Γ(z + 1) less Stirling's formula.
Real stirling_error(Real z) {
  if (z < 16) return std::lgamma(z + 1) - (z + 0.5L) * std::log(z) + z - 0.5L * std::log(2 * std::numbers::pi_v<Real>);
  const Real s = 1 / (z * z);
  return (1 / 12.0L -
          s * (1 / 360.0L - s * (1 / 1260.0L - s * (1 / 1680.0L - s * (1 / 1188.0L - s * 691 / 360360.0L))))) /
         z;
}

// x log(x / mean) + mean - x, without cancellation where they are close (Loader 2000).
Real deviance(Real x, Real mean) {
  if (std::abs(x - mean) >= 0.1L * (x + mean)) return x * std::log(x / mean) + mean - x;
  const Real v = (x - mean) / (x + mean);
  Real sum = (x - mean) * v, term = 2 * x * v;
  for (int j = 1; j < 1000; ++j) {
    term *= v * v;
    const Real next = sum + term / (2 * j + 1);
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

// x^a y^b / B(a, b), with y = 1 - x.
Real beta_weight(Real a, Real b, Real x, Real y) {
  const Real n = a + b;
  const Real log_part =
      stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y);
  return std::sqrt(a * b / (2 * std::numbers::pi_v<Real> * n)) * std::exp(log_part);
}

// The continued fraction of the incomplete beta function by Lentz's method; converges fast for x < (a + 1)/(a + b + 2).
Real beta_fraction(Real a, Real b, Real x) {
  constexpr Real kTiny = 1e-4000L;
  const auto away_from_zero = [](Real value) { return std::abs(value) < kTiny ? kTiny : value; };
  Real c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), result = d;
  for (int m = 1; m < 1000000; ++m) {
    const Real even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    result *= d * c;
    const Real odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    result *= d * c;
    if (std::abs(d * c - 1) < 4 * std::numeric_limits<Real>::epsilon()) break;
  }
  return result;
}

// The regularised incomplete beta function I_x(a, b), with y = 1 - x.
Real beta_cdf(Real a, Real b, Real x, Real y) {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - beta_weight(a, b, x, y) * beta_fraction(b, a, y) / b;
  return beta_weight(a, b, x, y) * beta_fraction(a, b, x) / a;
}

Real log_binomial_half_mass(std::size_t k, std::size_t n) {
  if (k == 0 || k == n) return -static_cast<Real>(n) * std::numbers::ln2_v<Real>;
  const auto size = static_cast<Real>(n), a = static_cast<Real>(k), b = size - a;
  return stirling_error(size) - stirling_error(a) - stirling_error(b) - deviance(a, size / 2) - deviance(b, size / 2) +
         0.5L * std::log(size / (2 * std::numbers::pi_v<Real> * a * b));
}

}  // namespace

double binomial_half_mass(std::size_t k, std::size_t n) {
  return static_cast<double>(std::exp(log_binomial_half_mass(k, n)));
}

double binomial_half_lower(std::size_t k, std::size_t n) {
  if (k >= n) return 1;
  if (k > n / 2) return 1 - binomial_half_lower(n - k - 1, n);
  Real sum = 1, ratio = 1;  // from the largest term down
  for (std::size_t i = k; i > 0 && ratio > 1e-22L * sum; --i) {
    ratio *= static_cast<Real>(i) / static_cast<Real>(n - i + 1);
    sum += ratio;
  }
  return std::min(1.0, static_cast<double>(std::exp(log_binomial_half_mass(k, n) + std::log(sum))));
}

long double beta_quantile_odds(long double p, long double a, long double b) {
  if (p > 0.5L) return 1 / beta_quantile_odds(1 - p, b, a);
  // Newton's method on log I as a function of the log-odds u, where it is increasing and concave.
  Real low = -11000, high = 11000, u = std::log(a / b);
  for (int i = 0; i < 300; ++i) {
    const Real x = 1 / (1 + std::exp(-u)), y = 1 / (1 + std::exp(u));
    const Real cdf = beta_cdf(a, b, x, y);
    (cdf < p ? low : high) = u;
    Real next = cdf > 0 ? u - (std::log(cdf / p)) * cdf / beta_weight(a, b, x, y) : low;
    if (!(next > low && next < high)) next = (low + high) / 2;
    const bool done = std::abs(next - u) <= 4 * std::numeric_limits<Real>::epsilon() * std::max<Real>(1, std::abs(u));
    u = next;
    if (done) break;
  }
  return std::exp(u);
}

double f_quantile(double p, double df1, double df2) {
  return static_cast<double>(beta_quantile_odds(p, df1 / 2.0L, df2 / 2.0L) * df2 / df1);
}

double f_upper_tail(double f, double df1, double df2) {
  if (!(f > 0)) return 1;
  if (std::isinf(f)) return 0;
  const Real scaled = static_cast<Real>(f) * df1, all = scaled + df2;
  return static_cast<double>(beta_cdf(df2 / 2.0L, df1 / 2.0L, df2 / all, scaled / all));
}

}  // namespace radonc::stats
