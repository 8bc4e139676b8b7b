#include "clinical/regimen_units.hpp"

#include <cmath>

#include "radonc/clinical/plausible.hpp"

namespace radonc::clinical {
namespace {

bool is_count(double value) {
  return value == std::floor(value) && value >= 1 && value <= kMostFractions;
}

}  // namespace

std::optional<double> unit_of_fraction(double value) {
  for (const double unit : {1.0, 100.0})  // no value is plausible in both
    if (value * unit >= kLeastFractionCgy && value * unit <= kMostFractionCgy) return unit;
  return std::nullopt;
}

std::optional<UnitlessCourse> course_of_total(double total, double fractions) {
  if (!is_count(fractions)) return std::nullopt;
  const auto unit = unit_of_fraction(total / fractions);
  if (!unit || total * *unit > kMostTotalCgy) return std::nullopt;
  constexpr double kMostWritten = 500;  // cGy: of larger fractions nobody writes the total and the size alone
  const double other = total / fractions;
  const bool may_be_size = fractions * *unit >= kLeastFractionCgy && fractions * *unit <= kMostWritten &&
                           other == std::floor(other) && other >= 10;
  if (may_be_size) return std::nullopt;
  return UnitlessCourse{.unit = *unit};
}

std::optional<UnitlessCourse> course_of_times(double first, double second) {
  const auto unit_of = [](double dose, double fractions) {
    const auto unit = is_count(fractions) ? unit_of_fraction(dose) : std::nullopt;
    return unit && dose * fractions * *unit <= kMostTotalCgy ? unit : std::nullopt;
  };
  const auto in_order = unit_of(first, second), reversed = unit_of(second, first);
  if (in_order && reversed && first != second) return std::nullopt;
  if (in_order) return UnitlessCourse{.unit = *in_order};
  if (reversed) return UnitlessCourse{.unit = *reversed, .first_is_dose = false};
  return std::nullopt;
}

}  // namespace radonc::clinical
