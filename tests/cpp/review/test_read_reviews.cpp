#include "radonc/review/read_reviews.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "radonc/core/error.hpp"
#include "radonc/stats/agreement.hpp"
#include "support/sample_review.hpp"
#include "support/temporary_folder.hpp"

using namespace radonc;
using test::Entered;
using test::Json;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A page of 40 cases, 10 of them for both reviewers, with its key and two exports in a folder.
struct Review {
  test::TemporaryFolder folder;
  review::ReviewPage page;
  std::filesystem::path key, first, second;

  explicit Review(std::size_t cases_per_patient = 1) {
    review::ReviewOptions options;
    options.num_overlap = 10;
    options.seed = 5;
    page = review::review_page(folder.path() / "page.html", test::review_pairs(40, cases_per_patient),
                               test::review_predictions(40, {"original", "fine-tuned"}), options);
    key = folder.path() / "review_key.json";
    first = test::written(folder.path() / "r1.json", content("reviewer-1"));
    second = test::written(folder.path() / "r2.json", content("reviewer-2"));
  }

  // The reference always pleases, the fine-tuned model mostly, the original never.
  static Entered opinion(const std::string& id, const std::string& model) {
    const bool even = (id.back() - '0') % 2 == 0;
    if (model == "reference") return {"acceptable", 5, false};
    if (model == "fine-tuned") return {even ? "acceptable" : "with_changes", even ? 4 : 3, false};
    return {"unacceptable", 1, even};
  }

  [[nodiscard]] Json content(const std::string& reviewer) const { return test::review_export(page, reviewer, opinion); }

  [[nodiscard]] review::Reviews read() const { return review::read_reviews({second, first}, key); }

  // The message for a first export that `change` has been at; signed again unless it is left as changed.
  template <class Change>
  std::string refusal(const Change& change, bool sign = true) const {
    Json json = content("reviewer-1");
    change(json);
    const auto path = test::written(folder.path() / "changed.json", sign ? test::signed_export(json) : json);
    try {
      review::read_reviews({path}, key);
    } catch (const Error& error) {
      CHECK(contains(error.what(), "changed.json"));
      CHECK_FALSE(contains(error.what(), "Larynx"));
      return error.what();
    }
    return "nothing";
  }
};

}  // namespace

TEST_CASE("exports are merged and unblinded") {
  const Review review;
  const auto reviews = review.read();
  CHECK(reviews.page == review.page.checksum);
  CHECK(reviews.models == std::vector<std::string>{"reference", "original", "fine-tuned"});
  CHECK(reviews.reviewers == std::vector<std::string>{"reviewer-1", "reviewer-2"});
  CHECK(reviews.assigned == std::vector<std::size_t>{25, 25});
  CHECK(reviews.overlap.size() == 10);
  CHECK(reviews.cases.size() == 50);
  for (const auto& item : reviews.cases)
    for (std::size_t m = 0; m < 3; ++m) {
      const auto expected = Review::opinion(item.case_id, reviews.models[m]);
      CHECK(item.answers[m].model == reviews.models[m]);
      CHECK(to_string(item.answers[m].verdict.value()) == expected.verdict.get<std::string>());
      CHECK(item.answers[m].quality.value() == expected.quality.get<int>());
      CHECK(item.answers[m].harm == expected.harm);
    }
}

