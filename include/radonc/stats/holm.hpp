// Holm's step-down correction for several tests (Holm 1979).
#pragma once

#include <vector>

namespace radonc::stats {

/// Adjusted p-values in the input's order. With the p sorted upwards, p_(1) <= … <= p_(m):
///   adjusted_(i) = min(1, max over j <= i of (m - j + 1) p_(j))
/// Throws radonc::Error unless every p lies in [0, 1].
std::vector<double> holm(const std::vector<double>& p_values);

}  // namespace radonc::stats
