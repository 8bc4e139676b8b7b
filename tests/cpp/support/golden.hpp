// Golden files made by tests/reference/, and the comparison of figures with them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "radonc/core/file.hpp"
#include "radonc/core/random.hpp"

namespace radonc::test {

/// tests/data/<name>, parsed.
inline nlohmann::json golden(const std::string& name) {
  return nlohmann::json::parse(core::read_file(std::string(RADONC_TEST_DATA) + "/" + name));
}

/// Equal to 1e-12, absolutely or relative to `expected`.
inline bool close(double actual, double expected, double tolerance = 1e-12) {
  return std::abs(actual - expected) <= tolerance * std::max(1.0, std::abs(expected));
}

/// Equal to 1e-12 relative to `expected`, however small that is; below the smallest normal number, both are.
inline bool relatively_close(double actual, double expected, double tolerance = 1e-12) {
  return std::abs(actual - expected) <= tolerance * std::abs(expected) ||
         (std::abs(actual) < 1e-300 && std::abs(expected) < 1e-300);
}

/// Whole-number differences that tests/reference/make_stats_goldens.py makes in the same way.
inline std::vector<double> grid(std::uint64_t seed, std::size_t n, std::uint64_t bound, double shift) {
  core::Random random(seed);
  std::vector<double> values(n);
  for (double& value : values) value = static_cast<double>(random.below(bound)) - shift;
  return values;
}

}  // namespace radonc::test