TEST_CASE("a case counts once in the figures, and models are compared on the same cases") {
  const Review review;
  const auto result = review::summarize_reviews(review.read());
  CHECK(result.num_cases == 40);
  REQUIRE(result.models.size() == 3);
  CHECK(result.models[0].acceptable == stats::wilson_interval(40, 40));
  CHECK(result.models[1].acceptable == stats::wilson_interval(0, 40));
  CHECK(result.models[2].acceptable == stats::wilson_interval(20, 40));
  CHECK(result.models[2].usable == stats::wilson_interval(40, 40));
  CHECK(result.models[1].num_harm == 20);
  CHECK(result.models[2].num_harm == 0);
  CHECK(result.models[2].quality.value == doctest::Approx(3.5));
  CHECK(result.models[2].verdicts[0] == 0);
  CHECK(result.models[2].verdicts[1] + result.models[2].verdicts[2] == 50);
  CHECK(result.num_overlap_answers == 30);
  CHECK(result.num_equal_verdicts == 30);
  REQUIRE(result.comparisons.size() == 3);
  const auto& last = result.comparisons[2];
  CHECK(last.first == "original");
  CHECK(last.second == "fine-tuned");
  CHECK(last.acceptable.only_second == 20);
  CHECK(last.acceptable.p_value == stats::mcnemar_exact(0, 20).p_value);
  CHECK(last.usable.only_second == 40);
  CHECK(last.quality.value().n == 40);
  CHECK(last.quality.value().rank_biserial == -1);
  CHECK(last.p_quality >= last.quality.value().p_value);
  CHECK(result.reviewers[1].complete == 25);
  CHECK(review::summarize_reviews(review.read(), 0.9).models[0].acceptable == stats::wilson_interval(40, 40, 0.9));
  CHECK_THROWS_AS(review::summarize_reviews(review.read(), 1), Error);
}

TEST_CASE("reviewers who disagree: more than half decides, quality is the mean, any harm counts") {
  const Review review;
  const auto other = test::review_export(review.page, "reviewer-2", [](const std::string&, const std::string&) {
    return Entered{"unacceptable", 2, true};
  });
  const auto reviews =
      review::read_reviews({review.first, test::written(review.folder.path() / "other.json", other)}, review.key);
  const auto result = review::summarize_reviews(reviews);
  // 15 cases are reviewer-1's alone; on the 10 of both one of two is no majority.
  CHECK(result.models[0].acceptable == stats::wilson_interval(15, 40));
  CHECK(result.models[0].num_harm == 25);
  CHECK(result.models[0].quality.value == doctest::Approx((15 * 5 + 10 * 3.5 + 15 * 2) / 40.0));
  CHECK(result.num_equal_verdicts == 10);  // both call the original unacceptable
  const auto matrix = review::ratings_matrix(reviews, review::RatingKind::kVerdict, "reference");
  CHECK(matrix == std::vector<std::vector<std::optional<int>>>(10, {2, 0}));
  CHECK(review::ratings_matrix(reviews, review::RatingKind::kQuality, "reference")[0] ==
        std::vector<std::optional<int>>{5, 2});
  CHECK(review::ratings_matrix(reviews, review::RatingKind::kHarm, "reference")[0] ==
        std::vector<std::optional<int>>{0, 1});
  CHECK(review::ratings_matrix(reviews, review::RatingKind::kVerdict).size() == 30);
  CHECK_THROWS_WITH_AS(review::ratings_matrix(reviews, review::RatingKind::kVerdict, "absent"),
                       doctest::Contains("absent is no model"), Error);
}

TEST_CASE("where patients have several cases the intervals are over patients") {
  const Review review(4);
  const auto reviews = review.read();
  CHECK(reviews.patients.size() == 40);
  CHECK(reviews.patients.at("case-0003") == reviews.patients.at("case-0000"));
  CHECK(reviews.patients.at("case-0004") != reviews.patients.at("case-0000"));
  const auto result = review::summarize_reviews(reviews);
  CHECK(result.num_cases == 40);
  CHECK(result.num_patients == 10);
  CHECK(result.models[0].acceptable.low == stats::wilson_interval(10, 10).low);  // all of 10 patients
  CHECK(result.models[0].acceptable.n == 40);
  CHECK(result.models[2].quality.num_clusters == 10);
  for (const auto& agreement : result.agreement) CHECK(agreement.estimate.num_clusters <= 10);
  CHECK(contains(review::review_table(result), "40 cases of 10 patients"));
  CHECK(contains(review::review_table(result), "Some patients have several cases."));
  CHECK_FALSE(contains(review::review_table(review::summarize_reviews(Review().read())), "Some patients"));
}

