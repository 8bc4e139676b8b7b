// The check that BLEU and chrF share.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "radonc/core/error.hpp"

namespace radonc::metrics {

inline void check_references(const char* metric, const std::vector<std::vector<std::string>>& references,
                             std::size_t num_predictions) {
  if (references.size() != num_predictions)
    throw Error(
        fmt::format("{}: references for {} texts but {} predictions. Pass one list of references a prediction, "
                    "and \"\" where there is no answer.",
                    metric, references.size(), num_predictions));
  if (references.empty()) throw Error(fmt::format("{}: no texts. Pass at least one prediction.", metric));
  for (std::size_t i = 0; i < references.size(); ++i)
    if (references[i].empty())
      throw Error(
          fmt::format("{}: the prediction at index {} has no reference. "
                      "Give it one or leave it out.",
                      metric, i));
}

}  // namespace radonc::metrics
