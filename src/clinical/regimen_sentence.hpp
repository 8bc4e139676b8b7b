// The numbers of the canonical sentence. Private.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace radonc::clinical {

/// "200" or "266.5": no more digits than the dose has.
inline std::string dose_text(double cgy) {
  return fmt::format("{:.10g}", std::round(cgy * 100) / 100);
}

inline std::string a_day(int fractions_per_day) {
  if (fractions_per_day == 1) return {};
  return fractions_per_day == 2 ? " twice a day" : fmt::format(" {} times a day", fractions_per_day);
}

}  // namespace radonc::clinical