TEST_CASE("the agreement of reviewers is that of the measures over the overlap's ratings") {
  const Review review;
  std::size_t at = 0;
  const auto other = test::review_export(review.page, "reviewer-2", [&](const std::string& id, const std::string& m) {
    Entered entered = Review::opinion(id, m);
    if (++at % 4 == 0) entered.verdict = "with_changes";
    if (at % 5 == 0) entered.quality = 3;
    if (at % 11 == 0) entered.quality = nullptr;
    return entered;
  });
  const auto reviews =
      review::read_reviews({review.first, test::written(review.folder.path() / "other.json", other)}, review.key);
  const auto result = review::summarize_reviews(reviews, 0.9);
  REQUIRE(result.agreement.size() == 5);

  const auto ratings = [&](review::RatingKind kind, bool complete) {
    stats::Ratings kept;
    for (const auto& row : review::ratings_matrix(reviews, kind))
      if (!complete || (row[0] && row[1])) kept.emplace_back(row.begin(), row.end());
    return kept;
  };
  const auto verdicts = ratings(review::RatingKind::kVerdict, true);
  const auto qualities = ratings(review::RatingKind::kQuality, false);
  std::vector<double> first, second;
  for (const auto& row : verdicts) {
    first.push_back(*row[0]);
    second.push_back(*row[1]);
  }
  using stats::AgreementWeights, stats::MeasurementLevel;
  const std::pair<std::string, double> expected[] = {
      {"Cohen's kappa, quadratic weights", stats::cohen_kappa(first, second, AgreementWeights::kQuadratic).value},
      {"Gwet's AC2, quadratic weights", stats::gwet_ac(verdicts, AgreementWeights::kQuadratic, {0, 1, 2}).value},
      {"Krippendorff's alpha, ordinal", stats::krippendorff_alpha(verdicts, MeasurementLevel::kOrdinal).value},
      {"Krippendorff's alpha, interval", stats::krippendorff_alpha(qualities, MeasurementLevel::kInterval).value},
      {"ICC(2,1)", stats::intraclass_correlation(ratings(review::RatingKind::kQuality, true)).value}};
  for (std::size_t i = 0; i < 5; ++i) {
    const auto& found = result.agreement[i];
    CAPTURE(found.coefficient);
    CHECK(found.coefficient == expected[i].first);
    CHECK(found.kind == (i < 3 ? review::RatingKind::kVerdict : review::RatingKind::kQuality));
    CHECK(found.estimate.value == doctest::Approx(expected[i].second).epsilon(1e-12));
    CHECK(found.estimate.low < found.estimate.value);
    CHECK(found.estimate.value < found.estimate.high);
    CHECK(found.estimate.confidence == 0.9);
    CHECK(found.estimate.num_clusters == 10);
    CHECK(found.estimate.n == (i < 3 ? 30 : 30 - found.num_missing));
    CHECK(contains(review::review_table(result), found.coefficient));
  }
  CHECK(result.agreement[3].num_missing > 0);
  const Json json = Json::parse(review::to_json(result));
  CHECK(json["agreement"][4]["coefficient"] == "ICC(2,1)");
  CHECK(json["agreement"][4]["rating"] == "quality");
  CHECK(json["agreement"][0]["estimate"]["low"] == result.agreement[0].estimate.low);
}

TEST_CASE("agreement that cannot be computed is absent") {
  const Review review;
  CHECK(review::summarize_reviews(review::read_reviews({review.first}, review.key)).agreement.empty());
  std::vector<std::filesystem::path> exports;
  for (const std::string reviewer : {"reviewer-1", "reviewer-2"})
    exports.push_back(test::written(review.folder.path() / (reviewer + ".json"),
                                    test::review_export(review.page, reviewer, [](const auto&, const auto&) {
                                      return Entered{"acceptable", 5, false};
                                    })));
  const auto alike = review::summarize_reviews(review::read_reviews(exports, review.key)).agreement;
  REQUIRE(alike.size() == 1);  // one category throughout leaves only the coefficient that knows the others
  CHECK(alike[0].coefficient == "Gwet's AC2, quadratic weights");
  CHECK(alike[0].estimate.value == 1);
}

