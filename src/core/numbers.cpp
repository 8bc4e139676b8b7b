#include "core/numbers.hpp"

#include <fmt/format.h>

#include <cmath>

namespace radonc::core {

std::string p_text(double p) {
  if (p < 1e-300) return "<\u00A01e-300";
  return p < 0.001 ? fmt::format("=\u00A0{:.1e}", p) : fmt::format("=\u00A0{:.2g}", p);
}

std::string count_of(std::size_t part, std::size_t whole) {
  if (part == 0 || whole == 0) return std::to_string(part);
  return fmt::format("{} ({:.1f}\u00A0%)", grouped(part),
                     100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string grouped(std::size_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

std::string duration(double seconds) {
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace radonc::core
