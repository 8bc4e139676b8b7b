// The physicians' review: one offline page on which reviewers judge the models' answers without knowing whose they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "radonc/core/export.hpp"
#include "radonc/tasks/task.hpp"

namespace radonc::review {

/// The name under which the plan on record takes part, beside the models.
inline constexpr const char* kReferenceModel = "reference";

struct RADONC_API ReviewOptions {
  std::string title = "Physicians' review";
  std::string task;  ///< of which task the free answers are reviewed; empty: that with the longest references
  std::vector<std::string> reviewers = {"reviewer-1", "reviewer-2"};
  std::size_t max_cases = 0;     ///< as many cases at most, drawn at random; 0: all
  std::size_t num_overlap = 50;  ///< cases that every reviewer sees, at most all; the others are dealt out evenly
  /// Whoever knows it can tell whose an answer is: keep it as secret as the key.
  std::uint64_t seed = 0;
  /// Shows a parsed answer in its canonical form, as the reference is, so that its style does not give it away.
  /// An unparsed answer is shown as generated either way.
  bool canonical_answers = true;
};

struct RADONC_API ReviewPage {
  std::string html;
  std::string key_json;  ///< whose each answer is; what read_reviews needs
  std::string checksum;  ///< SHA-256 of the cases in the page, as hexadecimal digits
  std::size_t num_cases = 0;
  std::vector<std::string> models;             ///< "reference", then the models in the order of `predictions`
  std::vector<std::size_t> cases_of_reviewer;  ///< how many each reviewer sees, in the order of the options
};

/// Lays the page out. Each case shows the reference and every model's answer as A, B, C … in an order of its own; each
/// reviewer meets the cases in an order of their own. Pairs that no model answered, such as a study's training cases,
/// are left out. The page holds no model's name, no seed, no patient_id, and fetches nothing; the key numbers the
/// patients, and holds no patient_id either. Same input, same page, on every machine. Throws radonc::Error, naming at
/// most a case_id, a model or a reviewer, if there are no pairs of the task, a case or an answer occurs twice, a case
/// has no patient_id or lacks one model's answer, an answer's case is not among the pairs, a model is called
/// "reference", reviewers are missing, empty or named twice, or a case has more than 26 answers.
RADONC_API ReviewPage build_review(const std::vector<tasks::Pair>& pairs,
                                   const std::vector<tasks::Prediction>& predictions,
                                   const ReviewOptions& options = {});

/// Writes the page to `path` and, beside it, review_key.json, which must not reach a reviewer. The result of
/// build_review is returned.
/// Throws radonc::Error as build_review does, if the files cannot be written, or if there is a key of another page:
/// without it the ratings given on that page would be lost.
RADONC_API ReviewPage review_page(const std::filesystem::path& path, const std::vector<tasks::Pair>& pairs,
                                  const std::vector<tasks::Prediction>& predictions, const ReviewOptions& options = {});

}  // namespace radonc::review
