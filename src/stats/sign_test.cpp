#include "radonc/stats/sign_test.hpp"

#include <fmt/format.h>

#include "radonc/stats/mcnemar.hpp"
#include "stats/paired.hpp"

namespace radonc::stats {

SignTestResult sign_test(std::span<const double> x, std::span<const double> y, Alternative alternative) {
  SignTestResult result;
  for (const double d : paired_differences("sign_test", x, y)) {
    result.num_positive += d > 0;
    result.num_negative += d < 0;
    result.num_zeros += d == 0;
  }
  result.n = x.size();
  result.alternative = alternative;
  result.p_value = mcnemar_exact(result.num_positive, result.num_negative, alternative).p_value;
  return result;
}

std::string SignTestResult::to_sentence() const {
  return fmt::format(
      "Sign test (Dixon and Mood 1946), {}, exact: {}, of which x is greater in {}, less in {} and equal in {} (left "
      "out); {}.",
      alternative == Alternative::kTwoSided ? "two-sided" : "one-sided (" + to_string(alternative) + ")",
      counted(n, "pair"), num_positive, num_negative, num_zeros, p_phrase(p_value));
}

}  // namespace radonc::stats
