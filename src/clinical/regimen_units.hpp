// What the numbers of a prescription mean where no unit is written: what one reading alone makes plausible, by the rule
// of prescription(). Private.
#pragma once

#include <optional>

namespace radonc::clinical {

/// cGy in one of the only unit in which `value` is a plausible dose per fraction.
std::optional<double> unit_of_fraction(double value);

/// Two numbers as a dose and a number of fractions.
struct UnitlessCourse {
  double unit = 1;  ///< cGy in one
  bool first_is_dose = true;
};

/// "6000/30": a total and its fractions. Nothing where "60/3" may be a total and a dose per fraction as well.
std::optional<UnitlessCourse> course_of_total(double total, double fractions);

/// "200 x 30": a dose per fraction and fractions, in either order. Nothing where both orders are plausible, "2 x 30".
std::optional<UnitlessCourse> course_of_times(double first, double second);

}  // namespace radonc::clinical
