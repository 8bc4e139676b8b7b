// Ratings, checked.
#pragma once

#include <cstddef>
#include <vector>

#include "radonc/stats/agreement.hpp"

namespace radonc::stats {

struct RatedUnits {
  std::vector<std::vector<double>> units;  // the ratings that each unit has
  std::size_t num_raters = 0;
  std::size_t num_missing = 0;
};

/// Throws radonc::Error, naming `function`, on no units, fewer than two raters, rows of different lengths, or a rating
/// that is not finite.
RatedUnits rated_units(const char* function, const Ratings& ratings);

}  // namespace radonc::stats
