#include "radonc/metrics/text_match.hpp"

#include <doctest/doctest.h>

#include "radonc/core/error.hpp"
#include "support/golden.hpp"

using namespace radonc;

TEST_CASE("normalised answers, exact match and token F1 equal SQuAD's script") {
  const auto data = test::golden("metrics/text_match.json");
  REQUIRE(data["cases"].size() >= 400);
  std::vector<std::string> references, predictions;
  metrics::TextMatch sums;
  for (std::size_t i = 0; i < data["cases"].size(); ++i) {
    CAPTURE(i);
    const auto& entry = data["cases"][i];
    references.push_back(entry[0]);
    predictions.push_back(entry[1]);
    CAPTURE(references.back());
    CAPTURE(predictions.back());
    CHECK(metrics::normalize_answer(references.back()) == entry[2].get<std::string>());
    CHECK(metrics::normalize_answer(predictions.back()) == entry[3].get<std::string>());
    CHECK(metrics::exact_match(references.back(), predictions.back()) == (entry[2] == entry[3]));
    const auto score = metrics::token_f1(references.back(), predictions.back());
    CHECK(test::close(score.precision, entry[4][0]));
    CHECK(test::close(score.recall, entry[4][1]));
    CHECK(test::close(score.f1, entry[4][2]));
    sums.exact_match += entry[2] == entry[3] ? 1 : 0;
    sums.precision += entry[4][0].get<double>();
    sums.recall += entry[4][1].get<double>();
    sums.f1 += entry[4][2].get<double>();
  }
  const auto means = metrics::text_match(references, predictions);
  CHECK(means.n == references.size());
  const auto n = static_cast<double>(means.n);
  CHECK(test::close(means.exact_match, sums.exact_match / n));
  CHECK(test::close(means.precision, sums.precision / n));
  CHECK(test::close(means.recall, sums.recall / n));
  CHECK(test::close(means.f1, sums.f1 / n));
}

TEST_CASE("known answers by hand") {
  CHECK(metrics::normalize_answer("  The Left\tBreast, a  50.4 Gy.") == "left breast 504 gy");
  CHECK(metrics::normalize_answer("ÉÖŽΩЖ") == "éöžωж");
  CHECK(metrics::normalize_answer("\xff\xc3 a") == "\uFFFD\uFFFD");  // no UTF-8
  CHECK(metrics::exact_match("the IMRT", "imrt!"));
  CHECK(metrics::token_f1("6000 cGy in 30 fractions", "6000 cGy in total").f1 == doctest::Approx(2.0 / 3));
  CHECK(metrics::token_f1("a", "the").f1 == 1);  // neither has words
  CHECK(metrics::token_f1("a", "x").f1 == 0);
  const auto result = metrics::text_match({"left breast", "right lung"}, {"breast", ""});
  CHECK(result.exact_match == 0);
  CHECK(result.precision == 0.5);
  CHECK(result.to_text() ==
        "exact match      0.0000\n"
        "token precision  0.5000\n"
        "token recall     0.2500\n"
        "token F1         0.3333\n"
        "cases                 2\n");
}

TEST_CASE("faulty input is named") {
  CHECK_THROWS_WITH_AS(metrics::text_match({}, {}), doctest::Contains("no cases"), Error);
  CHECK_THROWS_WITH_AS(metrics::text_match({"a"}, {}), doctest::Contains("1 references but 0"), Error);
}
