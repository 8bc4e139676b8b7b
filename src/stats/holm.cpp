#include "radonc/stats/holm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "radonc/core/error.hpp"

namespace radonc::stats {

std::vector<double> holm(const std::vector<double>& p_values) {
  const std::size_t m = p_values.size();
  for (std::size_t i = 0; i < m; ++i)
    if (!(p_values[i] >= 0 && p_values[i] <= 1))
      throw Error(fmt::format("holm: a p-value lies in [0, 1], got {} at index {}.", p_values[i], i));
  std::vector<std::size_t> order(m);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(m);
  double largest = 0;
  for (std::size_t i = 0; i < m; ++i) {
    largest = std::max(largest, static_cast<double>(m - i) * p_values[order[i]]);
    adjusted[order[i]] = std::min(1.0, largest);
  }
  return adjusted;
}

}  // namespace radonc::stats
