// Numbers from Python without a Python object for each: numpy arrays, and what numpy makes one of.
#pragma once

#include <fmt/format.h>
#include <pybind11/numpy.h>

#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "common.hpp"
#include "radonc/core/error.hpp"
#include "radonc/stats/agreement.hpp"

namespace radonc::bindings {

using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;

/// Throws radonc::Error unless the array has one dimension. The array must outlive the result.
inline std::span<const double> span_of(const Doubles& array, const char* name) {
  if (array.ndim() != 1)
    throw Error(fmt::format("{}: expected one number a case, got {} dimensions.", name, array.ndim()));
  return {array.data(), static_cast<std::size_t>(array.size())};
}

inline std::vector<double> vector_of(const Doubles& array, const char* name) {
  const auto values = span_of(array, name);
  return {values.begin(), values.end()};
}

/// [units][raters], NaN or None where a rating is missing. Throws radonc::Error if that is not what it is.
inline stats::Ratings ratings_of(const py::object& object) {
  const Doubles array = Doubles::ensure(object);
  if (!array || array.ndim() != 2) {
    PyErr_Clear();
    throw Error(
        "ratings: expected numbers [units, raters], NaN or None where a rating is missing. Pass rows of equal length.");
  }
  stats::Ratings ratings(static_cast<std::size_t>(array.shape(0)));
  const auto num_raters = static_cast<std::size_t>(array.shape(1));
  const double* value = array.data();
  for (auto& unit : ratings)
    for (std::size_t rater = 0; rater < num_raters; ++rater, ++value)
      unit.push_back(std::isnan(*value) ? std::nullopt : std::optional(*value));
  return ratings;
}

}  // namespace radonc::bindings
