#include "radonc/stats/sample_size.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "radonc/core/error.hpp"
#include "radonc/core/random.hpp"
#include "radonc/stats/interval.hpp"
#include "radonc/stats/mcnemar.hpp"
#include "radonc/stats/normal.hpp"
#include "stats/paired.hpp"

namespace radonc::stats {
namespace {

constexpr double kRounding = 1e-12;  // of sums such as 0.7 + 0.2

void check(const SampleSizeOptions& options) {
  const double a = options.accuracy_first, b = options.accuracy_second, share = options.share_discordant;
  const auto inside = [](double value) { return value > 0 && value < 1; };
  if (!(a >= 0 && a <= 1 && b >= 0 && b <= 1))
    throw Error(fmt::format("pairs_needed: accuracies lie in [0, 1], such as 0.8, got {} and {}.", a, b));
  if (!(a > b))
    throw Error(
        fmt::format("pairs_needed: accuracy_first must be above accuracy_second, got {} and {}. No number of pairs "
                    "shows a difference that is not there.",
                    a, b));
  if (!(share >= a - b - kRounding && share <= std::min(a + b, 2 - a - b) + kRounding))
    throw Error(
        fmt::format("pairs_needed: with accuracies {} and {} the share of discordant pairs lies between {:.6g} and "
                    "{:.6g}, got {}.",
                    a, b, a - b, std::min(a + b, 2 - a - b), share));
  if (!inside(options.alpha) || !inside(options.power))
    throw Error(fmt::format("pairs_needed: alpha and power lie between 0 and 1, such as 0.05 and 0.8, got {} and {}.",
                            options.alpha, options.power));
  if (options.num_simulations == 0) throw Error("pairs_needed: num_simulations is 0. Use at least 1,000.");
}

bool rejects(PairedTest test, std::size_t first, std::size_t discordant, double alpha) {
  const std::size_t second = discordant - first;
  switch (test) {
    case PairedTest::kMcNemarExact:
      return mcnemar_exact(first, second, Alternative::kGreater).p_value <= alpha;
    case PairedTest::kMcNemarMidP:
      return mcnemar_mid_p(first, second, Alternative::kGreater).p_value <= alpha;
    default:
      if (discordant == 0) return false;
      const double difference = static_cast<double>(first) - static_cast<double>(second);
      return normal_cdf(-difference / std::sqrt(static_cast<double>(discordant))) <= alpha;
  }
}

// The fewest pairs in the first model's favour with which the test rejects, for 0, 1, 2, … discordant pairs; one more
// than there are where it never does. That number grows by 0 or 1 from each to the next.
class Critical {
 public:
  Critical(PairedTest test, double alpha) : test_(test), alpha_(alpha) {}

  std::size_t at(std::size_t discordant) {
    while (fewest_.size() <= discordant) {
      const std::size_t d = fewest_.size();
      std::size_t first = d == 0 ? 0 : fewest_.back();
      while (first <= d && !rejects(test_, first, d, alpha_)) ++first;
      fewest_.push_back(first);
    }
    return fewest_[discordant];
  }

 private:
  PairedTest test_;
  double alpha_;
  std::vector<std::size_t> fewest_;
};

// A simulated study, which grows pair by pair.
struct Study {
  core::Random random;
  std::size_t first = 0, discordant = 0;
};

}  // namespace

SampleSizeResult pairs_needed(const SampleSizeOptions& options) {
  check(options);
  const double difference = options.accuracy_first - options.accuracy_second;
  const double share = std::max(options.share_discordant, difference), only_first = (share + difference) / 2;
  core::Random random(options.seed);
  std::vector<Study> studies;
  for (std::size_t i = 0; i < options.num_simulations; ++i) studies.push_back({core::Random(random.next())});
  Critical critical(options.test, options.alpha);

  std::vector<std::size_t> rejected = {0};  // studies that reject after 0, 1, 2, … pairs
  std::size_t last_below = 0;               // the largest number of pairs with too little power
  const double wanted = options.power * static_cast<double>(options.num_simulations);
  while (true) {
    const std::size_t done = rejected.size() - 1,
                      next = std::min(std::max<std::size_t>(64, 2 * done), options.max_pairs);
    if (next <= done)
      throw Error(
          fmt::format("pairs_needed: more than {} pairs would be needed, or so many to be sure. Accept less power, or "
                      "raise max_pairs.",
                      options.max_pairs / 2));
    rejected.resize(next + 1);
    for (Study& study : studies) {
      for (std::size_t pairs = done + 1; pairs <= next; ++pairs) {
        const double draw = study.random.uniform();
        study.first += draw < only_first;
        study.discordant += draw < share;
        rejected[pairs] += study.first >= critical.at(study.discordant);
      }
    }
    for (std::size_t pairs = done + 1; pairs <= next; ++pairs)
      if (static_cast<double>(rejected[pairs]) < wanted) last_below = pairs;
    if (2 * (last_below + 1) <= next) break;
  }

  SampleSizeResult result;
  result.options = options;
  result.num_pairs = last_below + 1;
  const Estimate power = wilson_interval(rejected[result.num_pairs], options.num_simulations);
  result.power = power.value;
  result.power_low = power.low;
  result.power_high = power.high;
  result.expected_discordant = share * static_cast<double>(result.num_pairs);
  return result;
}

std::string SampleSizeResult::to_sentence() const {
  return fmt::format(
      "{} needed for a power of {:.4g} % (simulated {:.4g} %, 95 % interval {:.4g} to {:.4g}, {}) of the one-sided {} "
      "test at {:.4g}, if the accuracies are {:.4g} and {:.4g} and the models differ on {:.4g} % of the cases: about "
      "{:.0f} that differ; the others, ties between the models, do not count in the test.",
      num_pairs == 1 ? "1 pair is" : fmt::format("{} pairs are", num_pairs), 100 * options.power, 100 * power,
      100 * power_low, 100 * power_high, counted(options.num_simulations, "simulation"), to_string(options.test),
      options.alpha, options.accuracy_first, options.accuracy_second, 100 * options.share_discordant,
      expected_discordant);
}

std::string to_string(PairedTest value) {
  switch (value) {
    case PairedTest::kMcNemarExact:
      return "exact McNemar";
    case PairedTest::kMcNemarMidP:
      return "mid-p McNemar";
    default:
      return "approximate Wilcoxon signed-rank";
  }
}

}  // namespace radonc::stats
