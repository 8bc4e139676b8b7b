#include "radonc/review/review_page.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "radonc/core/error.hpp"
#include "support/sample_review.hpp"
#include "support/temporary_folder.hpp"

using namespace radonc;
using test::Json;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string data_text(const std::string& html) {
  const std::string begin = "<script type=\"application/json\" id=\"data\">";
  const std::size_t at = html.find(begin) + begin.size();
  return html.substr(at, html.find("</script>", at) - at);
}

review::ReviewPage sample(std::size_t n, const review::ReviewOptions& options = {},
                          const std::vector<std::string>& models = {"original", "fine-tuned"}) {
  return review::build_review(test::review_pairs(n), test::review_predictions(n, models), options);
}

}  // namespace

TEST_CASE("the page stands alone, and its key tells whose every answer is") {
  const auto page = sample(30);
  CHECK(page.num_cases == 30);
  CHECK(page.models == std::vector<std::string>{"reference", "original", "fine-tuned"});
  for (const std::string part : {"http://", "https://", "<link", "<img", "url(", "@import", "innerHTML", "eval(", "{{"})
    CHECK_MESSAGE(!contains(page.html, part), part);
  for (const std::string part :
       {"lang=\"en\"", "name=\"viewport\"", "default-src 'none'", "Not for clinical decisions"})
    CHECK_MESSAGE(contains(page.html, part), part);
  CHECK(contains(page.html, "name=\"radonc-review-checksum\" content=\"" + page.checksum + "\""));
  CHECK(core::sha256_hex(data_text(page.html)) == page.checksum);

  const Json data = test::review_data(page.html), key = Json::parse(page.key_json);
  CHECK(key["page"] == page.checksum);
  std::map<std::pair<std::string, std::string>, std::string> texts;
  for (const auto& pair : test::review_pairs(30))
    if (pair.task == "regimen") texts[{pair.case_id, "reference"}] = pair.answer;
  for (const auto& p : test::review_predictions(30, {"original", "fine-tuned"}))
    if (p.task == "regimen") texts[{p.case_id, p.model}] = p.value;
  std::map<std::string, std::set<std::string>> orders;
  for (std::size_t i = 0; i < 30; ++i) {
    const Json &shown = data["cases"][i], &owners = key["cases"][i];
    CHECK(shown["case_id"] == owners["case_id"]);
    CHECK(shown["answers"].size() == 3);
    for (std::size_t k = 0; k < 3; ++k) CHECK(shown["answers"][k] == texts.at({shown["case_id"], owners["models"][k]}));
    for (std::size_t k = 0; k < 3; ++k) orders[owners["models"][k]].insert(std::to_string(k));
  }
  for (const auto& [model, positions] : orders) CHECK_MESSAGE(positions.size() == 3, model);
}

TEST_CASE("the page does not hold whose an answer is") {
  review::ReviewOptions options;
  options.seed = 9182736455;
  const auto page = sample(40, options, {"model-x", "model-y"});
  for (const std::string part : {"model-x", "model-y", "9182736455", "secret-patient", "As generated"})
    CHECK_MESSAGE(!contains(page.html, part), part);
  // Other names, same page: it cannot depend on them.
  CHECK(sample(40, options, {"original", "fine-tuned"}).html == page.html);
  CHECK(sample(40, options, {"a<b", "c"}).checksum == page.checksum);
  options.seed = 1;
  CHECK(sample(40, options).checksum != page.checksum);
  CHECK(sample(40, options).html == sample(40, options).html);
}

