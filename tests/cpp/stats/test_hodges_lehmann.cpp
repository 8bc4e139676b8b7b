#include "radonc/stats/hodges_lehmann.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "radonc/core/error.hpp"
#include "radonc/stats/wilcoxon.hpp"
#include "support/golden.hpp"

using namespace radonc;
using stats::hodges_lehmann;
using Values = std::vector<double>;

TEST_CASE("estimate and interval equal those of all Walsh averages") {
  const auto data = test::golden("stats/hodges_lehmann.json");
  REQUIRE(data["cases"].size() >= 50);
  for (const auto& entry : data["cases"]) {
    const auto d = entry[0].get<Values>();
    const auto result = hodges_lehmann(d, Values(d.size()), entry[1]);
    CAPTURE(entry.dump());
    CHECK(test::relatively_close(result.value, entry[2]));
    CHECK(test::relatively_close(result.low, entry[3]));
    CHECK(test::relatively_close(result.high, entry[4]));
    CHECK(test::close(result.coverage, entry[5]));
    CHECK(result.exact == (d.size() <= 500));
  }
}

TEST_CASE("the interval holds the shifts that the signed-rank test does not reject") {
  const auto d = test::grid(3, 60, 1'000'001, 400'000);
  const auto result = hodges_lehmann(d, Values(d.size()), 0.9);
  const auto p_of = [&](double shift) {
    return stats::wilcoxon_signed_rank(d, Values(d.size(), shift), {.method = stats::WilcoxonMethod::kPermutation})
        .p_value;
  };
  CHECK(p_of(result.low + 1) > 0.1);
  CHECK(p_of(result.low - 1) <= 0.1);
  CHECK(p_of(result.high - 1) > 0.1);
  CHECK(p_of(result.high + 1) <= 0.1);
}

TEST_CASE("ten thousand pairs, without all their averages") {
  const auto d = test::grid(5, 10'000, 1001, 480);
  const auto result = hodges_lehmann(d, Values(d.size()));
  CHECK(result.value == doctest::Approx(20).epsilon(0.3));
  CHECK(result.low < result.value);
  CHECK(result.value < result.high);
}

TEST_CASE("sentence, few pairs, extreme numbers and faults of the estimate") {
  const auto result = hodges_lehmann(Values{1, 2, 4}, Values{0, 0, 4});
  CHECK(result.value == 1);
  CHECK(result.to_sentence() ==
        "Hodges-Lehmann median difference (Hodges and Lehmann 1963) 1, 95 % interval 0 to 2, exact distribution of the "
        "signed ranks: 3 pairs, 1 without a difference (kept), no ties. With so few pairs the widest interval covers "
        "only 75 %.");
  CHECK_FALSE(result.assumptions.empty());
  CHECK_FALSE(result.reference.empty());
  constexpr double kHuge = 1.7e308;
  CHECK(hodges_lehmann(Values{kHuge, kHuge, kHuge}, Values{0, 0, 0}).value == kHuge);
  CHECK(hodges_lehmann(Values{-0.0, 0.0}, Values{0, 0}).high == 0);
  CHECK_THROWS_WITH_AS(hodges_lehmann({}, {}), doctest::Contains("no pairs"), Error);
  CHECK_THROWS_WITH_AS(hodges_lehmann(Values{1}, Values{1, 2}), doctest::Contains("1 values and y has 2"), Error);
  CHECK_THROWS_WITH_AS(hodges_lehmann(Values{1}, Values{2}, 95), doctest::Contains("0.95"), Error);
  CHECK_THROWS_AS(hodges_lehmann(Values{std::numeric_limits<double>::infinity()}, Values{2}), Error);
}
