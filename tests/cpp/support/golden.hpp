// Golden files made by tests/reference/, and the comparison of figures with them.
#pragma once

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "radonc/core/file.hpp"

namespace radonc::test {

/// tests/data/<name>, parsed.
inline nlohmann::json golden(const std::string& name) {
  return nlohmann::json::parse(core::read_file(std::string(RADONC_TEST_DATA) + "/" + name));
}

/// Equal to 1e-12, absolutely or relative to `expected`.
inline bool close(double actual, double expected, double tolerance = 1e-12) {
  return std::abs(actual - expected) <= tolerance * std::max(1.0, std::abs(expected));
}

}  // namespace radonc::test
