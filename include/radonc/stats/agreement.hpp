// How far raters agree: kappa, AC1, AC2, alpha and the intraclass correlation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/stats/interval.hpp"

namespace radonc::stats {

/// ratings[unit][rater]; nullopt where a rater did not rate a unit. Categories are numbers, in their order.
using Ratings = std::vector<std::vector<std::optional<double>>>;

enum class AgreementWeights {
  kIdentity,   ///< categories are the same or not
  kLinear,     ///< by their distance
  kQuadratic,  ///< by its square
};

enum class MeasurementLevel {
  kNominal,   ///< categories are the same or not
  kOrdinal,   ///< their order counts
  kInterval,  ///< their differences count
};

struct RADONC_API AgreementResult {
  std::string name;           ///< such as "Cohen's kappa"
  double value = 0;           ///< 1: agreement throughout; 0: what chance gives
  double observed = 0;        ///< share of agreement, partial where weighted; of alpha the disagreement
  double expected = 0;        ///< the same by chance
  std::size_t num_units = 0;  ///< units that count: for alpha and the agreement of AC those with two ratings or more
  std::size_t num_raters = 0;
  std::size_t num_categories = 0;
  std::size_t num_missing = 0;  ///< ratings that are missing among all units
  std::string method;           ///< weights or level
  std::string assumptions;
  std::string reference;

  /// The result as a sentence: coefficient, method, units, raters, categories and missing ratings.
  [[nodiscard]] std::string to_sentence() const;
};

/// Cohen's kappa (1960; weighted 1968) of two raters, as sklearn.metrics.cohen_kappa_score. With weights the distance
/// of two categories is that of their positions among the sorted categories used. Throws radonc::Error on empty or
/// unequally long input, a rating that is not finite, or where both raters give all units one and the same category, so
/// that chance alone agrees throughout.
RADONC_API AgreementResult cohen_kappa(std::span<const double> first, std::span<const double> second,
                                       AgreementWeights weights = AgreementWeights::kIdentity);

/// Fleiss' kappa (1971), as statsmodels' fleiss_kappa. Every unit needs the same number of ratings; the raters may
/// differ from unit to unit.
/// Throws radonc::Error on no units, fewer than two raters, missing ratings, or one category throughout.
RADONC_API AgreementResult fleiss_kappa(const Ratings& ratings);

/// Gwet's AC1 (2008), with weights AC2 (2014), as irrCAC: chance agreement stays small where one category prevails.
/// Distances are those of the categories' values. `categories` lists those that raters could choose, where some were
/// chosen by nobody; empty: those that occur. Ratings may be missing.
/// Throws radonc::Error on no unit with two ratings, fewer than two categories, or a rating outside `categories`.
RADONC_API AgreementResult gwet_ac(const Ratings& ratings, AgreementWeights weights = AgreementWeights::kIdentity,
                                   const std::vector<double>& categories = {});

/// Krippendorff's alpha (1970, 2011), as the package krippendorff. Ratings may be missing; units with fewer than two
/// do not count. Throws radonc::Error on no unit with two ratings, or one category throughout.
RADONC_API AgreementResult krippendorff_alpha(const Ratings& ratings,
                                              MeasurementLevel level = MeasurementLevel::kNominal);

enum class IccForm {
  kOneWay,             ///< ICC(1,1): each unit is rated by raters of its own
  kTwoWayAgreement,    ///< ICC(2,1): the same random raters rate all units; absolute agreement
  kTwoWayConsistency,  ///< ICC(3,1): the same fixed raters rate all units; consistency
};

struct RADONC_API IccResult {
  IccForm form = IccForm::kTwoWayAgreement;
  double value = 0;
  double low = 0;         ///< lower end of the interval
  double high = 0;        ///< upper end
  double confidence = 0;  ///< such as 0.95
  double f = 0;           ///< F statistic of no agreement, infinite where raters agree throughout
  double df1 = 0, df2 = 0;
  double p_value = 1;  ///< of that F
  std::size_t num_units = 0;
  std::size_t num_raters = 0;
  std::string assumptions =
      "Ratings are numbers whose unit, rater and error effects are normally distributed, with errors of one variance.";
  std::string reference =
      "Shrout PE, Fleiss JL. Intraclass correlations: uses in assessing rater reliability. Psychological Bulletin "
      "1979;86:420-428. McGraw KO, Wong SP. Forming inferences about some intraclass correlation coefficients. "
      "Psychological Methods 1996;1:30-46.";

  /// The result as a sentence: form, figures, units and raters.
  [[nodiscard]] std::string to_sentence() const;
};

/// The intraclass correlation of single ratings with its F-based interval, as pingouin.intraclass_corr.
/// Throws radonc::Error on fewer than two units or raters, missing ratings, ratings that are all equal, or a confidence
/// outside (0, 1).
RADONC_API IccResult intraclass_correlation(const Ratings& ratings, IccForm form = IccForm::kTwoWayAgreement,
                                            double confidence = 0.95);

/// Any of these coefficients with a percentile bootstrap interval (Efron 1979) over whole clusters (patients) of units,
/// since the ratings of one patient's answers depend on one another. Resamples for which the coefficient is undefined,
/// such as those with one category throughout, are left out, and num_replicates counts the others.
///   clusters [units]: the cluster each unit belongs to     coefficient: called with the units of a resample
/// Same seed, same interval, on every machine. Throws radonc::Error if `coefficient` does for the ratings themselves or
/// for all resamples, on unequally long input, no replicates, or a confidence outside (0, 1).
RADONC_API Estimate agreement_interval(const Ratings& ratings, const std::vector<std::string>& clusters,
                                       const std::function<double(const Ratings&)>& coefficient,
                                       double confidence = 0.95, std::size_t num_replicates = 2000,
                                       std::uint64_t seed = 0);

/// "none", "linear" or "quadratic"; "nominal", "ordinal" or "interval"; "ICC(1,1)", "ICC(2,1)" or "ICC(3,1)".
RADONC_API std::string to_string(AgreementWeights value);
RADONC_API std::string to_string(MeasurementLevel value);
RADONC_API std::string to_string(IccForm value);

}  // namespace radonc::stats
