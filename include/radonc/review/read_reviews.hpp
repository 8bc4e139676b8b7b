// What the reviewers of a review page said, unblinded: per model, between models, and between reviewers.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/stats/interval.hpp"
#include "radonc/stats/mcnemar.hpp"
#include "radonc/stats/wilcoxon.hpp"

namespace radonc::review {

enum class Verdict { kUnacceptable = 0, kWithChanges = 1, kAcceptable = 2 };

/// "unacceptable", "with_changes" or "acceptable", as in the export.
RADONC_API std::string to_string(Verdict verdict);

/// What one reviewer said of one answer. A reviewer who has not finished leaves parts out.
struct RADONC_API AnswerReview {
  std::string model;  ///< whose the answer is
  std::string label;  ///< "A", "B", … on the page
  std::optional<Verdict> verdict;
  std::optional<int> quality;  ///< 1 (worst) to 5
  bool harm = false;
  std::string remarks;
};

/// What one reviewer said of one case.
struct RADONC_API CaseReview {
  std::string reviewer;
  std::string case_id;
  bool reference_wrong = false;  ///< "the reference itself is wrong"
  std::string remarks;
  std::vector<AnswerReview> answers;  ///< one a model, in the order of Reviews::models
};

struct RADONC_API Reviews {
  std::string page;  ///< the page's checksum
  std::string task;
  std::vector<std::string> models;              ///< "reference" first
  std::vector<std::string> reviewers;           ///< those whose exports were read, in the key's order
  std::vector<std::size_t> assigned;            ///< how many cases each of them sees on the page
  std::vector<std::string> overlap;             ///< case_ids that all reviewers see, sorted
  std::map<std::string, std::size_t> patients;  ///< case_id → its patient's number on this page, of every case
  std::vector<CaseReview> cases;                ///< by reviewer, then by case_id; cases without any input are absent
};

/// Merges exports of one page and tells, by its key, whose the answers are.
/// Throws radonc::Error naming the file, and at most a case_id or reviewer, if there are no files, a file is damaged,
/// was changed after the export, or belongs to another page; if a reviewer is not of this page or comes twice; if a
/// case is unknown, was not this reviewer's, or comes twice; or if a rating is not of the page's form. The checksums
/// find mistakes, not fraud: who reads the page can compute them.
RADONC_API Reviews read_reviews(const std::vector<std::filesystem::path>& paths, const std::filesystem::path& key);

enum class RatingKind {
  kVerdict,  ///< 0 unacceptable, 1 with changes, 2 acceptable
  kQuality,  ///< 1 to 5
  kHarm,     ///< 0 or 1, where the answer has a verdict
};

/// "verdict", "quality" or "harm".
RADONC_API std::string to_string(RatingKind kind);

/// The ratings of the overlap, for measures of agreement: rows are answers (every overlap case in order, of each its
/// models in order, or only `model`), columns are Reviews::reviewers; what was not rated is empty.
/// Throws radonc::Error if the model is not of this page.
RADONC_API std::vector<std::vector<std::optional<int>>> ratings_matrix(const Reviews& reviews, RatingKind kind,
                                                                       const std::optional<std::string>& model = {});

/// How far the reviewers agree on the answers of the overlap, as one coefficient says.
struct RADONC_API ReviewerAgreement {
  RatingKind kind = RatingKind::kVerdict;
  std::string coefficient;      ///< such as "Gwet's AC2, quadratic weights"
  stats::Estimate estimate;     ///< bootstrap over patients; n: answers that have the ratings it needs
  std::size_t num_missing = 0;  ///< ratings missing among all answers of the overlap
};

/// One model, a case counting once however many reviewers judged it: a verdict holds if more than half of the case's
/// verdicts say so, the quality is the reviewers' mean, harm is what any of them flagged.
struct RADONC_API ModelReview {
  std::string model;
  std::size_t num_cases = 0;                 ///< with at least one verdict
  stats::Estimate acceptable;                ///< Wilson's interval over patients
  stats::Estimate usable;                    ///< acceptable, or acceptable with changes; likewise
  stats::Estimate quality;                   ///< mean over cases, bootstrap over patients; n = 0 without any
  std::size_t num_harm = 0;                  ///< cases in which a reviewer saw possible harm
  std::array<std::size_t, 3> verdicts = {};  ///< single verdicts, by the values of Verdict
  /// Acceptable among the cases whose reference nobody called wrong; n = 0 without any.
  stats::Estimate acceptable_where_reference_holds;
};

/// Two models on the cases that both have a rating for, all tests two-sided. The tests take the cases as independent,
/// also where patients have several.
struct RADONC_API ModelComparison {
  std::string first;
  std::string second;
  stats::McNemarResult acceptable;
  stats::McNemarResult usable;
  std::optional<stats::WilcoxonResult> quality;  ///< first minus second; nothing without common cases
  // After Holm's correction, over all comparisons of the same kind.
  double p_acceptable = 1;
  double p_usable = 1;
  double p_quality = 1;
};

struct RADONC_API ReviewerProgress {
  std::string reviewer;
  std::size_t assigned = 0;
  std::size_t complete = 0;  ///< cases whose answers all have verdict and quality
};

struct RADONC_API ReviewResult {
  std::string page;
  std::string task;
  double confidence = 0.95;
  std::vector<ReviewerProgress> reviewers;
  std::size_t num_cases = 0;                 ///< cases with at least one verdict
  std::size_t num_patients = 0;              ///< of these cases
  std::vector<std::string> reference_wrong;  ///< case_ids whose reference some reviewer called wrong, sorted
  std::vector<ModelReview> models;
  std::vector<ModelComparison> comparisons;  ///< every pair of models
  std::size_t num_overlap_answers = 0;       ///< overlap answers with verdicts of two reviewers or more
  std::size_t num_equal_verdicts = 0;        ///< of these, those on which all verdicts are the same
  /// Of verdicts, in their order: for two reviewers Cohen's kappa with quadratic weights, Gwet's AC2 with these,
  /// Krippendorff's ordinal alpha. Of qualities: Krippendorff's interval alpha, and ICC(2,1) over the answers that all
  /// reviewers rated. Those are absent that cannot be computed, since too few were rated or all ratings are the same.
  std::vector<ReviewerAgreement> agreement;
};

/// Throws radonc::Error if nothing was rated, or the confidence is outside (0, 1). The bootstraps have a fixed seed.
RADONC_API ReviewResult summarize_reviews(const Reviews& reviews, double confidence = 0.95);

/// The result for a terminal: at most 98 columns wide (UTF-8), ends with a newline, without colours.
RADONC_API std::string review_table(const ReviewResult& result);

/// The result as JSON, keys in the structs' order.
RADONC_API std::string to_json(const ReviewResult& result);

}  // namespace radonc::review
