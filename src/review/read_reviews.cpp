#include "radonc/review/read_reviews.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/file_text.hpp"
#include "radonc/core/error.hpp"
#include "radonc/core/file.hpp"
#include "review/review_checksum.hpp"

namespace radonc::review {
namespace {

using Json = nlohmann::ordered_json;
using Path = std::filesystem::path;

constexpr std::string_view kAskAgain = "Ask the reviewer to export again.";
constexpr std::string_view kKeyRemedy = "Pass the review_key.json that was written beside the page.";

struct Key {
  std::string page, task;
  std::vector<std::string> models, overlap;
  std::vector<std::string> reviewers;
  std::map<std::string, std::set<std::string>> assigned;      // reviewer → case_ids
  std::map<std::string, std::vector<std::string>> models_of;  // case_id → whose A, B, … are
  std::map<std::string, std::size_t> patients;                // case_id → its patient's number
};

// The checksum holds, but a program may still have written something else.
template <class Read>
auto reading(const std::string& where, std::string_view remedy, const Read& read) {
  try {
    return read();
  } catch (const Json::exception&) {
    throw Error(fmt::format("{}: a field is missing or of another type than radonc writes. {}", where, remedy));
  }
}

// Whether every case has an answer of every model, and every list names cases that exist.
bool is_consistent(const Key& key) {
  const std::set<std::string> models(key.models.begin(), key.models.end());
  const auto exists = [&](const std::string& id) { return key.models_of.contains(id); };
  return models.size() == key.models.size() && key.models.size() <= kReviewLabels.size() &&
         key.assigned.size() == key.reviewers.size() && std::ranges::all_of(key.overlap, exists) &&
         std::ranges::all_of(key.assigned,
                             [&](const auto& list) { return std::ranges::all_of(list.second, exists); }) &&
         std::ranges::all_of(key.models_of, [&](const auto& entry) {
           return entry.second.size() == models.size() &&
                  std::set<std::string>(entry.second.begin(), entry.second.end()) == models;
         });
}

Key read_key(const Path& path) {
  const std::string where = path.string();
  const Json json = checked_content(core::read_file(path), "radonc-review-key", where, kKeyRemedy);
  return reading(where, kKeyRemedy, [&] {
    Key key{json.at("page"), json.at("task"), json.at("models"), json.at("overlap"), {}, {}, {}, {}};
    for (const Json& entry : json.at("reviewers")) {
      key.reviewers.push_back(entry.at("name"));
      const std::vector<std::string> ids = entry.at("cases");
      key.assigned[key.reviewers.back()] = {ids.begin(), ids.end()};
    }
    for (const Json& entry : json.at("cases")) {
      key.models_of[entry.at("case_id")] = entry.at("models");
      key.patients[entry.at("case_id")] = entry.at("patient");
    }
    if (!is_consistent(key)) throw Error(fmt::format("{}: the key contradicts itself. {}", where, kKeyRemedy));
    return key;
  });
}

[[noreturn]] void bad_rating(const std::string& where, const std::string& case_id) {
  throw Error(fmt::format("{}: the rating of case {} is not of the page's form. {}", where, core::readable(case_id),
                          kAskAgain));
}

AnswerReview read_answer(const Json& json, const std::string& where, const std::string& case_id) {
  AnswerReview answer;
  answer.label = json.at("label");
  answer.harm = json.at("harm").get_ref<const bool&>();
  answer.remarks = json.at("note");
  if (const Json& verdict = json.at("verdict"); !verdict.is_null()) {
    for (const Verdict known : {Verdict::kUnacceptable, Verdict::kWithChanges, Verdict::kAcceptable})
      if (verdict == to_string(known)) answer.verdict = known;
    if (!answer.verdict) bad_rating(where, case_id);
  }
  if (const Json& quality = json.at("quality"); !quality.is_null()) {
    if (!quality.is_number_integer() || quality < 1 || quality > 5) bad_rating(where, case_id);
    answer.quality = quality.get<int>();
  }
  return answer;
}

CaseReview read_case(const Json& json, const std::string& reviewer, const Key& key, const std::string& where) {
  CaseReview review{.reviewer = reviewer, .case_id = json.at("case_id")};
  const auto models = key.models_of.find(review.case_id);
  if (models == key.models_of.end())
    throw Error(fmt::format("{}: case {} is not of this page. {}", where, core::readable(review.case_id), kAskAgain));
  if (!key.assigned.at(reviewer).contains(review.case_id))
    throw Error(fmt::format("{}: case {} is not one of {}'s. {}", where, review.case_id, reviewer, kAskAgain));
  review.reference_wrong = json.at("reference_wrong").get_ref<const bool&>();
  review.remarks = json.at("note");
  const Json& answers = json.at("answers");
  if (!answers.is_array() || answers.size() != models->second.size()) bad_rating(where, review.case_id);
  std::map<std::string, AnswerReview> by_model;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    AnswerReview answer = read_answer(answers[i], where, review.case_id);
    if (answer.label != kReviewLabels.substr(i, 1)) bad_rating(where, review.case_id);
    answer.model = models->second[i];
    by_model[answer.model] = std::move(answer);
  }
  for (const std::string& model : key.models) review.answers.push_back(by_model.at(model));
  return review;
}

// One export; its reviewer and cases, these in the order of their ids.
std::vector<CaseReview> read_export(const Path& path, const Key& key, std::string& reviewer) {
  const std::string where = path.string();
  const Json json = checked_content(core::read_file(path), "radonc-review", where, kAskAgain);
  return reading(where, kAskAgain, [&] {
    if (json.at("page") != key.page)
      throw Error(fmt::format("{}: it is an export of another page. Pass the exports and the key of one page.", where));
    reviewer = json.at("reviewer");
    if (!key.assigned.contains(reviewer))
      throw Error(fmt::format("{}: {} is no reviewer of this page. Pass the exports and the key of one page.", where,
                              core::readable(reviewer)));
    std::map<std::string, CaseReview> cases;
    for (const Json& entry : json.at("ratings")) {
      CaseReview review = read_case(entry, reviewer, key, where);
      const std::string id = review.case_id;
      if (!cases.emplace(id, std::move(review)).second)
        throw Error(fmt::format("{}: case {} comes twice. {}", where, id, kAskAgain));
    }
    std::vector<CaseReview> sorted;
    for (auto& [id, review] : cases) sorted.push_back(std::move(review));
    return sorted;
  });
}

}  // namespace

