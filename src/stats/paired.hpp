// Paired scores, checked.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace radonc::stats {

/// x - y. Throws radonc::Error, naming `function`, on empty or unequally long input or a difference that is not finite.
std::vector<double> paired_differences(const char* function, std::span<const double> x, std::span<const double> y);

/// Throws radonc::Error, naming `function`, unless 0 < confidence < 1.
void require_confidence(const char* function, double confidence);

/// "1 pair", "2 pairs".
std::string counted(std::size_t number, const char* noun);

/// 0.034 as "p = 0.034", 2e-312 as "p < 1e-300".
std::string p_phrase(double p);

}  // namespace radonc::stats
