#include "radonc/stats/agreement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "radonc/core/error.hpp"
#include "stats/paired.hpp"
#include "stats/ratings.hpp"

namespace radonc::stats {
namespace {

using Real = long double;

// Agreement of two categories at a distance, where `largest` is that of the farthest: 1 for the same, 0 for the
// farthest.
Real credit(AgreementWeights weights, Real distance, Real largest) {
  const Real share = std::abs(distance) / largest;
  switch (weights) {
    case AgreementWeights::kIdentity:
      return distance == 0 ? 1 : 0;
    case AgreementWeights::kLinear:
      return 1 - share;
    default:
      return 1 - share * share;
  }
}

std::string weights_phrase(AgreementWeights weights) {
  return weights == AgreementWeights::kIdentity ? "unweighted" : to_string(weights) + " weights";
}

[[noreturn]] void one_category(const char* function) {
  throw Error(
      fmt::format("{}: all ratings that count are of one category, so that agreement beyond chance is undefined. "
                  "Report the share of agreement, which is 1.",
                  function));
}

void finish(AgreementResult& result, Real observed, Real expected) {
  result.observed = static_cast<double>(observed);
  result.expected = static_cast<double>(expected);
  result.value = static_cast<double>((observed - expected) / (1 - expected));
}

std::size_t position(const std::vector<double>& sorted, double value) {
  return static_cast<std::size_t>(std::ranges::lower_bound(sorted, value) - sorted.begin());
}

// Sorted, each once.
std::vector<double> categories_of(const std::vector<std::vector<double>>& units) {
  std::set<double> found;
  for (const auto& unit : units) found.insert(unit.begin(), unit.end());
  return {found.begin(), found.end()};
}

}  // namespace

AgreementResult cohen_kappa(std::span<const double> first, std::span<const double> second, AgreementWeights weights) {
  if (first.size() != second.size())
    throw Error(fmt::format("cohen_kappa: the first rater has {} ratings and the second {}. Pass one of each a unit.",
                            first.size(), second.size()));
  if (first.empty()) throw Error("cohen_kappa: no units. Pass the ratings of at least one.");
  std::vector<std::vector<double>> units;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (!std::isfinite(first[i]) || !std::isfinite(second[i]))
      throw Error(
          fmt::format("cohen_kappa: expected finite ratings, got {} and {} at index {}. Leave that unit out, or use "
                      "krippendorff_alpha with missing ratings.",
                      first[i], second[i], i));
    units.push_back({first[i], second[i]});
  }
  const std::vector<double> categories = categories_of(units);
  if (categories.size() < 2) one_category("cohen_kappa");
  const auto farthest = static_cast<Real>(categories.size() - 1), n = static_cast<Real>(units.size());
  std::vector<Real> rows(categories.size()), columns(categories.size());
  Real observed = 0, expected = 0;
  for (const auto& unit : units) {
    const std::size_t row = position(categories, unit[0]), column = position(categories, unit[1]);
    ++rows[row];
    ++columns[column];
    observed += credit(weights, static_cast<Real>(row) - static_cast<Real>(column), farthest);
  }
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < columns.size(); ++j)
      expected += rows[i] * columns[j] * credit(weights, static_cast<Real>(i) - static_cast<Real>(j), farthest);
  AgreementResult result;
  result.name = "Cohen's kappa";
  result.num_units = units.size();
  result.num_raters = 2;
  result.num_categories = categories.size();
  result.method = weights_phrase(weights);
  result.assumptions =
      "The same two raters rate every unit, independently of one another; the units are independent. Kappa depends on "
      "how common the categories are.";
  result.reference =
      "Cohen J. A coefficient of agreement for nominal scales. Educational and Psychological Measurement "
      "1960;20:37-46. "
      "Cohen J. Weighted kappa. Psychological Bulletin 1968;70:213-220.";
  finish(result, observed / n, expected / (n * n));
  return result;
}