TEST_CASE("unfinished reviews count for what they hold") {
  const Review review;
  Json json = review.content("reviewer-1");
  while (json["ratings"].size() > 3) json["ratings"].erase(json["ratings"].size() - 1);
  for (Json& answer : json["ratings"][0]["answers"]) answer["verdict"] = answer["quality"] = nullptr;
  for (Json& answer : json["ratings"][1]["answers"]) answer["quality"] = nullptr;
  json["ratings"][1]["reference_wrong"] = true;
  const std::string flagged = json["ratings"][1]["case_id"];
  const auto path = test::written(review.folder.path() / "part.json", test::signed_export(json));
  const auto reviews = review::read_reviews({path}, review.key);
  const auto result = review::summarize_reviews(reviews);
  CHECK(result.num_cases == 2);
  CHECK(result.reviewers[0].complete == 1);
  CHECK(result.reference_wrong == std::vector<std::string>{flagged});
  CHECK(result.models[0].acceptable.n == 2);
  CHECK(result.models[0].acceptable_where_reference_holds.n == 1);
  CHECK(result.models[0].quality.n == 1);
  CHECK(contains(review::review_table(result), "called wrong in 1 cases"));
  json["ratings"] = Json::array();
  const auto empty = test::written(review.folder.path() / "empty.json", test::signed_export(json));
  CHECK_THROWS_WITH_AS(review::summarize_reviews(review::read_reviews({empty}, review.key)),
                       doctest::Contains("no answer has a verdict"), Error);
}

TEST_CASE("table and JSON show the result") {
  const Review review;
  const auto result = review::summarize_reviews(review.read());
  const std::string table = review::review_table(result);
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    CHECK(std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }) <= 98);
    CHECK((line.empty() || line.back() != ' '));
  }
  for (const std::string part :
       {"Physicians' review: regimen, 40 cases of 40 patients, 2 reviewers", "0.500 [0.352, 0.648]", "reference",
        "original against fine-tuned", "25 of 25 cases complete", "30 (100.0 %) of 30", "Not for clinical decisions"})
    CHECK_MESSAGE(contains(table, part), part << "\n" << table);
  const Json json = Json::parse(review::to_json(result));
  CHECK(json["models"][2]["acceptable"]["value"] == 0.5);
  CHECK(json["comparisons"][2]["quality"]["n"] == 40);
  CHECK(json["models"][2]["verdicts"]["unacceptable"] == 0);
}

TEST_CASE("what is no faithful export of this page is refused") {
  const Review review;
  const auto keep = [](Json&) {};
  CHECK(review.refusal(keep) == "nothing");
  CHECK(contains(review.refusal([](Json& j) { j["ratings"][0]["answers"][0]["quality"] = 2; }, false), "was changed"));
  CHECK(contains(review.refusal([](Json& j) { j["reviewer"] = "reviewer-2"; }, false), "was changed"));
  CHECK(contains(review.refusal([](Json& j) { j["ratings"].erase(0); }, false), "was changed"));
  CHECK(contains(review.refusal([](Json& j) { j["page"] = std::string(64, '0'); }), "another page"));
  CHECK(contains(review.refusal([](Json& j) { j["reviewer"] = "stranger"; }), "stranger is no reviewer"));
  CHECK(contains(review.refusal([](Json& j) { j["format"] = "x"; }), "not a file of the format radonc-review"));
  CHECK(contains(review.refusal([](Json& j) { j["version"] = 2; }), "version must be 1"));
  CHECK(contains(review.refusal([](Json& j) { j["ratings"][0]["case_id"] = "case-9999"; }),
                 "case case-9999 is not of this page"));
  CHECK(contains(review.refusal([](Json& j) { j["ratings"].push_back(j["ratings"][0]); }), "comes twice"));
  const Json of_other = review.content("reviewer-2");
  CHECK(contains(review.refusal([&](Json& j) { j["ratings"] = of_other["ratings"]; }), "is not one of reviewer-1's"));
  const std::vector<std::pair<std::string, Json>> values = {
      {"verdict", "good"}, {"verdict", 1}, {"quality", 0}, {"quality", 6}, {"quality", 2.5},
      {"quality", "2"},    {"label", "B"}, {"harm", 1},    {"note", 1},    {"harm", nullptr}};
  for (const auto& [field, value] : values) {
    const std::string said = review.refusal([&](Json& j) { j["ratings"][0]["answers"][0][field] = value; });
    CHECK_MESSAGE(said != "nothing", field);
  }
  CHECK(review.refusal([](Json& j) { j["ratings"][0]["answers"].erase(2); }) != "nothing");
  CHECK(review.refusal([](Json& j) { j["ratings"][0].erase("note"); }) != "nothing");
  CHECK(review.refusal([](Json& j) { j["ratings"] = 1; }) != "nothing");
  CHECK(review.refusal(
            [](Json& j) {
              j = Json::array();
              j.push_back(1);
            },
            false) != "nothing");
}

