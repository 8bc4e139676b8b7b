#include "radonc/stats/permutation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include "radonc/core/error.hpp"
#include "radonc/core/random.hpp"
#include "stats/paired.hpp"
#include "stats/sign_flip.hpp"

namespace radonc::stats {
namespace {

constexpr std::size_t kLargestEnumerated = 40;
constexpr double kMostUnits = 1.5e7;       // in the sum of the differences
constexpr double kMostCellUpdates = 1e10;  // some seconds

// The differences that are not 0, without their signs, and the sum of the positive ones: what a flip changes.
struct Flips {
  std::vector<double> sizes;
  double observed = 0;   // sum of the sizes whose difference is positive
  double total = 0;      // of all sizes
  double tolerance = 0;  // sums closer than this are equal
};

// |d| in whole multiples of a common unit, and the sums of those with d > 0 and of all.
struct Units {
  std::vector<std::uint64_t> sizes;
  std::uint64_t positive = 0, total = 0;
};

std::optional<Units> units_of(const std::vector<double>& d) {
  std::vector<double> per_one(100);
  std::iota(per_one.begin(), per_one.end(), 1.0);
  per_one.insert(per_one.end(), {128, 256, 512, 1000, 1024, 10000, 100000, 1000000});
  for (const double factor : per_one) {
    Units units;
    double sum = 0;
    const bool whole = std::ranges::all_of(d, [&](double value) {
      const double scaled = std::abs(value) * factor, rounded = std::round(scaled);
      sum += rounded;
      if (std::abs(scaled - rounded) > 1e-9 * scaled || sum > kMostUnits) return false;
      units.sizes.push_back(static_cast<std::uint64_t>(rounded));
      if (value > 0) units.positive += units.sizes.back();
      units.total += units.sizes.back();
      return true;
    });
    if (whole && sum * static_cast<double>(d.size()) / 2 <= kMostCellUpdates) return units;
  }
  return std::nullopt;
}

double combine(double less, double greater, Alternative alternative) {
  if (alternative == Alternative::kLess) return less;
  if (alternative == Alternative::kGreater) return greater;
  return std::min(1.0, 2 * std::min(less, greater));
}

double exact_by_units(const Units& units, Alternative alternative) {
  if (alternative == Alternative::kLess) return sign_flip_lower(units.sizes, units.positive);
  const std::uint64_t mirrored = units.total - units.positive;
  if (alternative == Alternative::kGreater) return sign_flip_lower(units.sizes, mirrored);
  return std::min(1.0, 2 * sign_flip_lower(units.sizes, std::min(units.positive, mirrored)));
}

// Sums of all subsets of sizes[begin, end).
std::vector<double> subset_sums(const std::vector<double>& sizes, std::size_t begin, std::size_t end) {
  std::vector<double> sums = {0};
  for (std::size_t i = begin; i < end; ++i)
    for (std::size_t j = 0, count = sums.size(); j < count; ++j) sums.push_back(sums[j] + sizes[i]);
  std::ranges::sort(sums);
  return sums;
}

// Pairs the subset sums of one half with those of the other, each sorted: 2^n sums are counted in 2^(n/2) steps.
double exact_by_halves(const Flips& flips, Alternative alternative) {
  const std::size_t n = flips.sizes.size();
  const std::vector<double> first = subset_sums(flips.sizes, 0, n / 2);
  const std::vector<double> second = subset_sums(flips.sizes, n / 2, n);
  const auto share_at_most = [&](double bound) {
    std::uint64_t count = 0;
    std::size_t end = second.size();
    for (const double sum : first) {
      while (end > 0 && sum + second[end - 1] > bound) --end;
      count += end;
    }
    return std::ldexp(static_cast<double>(count), -static_cast<int>(n));
  };
  return combine(share_at_most(flips.observed + flips.tolerance),
                 share_at_most(flips.total - flips.observed + flips.tolerance), alternative);
}

double monte_carlo(const Flips& flips, const PermutationOptions& options) {
  // Sums of the subsets of each eight sizes, so that a byte of random bits costs one addition.
  std::vector<std::array<double, 256>> bytes((flips.sizes.size() + 7) / 8);
  for (std::size_t b = 0; b < bytes.size(); ++b) {
    bytes[b][0] = 0;
    for (std::size_t bit = 0; bit < 8; ++bit) {
      const std::size_t i = 8 * b + bit, half = std::size_t{1} << bit;
      const double size = i < flips.sizes.size() ? flips.sizes[i] : 0.0;
      for (std::size_t k = 0; k < half; ++k) bytes[b][half + k] = bytes[b][k] + size;
    }
  }
  core::Random random(options.seed);
  const double extreme = std::abs(2 * flips.observed - flips.total);
  std::size_t count = 0;
  for (std::size_t r = 0; r < options.num_resamples; ++r) {
    double sum = 0;
    std::uint64_t word = 0;
    for (std::size_t b = 0; b < bytes.size(); ++b) {
      word = b % 8 == 0 ? random.next() : word >> 8;
      sum += bytes[b][word & 255];
    }
    if (options.alternative == Alternative::kGreater)
      count += sum >= flips.observed - flips.tolerance;
    else if (options.alternative == Alternative::kLess)
      count += sum <= flips.observed + flips.tolerance;
    else
      count += std::abs(2 * sum - flips.total) >= extreme - 2 * flips.tolerance;
  }
  return static_cast<double>(count + 1) / static_cast<double>(options.num_resamples + 1);
}

}  // namespace

PermutationResult permutation_test(std::span<const double> x, std::span<const double> y,
                                   const PermutationOptions& options) {
  std::vector<double> d = paired_differences("permutation_test", x, y);
  if (options.num_resamples == 0 && options.method != PermutationMethod::kExact)
    throw Error("permutation_test: num_resamples is 0. Use at least 9,999.");
  PermutationResult result;
  result.n = d.size();
  result.alternative = options.alternative;
  result.mean_difference = std::accumulate(d.begin(), d.end(), 0.0) / static_cast<double>(d.size());
  std::erase(d, 0.0);
  result.num_zeros = result.n - d.size();
  Flips flips;
  for (const double value : d) {
    flips.sizes.push_back(std::abs(value));
    flips.total += std::abs(value);
    if (value > 0) flips.observed += value;
  }
  flips.tolerance = 1e-14 * flips.total;
  std::vector<double> sorted = flips.sizes;
  std::ranges::sort(sorted);
  result.ties = std::ranges::adjacent_find(sorted) != sorted.end();
  result.method = options.method;
  if (d.empty()) {  // p = 1: nothing differs
    result.method = PermutationMethod::kExact;
    return result;
  }
  if (options.method != PermutationMethod::kMonteCarlo) {
    const auto units = units_of(d);
    result.method = PermutationMethod::kExact;
    if (units)
      result.p_value = exact_by_units(*units, options.alternative);
    else if (d.size() <= kLargestEnumerated)
      result.p_value = exact_by_halves(flips, options.alternative);
    else if (options.method == PermutationMethod::kAuto)
      result.method = PermutationMethod::kMonteCarlo;
    else
      throw Error(
          fmt::format("permutation_test: {} pairs differ, by amounts without a common unit; the exact test takes at "
                      "most {} such pairs. Use method monte-carlo.",
                      d.size(), kLargestEnumerated));
  }
  if (result.method == PermutationMethod::kMonteCarlo) {
    result.num_resamples = options.num_resamples;
    result.p_value = monte_carlo(flips, options);
  }
  return result;
}

std::string PermutationResult::to_sentence() const {
  const std::string test =
      fmt::format("Paired permutation test of the mean difference (Fisher 1935), {}",
                  alternative == Alternative::kTwoSided ? "two-sided" : "one-sided (" + to_string(alternative) + ")");
  const std::string how = method == PermutationMethod::kExact ? "exact over all sign flips"
                                                              : fmt::format("{} random sign flips", num_resamples);
  return fmt::format("{}, {}: {}, {} without a difference, {} ties; mean difference {:.6g}, {}.", test, how,
                     counted(n, "pair"), num_zeros, ties ? "with" : "no", mean_difference, p_phrase(p_value));
}

std::string to_string(PermutationMethod value) {
  switch (value) {
    case PermutationMethod::kAuto:
      return "auto";
    case PermutationMethod::kExact:
      return "exact";
    default:
      return "monte-carlo";
  }
}

}  // namespace radonc::stats
