#include "radonc/metrics/bleu.hpp"

#include <doctest/doctest.h>

#include "radonc/core/error.hpp"
#include "support/golden.hpp"

using namespace radonc;
using Strings = std::vector<std::string>;

namespace {

void check_score(const metrics::BleuScore& score, const nlohmann::json& expected) {
  CHECK(test::close(score.score, expected[0]));
  for (std::size_t n = 0; n < 4; ++n) {
    CHECK(test::close(score.precisions[n], expected[1][n]));
    CHECK(score.matches[n] == expected[2][n].get<std::size_t>());
    CHECK(score.totals[n] == expected[3][n].get<std::size_t>());
  }
  CHECK(test::close(score.brevity_penalty, expected[4]));
  CHECK(score.prediction_length == expected[5].get<std::size_t>());
  CHECK(score.reference_length == expected[6].get<std::size_t>());
}

}  // namespace

TEST_CASE("BLEU and chrF of sentences and corpora equal sacrebleu's") {
  const auto data = test::golden("metrics/bleu.json");
  const auto& sentences = data["sentences"];
  REQUIRE(sentences.size() >= 250);
  std::vector<Strings> references;
  Strings predictions;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    CAPTURE(i);
    references.push_back(sentences[i][0].get<Strings>());
    predictions.push_back(sentences[i][1]);
    CAPTURE(predictions.back());
    CHECK(metrics::bleu_tokens(predictions.back()) == sentences[i][4].get<Strings>());
    check_score(metrics::sentence_bleu(references.back(), predictions.back()), sentences[i][2]);
    CHECK(test::close(metrics::sentence_chrf(references.back(), predictions.back()), sentences[i][3]));
  }
  REQUIRE(data["corpora"].size() >= 50);
  for (std::size_t c = 0; c < data["corpora"].size(); ++c) {
    CAPTURE(c);
    const auto& entry = data["corpora"][c];
    std::vector<Strings> chosen_references;
    Strings chosen_predictions;
    for (const std::size_t i : entry[0].get<std::vector<std::size_t>>()) {
      chosen_references.push_back(references[i]);
      chosen_predictions.push_back(predictions[i]);
    }
    const auto score = metrics::corpus_bleu(chosen_references, chosen_predictions);
    check_score(score, entry[1]);
    CHECK(score.to_text() == entry[2].get<std::string>());
    CHECK(test::close(metrics::corpus_chrf(chosen_references, chosen_predictions), entry[3]));
  }
}

TEST_CASE("known texts") {
  CHECK(metrics::bleu_tokens("50.4 Gy/28 fx, 3-4 &quot;x&quot;.") ==
        Strings{"50.4", "Gy", "/", "28", "fx", ",", "3", "-", "4", "\"", "x", "\"", "."});
  CHECK(metrics::bleu_tokens(" \n").empty());
  CHECK(metrics::sentence_bleu({"a b"}, "a b").score == doctest::Approx(100));  // effective order
  CHECK(metrics::corpus_bleu({{"a b"}}, {"a b"}).score == 0);                   // has no 4-grams
  CHECK(metrics::sentence_chrf({"a b"}, "ab") == doctest::Approx(100));
  CHECK(metrics::sentence_chrf({"ab"}, "AB") == 0);
}

TEST_CASE("faulty input is named") {
  CHECK_THROWS_WITH_AS(metrics::sentence_bleu({}, "a"), doctest::Contains("sentence_bleu: the prediction at index 0"),
                       Error);
  CHECK_THROWS_WITH_AS(metrics::sentence_chrf({}, "a"), doctest::Contains("no reference"), Error);
  const std::vector<Strings> none, one = {{"a"}}, lacking = {{"a"}, {}};
  CHECK_THROWS_WITH_AS(metrics::corpus_bleu(none, {}), doctest::Contains("no texts"), Error);
  CHECK_THROWS_WITH_AS(metrics::corpus_bleu(one, {"a", "b"}), doctest::Contains("1 texts but 2"), Error);
  CHECK_THROWS_WITH_AS(metrics::corpus_chrf(lacking, {"a", "b"}), doctest::Contains("index 1 has no reference"), Error);
}
