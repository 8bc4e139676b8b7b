#include "radonc/stats/interval.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "radonc/core/error.hpp"
#include "radonc/core/random.hpp"
#include "radonc/stats/normal.hpp"

namespace radonc::stats {
namespace {

void require_confidence(const char* function, double confidence) {
  if (!(confidence > 0 && confidence < 1))
    throw Error(
        fmt::format("{}: the confidence must lie between 0 and 1, such as 0.95, got {}.", function, confidence));
}

// Of sorted values, interpolated linearly between the two nearest.
double quantile(const std::vector<double>& sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace

Estimate wilson_interval(std::size_t successes, std::size_t n, double confidence) {
  require_confidence("wilson_interval", confidence);
  if (n == 0) throw Error("wilson_interval: n is 0. A proportion needs at least one case.");
  if (successes > n)
    throw Error(
        fmt::format("wilson_interval: {} successes of {} cases. Pass the number of successes first.", successes, n));
  const auto cases = static_cast<double>(n);
  const double p = static_cast<double>(successes) / cases;
  const double z = normal_quantile(0.5 + confidence / 2);
  const double divisor = 2 * (cases + z * z);
  const double centre = (2 * cases * p + z * z) / divisor;
  const double half = z * std::sqrt(z * z + 4 * cases * p * (1 - p)) / divisor;
  return {p, successes == 0 ? 0 : centre - half, successes == n ? 1 : centre + half, n};
}

Estimate bootstrap_mean_interval(std::span<const double> values, const std::vector<std::string>& clusters,
                                 double confidence, std::size_t num_replicates, std::uint64_t seed) {
  require_confidence("bootstrap_mean_interval", confidence);
  if (values.size() != clusters.size())
    throw Error(fmt::format("bootstrap_mean_interval: {} values but {} cluster ids. Pass the patient of each value.",
                            values.size(), clusters.size()));
  if (values.empty()) throw Error("bootstrap_mean_interval: no values. A mean needs at least one case.");
  if (num_replicates == 0) throw Error("bootstrap_mean_interval: num_replicates is 0. Use at least 1,000.");

  struct Cluster {
    double sum = 0;
    std::size_t size = 0;
  };
  std::map<std::string, std::size_t> index;  // cluster id → position, in order of first appearance
  std::vector<Cluster> groups;
  double total = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i]))
      throw Error(fmt::format("bootstrap_mean_interval: expected finite values, got {} at index {}.", values[i], i));
    const auto [entry, fresh] = index.emplace(clusters[i], groups.size());
    if (fresh) groups.emplace_back();
    groups[entry->second].sum += values[i];
    ++groups[entry->second].size;
    total += values[i];
  }

  core::Random random(seed);
  std::vector<double> means(num_replicates);
  for (double& mean : means) {
    Cluster drawn;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const Cluster& group = groups[random.below(groups.size())];
      drawn.sum += group.sum;
      drawn.size += group.size;
    }
    mean = drawn.sum / static_cast<double>(drawn.size);
  }
  std::ranges::sort(means);
  return {total / static_cast<double>(values.size()), quantile(means, (1 - confidence) / 2),
          quantile(means, (1 + confidence) / 2), values.size()};
}

}  // namespace radonc::stats
