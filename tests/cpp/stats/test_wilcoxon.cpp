#include "radonc/stats/wilcoxon.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "radonc/core/error.hpp"
#include "radonc/stats/mcnemar.hpp"
#include "radonc/stats/normal.hpp"
#include "support/golden.hpp"

using namespace radonc;
using namespace radonc::stats;
using Values = std::vector<double>;

namespace {

WilcoxonOptions options_of(const nlohmann::json& entry) {
  static const std::map<std::string, ZeroMethod> zero = {
      {"wilcox", ZeroMethod::kWilcox}, {"pratt", ZeroMethod::kPratt}, {"zsplit", ZeroMethod::kZSplit}};
  static const std::map<std::string, Alternative> alternative = {
      {"two-sided", Alternative::kTwoSided}, {"greater", Alternative::kGreater}, {"less", Alternative::kLess}};
  static const std::map<std::string, WilcoxonMethod> method = {
      {"auto", WilcoxonMethod::kAuto}, {"exact", WilcoxonMethod::kExact}, {"asymptotic", WilcoxonMethod::kApprox}};
  return {zero.at(entry["zero_method"]), alternative.at(entry["alternative"]), entry["correction"],
          method.at(entry["method"])};
}

constexpr Alternative kAlternatives[] = {Alternative::kTwoSided, Alternative::kGreater, Alternative::kLess};

WilcoxonOptions greater(WilcoxonMethod method = WilcoxonMethod::kAuto) {
  return {ZeroMethod::kWilcox, Alternative::kGreater, false, method};
}

// Scores of n cases of which `first` are right only for x, `second` only for y, and the rest for both.
std::pair<Values, Values> right_or_wrong(std::size_t n, std::size_t first, std::size_t second) {
  Values x(n, 1), y(n, 1);
  for (std::size_t i = 0; i < first; ++i) y[i] = 0;
  for (std::size_t i = first; i < first + second; ++i) x[i] = 0;
  return {x, y};
}

}  // namespace

TEST_CASE("the test equals SciPy's, ties and zeros included") {
  const auto data = test::golden("metrics/wilcoxon.json");
  REQUIRE(data["cases"].size() >= 1000);
  std::map<std::string, int> used;
  for (std::size_t i = 0; i < data["cases"].size(); ++i) {
    const auto& entry = data["cases"][i];
    const auto result = wilcoxon_signed_rank(entry["x"].get<Values>(), entry["y"].get<Values>(), options_of(entry));
    ++used[to_string(result.method)];
    CAPTURE(i);
    CAPTURE(result.to_sentence());
    CHECK(test::close(result.statistic, entry["statistic"]));
    CHECK(test::close(result.p_value, entry["p"]));
    CHECK(result.p_value <= 1);
    if (!entry["z"].is_null()) {
      REQUIRE(result.z);
      CHECK(test::close(*result.z, entry["z"]));
    }
  }
  CHECK(used["exact"] > 100);
  CHECK(used["permutation"] > 100);
  CHECK(used["approx"] > 100);
}

TEST_CASE("with ties and zeros the exact test equals the enumeration of all flips, and SciPy's PermutationMethod") {
  const auto data = test::golden("stats/wilcoxon.json");
  REQUIRE(data["small"].size() >= 200);
  for (const auto& entry : data["small"]) {
    const auto d = entry[0].get<Values>();
    WilcoxonOptions options = options_of(
        {{"zero_method", entry[1]}, {"alternative", "two-sided"}, {"correction", false}, {"method", "auto"}});
    options.method = WilcoxonMethod::kPermutation;
    for (std::size_t i = 0; i < 3; ++i) {
      options.alternative = kAlternatives[i];
      CAPTURE(entry.dump());
      CHECK(test::relatively_close(wilcoxon_signed_rank(d, Values(d.size()), options).p_value, entry[2][i]));
    }
  }
}

TEST_CASE("thousands of tied pairs keep their relative precision down to the smallest p") {
  const auto data = test::golden("stats/wilcoxon.json");
  REQUIRE(data["large"].size() >= 10);
  double smallest = 1;
  for (const auto& entry : data["large"]) {
    const auto d = test::grid(entry[0], entry[0], entry[1], entry[2]);
    for (std::size_t i = 0; i < 3; ++i) {
      const WilcoxonOptions options = {ZeroMethod::kWilcox, kAlternatives[i], false, WilcoxonMethod::kPermutation};
      const double p = wilcoxon_signed_rank(d, Values(d.size()), options).p_value;
      CAPTURE(entry.dump());
      CAPTURE(p);
      CHECK(test::relatively_close(p, entry[3][i]));
      smallest = std::min(smallest, p);
    }
  }
  CHECK(smallest < 1e-100);
}

TEST_CASE("untied it equals SciPy's exact method") {
  const auto data = test::golden("stats/wilcoxon.json");
  for (const auto& entry : data["untied"]) {
    const auto d = entry[0].get<Values>();
    for (std::size_t i = 0; i < 3; ++i)
      for (const auto method : {WilcoxonMethod::kExact, WilcoxonMethod::kPermutation}) {
        const auto result =
            wilcoxon_signed_rank(d, Values(d.size()), {ZeroMethod::kWilcox, kAlternatives[i], false, method});
        CHECK(test::relatively_close(result.p_value, entry[1][i]));
      }
  }
}

