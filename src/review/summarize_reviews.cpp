#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "radonc/core/error.hpp"
#include "radonc/review/read_reviews.hpp"
#include "radonc/stats/multiple_testing.hpp"
#include "review/reviewer_agreement.hpp"

namespace radonc::review {
namespace {

using Json = nlohmann::ordered_json;

// One case's ratings of one model, from however many reviewers.
struct CaseRating {
  std::optional<bool> acceptable, usable;  // nothing without a verdict
  std::optional<double> quality;           // mean
  bool harm = false;
};

using Ratings = std::map<std::string, CaseRating>;  // by case_id

Ratings rate(const Reviews& reviews, std::size_t m, std::array<std::size_t, 3>& verdicts) {
  struct Sums {
    std::size_t verdicts = 0, acceptable = 0, usable = 0, qualities = 0;
    int quality = 0;
    bool harm = false;
  };
  std::map<std::string, Sums> sums;
  for (const CaseReview& review : reviews.cases) {
    const AnswerReview& answer = review.answers.at(m);
    Sums& s = sums[review.case_id];
    if (answer.verdict) {
      ++verdicts.at(static_cast<std::size_t>(*answer.verdict));
      ++s.verdicts;
      s.acceptable += *answer.verdict == Verdict::kAcceptable;
      s.usable += *answer.verdict != Verdict::kUnacceptable;
    }
    if (answer.quality) {
      ++s.qualities;
      s.quality += *answer.quality;
    }
    s.harm = s.harm || answer.harm;
  }
  Ratings ratings;
  for (const auto& [id, s] : sums) {
    CaseRating& rating = ratings[id];
    if (s.verdicts > 0) {
      rating.acceptable = 2 * s.acceptable > s.verdicts;
      rating.usable = 2 * s.usable > s.verdicts;
    }
    if (s.qualities > 0) rating.quality = static_cast<double>(s.quality) / static_cast<double>(s.qualities);
    rating.harm = s.harm;
  }
  return ratings;
}

using Patients = std::map<std::string, std::size_t>;  // by case_id

// The share of cases with a verdict for which `holds` is true, without those in `left_out`.
stats::Estimate share(const Ratings& ratings, std::optional<bool> CaseRating::*holds,
                      const std::set<std::string>& left_out, const Patients& patients, double confidence) {
  std::vector<bool> values;
  std::vector<std::string> clusters;
  for (const auto& [id, rating] : ratings) {
    if (!(rating.*holds) || left_out.contains(id)) continue;
    values.push_back(*(rating.*holds));
    clusters.push_back(std::to_string(patients.at(id)));
  }
  return values.empty() ? stats::Estimate{} : stats::clustered_wilson_interval(values, clusters, confidence);
}

ModelReview model_review(const std::string& model, const Ratings& ratings, const std::set<std::string>& wrong,
                         const Patients& patients, double confidence) {
  ModelReview review{.model = model};
  review.acceptable = share(ratings, &CaseRating::acceptable, {}, patients, confidence);
  review.usable = share(ratings, &CaseRating::usable, {}, patients, confidence);
  review.acceptable_where_reference_holds = share(ratings, &CaseRating::acceptable, wrong, patients, confidence);
  review.num_cases = review.acceptable.n;
  std::vector<double> qualities;
  std::vector<std::string> clusters;
  for (const auto& [id, rating] : ratings) {
    review.num_harm += rating.harm;
    if (!rating.quality) continue;
    qualities.push_back(*rating.quality);
    clusters.push_back(std::to_string(patients.at(id)));
  }
  if (!qualities.empty()) review.quality = stats::bootstrap_mean_interval(qualities, clusters, confidence);
  return review;
}

stats::McNemarResult mcnemar(const Ratings& first, const Ratings& second, std::optional<bool> CaseRating::*holds) {
  std::size_t only_first = 0, only_second = 0;
  for (const auto& [id, a] : first) {
    const auto b = second.find(id);
    if (b == second.end() || !(a.*holds) || !(b->second.*holds)) continue;
    only_first += *(a.*holds) && !*(b->second.*holds);
    only_second += !*(a.*holds) && *(b->second.*holds);
  }
  return stats::mcnemar_exact(only_first, only_second);
}

std::optional<stats::WilcoxonResult> wilcoxon(const Ratings& first, const Ratings& second) {
  std::vector<double> x, y;
  for (const auto& [id, a] : first) {
    const auto b = second.find(id);
    if (b == second.end() || !a.quality || !b->second.quality) continue;
    x.push_back(*a.quality);
    y.push_back(*b->second.quality);
  }
  if (x.empty()) return std::nullopt;
  return stats::wilcoxon_signed_rank(x, y, {.method = stats::WilcoxonMethod::kExactIfFew});
}

void apply_holm(std::vector<ModelComparison>& comparisons) {
  std::vector<double> acceptable, usable, quality;
  for (const ModelComparison& c : comparisons) {
    acceptable.push_back(c.acceptable.p_value);
    usable.push_back(c.usable.p_value);
    quality.push_back(c.quality ? c.quality->p_value : 1);
  }
  acceptable = stats::holm(acceptable);
  usable = stats::holm(usable);
  quality = stats::holm(quality);
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    comparisons[i].p_acceptable = acceptable[i];
    comparisons[i].p_usable = usable[i];
    comparisons[i].p_quality = quality[i];
  }
}

Json json_of(const stats::Estimate& e) {
  if (e.n == 0) return nullptr;
  return {{"value", e.value}, {"low", e.low}, {"high", e.high}, {"n", e.n}};
}

Json json_of(const stats::McNemarResult& r, double p_holm) {
  return {{"only_first", r.only_first}, {"only_second", r.only_second}, {"p_value", r.p_value}, {"p_holm", p_holm}};
}

Json json_of(const std::optional<stats::WilcoxonResult>& r, double p_holm) {
  if (!r) return nullptr;
  return {{"statistic", r->statistic},
          {"n", r->n},
          {"num_nonzero", r->num_nonzero},
          {"method", stats::to_string(r->method)},
          {"p_value", r->p_value},
          {"p_holm", p_holm},
          {"rank_biserial", r->rank_biserial}};
}

}  // namespace

