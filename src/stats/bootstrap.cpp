#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <thread>

#include "radonc/core/error.hpp"
#include "radonc/core/random.hpp"
#include "radonc/stats/agreement.hpp"
#include "radonc/stats/interval.hpp"
#include "radonc/stats/normal.hpp"
#include "stats/clusters.hpp"
#include "stats/paired.hpp"

namespace radonc::stats {
namespace {

constexpr const char* kPercentileReference =
    "Efron B. Bootstrap methods: another look at the jackknife. Annals of Statistics 1979;7:1-26.";

void require_replicates(const char* function, double confidence, std::size_t num_replicates) {
  require_confidence(function, confidence);
  if (num_replicates == 0) throw Error(fmt::format("{}: num_replicates is 0. Use at least 1,000.", function));
}

double resampled_mean(const std::vector<Cluster>& groups, core::Random& random) {
  Cluster drawn;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const Cluster& group = groups[random.below(groups.size())];
    drawn.sum += group.sum;
    drawn.size += group.size;
  }
  return drawn.mean();
}

// Of sorted values, interpolated linearly between the two nearest.
double quantile(const std::vector<double>& sorted, double q) {
  const double position = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(position);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Estimate estimate_of(const std::vector<double>& means, double value, double low_q, double high_q, double confidence,
                     std::size_t num_cases, std::size_t num_clusters, const char* method) {
  Estimate result;
  result.value = value;
  result.low = quantile(means, low_q);
  result.high = quantile(means, high_q);
  result.n = num_cases;
  result.method = method;
  result.confidence = confidence;
  result.num_clusters = num_clusters;
  result.num_replicates = means.size();
  result.assumptions =
      "The patients are independent of one another and drawn from the population of interest; cases of one patient may "
      "depend on one another. With few patients (below about 20) the interval tends to be too narrow.";
  return result;
}

// Of the mean, from the jackknife over clusters.
double acceleration(const std::vector<Cluster>& groups) {
  Cluster all;
  for (const Cluster& group : groups) {
    all.sum += group.sum;
    all.size += group.size;
  }
  std::vector<double> left_out;
  left_out.reserve(groups.size());
  for (const Cluster& group : groups) left_out.push_back(Cluster{all.sum - group.sum, all.size - group.size}.mean());
  const double centre = std::accumulate(left_out.begin(), left_out.end(), 0.0) / static_cast<double>(left_out.size());
  double squares = 0, cubes = 0;
  for (const double mean : left_out) {
    squares += (centre - mean) * (centre - mean);
    cubes += (centre - mean) * (centre - mean) * (centre - mean);
  }
  return squares > 0 ? cubes / (6 * squares * std::sqrt(squares)) : 0;
}

}  // namespace

Estimate bootstrap_mean_interval(std::span<const double> values, const std::vector<std::string>& clusters,
                                 double confidence, std::size_t num_replicates, std::uint64_t seed) {
  constexpr const char* kName = "bootstrap_mean_interval";
  require_replicates(kName, confidence, num_replicates);
  const std::vector<Cluster> groups = clusters_of(kName, values, clusters);
  core::Random random(seed);
  std::vector<double> means(num_replicates);
  for (double& mean : means) mean = resampled_mean(groups, random);
  std::ranges::sort(means);
  const double value = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  Estimate result = estimate_of(means, value, (1 - confidence) / 2, (1 + confidence) / 2, confidence, values.size(),
                                groups.size(), "percentile bootstrap");
  result.reference = kPercentileReference;
  return result;
}

Estimate bca_mean_interval(std::span<const double> values, const std::vector<std::string>& clusters, double confidence,
                           std::size_t num_replicates, std::uint64_t seed, unsigned num_threads) {
  require_replicates("bca_mean_interval", confidence, num_replicates);
  const std::vector<Cluster> groups = clusters_of("bca_mean_interval", values, clusters);
  if (groups.size() < 2)
    throw Error(
        "bca_mean_interval: all values are of one patient. An interval over patients needs at least two of them.");

  // Each replicate has a seed of its own, so that the threads may share the replicates in any way.
  std::vector<std::uint64_t> seeds(num_replicates);
  core::Random random(seed);
  for (std::uint64_t& each : seeds) each = random.next();
  std::vector<double> means(num_replicates);
  const auto work = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      core::Random own(seeds[i]);
      means[i] = resampled_mean(groups, own);
    }
  };
  const std::size_t wanted = num_threads > 0 ? num_threads : std::max(1U, std::thread::hardware_concurrency());
  const std::size_t parts = std::min({wanted, num_replicates, std::size_t{64}});
  {
    std::vector<std::jthread> threads;
    for (std::size_t part = 1; part < parts; ++part)
      threads.emplace_back(work, num_replicates * part / parts, num_replicates * (part + 1) / parts);
    work(0, num_replicates / parts);
  }
  std::ranges::sort(means);

  const double value = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double size = 0;
  for (const double each : values) size += std::abs(each);
  const double tolerance = 1e-13 * size / static_cast<double>(values.size());  // differences by rounding
  const auto below = static_cast<double>(std::ranges::lower_bound(means, value - tolerance) - means.begin());
  const auto at_most = static_cast<double>(std::ranges::upper_bound(means, value + tolerance) - means.begin());
  const auto count = static_cast<double>(num_replicates);
  const double share = std::clamp((below + at_most) / (2 * count), 0.5 / count, 1 - 0.5 / count);
  const double bias = normal_quantile(share), a = acceleration(groups);
  const auto level = [&](double z) { return normal_cdf(bias + (bias + z) / (1 - a * (bias + z))); };
  const double z = normal_quantile((1 - confidence) / 2);
  Estimate result =
      estimate_of(means, value, level(z), level(-z), confidence, values.size(), groups.size(), "BCa bootstrap");
  result.reference =
      "Efron B. Better bootstrap confidence intervals. Journal of the American Statistical Association "
      "1987;82:171-185.";
  return result;
}

Estimate agreement_interval(const Ratings& ratings, const std::vector<std::string>& clusters,
                            const std::function<double(const Ratings&)>& coefficient, double confidence,
                            std::size_t num_replicates, std::uint64_t seed) {
  constexpr const char* kName = "agreement_interval";
  require_replicates(kName, confidence, num_replicates);
  const std::vector<std::size_t> numbers = cluster_numbers(kName, ratings.size(), clusters);
  std::vector<std::vector<std::size_t>> units(1 + *std::ranges::max_element(numbers));  // of each cluster
  for (std::size_t i = 0; i < numbers.size(); ++i) units[numbers[i]].push_back(i);
  const double value = coefficient(ratings);

  core::Random random(seed);
  std::vector<double> values;
  std::optional<Error> undefined;
  for (std::size_t replicate = 0; replicate < num_replicates; ++replicate) {
    Ratings drawn;
    for (std::size_t i = 0; i < units.size(); ++i)
      for (const std::size_t unit : units[random.below(units.size())]) drawn.push_back(ratings[unit]);
    try {
      values.push_back(coefficient(drawn));
    } catch (const Error& error) {
      undefined = error;
    }
  }
  if (values.empty()) throw Error(fmt::format("{}: no resample has a coefficient. {}", kName, undefined->what()));
  std::ranges::sort(values);
  Estimate result = estimate_of(values, value, (1 - confidence) / 2, (1 + confidence) / 2, confidence, ratings.size(),
                                units.size(), "percentile bootstrap");
  result.reference = kPercentileReference;
  return result;
}

}  // namespace radonc::stats
