// What is plausible of a prescription of equal fractions.
#pragma once

namespace radonc::clinical {

/// Bounds of a fraction's dose, whose size is a multiple of the step, of a total, and of the number of fractions.
inline constexpr double kLeastFractionCgy = 80, kMostFractionCgy = 3400, kFractionStepCgy = 0.5, kMostTotalCgy = 15000;
inline constexpr int kMostFractions = 100;

}  // namespace radonc::clinical