TEST_CASE("wherever a file is cut or whichever byte of it changes, it is refused") {
  const Review review;
  Json small = review.content("reviewer-1");
  while (small["ratings"].size() > 1) small["ratings"].erase(small["ratings"].size() - 1);
  const std::string text = test::signed_export(small).dump();
  const auto path = review.folder.path() / "changed.json";
  const auto refused = [&](const std::string& content) {
    core::write_file_atomically(path, content);
    try {
      review::read_reviews({path}, review.key);
    } catch (const Error&) {
      return true;
    }
    return false;
  };
  REQUIRE_FALSE(refused(text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    CHECK_MESSAGE(refused(text.substr(0, i)), "cut at " << i);
    std::string changed = text;
    changed[i] = changed[i] == '7' ? '8' : '7';
    CHECK_MESSAGE(refused(changed), "byte " << i);
  }
  CHECK(refused(std::string(1000000, '[')));
  CHECK(refused(text + text));
}

TEST_CASE("duplicated reviewers, missing files and wrong keys are refused") {
  const Review review, other;
  CHECK_THROWS_WITH_AS(review::read_reviews({}, review.key), doctest::Contains("no exports"), Error);
  const auto copy = test::written(review.folder.path() / "copy.json", review.content("reviewer-1"));
  CHECK_THROWS_WITH_AS(review::read_reviews({review.first, copy}, review.key),
                       doctest::Contains("reviewer-1 is the reviewer of"), Error);
  CHECK_THROWS_AS(review::read_reviews({review.folder.path() / "absent.json"}, review.key), Error);
  CHECK_THROWS_WITH_AS(review::read_reviews({review.first}, review.first), doctest::Contains("radonc-review-key"),
                       Error);
  CHECK_THROWS_WITH_AS(review::read_reviews({review.key}, review.key), doctest::Contains("radonc-review."), Error);
  Json key = Json::parse(core::read_file(review.key));
  std::swap(key["cases"][0]["models"][0], key["cases"][0]["models"][1]);
  const auto changed = test::written(review.folder.path() / "key.json", key);
  CHECK_THROWS_WITH_AS(review::read_reviews({review.first}, changed), doctest::Contains("was changed"), Error);
  key["cases"][0]["models"][0] = "unknown";
  for (const char* field : {"cases", "models", "reviewers", "overlap", "page", "task"}) {
    Json without = key;
    without.erase(field);
    const auto path = test::written(review.folder.path() / "without.json", test::signed_export(without));
    CHECK_THROWS_AS(review::read_reviews({review.first}, path), Error);
  }
  CHECK_THROWS_AS(
      review::read_reviews({review.first}, test::written(review.folder.path() / "k.json", test::signed_export(key))),
      Error);
}
