#include "radonc/stats/normal.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "radonc/core/error.hpp"

namespace radonc::stats {

double normal_cdf(double z) {
  return 0.5 * std::erfc(-z / std::numbers::sqrt2);
}

double normal_quantile(double p) {
  if (!(p > 0 && p < 1)) throw Error(fmt::format("normal_quantile: p must lie between 0 and 1, got {}.", p));
  if (p == 0.5) return 0;
  // In the lower tail, where the distribution function keeps its relative precision.
  const double tail = std::min(p, 1 - p);
  // Abramowitz and Stegun 26.2.23, error below 4.5e-4, then Halley's iteration to the last bit.
  const double t = std::sqrt(-2 * std::log(tail));
  double z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (int i = 0; i < 4; ++i) {
    const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
    const double step = (normal_cdf(z) - tail) / density;
    z -= step / (1 + z * step / 2);
  }
  return p < 0.5 ? z : -z;
}

}  // namespace radonc::stats
