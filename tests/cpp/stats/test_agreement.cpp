#include "radonc/stats/agreement.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <utility>

#include "radonc/core/error.hpp"
#include "support/golden.hpp"

using namespace radonc;
using namespace radonc::stats;
using Values = std::vector<double>;

namespace {

constexpr AgreementWeights kWeights[] = {AgreementWeights::kIdentity, AgreementWeights::kLinear,
                                         AgreementWeights::kQuadratic};
constexpr MeasurementLevel kLevels[] = {MeasurementLevel::kNominal, MeasurementLevel::kOrdinal,
                                        MeasurementLevel::kInterval};
constexpr IccForm kForms[] = {IccForm::kOneWay, IccForm::kTwoWayAgreement, IccForm::kTwoWayConsistency};

Ratings ratings_of(const nlohmann::json& rows) {
  Ratings ratings;
  for (const auto& row : rows) {
    auto& unit = ratings.emplace_back();
    for (const auto& value : row) unit.push_back(value.is_null() ? std::nullopt : std::optional(value.get<double>()));
  }
  return ratings;
}

}  // namespace

TEST_CASE("Cohen's kappa equals scikit-learn's, Fleiss' that of statsmodels") {
  const auto data = test::golden("stats/agreement.json");
  REQUIRE(data["cohen"].size() >= 50);
  for (const auto& entry : data["cohen"])
    for (std::size_t i = 0; i < 3; ++i) {
      const auto result = cohen_kappa(entry[0].get<Values>(), entry[1].get<Values>(), kWeights[i]);
      CAPTURE(entry.dump());
      CHECK(test::close(result.value, entry[2][i]));
    }
  REQUIRE(data["fleiss"].size() >= 50);
  for (const auto& entry : data["fleiss"]) {
    CAPTURE(entry.dump());
    CHECK(test::close(fleiss_kappa(ratings_of(entry[0])).value, entry[1]));
  }
}

TEST_CASE("AC1 and AC2 equal irrCAC's, alpha that of krippendorff, with ratings missing") {
  const auto data = test::golden("stats/agreement.json");
  REQUIRE(data["gwet"].size() >= 50);
  for (const auto& entry : data["gwet"])
    for (std::size_t i = 0; i < 3; ++i) {
      CAPTURE(entry.dump());
      const auto result = gwet_ac(ratings_of(entry[0]), kWeights[i], entry[1].get<Values>());
      CHECK(test::close(result.value, entry[2][i]));
      CHECK(result.name == (i == 0 ? "Gwet's AC1" : "Gwet's AC2"));
    }
  REQUIRE(data["alpha"].size() >= 40);
  for (const auto& entry : data["alpha"])
    for (std::size_t i = 0; i < 3; ++i) {
      CAPTURE(entry.dump());
      CHECK(test::close(krippendorff_alpha(ratings_of(entry[0]), kLevels[i]).value, entry[1][i]));
    }
}

TEST_CASE("the intraclass correlation and its interval equal pingouin's") {
  const auto data = test::golden("stats/agreement.json");
  REQUIRE(data["icc"].size() >= 30);
  for (const auto& entry : data["icc"])
    for (std::size_t i = 0; i < 3; ++i) {
      const auto result = intraclass_correlation(ratings_of(entry[0]), kForms[i]);
      const auto& expected = entry[1][i];
      CAPTURE(entry.dump());
      CHECK(test::close(result.value, expected[0]));
      CHECK(test::close(result.f, expected[1]));
      CHECK(result.df1 == expected[2].get<double>());
      CHECK(result.df2 == expected[3].get<double>());
      CHECK(test::close(result.p_value, expected[4]));
      CHECK(test::close(result.low, expected[5]));
      CHECK(test::close(result.high, expected[6]));
    }
}

