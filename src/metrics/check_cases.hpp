// The check of references and predictions that the classification metrics share.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "radonc/core/error.hpp"

namespace radonc::metrics {

inline void check_cases(const char* metric, const std::vector<std::string>& references, std::size_t num_predictions) {
  if (references.size() != num_predictions)
    throw Error(
        fmt::format("{}: {} references but {} predictions. Pass one prediction a case, "
                    "empty where an answer could not be parsed.",
                    metric, references.size(), num_predictions));
  if (references.empty())
    throw Error(fmt::format("{}: no cases. Metrics need at least one case to be scored.", metric));
  for (std::size_t i = 0; i < references.size(); ++i)
    if (references[i].empty())
      throw Error(
          fmt::format("{}: the reference at index {} is empty. "
                      "Leave out cases without a complete answer.",
                      metric, i));
}

}  // namespace radonc::metrics
