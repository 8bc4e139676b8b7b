// The distribution of a sum of which each term is present with probability 1/2: what sign flips leave of W+.
#pragma once

#include <cstdint>
#include <vector>

namespace radonc::stats {

/// P(W <= k) with W = Σ B_i weights_i and independent B_i ~ Bernoulli(1/2), to about 1e-13 relative however small it
/// is. Exact dynamic programming on whole numbers, under an exponential tilt that puts the mean at k, and within a
/// window outside which Bernstein's inequality leaves less than e^-60. Time grows as the number of weights to the
/// power 2.5 for ranks; weights of one size take the binomial distribution.
double sign_flip_lower(std::vector<std::uint64_t> weights, std::uint64_t k);

}  // namespace radonc::stats
