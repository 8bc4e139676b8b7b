#include "radonc/stats/mcnemar.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "stats/paired.hpp"
#include "stats/special.hpp"

namespace radonc::stats {
namespace {

McNemarResult test(std::size_t only_first, std::size_t only_second, Alternative alternative, bool mid_p) {
  McNemarResult result{only_first, only_second, alternative, 1, mid_p};
  if (mid_p)
    result.reference +=
        " Fagerland MW, Lydersen S, Laake P. The McNemar test for binary matched-pairs data: mid-p and asymptotic are "
        "better than exact conditional. BMC Medical Research Methodology 2013;13:91.";
  const std::size_t n = only_first + only_second;
  if (n == 0) return result;
  const auto tail = [&](std::size_t k) {  // P(X <= k), by symmetry P(X >= n - k)
    return binomial_half_lower(k, n) - (mid_p ? binomial_half_mass(k, n) / 2 : 0);
  };
  switch (alternative) {
    case Alternative::kGreater:
      result.p_value = tail(only_second);
      break;
    case Alternative::kLess:
      result.p_value = tail(only_first);
      break;
    case Alternative::kTwoSided:
      result.p_value = std::min(1.0, 2 * tail(std::min(only_first, only_second)));
  }
  return result;
}

}  // namespace

McNemarResult mcnemar_exact(std::size_t only_first, std::size_t only_second, Alternative alternative) {
  return test(only_first, only_second, alternative, false);
}

McNemarResult mcnemar_mid_p(std::size_t only_first, std::size_t only_second, Alternative alternative) {
  return test(only_first, only_second, alternative, true);
}

std::string McNemarResult::to_sentence() const {
  const std::string name =
      fmt::format("McNemar's test (McNemar 1947), {}, {}",
                  alternative == Alternative::kTwoSided ? "two-sided" : "one-sided (" + to_string(alternative) + ")",
                  mid_p ? "exact with mid-p" : "exact");
  if (only_first + only_second == 0) return name + ": the models never differ, so there is nothing to test and p = 1.";
  return fmt::format("{}: of {} on which the models differ the first alone is right in {}, the second alone in {}; {}.",
                     name, counted(only_first + only_second, "case"), only_first, only_second, p_phrase(p_value));
}

}  // namespace radonc::stats