ReviewResult summarize_reviews(const Reviews& reviews, double confidence) {
  if (!(confidence > 0 && confidence < 1))
    throw Error(fmt::format("reviews: the confidence must lie between 0 and 1, got {}.", confidence));
  ReviewResult result{.page = reviews.page, .task = reviews.task, .confidence = confidence};
  std::map<std::string, std::size_t> complete;
  std::set<std::string> wrong, with_verdict;
  for (const CaseReview& review : reviews.cases) {
    if (review.reference_wrong) wrong.insert(review.case_id);
    complete[review.reviewer] += std::ranges::all_of(
        review.answers, [](const AnswerReview& a) { return a.verdict.has_value() && a.quality.has_value(); });
    if (std::ranges::any_of(review.answers, [](const AnswerReview& a) { return a.verdict.has_value(); }))
      with_verdict.insert(review.case_id);
  }
  if (with_verdict.empty()) throw Error("reviews: no answer has a verdict. Pass exports of reviewers who have begun.");
  for (std::size_t r = 0; r < reviews.reviewers.size(); ++r)
    result.reviewers.push_back({reviews.reviewers[r], reviews.assigned.at(r), complete[reviews.reviewers[r]]});
  result.num_cases = with_verdict.size();
  std::set<std::size_t> patients;
  for (const std::string& id : with_verdict) patients.insert(reviews.patients.at(id));
  result.num_patients = patients.size();
  result.reference_wrong.assign(wrong.begin(), wrong.end());

  std::vector<Ratings> ratings;
  for (std::size_t m = 0; m < reviews.models.size(); ++m) {
    std::array<std::size_t, 3> verdicts = {};
    ratings.push_back(rate(reviews, m, verdicts));
    result.models.push_back(model_review(reviews.models[m], ratings.back(), wrong, reviews.patients, confidence));
    result.models.back().verdicts = verdicts;
  }
  for (std::size_t a = 0; a < ratings.size(); ++a)
    for (std::size_t b = a + 1; b < ratings.size(); ++b)
      result.comparisons.push_back({.first = reviews.models[a],
                                    .second = reviews.models[b],
                                    .acceptable = mcnemar(ratings[a], ratings[b], &CaseRating::acceptable),
                                    .usable = mcnemar(ratings[a], ratings[b], &CaseRating::usable),
                                    .quality = wilcoxon(ratings[a], ratings[b])});
  apply_holm(result.comparisons);

  for (auto row : ratings_matrix(reviews, RatingKind::kVerdict)) {
    std::erase(row, std::nullopt);
    if (row.size() < 2) continue;
    ++result.num_overlap_answers;
    result.num_equal_verdicts += std::ranges::all_of(row, [&](const auto& value) { return value == row.front(); });
  }
  result.agreement = agreement_of(reviews, confidence);
  return result;
}

std::string to_json(const ReviewResult& r) {
  Json reviewers = Json::array(), models = Json::array(), comparisons = Json::array(), agreement = Json::array();
  for (const ReviewerProgress& p : r.reviewers)
    reviewers.push_back({{"reviewer", p.reviewer}, {"assigned", p.assigned}, {"complete", p.complete}});
  for (const ModelReview& m : r.models) {
    Json verdicts = Json::object();
    for (const Verdict verdict : {Verdict::kAcceptable, Verdict::kWithChanges, Verdict::kUnacceptable})
      verdicts[to_string(verdict)] = m.verdicts.at(static_cast<std::size_t>(verdict));
    models.push_back({{"model", m.model},
                      {"num_cases", m.num_cases},
                      {"acceptable", json_of(m.acceptable)},
                      {"usable", json_of(m.usable)},
                      {"quality", json_of(m.quality)},
                      {"num_harm", m.num_harm},
                      {"verdicts", verdicts},
                      {"acceptable_where_reference_holds", json_of(m.acceptable_where_reference_holds)}});
  }
  for (const ModelComparison& c : r.comparisons)
    comparisons.push_back({{"first", c.first},
                           {"second", c.second},
                           {"acceptable", json_of(c.acceptable, c.p_acceptable)},
                           {"usable", json_of(c.usable, c.p_usable)},
                           {"quality", json_of(c.quality, c.p_quality)}});
  for (const ReviewerAgreement& a : r.agreement)
    agreement.push_back({{"rating", to_string(a.kind)},
                         {"coefficient", a.coefficient},
                         {"estimate", json_of(a.estimate)},
                         {"num_missing", a.num_missing}});
  const Json json = {{"format", "radonc-review-result"},
                     {"version", 1},
                     {"page", r.page},
                     {"task", r.task},
                     {"confidence", r.confidence},
                     {"reviewers", reviewers},
                     {"num_cases", r.num_cases},
                     {"num_patients", r.num_patients},
                     {"reference_wrong", r.reference_wrong},
                     {"models", models},
                     {"comparisons", comparisons},
                     {"num_overlap_answers", r.num_overlap_answers},
                     {"num_equal_verdicts", r.num_equal_verdicts},
                     {"agreement", agreement}};
  return json.dump(2) + "\n";
}

}  // namespace radonc::review
