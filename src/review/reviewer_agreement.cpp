#include "review/reviewer_agreement.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "radonc/core/error.hpp"
#include "radonc/stats/agreement.hpp"

namespace radonc::review {
namespace {

using stats::AgreementWeights, stats::MeasurementLevel;

struct Coefficient {
  RatingKind kind;
  std::string name;
  bool needs_all;  // ratings of all reviewers, else of two
  std::function<double(const stats::Ratings&)> compute;
};

double kappa(const stats::Ratings& ratings) {
  std::vector<double> first, second;
  for (const auto& row : ratings) {
    first.push_back(row[0].value());
    second.push_back(row[1].value());
  }
  return stats::cohen_kappa(first, second, AgreementWeights::kQuadratic).value;
}

std::vector<Coefficient> coefficients(std::size_t num_reviewers) {
  std::vector<Coefficient> list;
  if (num_reviewers == 2) list.push_back({RatingKind::kVerdict, "Cohen's kappa, quadratic weights", true, kappa});
  list.push_back({RatingKind::kVerdict, "Gwet's AC2, quadratic weights", false, [](const stats::Ratings& ratings) {
                    return stats::gwet_ac(ratings, AgreementWeights::kQuadratic, {0, 1, 2}).value;
                  }});
  list.push_back({RatingKind::kVerdict, "Krippendorff's alpha, ordinal", false, [](const stats::Ratings& ratings) {
                    return stats::krippendorff_alpha(ratings, MeasurementLevel::kOrdinal).value;
                  }});
  list.push_back({RatingKind::kQuality, "Krippendorff's alpha, interval", false, [](const stats::Ratings& ratings) {
                    return stats::krippendorff_alpha(ratings, MeasurementLevel::kInterval).value;
                  }});
  list.push_back({RatingKind::kQuality, "ICC(2,1)", true,
                  [](const stats::Ratings& ratings) { return stats::intraclass_correlation(ratings).value; }});
  return list;
}

}  // namespace

std::vector<ReviewerAgreement> agreement_of(const Reviews& reviews, double confidence) {
  std::vector<ReviewerAgreement> agreement;
  if (reviews.reviewers.size() < 2) return agreement;
  for (const Coefficient& coefficient : coefficients(reviews.reviewers.size())) {
    const auto matrix = ratings_matrix(reviews, coefficient.kind);
    const std::size_t needed = coefficient.needs_all ? reviews.reviewers.size() : 2;
    stats::Ratings ratings;
    std::vector<std::string> patients;
    std::size_t num_missing = 0;
    for (std::size_t i = 0; i < matrix.size(); ++i) {
      const auto missing = static_cast<std::size_t>(std::count(matrix[i].begin(), matrix[i].end(), std::nullopt));
      num_missing += missing;
      if (matrix[i].size() - missing < needed) continue;
      ratings.emplace_back(matrix[i].begin(), matrix[i].end());
      patients.push_back(std::to_string(reviews.patients.at(reviews.overlap[i / reviews.models.size()])));
    }
    if (ratings.empty()) continue;
    try {
      agreement.push_back({coefficient.kind, coefficient.name,
                           stats::agreement_interval(ratings, patients, coefficient.compute, confidence), num_missing});
    } catch (const Error&) {
      // Too few ratings, or all the same: the coefficient is undefined.
    }
  }
  return agreement;
}

}  // namespace radonc::review
