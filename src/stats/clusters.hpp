// Cases grouped into clusters: the cases of one patient depend on one another.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace radonc::stats {

struct Cluster {
  double sum = 0;  // of the values
  std::size_t size = 0;

  [[nodiscard]] double mean() const { return sum / static_cast<double>(size); }
};

/// The number of each id's cluster; clusters are numbered from 0 in order of first appearance.
/// Throws radonc::Error, naming `function`, unless there are `num_values` ids and at least one.
std::vector<std::size_t> cluster_numbers(const char* function, std::size_t num_values,
                                         const std::vector<std::string>& ids);

/// The clusters, in order of first appearance. Throws as above, and on a value that is not finite.
std::vector<Cluster> clusters_of(const char* function, std::span<const double> values,
                                 const std::vector<std::string>& ids);

}  // namespace radonc::stats
