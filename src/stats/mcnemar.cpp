#include "radonc/stats/mcnemar.hpp"

#include <algorithm>
#include <cmath>

namespace radonc::stats {
namespace {

// P(X <= k) of Binomial(n, 1/2), summed from the largest term down.
double lower_tail(std::size_t k, std::size_t n) {
  const auto size = static_cast<long double>(n);
  const auto top = static_cast<long double>(k);
  const long double log_term =
      std::lgamma(size + 1) - std::lgamma(top + 1) - std::lgamma(size - top + 1) - size * std::log(2.0L);
  long double sum = 1, ratio = 1;
  for (std::size_t i = k; i > 0; --i) {
    ratio *= static_cast<long double>(i) / static_cast<long double>(n - i + 1);
    sum += ratio;
  }
  return std::min(1.0, static_cast<double>(std::exp(log_term + std::log(sum))));
}

}  // namespace

McNemarResult mcnemar_exact(std::size_t only_first, std::size_t only_second, Alternative alternative) {
  McNemarResult result{only_first, only_second, alternative, 1};
  const std::size_t n = only_first + only_second;
  if (n == 0) return result;
  switch (alternative) {
    case Alternative::kGreater:
      result.p_value = lower_tail(only_second, n);  // P(X >= only_first), by symmetry
      break;
    case Alternative::kLess:
      result.p_value = lower_tail(only_first, n);
      break;
    case Alternative::kTwoSided:
      result.p_value = std::min(1.0, 2 * lower_tail(std::min(only_first, only_second), n));
  }
  return result;
}

}  // namespace radonc::stats
