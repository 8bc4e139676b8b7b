// How many pairs a comparison of two models needs, by simulation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "radonc/core/export.hpp"

namespace radonc::stats {

/// A one-sided test on right-or-wrong scores, where both of these are tests of the pairs on which the models differ.
enum class PairedTest {
  kMcNemarExact,  ///< equal to the exact Wilcoxon signed-rank test (kPermutation) on such scores
  kMcNemarMidP,
  kWilcoxonApprox,  ///< the signed-rank test by its normal approximation, zeros left out
};

struct RADONC_API SampleSizeOptions {
  double accuracy_first = 0;    ///< share of right answers of the model expected to be better
  double accuracy_second = 0;   ///< of the other
  double share_discordant = 0;  ///< share of cases that one model alone answers rightly
  double alpha = 0.05;          ///< one-sided level of the test
  double power = 0.8;           ///< probability with which the test shall reject
  PairedTest test = PairedTest::kMcNemarExact;
  std::size_t num_simulations = 10'000;
  std::uint64_t seed = 0;
  std::size_t max_pairs = 200'000;  ///< where the search ends
};

struct RADONC_API SampleSizeResult {
  std::size_t num_pairs = 0;       ///< pairs needed: from here on the simulated power stays at `options.power` or above
  double power = 0;                ///< simulated, at num_pairs
  double power_low = 0;            ///< Wilson's 95 % interval of it, for the error of the simulation
  double power_high = 0;           ///< likewise
  double expected_discordant = 0;  ///< pairs on which the models differ, on average
  SampleSizeOptions options;
  std::string assumptions =
      "The pairs are independent of one another (one case a patient), and the stated accuracies and share of "
      "discordant "
      "pairs are the true ones.";
  std::string reference =
      "Simulation. On the share of discordant pairs: Connor RJ. Sample size for testing differences in proportions for "
      "the paired-sample design. Biometrics 1987;43:207-211.";

  /// The result as a sentence: pairs, power, test and what was assumed.
  [[nodiscard]] std::string to_sentence() const;
};

/// Simulated studies are drawn pair by pair: with the share s of discordant pairs and the difference d of the
/// accuracies the first alone is right with probability (s + d) / 2, the second alone with (s - d) / 2. Power is
/// counted at every number of pairs up to twice the answer or more. Same seed, same answer. Throws radonc::Error unless
/// the accuracies lie in [0, 1] with the first above the second, the share of discordant pairs is possible for them (at
/// least their difference, at most min(a + b, 2 - a - b)), alpha and power lie in (0, 1), there are simulations, and
/// the answer is at most half of max_pairs.
RADONC_API SampleSizeResult pairs_needed(const SampleSizeOptions& options);

/// "exact McNemar", "mid-p McNemar" or "approximate Wilcoxon signed-rank".
RADONC_API std::string to_string(PairedTest value);

}  // namespace radonc::stats
