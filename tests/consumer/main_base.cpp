// Uses radonc::base alone.
#include <cmath>
#include <cstdio>
#include <vector>

#include "radonc/stats/wilcoxon.hpp"

int main() {
  const std::vector<double> tuned = {0.9, 0.8, 0.7, 0.95, 0.6};
  const std::vector<double> base = {0.1, 0.2, 0.25, 0.3, 0.05};
  radonc::stats::WilcoxonOptions options;
  options.alternative = radonc::stats::Alternative::kGreater;
  const auto result = radonc::stats::wilcoxon_signed_rank(tuned, base, options);
  std::printf("Wilcoxon p = %.5f\n", result.p_value);
  // Five gains out of five: 2^-5.
  return std::abs(result.p_value - 0.03125) < 1e-12 ? 0 : 1;
}