AgreementResult fleiss_kappa(const Ratings& ratings) {
  const RatedUnits rated = rated_units("fleiss_kappa", ratings);
  const std::size_t per_unit = rated.units.front().size();
  for (std::size_t i = 0; i < rated.units.size(); ++i)
    if (rated.units[i].size() != per_unit)
      throw Error(
          fmt::format("fleiss_kappa: unit 0 has {} and unit {} has {}. Fleiss' kappa needs as many for each; use "
                      "gwet_ac or krippendorff_alpha where ratings are missing.",
                      counted(per_unit, "rating"), i, rated.units[i].size()));
  if (per_unit < 2) throw Error("fleiss_kappa: one rating a unit. Agreement needs at least two raters.");
  const std::vector<double> categories = categories_of(rated.units);
  if (categories.size() < 2) one_category("fleiss_kappa");
  std::vector<Real> totals(categories.size());
  Real observed = 0, expected = 0;
  const auto m = static_cast<Real>(per_unit), n = static_cast<Real>(rated.units.size());
  for (const auto& unit : rated.units) {
    std::map<double, Real> counts;
    for (const double value : unit) ++counts[value];
    for (const auto& [value, count] : counts) {
      observed += count * (count - 1) / (m * (m - 1));
      totals[position(categories, value)] += count;
    }
  }
  for (const Real total : totals) expected += (total / (n * m)) * (total / (n * m));
  AgreementResult result;
  result.name = "Fleiss' kappa";
  result.num_units = rated.units.size();
  result.num_raters = per_unit;
  result.num_categories = categories.size();
  result.num_missing = rated.num_missing;
  result.method = "unweighted";
  result.assumptions =
      "Each unit has the same number of ratings, by raters drawn at random and independent of one another; the units "
      "are independent. Kappa depends on how common the categories are.";
  result.reference =
      "Fleiss JL. Measuring nominal scale agreement among many raters. Psychological Bulletin 1971;76:378-382.";
  finish(result, observed / n, expected);
  return result;
}

AgreementResult gwet_ac(const Ratings& ratings, AgreementWeights weights, const std::vector<double>& categories) {
  RatedUnits rated = rated_units("gwet_ac", ratings);
  std::erase_if(rated.units, [](const auto& unit) { return unit.empty(); });
  std::vector<double> values = categories_of(rated.units);
  if (!categories.empty()) {
    const std::set<double> allowed(categories.begin(), categories.end());
    for (const double value : categories)
      if (!std::isfinite(value)) throw Error(fmt::format("gwet_ac: expected finite categories, got {}.", value));
    for (const double value : values)
      if (!allowed.contains(value))
        throw Error(
            fmt::format("gwet_ac: the rating {} is none of the {} categories. Add it to them.", value, allowed.size()));
    values.assign(allowed.begin(), allowed.end());
  }
  if (values.size() < 2) one_category("gwet_ac");
  const Real farthest = static_cast<Real>(values.back()) - values.front();
  std::vector<Real> shares(values.size());
  const auto n = static_cast<Real>(rated.units.size()), q = static_cast<Real>(values.size());
  Real observed = 0, spread = 0, all_weights = 0;
  std::size_t num_paired = 0;
  for (const auto& unit : rated.units) {
    const auto m = static_cast<Real>(unit.size());
    for (const double value : unit) shares[position(values, value)] += 1 / (m * n);
    if (unit.size() < 2) continue;
    ++num_paired;
    Real sum = 0;
    for (std::size_t i = 0; i < unit.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) sum += 2 * credit(weights, static_cast<Real>(unit[i]) - unit[j], farthest);
    observed += sum / (m * (m - 1));
  }
  if (num_paired == 0) throw Error("gwet_ac: no unit has two ratings. Agreement needs at least two raters.");
  for (const Real share : shares) spread += share * (1 - share);
  for (const double a : values)
    for (const double b : values) all_weights += credit(weights, static_cast<Real>(a) - b, farthest);
  AgreementResult result;
  result.name = weights == AgreementWeights::kIdentity ? "Gwet's AC1" : "Gwet's AC2";
  result.num_units = num_paired;
  result.num_raters = rated.num_raters;
  result.num_categories = values.size();
  result.num_missing = rated.num_missing;
  result.method = weights_phrase(weights);
  result.assumptions =
      "The raters rate independently of one another; the units are independent; a rating is missing for no reason that "
      "has to do with it. Chance agreement arises on units that are hard to rate.";
  result.reference =
      "Gwet KL. Computing inter-rater reliability and its variance in the presence of high agreement. British Journal "
      "of Mathematical and Statistical Psychology 2008;61:29-48. Gwet KL. Handbook of Inter-Rater Reliability, 4th "
      "ed., "
      "2014.";
  finish(result, observed / static_cast<Real>(num_paired), all_weights * spread / (q * (q - 1)));
  return result;
}