TEST_CASE("raters who agree throughout") {
  const Ratings ratings = {{1, 1, 1}, {2, 2, 2}, {4, 4, 4}};
  CHECK(fleiss_kappa(ratings).value == 1);
  CHECK(gwet_ac(ratings).value == 1);
  for (const auto level : kLevels) CHECK(krippendorff_alpha(ratings, level).value == 1);
  for (const auto form : kForms) {
    const auto result = intraclass_correlation(ratings, form);
    CHECK(result.value == 1);
    CHECK(result.low == 1);
    CHECK(result.high == 1);
    CHECK(result.p_value == 0);
    CHECK(std::isinf(result.f));
  }
  // The second rater is always 1 above: consistent, not in agreement.
  const Ratings shifted = {{1, 2}, {2, 3}, {4, 5}};
  CHECK(intraclass_correlation(shifted, IccForm::kTwoWayConsistency).low == 1);
  const auto agreement = intraclass_correlation(shifted, IccForm::kTwoWayAgreement);
  CHECK(agreement.low < agreement.value);
  CHECK(agreement.value < 1);
}

TEST_CASE("intervals over clusters equal an independent writing with the package krippendorff") {
  const auto data = test::golden("stats/clusters.json");
  REQUIRE(data["agreement"].size() >= 8);
  const auto alpha = [](const Ratings& ratings) {
    return krippendorff_alpha(ratings, MeasurementLevel::kOrdinal).value;
  };
  std::size_t undefined = 0;
  for (const auto& entry : data["agreement"]) {
    const auto estimate = agreement_interval(ratings_of(entry[0]), entry[1].get<std::vector<std::string>>(), alpha, 0.9,
                                             entry[2], entry[3]);
    CAPTURE(entry.dump());
    CHECK(estimate.num_replicates == entry[4].get<std::size_t>());
    undefined += entry[2].get<std::size_t>() - estimate.num_replicates;
    CHECK(test::close(estimate.value, entry[5]));
    CHECK(test::close(estimate.low, entry[6]));
    CHECK(test::close(estimate.high, entry[7]));
    CHECK(estimate.n == entry[0].size());
  }
  CHECK(undefined > 50);
}

TEST_CASE("units of one cluster widen the interval of an agreement") {
  Ratings ratings;
  std::vector<std::string> single, pooled;
  for (std::size_t i = 0; i < 240; ++i) {
    const std::size_t patient = i / 6;  // on whose answers the raters mostly agree, or never
    ratings.push_back({static_cast<double>(i % 3), static_cast<double>((i + (patient % 3 == 0 || i % 7 == 0)) % 3)});
    single.push_back(std::to_string(i));
    pooled.push_back(std::to_string(patient));
  }
  const auto kappa = [](const Ratings& drawn) { return fleiss_kappa(drawn).value; };
  const auto one = agreement_interval(ratings, single, kappa), many = agreement_interval(ratings, pooled, kappa);
  CHECK(many.high - many.low > 2 * (one.high - one.low));
  CHECK(many.num_clusters == 40);
  CHECK_FALSE(many.reference.empty());
  CHECK_FALSE(many.assumptions.empty());
  CHECK(agreement_interval(ratings, pooled, kappa) == many);
  CHECK_FALSE(agreement_interval(ratings, pooled, kappa, 0.95, 2000, 1) == many);
}

TEST_CASE("AC1 stays high where one category prevails and kappa does not") {
  Values first(100, 0), second(100, 0);
  Ratings both;
  first[0] = second[1] = 1;
  for (std::size_t i = 0; i < 100; ++i) both.push_back({first[i], second[i]});
  CHECK(cohen_kappa(first, second).value < 0);
  CHECK(gwet_ac(both).value > 0.95);
}

TEST_CASE("the sentences of agreement") {
  const auto kappa = cohen_kappa(Values{0, 1, 1, 0}, Values{0, 1, 0, 0});
  CHECK(kappa.to_sentence() ==
        "Cohen's kappa, unweighted: 0.5 over 4 units, 2 raters and 2 categories, no rating missing.");
  const Ratings missing = {{1, 1, std::nullopt}, {2, 3, 2}, {std::nullopt, 3, std::nullopt}};
  const auto alpha = krippendorff_alpha(missing, MeasurementLevel::kOrdinal);
  CHECK(alpha.to_sentence().find("ordinal") != std::string::npos);
  CHECK(alpha.to_sentence().find("over 2 units, 3 raters and 3 categories, 3 ratings missing") != std::string::npos);
  const auto icc = intraclass_correlation({{1, 2}, {3, 3}, {5, 4}});
  CHECK(icc.to_sentence().starts_with("Intraclass correlation ICC(2,1) = 0."));
  for (const auto& text : {kappa.assumptions, kappa.reference, alpha.assumptions, alpha.reference, icc.assumptions,
                           icc.reference, fleiss_kappa({{1, 2}}).reference, gwet_ac(missing).assumptions})
    CHECK_FALSE(text.empty());
}

