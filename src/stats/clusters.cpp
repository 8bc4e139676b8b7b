#include "stats/clusters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>

#include "radonc/core/error.hpp"

namespace radonc::stats {

std::vector<std::size_t> cluster_numbers(const char* function, std::size_t num_values,
                                         const std::vector<std::string>& ids) {
  if (num_values != ids.size())
    throw Error(fmt::format("{}: {} values but {} cluster ids. Pass the patient of each value.", function, num_values,
                            ids.size()));
  if (ids.empty()) throw Error(fmt::format("{}: no values. At least one case is needed.", function));
  std::unordered_map<std::string_view, std::size_t> found;
  std::vector<std::size_t> numbers;
  numbers.reserve(ids.size());
  for (const std::string& id : ids) numbers.push_back(found.emplace(id, found.size()).first->second);
  return numbers;
}

std::vector<Cluster> clusters_of(const char* function, std::span<const double> values,
                                 const std::vector<std::string>& ids) {
  const std::vector<std::size_t> numbers = cluster_numbers(function, values.size(), ids);
  std::vector<Cluster> clusters(1 + *std::ranges::max_element(numbers));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]))
      throw Error(fmt::format("{}: expected finite values, got {} at index {}. Mend or leave out that case.", function,
                              values[i], i));
    clusters[numbers[i]].sum += values[i];
    ++clusters[numbers[i]].size;
  }
  return clusters;
}

}  // namespace radonc::stats