AgreementResult krippendorff_alpha(const Ratings& ratings, MeasurementLevel level) {
  RatedUnits rated = rated_units("krippendorff_alpha", ratings);
  std::erase_if(rated.units, [](const auto& unit) { return unit.size() < 2; });
  if (rated.units.empty())
    throw Error("krippendorff_alpha: no unit has two ratings. Agreement needs at least two raters.");
  std::map<double, Real> counts;  // category → ratings
  Real n = 0;
  for (const auto& unit : rated.units)
    for (const double value : unit) ++counts[value], ++n;
  if (counts.size() < 2) one_category("krippendorff_alpha");

  // Where the differences of the categories are squared: their values, or for ordinal data their mean ranks, since the
  // ratings between two categories, with half of their own, are the difference of those.
  std::map<double, Real> places;
  Real before = 0, mean = 0;
  for (const auto& [value, count] : counts) {
    places[value] = level == MeasurementLevel::kOrdinal ? before + count / 2 : static_cast<Real>(value);
    before += count;
    mean += count * places[value] / n;
  }
  Real observed = 0, expected = 0;  // both times n
  for (const auto& unit : rated.units) {
    Real sum = 0;
    for (std::size_t i = 0; i < unit.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) {
        const Real distance = places[unit[i]] - places[unit[j]];
        sum += 2 * (level == MeasurementLevel::kNominal ? Real(distance != 0) : distance * distance);
      }
    observed += sum / static_cast<Real>(unit.size() - 1);
  }
  for (const auto& [value, count] : counts) {
    const Real distance = places[value] - mean;
    expected += level == MeasurementLevel::kNominal ? count * (n - count) / (n - 1)
                                                    : 2 * n * count * distance * distance / (n - 1);
  }
  AgreementResult result;
  result.name = "Krippendorff's alpha";
  result.num_units = rated.units.size();
  result.num_raters = rated.num_raters;
  result.num_categories = counts.size();
  result.num_missing = rated.num_missing;
  result.method = to_string(level);
  result.observed = static_cast<double>(observed / n);
  result.expected = static_cast<double>(expected / n);
  result.value = static_cast<double>(1 - observed / expected);
  result.assumptions =
      "The raters are interchangeable and rate independently of one another; the units are independent; a rating is "
      "missing for no reason that has to do with it.";
  result.reference =
      "Krippendorff K. Computing Krippendorff's alpha-reliability. University of Pennsylvania 2011. Krippendorff K. "
      "Estimating the reliability, systematic error and random error of interval data. Educational and Psychological "
      "Measurement 1970;30:61-70.";
  return result;
}

std::string AgreementResult::to_sentence() const {
  return fmt::format("{}, {}: {:.4g} over {}, {} and {}, {} missing.", name, method, value, counted(num_units, "unit"),
                     counted(num_raters, "rater"),
                     num_categories == 1 ? "1 category" : fmt::format("{} categories", num_categories),
                     num_missing == 0 ? "no rating" : counted(num_missing, "rating"));
}

std::string to_string(AgreementWeights value) {
  switch (value) {
    case AgreementWeights::kIdentity:
      return "none";
    case AgreementWeights::kLinear:
      return "linear";
    default:
      return "quadratic";
  }
}

std::string to_string(MeasurementLevel value) {
  switch (value) {
    case MeasurementLevel::kNominal:
      return "nominal";
    case MeasurementLevel::kOrdinal:
      return "ordinal";
    default:
      return "interval";
  }
}

}  // namespace radonc::stats