TEST_CASE("faulty ratings are named") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Ratings single = {{1}, {2}}, one = {{1, 1}, {1, 1}}, uneven = {{1, 2}, {1}},
                holes = {{1, 2}, {1, std::nullopt}};
  CHECK_THROWS_WITH_AS(cohen_kappa({}, {}), doctest::Contains("no units"), Error);
  CHECK_THROWS_WITH_AS(cohen_kappa(Values{1}, Values{1, 2}), doctest::Contains("has 1 ratings and the second 2"),
                       Error);
  CHECK_THROWS_WITH_AS(cohen_kappa(Values{nan}, Values{1}), doctest::Contains("index 0"), Error);
  CHECK_THROWS_WITH_AS(cohen_kappa(Values{1, 1}, Values{1, 1}), doctest::Contains("one category"), Error);
  CHECK_THROWS_WITH_AS(fleiss_kappa(single), doctest::Contains("at least two"), Error);
  CHECK_THROWS_WITH_AS(fleiss_kappa({}), doctest::Contains("no units"), Error);
  CHECK_THROWS_WITH_AS(fleiss_kappa(one), doctest::Contains("one category"), Error);
  CHECK_THROWS_WITH_AS(fleiss_kappa(uneven), doctest::Contains("and unit 1 for 1."), Error);
  CHECK_THROWS_WITH_AS(fleiss_kappa(holes), doctest::Contains("unit 0 has 2 ratings and unit 1 has 1"), Error);
  CHECK_THROWS_WITH_AS(gwet_ac({{1, nan}}), doctest::Contains("unit 0 by rater 1"), Error);
  CHECK_THROWS_WITH_AS(gwet_ac(one), doctest::Contains("one category"), Error);
  CHECK(gwet_ac(one, AgreementWeights::kIdentity, {0, 1}).value == 1);
  CHECK_THROWS_WITH_AS(gwet_ac({{1, 2}}, AgreementWeights::kIdentity, {1, 3}), doctest::Contains("the rating 2"),
                       Error);
  CHECK_THROWS_WITH_AS(gwet_ac({{1, std::nullopt}, {2, std::nullopt}}), doctest::Contains("no unit has two"), Error);
  CHECK_THROWS_WITH_AS(krippendorff_alpha({{1, std::nullopt}}), doctest::Contains("no unit has two"), Error);
  CHECK_THROWS_WITH_AS(krippendorff_alpha(one), doctest::Contains("one category"), Error);
  CHECK_THROWS_WITH_AS(intraclass_correlation(holes), doctest::Contains("1 rating is missing"), Error);
  CHECK_THROWS_WITH_AS(intraclass_correlation({{1, 2}}), doctest::Contains("at least two"), Error);
  CHECK_THROWS_WITH_AS(intraclass_correlation(one), doctest::Contains("all ratings are equal"), Error);
  CHECK_THROWS_WITH_AS(intraclass_correlation(one, IccForm::kOneWay, 95), doctest::Contains("0.95"), Error);
  const auto kappa = [](const Ratings& drawn) { return fleiss_kappa(drawn).value; };
  const Ratings apart = {{1, 1}, {2, 2}};
  CHECK_THROWS_WITH_AS(agreement_interval(apart, {"a"}, kappa), doctest::Contains("1 cluster ids"), Error);
  CHECK_THROWS_WITH_AS(agreement_interval(apart, {"a", "b"}, kappa, 0.95, 0), doctest::Contains("num_replicates"),
                       Error);
  CHECK_THROWS_WITH_AS(agreement_interval(one, {"a", "b"}, kappa), doctest::Contains("one category"), Error);
  const auto of_two = [&](const Ratings& drawn) {  // undefined for every resample but the ratings themselves
    static bool first = true;
    if (!std::exchange(first, false)) throw Error("undefined.");
    return kappa(drawn);
  };
  CHECK_THROWS_WITH_AS(agreement_interval(apart, {"a", "b"}, of_two), doctest::Contains("no resample"), Error);
}