std::string to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kUnacceptable:
      return "unacceptable";
    case Verdict::kWithChanges:
      return "with_changes";
    case Verdict::kAcceptable:
      return "acceptable";
  }
  throw Error("a Verdict outside its enumeration");
}

std::string to_string(RatingKind kind) {
  switch (kind) {
    case RatingKind::kVerdict:
      return "verdict";
    case RatingKind::kQuality:
      return "quality";
    case RatingKind::kHarm:
      return "harm";
  }
  throw Error("a RatingKind outside its enumeration");
}

Reviews read_reviews(const std::vector<Path>& paths, const Path& key_path) {
  if (paths.empty()) throw Error("reviews: no exports. Pass at least one reviewer's JSON file.");
  const Key key = read_key(key_path);
  std::map<std::string, std::pair<Path, std::vector<CaseReview>>> read;  // by reviewer
  for (const Path& path : paths) {
    std::string reviewer;
    std::vector<CaseReview> cases = read_export(path, key, reviewer);
    const auto [entry, is_new] = read.try_emplace(reviewer, path, std::move(cases));
    if (!is_new)
      throw Error(fmt::format("{}: {} is the reviewer of {}, too. Pass each reviewer's last export only.",
                              path.string(), reviewer, entry->second.first.string()));
  }
  Reviews reviews{.page = key.page, .task = key.task, .models = key.models, .overlap = key.overlap};
  reviews.patients = key.patients;
  std::ranges::sort(reviews.overlap);
  for (const std::string& reviewer : key.reviewers) {
    const auto found = read.find(reviewer);
    if (found == read.end()) continue;
    reviews.reviewers.push_back(reviewer);
    reviews.assigned.push_back(key.assigned.at(reviewer).size());
    std::ranges::move(found->second.second, std::back_inserter(reviews.cases));
  }
  return reviews;
}

std::vector<std::vector<std::optional<int>>> ratings_matrix(const Reviews& reviews, RatingKind kind,
                                                            const std::optional<std::string>& model) {
  std::vector<std::size_t> shown;
  for (std::size_t m = 0; m < reviews.models.size(); ++m)
    if (!model || reviews.models[m] == *model) shown.push_back(m);
  if (shown.empty())
    throw Error(
        fmt::format("reviews: {} is no model of this page; it has {}.", *model, fmt::join(reviews.models, ", ")));
  const auto value = [&](const AnswerReview& answer) -> std::optional<int> {
    if (kind == RatingKind::kQuality) return answer.quality;
    if (!answer.verdict) return std::nullopt;
    return kind == RatingKind::kVerdict ? static_cast<int>(*answer.verdict) : static_cast<int>(answer.harm);
  };
  std::map<std::pair<std::string, std::string>, const CaseReview*> found;  // reviewer, case_id
  for (const CaseReview& review : reviews.cases) found[{review.reviewer, review.case_id}] = &review;
  std::vector<std::vector<std::optional<int>>> matrix;
  for (const std::string& id : reviews.overlap)
    for (const std::size_t m : shown) {
      auto& row = matrix.emplace_back();
      for (const std::string& reviewer : reviews.reviewers) {
        const auto review = found.find({reviewer, id});
        row.push_back(review == found.end() ? std::nullopt : value(review->second->answers.at(m)));
      }
    }
  return matrix;
}

}  // namespace radonc::review