TEST_CASE("the exact distribution approaches the normal one, and a million pairs are no trouble") {
  const auto d = test::grid(7, 1500, 1'000'001, 495'000);
  const auto exact = wilcoxon_signed_rank(d, Values(d.size()), greater(WilcoxonMethod::kPermutation));
  const auto approx = wilcoxon_signed_rank(d, Values(d.size()), greater(WilcoxonMethod::kApprox));
  CHECK(exact.p_value == doctest::Approx(approx.p_value).epsilon(0.01));
  const auto many = test::grid(8, 1'000'000, 1'000'001, 499'900);
  const auto result = wilcoxon_signed_rank(many, Values(many.size()), greater());
  CHECK(result.method == WilcoxonMethod::kApprox);
  CHECK(result.w_plus + result.w_minus ==
        static_cast<double>(result.num_nonzero) * static_cast<double>(result.num_nonzero + 1) / 2);
}

TEST_CASE("with right-or-wrong scores it is McNemar's test") {
  const auto [x, y] = right_or_wrong(100, 30, 12);
  const auto approx = wilcoxon_signed_rank(x, y, greater(WilcoxonMethod::kApprox));
  CHECK(test::close(*approx.z, (30 - 12) / std::sqrt(30.0 + 12)));
  CHECK(test::close(approx.rank_biserial, (30.0 - 12) / (30 + 12)));
  const auto exact = wilcoxon_signed_rank(x, y, greater(WilcoxonMethod::kPermutation));
  CHECK(test::close(exact.p_value, mcnemar_exact(30, 12, Alternative::kGreater).p_value));
  CHECK(exact.num_zeros == 58);
  CHECK(exact.ties);
}

TEST_CASE("fewer than ten pairs that differ cannot reach p <= 0.001, and the summary says so") {
  const auto [x, y] = right_or_wrong(40, 9, 0);
  const auto nine = wilcoxon_signed_rank(x, y, greater(WilcoxonMethod::kPermutation));
  CHECK(nine.p_value == nine.smallest_p);
  CHECK(nine.smallest_p == std::ldexp(1, -9));
  CHECK(nine.smallest_p > 0.001);
  CHECK(nine.to_sentence().find("out of reach") != std::string::npos);
  const auto [x10, y10] = right_or_wrong(40, 10, 0);
  const auto ten = wilcoxon_signed_rank(x10, y10, greater(WilcoxonMethod::kPermutation));
  CHECK(ten.p_value < 0.001);
  CHECK(ten.to_sentence().find("out of reach") == std::string::npos);
  CHECK(
      ten.to_sentence() ==
      "Wilcoxon signed-rank test (Wilcoxon 1945), one-sided (greater), exact over all sign flips: 40 pairs, 30 without "
      "a difference (wilcox), with ties; W+ = 55, p = 0.00098, rank-biserial r = 1.000.");
  CHECK_FALSE(ten.assumptions.empty());
}

TEST_CASE("without any difference p is 1, whatever the options") {
  const Values x = {0.5, 1, 0, 0.25};
  for (const auto zero : {ZeroMethod::kWilcox, ZeroMethod::kPratt, ZeroMethod::kZSplit})
    for (const auto alternative : {Alternative::kTwoSided, Alternative::kGreater, Alternative::kLess})
      for (const auto method : {WilcoxonMethod::kAuto, WilcoxonMethod::kExact, WilcoxonMethod::kApprox}) {
        const auto result = wilcoxon_signed_rank(x, x, {zero, alternative, true, method});
        CHECK(result.p_value == 1);
        CHECK(result.rank_biserial == 0);
        CHECK(result.num_nonzero == 0);
        CHECK(result.to_sentence().find("nothing to test and p = 1") != std::string::npos);
      }
}

TEST_CASE("faulty input is named") {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS(wilcoxon_signed_rank({}, {}), doctest::Contains("no pairs"), Error);
  CHECK_THROWS_WITH_AS(wilcoxon_signed_rank(Values{1}, Values{1, 2}), doctest::Contains("1 values and y has 2"), Error);
  CHECK_THROWS_WITH_AS(wilcoxon_signed_rank(Values{1, nan}, Values{1, 2}), doctest::Contains("index 1"), Error);
  CHECK_THROWS_WITH_AS(wilcoxon_signed_rank(Values{inf}, Values{inf}), doctest::Contains("index 0"), Error);
  Values many(5001, 1), none(5001, 0);
  CHECK_THROWS_WITH_AS(wilcoxon_signed_rank(many, none, greater(WilcoxonMethod::kExact)), doctest::Contains("approx"),
                       Error);
  CHECK(wilcoxon_signed_rank(many, none, greater()).p_value < 1e-100);
  CHECK(wilcoxon_signed_rank(many, none, greater(WilcoxonMethod::kPermutation)).p_value < 1e-300);  // binomial
  many[0] = 2;
  CHECK_THROWS_WITH_AS(wilcoxon_signed_rank(many, none, greater(WilcoxonMethod::kPermutation)),
                       doctest::Contains("at most 5000"), Error);
}
