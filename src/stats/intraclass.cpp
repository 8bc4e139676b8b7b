#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "radonc/core/error.hpp"
#include "radonc/stats/agreement.hpp"
#include "stats/paired.hpp"
#include "stats/ratings.hpp"
#include "stats/special.hpp"

namespace radonc::stats {
namespace {

using Real = long double;

// Mean squares of the two-way analysis of variance with one rating in each cell.
struct MeanSquares {
  Real units = 0;   // between the units
  Real raters = 0;  // between the raters
  Real error = 0;   // what is left
  Real within = 0;  // within the units: raters and error
};

MeanSquares mean_squares(const std::vector<std::vector<double>>& units) {
  const std::size_t n = units.size(), k = units.front().size();
  std::vector<Real> row(n), column(k);
  Real mean = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < k; ++j) {
      row[i] += units[i][j] / static_cast<Real>(k);
      column[j] += units[i][j] / static_cast<Real>(n);
      mean += units[i][j] / static_cast<Real>(n * k);
    }
  MeanSquares result;
  for (const Real value : row) result.units += (value - mean) * (value - mean) * static_cast<Real>(k);
  for (const Real value : column) result.raters += (value - mean) * (value - mean) * static_cast<Real>(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < k; ++j) {
      const Real inside = units[i][j] - row[i], rest = inside - (column[j] - mean);
      result.within += inside * inside;
      result.error += rest * rest;
    }
  result.units /= static_cast<Real>(n - 1);
  result.raters /= static_cast<Real>(k - 1);
  result.error /= static_cast<Real>((n - 1) * (k - 1));
  result.within /= static_cast<Real>(n * (k - 1));
  return result;
}

// Ends for ICC(2,1), with degrees of freedom by Satterthwaite's approximation.
void agreement_interval(IccResult& result, const MeanSquares& ms, Real value, Real n, Real k, double level) {
  const Real base = n * (1 + (k - 1) * value) - k * value;
  const Real raters = k * value * ms.raters, error = base * ms.error;
  const auto v = static_cast<double>((n - 1) * (k - 1) * (raters + error) * (raters + error) /
                                     ((n - 1) * raters * raters + error * error));
  const Real low = f_quantile(level, result.df1, v), high = f_quantile(level, v, result.df1);
  const Real rest = k * ms.raters + (k * n - k - n) * ms.error;
  result.low = static_cast<double>(n * (ms.units - low * ms.error) / (low * rest + n * ms.units));
  result.high = static_cast<double>(n * (high * ms.units - ms.error) / (rest + n * high * ms.units));
}

}  // namespace

RatedUnits rated_units(const char* function, const Ratings& ratings) {
  RatedUnits result;
  if (ratings.empty()) throw Error(fmt::format("{}: no units. Pass the ratings of at least one.", function));
  result.num_raters = ratings.front().size();
  if (result.num_raters < 2)
    throw Error(fmt::format("{}: {}. Agreement needs at least two.", function, counted(result.num_raters, "rater")));
  for (std::size_t i = 0; i < ratings.size(); ++i) {
    if (ratings[i].size() != result.num_raters)
      throw Error(
          fmt::format("{}: unit 0 has a place for {} and unit {} for {}. Pass one place a rater for every unit, empty "
                      "where a rating is missing.",
                      function, counted(result.num_raters, "rater"), i, ratings[i].size()));
    auto& unit = result.units.emplace_back();
    for (std::size_t j = 0; j < ratings[i].size(); ++j) {
      if (!ratings[i][j]) {
        ++result.num_missing;
        continue;
      }
      if (!std::isfinite(*ratings[i][j]))
        throw Error(
            fmt::format("{}: expected finite ratings, got {} for unit {} by rater {}. Leave a missing rating empty.",
                        function, *ratings[i][j], i, j));
      unit.push_back(*ratings[i][j]);
    }
  }
  return result;
}

IccResult intraclass_correlation(const Ratings& ratings, IccForm form, double confidence) {
  constexpr const char* kName = "intraclass_correlation";
  require_confidence(kName, confidence);
  const RatedUnits rated = rated_units(kName, ratings);
  if (rated.num_missing > 0)
    throw Error(
        fmt::format("{}: {} missing. Leave out the units concerned, or use krippendorff_alpha with level interval.",
                    kName, rated.num_missing == 1 ? "1 rating is" : fmt::format("{} ratings are", rated.num_missing)));
  if (rated.units.size() < 2) throw Error(fmt::format("{}: 1 unit. The F test needs at least two.", kName));
  const MeanSquares ms = mean_squares(rated.units);
  if (ms.units + ms.within == 0)
    throw Error(fmt::format("{}: all ratings are equal, so that the correlation is undefined.", kName));

  const auto n = static_cast<Real>(rated.units.size()), k = static_cast<Real>(rated.num_raters);
  IccResult result;
  result.form = form;
  result.confidence = confidence;
  result.num_units = rated.units.size();
  result.num_raters = rated.num_raters;
  const Real noise = form == IccForm::kOneWay ? ms.within : ms.error;
  result.df1 = static_cast<double>(n - 1);
  result.df2 = static_cast<double>(form == IccForm::kOneWay ? n * (k - 1) : (n - 1) * (k - 1));
  const Real infinite = std::numeric_limits<Real>::infinity();
  const Real f = noise > 0 ? ms.units / noise : (ms.units > 0 ? infinite : 0);
  const Real between_raters = form == IccForm::kTwoWayAgreement ? k * (ms.raters - ms.error) / n : 0;
  const Real value = (ms.units - noise) / (ms.units + (k - 1) * noise + between_raters);
  result.value = static_cast<double>(value);
  result.f = static_cast<double>(f);
  result.p_value = f_upper_tail(result.f, result.df1, result.df2);

  const double level = 0.5 + confidence / 2;
  if (form == IccForm::kTwoWayAgreement && (ms.error > 0 || (ms.raters > 0 && ms.units > 0))) {
    agreement_interval(result, ms, value, n, k, level);
  } else if (noise > 0) {
    const Real low = f / f_quantile(level, result.df1, result.df2);
    const Real high = f * f_quantile(level, result.df2, result.df1);
    result.low = static_cast<double>((low - 1) / (low + k - 1));
    result.high = static_cast<double>((high - 1) / (high + k - 1));
  } else {  // no noise at all
    result.low = result.high = result.value;
  }
  return result;
}

std::string IccResult::to_sentence() const {
  return fmt::format(
      "Intraclass correlation {} = {:.4g} ({:.4g} % interval {:.4g} to {:.4g}, from the F distribution) over {} and "
      "{}, none missing; F = {:.4g} with {:.4g} and {:.4g} degrees of freedom, {}.",
      to_string(form), value, 100 * confidence, low, high, counted(num_units, "unit"), counted(num_raters, "rater"), f,
      df1, df2, p_phrase(p_value));
}

std::string to_string(IccForm value) {
  switch (value) {
    case IccForm::kOneWay:
      return "ICC(1,1)";
    case IccForm::kTwoWayAgreement:
      return "ICC(2,1)";
    default:
      return "ICC(3,1)";
  }
}

}  // namespace radonc::stats
