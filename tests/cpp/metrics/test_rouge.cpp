#include "radonc/metrics/rouge.hpp"

#include <doctest/doctest.h>

#include "radonc/core/error.hpp"
#include "support/golden.hpp"

using namespace radonc;
using Tokens = std::vector<std::string>;

TEST_CASE("ROUGE-1, -2, -3 and -L equal rouge_score, with and without stemmer") {
  const auto data = test::golden("metrics/rouge.json");
  REQUIRE(data["cases"].size() >= 500);
  for (const auto& entry : data["cases"]) {
    const auto reference = entry[0].get<std::string>();
    const auto prediction = entry[1].get<std::string>();
    for (const bool stemmed : {false, true}) {
      const metrics::RougeOptions options{stemmed};
      for (int kind = 0; kind < 4; ++kind) {
        const metrics::RougeScore score = kind < 3 ? metrics::rouge_n(reference, prediction, kind + 1, options)
                                                   : metrics::rouge_l(reference, prediction, options);
        const auto& expected = entry[2 + stemmed][kind];
        CAPTURE(reference);
        CAPTURE(prediction);
        CAPTURE(stemmed);
        CAPTURE(kind);
        CHECK(test::close(score.precision, expected[0]));
        CHECK(test::close(score.recall, expected[1]));
        CHECK(test::close(score.f1, expected[2]));
      }
    }
  }
}

TEST_CASE("ROUGE-Lsum, and all scores of long texts, equal rouge_score") {
  const auto data = test::golden("metrics/rouge_lsum.json");
  REQUIRE(data["cases"].size() >= 350);
  std::vector<std::string> references, predictions;
  double sum = 0;
  for (std::size_t i = 0; i < data["cases"].size(); ++i) {
    CAPTURE(i);
    const auto& entry = data["cases"][i];
    references.push_back(entry[0]);
    predictions.push_back(entry[1]);
    for (const bool stemmed : {false, true}) {
      CAPTURE(stemmed);
      const metrics::RougeOptions options{stemmed};
      const auto& expected = entry[stemmed && entry.size() > 3 ? 3 : 2];  // stemming changes nothing in most
      const auto all = metrics::rouge(references.back(), predictions.back(), options);
      const metrics::RougeScore scores[] = {all.rouge1, all.rouge2, all.rouge_l, all.rouge_lsum};
      for (std::size_t kind = 0; kind < 4; ++kind) {
        CAPTURE(kind);
        CHECK(test::close(scores[kind].precision, expected[kind][0]));
        CHECK(test::close(scores[kind].recall, expected[kind][1]));
        CHECK(test::close(scores[kind].f1, expected[kind][2]));
      }
      CHECK(metrics::rouge_n(references.back(), predictions.back(), 2, options).f1 == all.rouge2.f1);
      CHECK(metrics::rouge_l(references.back(), predictions.back(), options).f1 == all.rouge_l.f1);
      CHECK(metrics::rouge_lsum(references.back(), predictions.back(), options).f1 == all.rouge_lsum.f1);
      if (stemmed) sum += all.rouge_lsum.f1;
    }
  }
  const auto mean = metrics::mean_rouge(references, predictions, {true});
  CHECK(test::close(mean.rouge_lsum.f1, sum / static_cast<double>(references.size())));
}

TEST_CASE("the scores print themselves") {
  CHECK(metrics::rouge("a b", "a\nc").to_text() ==
        "            precision  recall      f1\n"
        "ROUGE-1        0.5000  0.5000  0.5000\n"
        "ROUGE-2        0.0000  0.0000  0.0000\n"
        "ROUGE-L        0.5000  0.5000  0.5000\n"
        "ROUGE-Lsum     0.5000  0.5000  0.5000\n");
}

TEST_CASE("stems equal NLTK's Porter stemmer") {
  const auto data = test::golden("metrics/stems.json");
  REQUIRE(data["stems"].size() >= 5000);
  for (const auto& [word, stem] : data["stems"].items()) {
    if (word.size() <= 3) continue;  // rouge_score leaves short words alone
    CAPTURE(word);
    CHECK(metrics::rouge_tokens(word, {true}) == Tokens{stem.get<std::string>()});
  }
}

TEST_CASE("tokens are runs of ASCII letters and digits") {
  CHECK(metrics::rouge_tokens("50.4 Gy/28 fx, IMRT–boost") == Tokens{"50", "4", "gy", "28", "fx", "imrt", "boost"});
  CHECK(metrics::rouge_tokens(" \n…").empty());
  CHECK(metrics::rouge_tokens("fractions of", {true}) == Tokens{"fraction", "of"});
  CHECK(metrics::rouge_tokens("was has", {true}) == Tokens{"was", "has"});
  CHECK(metrics::rouge_tokens("a\xff\xfe"
                              "b\xc4") == Tokens{"a", "b"});  // invalid UTF-8 separates
}

TEST_CASE("known values by hand") {
  // 3 of 5 tokens of the reference among 4 of the prediction.
  const auto score = metrics::rouge_n("6000 cGy in 30 fractions", "6000 cGy in total");
  CHECK(test::close(score.recall, 3.0 / 5));
  CHECK(test::close(score.precision, 3.0 / 4));
  CHECK(test::close(score.f1, 2.0 / 3));
  CHECK(metrics::rouge_n("a a b", "a a a").precision == doctest::Approx(2.0 / 3));  // clipped counts
  CHECK(metrics::rouge_n("", "a").f1 == 0);
  CHECK(metrics::rouge_l("", "").f1 == 0);
  CHECK(metrics::rouge_l("a b c d", "d a c").f1 == doctest::Approx(4.0 / 7));
}

TEST_CASE("an n below 1 is refused") {
  CHECK_THROWS_WITH_AS(metrics::rouge_n("a", "a", 0), doctest::Contains("at least 1, got 0"), Error);
  CHECK_THROWS_AS(metrics::rouge_n("a", "a", -3), Error);
}

TEST_CASE("a mean of nothing, or of unequally long lists, is refused") {
  CHECK_THROWS_WITH_AS(metrics::mean_rouge({}, {}), doctest::Contains("no pairs"), Error);
  CHECK_THROWS_WITH_AS(metrics::mean_rouge({"a"}, {}), doctest::Contains("1 references but 0"), Error);
}
