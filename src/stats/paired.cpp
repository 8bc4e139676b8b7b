#include "stats/paired.hpp"

#include <fmt/format.h>

#include <cmath>

#include "radonc/core/error.hpp"

namespace radonc::stats {

std::vector<double> paired_differences(const char* function, std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size())
    throw Error(fmt::format("{}: x has {} values and y has {}. Pass paired values, one pair a case.", function,
                            x.size(), y.size()));
  if (x.empty())
    throw Error(fmt::format("{}: no pairs. The test needs at least one case scored for both models.", function));
  std::vector<double> d(x.size());
  for (std::size_t i = 0; i < d.size(); ++i) {
    d[i] = x[i] - y[i];
    if (!std::isfinite(d[i]))
      throw Error(
          fmt::format("{}: expected finite values, got x = {}, y = {} at index {}. "
                      "Mend or leave out that pair.",
                      function, x[i], y[i], i));
  }
  return d;
}

void require_confidence(const char* function, double confidence) {
  if (!(confidence > 0 && confidence < 1))
    throw Error(
        fmt::format("{}: the confidence must lie between 0 and 1, such as 0.95, got {}.", function, confidence));
}

std::string counted(std::size_t number, const char* noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string p_phrase(double p) {
  return p < 1e-300 ? "p < 1e-300" : fmt::format("p = {:.2g}", p);
}

}  // namespace radonc::stats