TEST_CASE("the key numbers the patients without naming them, and the page knows nothing of them") {
  const auto predictions = test::review_predictions(12, {"m"});
  const auto alone = review::build_review(test::review_pairs(12), predictions);
  const auto shared = review::build_review(test::review_pairs(12, 3), predictions);
  CHECK(shared.html == alone.html);
  CHECK_FALSE(contains(shared.key_json, "secret-patient"));
  const auto numbers = [](const review::ReviewPage& page) {
    std::vector<std::size_t> found;
    const Json key = Json::parse(page.key_json);
    for (const Json& item : key["cases"]) found.push_back(item["patient"]);
    return found;
  };
  CHECK(numbers(shared) == std::vector<std::size_t>{0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3});
  CHECK(numbers(alone) == std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
}

TEST_CASE("every position is as likely for every model") {
  const Json key = Json::parse(sample(600).key_json);
  std::map<std::string, std::map<std::size_t, int>> counts;
  for (const Json& item : key["cases"])
    for (std::size_t k = 0; k < 3; ++k) ++counts[item["models"][k]][k];
  for (const auto& [model, positions] : counts)
    for (const auto& [position, count] : positions) CHECK(std::abs(count - 200) < 60);  // 5 standard deviations
}

TEST_CASE("a case's order does not depend on the other cases or on the input's order") {
  const auto whole = sample(20);
  auto pairs = test::review_pairs(20);
  auto predictions = test::review_predictions(20, {"original", "fine-tuned"});
  std::reverse(pairs.begin(), pairs.end());
  std::ranges::stable_sort(predictions, std::greater{}, &tasks::Prediction::case_id);
  CHECK(review::build_review(pairs, predictions).html == whole.html);
  const Json few = Json::parse(sample(5).key_json), many = Json::parse(whole.key_json);
  for (std::size_t i = 0; i < 5; ++i) CHECK(few["cases"][i] == many["cases"][i]);
}

TEST_CASE("all reviewers see the overlap, one sees each other case, each in an order of their own") {
  review::ReviewOptions options;
  options.reviewers = {"r1", "r2", "r3"};
  options.num_overlap = 10;
  const auto page = sample(70, options);
  CHECK(page.cases_of_reviewer == std::vector<std::size_t>{30, 30, 30});
  const Json key = Json::parse(page.key_json), data = test::review_data(page.html);
  std::map<std::string, int> seen;
  for (std::size_t r = 0; r < 3; ++r) {
    const std::vector<std::string> ids = key["reviewers"][r]["cases"];
    CHECK_FALSE(std::ranges::is_sorted(ids));
    for (std::size_t i = 0; i < ids.size(); ++i) {
      ++seen[ids[i]];
      CHECK(data["cases"][data["reviewers"][r]["cases"][i].get<std::size_t>()]["case_id"] == ids[i]);
    }
  }
  CHECK(seen.size() == 70);
  const std::vector<std::string> overlap = key["overlap"];
  CHECK(overlap.size() == 10);
  for (const auto& [id, count] : seen) CHECK(count == (std::ranges::count(overlap, id) == 1 ? 3 : 1));
  options.num_overlap = 1000;
  CHECK(sample(7, options).cases_of_reviewer == std::vector<std::size_t>{7, 7, 7});
  options.reviewers = {"alone"};
  options.num_overlap = 0;
  CHECK(sample(7, options).cases_of_reviewer == std::vector<std::size_t>{7});
}

TEST_CASE("whatever records and models say stays text") {
  const std::string evil = "</script><!--<script>alert(\"x\" & 'y')</script>\u2028\u2029\r\n{{data}} \xff" +
                           std::string(1, '\0') + std::string(200000, 'z');
  auto pairs = test::review_pairs(1);
  auto predictions = test::review_predictions(1, {"m"});
  pairs[0].details = pairs[0].question = pairs[0].answer = predictions[0].text = evil;
  predictions[0].parsed = false;
  review::ReviewOptions options;
  options.title = "</title><script>alert(1)</script>";
  options.reviewers = {"</script>"};
  const std::string html = review::build_review(pairs, predictions, options).html;
  const std::string data = data_text(html);
  for (const char c : {'<', '>', '&', '\''}) CHECK(data.find(c) == std::string::npos);
  CHECK(std::ranges::all_of(data, [](char c) { return c >= 0x20 && c < 0x7F; }));
  CHECK_FALSE(contains(html, "alert(1)</script>"));
  CHECK_FALSE(contains(html, "</title><script>"));
  std::size_t scripts = 0;
  for (std::size_t at = 0; (at = html.find("</script>", at)) != std::string::npos; ++at) ++scripts;
  CHECK(scripts == 2);
  const Json read = test::review_data(html);
  CHECK(read["cases"][0]["answers"][0].get<std::string>().starts_with("</script><!--"));
  CHECK(read["cases"][0]["details"].get<std::string>().size() > 200000);
}

TEST_CASE("parsed answers are shown in canonical form unless asked otherwise, unparsed ones as generated") {
  auto predictions = test::review_predictions(1, {"m"});
  const auto shown = [&](bool canonical) {
    review::ReviewOptions options;
    options.canonical_answers = canonical;
    return review::build_review(test::review_pairs(1), predictions, options).html;
  };
  CHECK_FALSE(contains(shown(true), "As generated"));
  CHECK(contains(shown(false), "As generated"));
  predictions[0].parsed = false;
  CHECK(contains(shown(true), "As generated"));
}

TEST_CASE("what cannot make a page is refused without a word of a case") {
  const auto refused = [](const auto& change, const std::string& message) {
    auto pairs = test::review_pairs(3);
    auto predictions = test::review_predictions(3, {"original"});
    review::ReviewOptions options;
    change(pairs, predictions, options);
    try {
      review::build_review(pairs, predictions, options);
      FAIL(message);
    } catch (const Error& error) {
      const std::string said = error.what();
      CHECK_MESSAGE(contains(said, message), said);
      for (const std::string word : {"Larynx", "Answer ", "secret"}) CHECK_FALSE(contains(said, word));
    }
  };
  refused([](auto&, auto&, auto& o) { o.reviewers.clear(); }, "no reviewers");
  refused([](auto&, auto&, auto& o) { o.reviewers = {"a", ""}; }, "without a name");
  refused([](auto&, auto&, auto& o) { o.reviewers = {"a", "a"}; }, "reviewer a is named twice");
  refused([](auto&, auto&, auto& o) { o.task = "icd10"; }, "no pairs of the task icd10");
  refused([](auto& p, auto&, auto&) { p[0].patient_id.clear(); }, "case case-0000 has no patient_id");
  refused([](auto& p, auto&, auto&) { p.push_back(p[0]); }, "case case-0000 has two pairs");
  refused([](auto&, auto& a, auto&) { a.clear(); }, "no predictions");
  refused([](auto&, auto& a, auto&) { a[0].model = "reference"; }, "called \"reference\"");
  refused([](auto&, auto& a, auto&) { a[0].model = ""; }, "called \"\"");
  refused([](auto&, auto& a, auto&) { a.push_back(a[2]); }, "original answered case case-0001 twice");
  refused([](auto&, auto& a, auto&) { a[0].case_id = "case-x"; }, "original answered case case-x, of which");
  refused(
      [](auto&, auto& a, auto&) {
        a.push_back(a[0]);
        a.back().model = "other";
      },
      "case case-0001 has no answer of other");
  refused(
      [](auto&, auto& a, auto&) {
        for (int i = 0; i < 26; ++i) {
          a.push_back(a[0]);
          a.back().model = std::to_string(i);
        }
      },
      "at most 26");
}

TEST_CASE("cases that no model answered are left out; more than wanted are drawn at random") {
  review::ReviewOptions options;
  const auto held_out = review::build_review(test::review_pairs(30), test::review_predictions(20, {"m"}), options);
  CHECK(held_out.num_cases == 20);
  options.max_cases = 8;
  const auto drawn = review::build_review(test::review_pairs(30), test::review_predictions(20, {"m"}), options);
  CHECK(drawn.num_cases == 8);
  CHECK_FALSE(contains(drawn.html, "case-0025"));
  options.seed = 1;
  const auto other = review::build_review(test::review_pairs(30), test::review_predictions(20, {"m"}), options);
  CHECK(Json::parse(other.key_json)["overlap"] != Json::parse(drawn.key_json)["overlap"]);
}

TEST_CASE("the key lies beside the page, and a key of another page is never written over") {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "review" / "page.html";
  const auto pairs = test::review_pairs(4);
  const auto predictions = test::review_predictions(4, {"m"});
  review::ReviewOptions options;
  const auto page = review::review_page(path, pairs, predictions, options);
  const auto key = path.parent_path() / "review_key.json";
  CHECK(core::read_file(path) == page.html);
  CHECK(core::read_file(key) == page.key_json);
  CHECK_NOTHROW(review::review_page(path, pairs, predictions, options));
  options.seed = 4;
  CHECK_THROWS_WITH_AS(review::review_page(path, pairs, predictions, options), doctest::Contains("key of another page"),
                       Error);
  CHECK(core::read_file(key) == page.key_json);
  core::write_file_atomically(key, "damaged");
  CHECK_THROWS_AS(review::review_page(path, pairs, predictions, options), Error);
}
