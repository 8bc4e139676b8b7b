#include <pybind11/native_enum.h>

#include "arrays.hpp"
#include "radonc/stats/hodges_lehmann.hpp"
#include "radonc/stats/mcnemar.hpp"
#include "radonc/stats/multiple_testing.hpp"
#include "radonc/stats/normal.hpp"
#include "radonc/stats/permutation.hpp"
#include "radonc/stats/sample_size.hpp"
#include "radonc/stats/sign_test.hpp"
#include "result.hpp"

namespace radonc::bindings {
namespace {

using namespace stats;

void bind_enums(py::module_& m) {
  py::native_enum<ZeroMethod>(m, "ZeroMethod", "enum.Enum")
      .value("wilcox", ZeroMethod::kWilcox)
      .value("pratt", ZeroMethod::kPratt)
      .value("zsplit", ZeroMethod::kZSplit)
      .finalize();
  py::native_enum<Alternative>(m, "Alternative", "enum.Enum")
      .value("two_sided", Alternative::kTwoSided)
      .value("greater", Alternative::kGreater)
      .value("less", Alternative::kLess)
      .finalize();
  py::native_enum<WilcoxonMethod>(m, "WilcoxonMethod", "enum.Enum")
      .value("auto", WilcoxonMethod::kAuto)
      .value("exact", WilcoxonMethod::kExact)
      .value("permutation", WilcoxonMethod::kPermutation)
      .value("approx", WilcoxonMethod::kApprox)
      .value("exact_if_few", WilcoxonMethod::kExactIfFew)
      .finalize();
  py::native_enum<PermutationMethod>(m, "PermutationMethod", "enum.Enum")
      .value("auto", PermutationMethod::kAuto)
      .value("exact", PermutationMethod::kExact)
      .value("monte_carlo", PermutationMethod::kMonteCarlo)
      .finalize();
  py::native_enum<Correction>(m, "Correction", "enum.Enum")
      .value("holm", Correction::kHolm)
      .value("benjamini_hochberg", Correction::kBenjaminiHochberg)
      .finalize();
  py::native_enum<PairedTest>(m, "PairedTest", "enum.Enum")
      .value("mcnemar_exact", PairedTest::kMcNemarExact)
      .value("mcnemar_mid_p", PairedTest::kMcNemarMidP)
      .value("wilcoxon_approx", PairedTest::kWilcoxonApprox)
      .finalize();
}

void bind_results(py::module_& m) {
  bind_result<WilcoxonResult>(m, "WilcoxonResult", "What wilcoxon_signed_rank says.")
      .def_readonly("statistic", &WilcoxonResult::statistic, "W+ if one-sided, min(W+, W-) if two-sided")
      .def_readonly("p_value", &WilcoxonResult::p_value)
      .def_readonly("z", &WilcoxonResult::z, "of the normal approximation, else None")
      .def_readonly("w_plus", &WilcoxonResult::w_plus, "sum of the ranks of |d| where d = x - y > 0")
      .def_readonly("w_minus", &WilcoxonResult::w_minus, "likewise where d < 0")
      .def_readonly("n", &WilcoxonResult::n, "pairs")
      .def_readonly("num_zeros", &WilcoxonResult::num_zeros, "pairs with d = 0")
      .def_readonly("num_nonzero", &WilcoxonResult::num_nonzero)
      .def_readonly("ties", &WilcoxonResult::ties, "whether some |d| > 0 are equal")
      .def_readonly("method", &WilcoxonResult::method, "the one used, never auto")
      .def_readonly("zero_method", &WilcoxonResult::zero_method)
      .def_readonly("alternative", &WilcoxonResult::alternative)
      .def_readonly("smallest_p", &WilcoxonResult::smallest_p, "no exact one-sided p can be smaller")
      .def_readonly("rank_biserial", &WilcoxonResult::rank_biserial, "effect size (W+ - W-) / (W+ + W-), in [-1, 1]");
  bind_result<HodgesLehmannResult>(m, "HodgesLehmannResult", "What hodges_lehmann says, in the unit of the scores.")
      .def_readonly("value", &HodgesLehmannResult::value)
      .def_readonly("low", &HodgesLehmannResult::low)
      .def_readonly("high", &HodgesLehmannResult::high)
      .def_readonly("confidence", &HodgesLehmannResult::confidence, "as asked for")
      .def_readonly("coverage", &HodgesLehmannResult::coverage, "reached without ties")
      .def_readonly("n", &HodgesLehmannResult::n, "pairs")
      .def_readonly("num_zeros", &HodgesLehmannResult::num_zeros, "pairs with d = 0; they are kept")
      .def_readonly("ties", &HodgesLehmannResult::ties, "whether some |d| > 0 are equal")
      .def_readonly("exact", &HodgesLehmannResult::exact, "or from the normal approximation");
  bind_result<SignTestResult>(m, "SignTestResult", "What sign_test says.")
      .def_readonly("n", &SignTestResult::n, "pairs")
      .def_readonly("num_positive", &SignTestResult::num_positive, "pairs with x > y")
      .def_readonly("num_negative", &SignTestResult::num_negative, "pairs with x < y")
      .def_readonly("num_zeros", &SignTestResult::num_zeros, "pairs with x = y, left out")
      .def_readonly("alternative", &SignTestResult::alternative)
      .def_readonly("p_value", &SignTestResult::p_value);
  bind_result<PermutationResult>(m, "PermutationResult", "What permutation_test says.")
      .def_readonly("mean_difference", &PermutationResult::mean_difference, "mean of x - y")
      .def_readonly("p_value", &PermutationResult::p_value)
      .def_readonly("n", &PermutationResult::n, "pairs")
      .def_readonly("num_zeros", &PermutationResult::num_zeros, "pairs with x = y")
      .def_readonly("ties", &PermutationResult::ties, "whether some |x - y| > 0 are equal")
      .def_readonly("alternative", &PermutationResult::alternative)
      .def_readonly("method", &PermutationResult::method, "the one used, never auto")
      .def_readonly("num_resamples", &PermutationResult::num_resamples, "of monte_carlo, else 0");
  bind_result<McNemarResult>(m, "McNemarResult", "What mcnemar_exact and mcnemar_mid_p say.")
      .def_readonly("only_first", &McNemarResult::only_first)
      .def_readonly("only_second", &McNemarResult::only_second)
      .def_readonly("alternative", &McNemarResult::alternative)
      .def_readonly("p_value", &McNemarResult::p_value)
      .def_readonly("mid_p", &McNemarResult::mid_p);
  bind_result<CorrectedTests>(m, "CorrectedTests", "What correct_tests says.")
      .def_readonly("p_values", &CorrectedTests::p_values, "as given")
      .def_readonly("adjusted", &CorrectedTests::adjusted, "in the same order")
      .def_readonly("rejected", &CorrectedTests::rejected, "adjusted <= alpha")
      .def_readonly("correction", &CorrectedTests::correction)
      .def_readonly("alpha", &CorrectedTests::alpha);
  bind_result<SampleSizeResult>(m, "SampleSizeResult", "What pairs_needed says.")
      .def_readonly("num_pairs", &SampleSizeResult::num_pairs)
      .def_readonly("power", &SampleSizeResult::power, "simulated, at num_pairs")
      .def_readonly("power_low", &SampleSizeResult::power_low,
                    "Wilson's 95 % interval, for the error of the simulation")
      .def_readonly("power_high", &SampleSizeResult::power_high)
      .def_readonly("expected_discordant", &SampleSizeResult::expected_discordant,
                    "pairs on which the models differ, on average");
}

void bind_paired_tests(py::module_& m) {
  m.def(
      "wilcoxon_signed_rank",
      [](const Doubles& x, const Doubles& y, ZeroMethod zero_method, Alternative alternative, bool correction,
         WilcoxonMethod method) {
        return wilcoxon_signed_rank(
            span_of(x, "x"), span_of(y, "y"),
            {.zero_method = zero_method, .alternative = alternative, .correction = correction, .method = method});
      },
      py::arg("x"), py::arg("y"), py::kw_only(), py::arg("zero_method") = ZeroMethod::kWilcox,
      py::arg("alternative") = Alternative::kTwoSided, py::arg("correction") = false,
      py::arg("method") = WilcoxonMethod::kAuto, ReleaseGil(),
      R"(Wilcoxon's signed-rank test: are the differences x - y symmetric around 0? (Wilcoxon 1945)

x, y:         scores [n] of the same cases, as numbers
zero_method:  pairs without a difference are left out, or ranked as Pratt (1959) does, or split
correction:   continuity correction of 0.5 in the normal approximation
method:       auto is SciPy's choice; permutation is exact with ties and zeros, up to 5,000 pairs

Equal to scipy.stats.wilcoxon (SciPy 1.17); p = 1 without any difference. Raises radonc.Error on empty or unequally
long input, a value that is not finite, or too many pairs for an exact method.)");
  m.def(
      "hodges_lehmann",
      [](const Doubles& x, const Doubles& y, double confidence) {
        return hodges_lehmann(span_of(x, "x"), span_of(y, "y"), confidence);
      },
      py::arg("x"), py::arg("y"), py::arg("confidence") = 0.95, ReleaseGil(),
      R"(Hodges and Lehmann's median difference of paired scores, with its interval (1963).

x, y:  scores [n] of the same cases. The estimate is the median of the Walsh averages (d_i + d_j) / 2 of d = x - y.

The interval holds the shifts that the two-sided signed-rank test does not reject: exact up to 500 pairs. Raises
radonc.Error on empty or unequally long input, a value that is not finite, or a confidence outside (0, 1).)");
  m.def(
      "sign_test",
      [](const Doubles& x, const Doubles& y, Alternative alternative) {
        return sign_test(span_of(x, "x"), span_of(y, "y"), alternative);
      },
      py::arg("x"), py::arg("y"), py::kw_only(), py::arg("alternative") = Alternative::kTwoSided, ReleaseGil(),
      R"(The exact sign test of paired scores x, y [n] (Dixon and Mood 1946).

Equal to scipy.stats.binomtest over the pairs that differ. Raises radonc.Error on empty or unequally long input or a
value that is not finite.)");
  m.def(
      "permutation_test",
      [](const Doubles& x, const Doubles& y, Alternative alternative, PermutationMethod method,
         std::size_t num_resamples, std::uint64_t seed) {
        return permutation_test(
            span_of(x, "x"), span_of(y, "y"),
            {.alternative = alternative, .method = method, .num_resamples = num_resamples, .seed = seed});
      },
      py::arg("x"), py::arg("y"), py::kw_only(), py::arg("alternative") = Alternative::kTwoSided,
      py::arg("method") = PermutationMethod::kAuto, py::arg("num_resamples") = PermutationOptions().num_resamples,
      py::arg("seed") = 0, ReleaseGil(),
      R"(The paired permutation test: could the mean of x - y come from flipping signs at random? (Fisher 1935)

x, y:           scores [n] of the same cases
method:         exact over all flips (up to 40 pairs that differ, or scores on a grid), or monte_carlo with
                (b + 1) / (m + 1) for b of m flips at least as extreme; auto is exact where that can be computed
num_resamples:  flips that monte_carlo draws; same seed, same p

Equal to scipy.stats.permutation_test(permutation_type="samples") where exact. Raises radonc.Error on empty or
unequally long input, a value that is not finite, no resamples, or exact where it cannot be computed.)");
  m.def("mcnemar_exact", &mcnemar_exact, py::arg("only_first"), py::arg("only_second"), py::kw_only(),
        py::arg("alternative") = Alternative::kTwoSided,
        R"(McNemar's exact test for paired right-or-wrong answers (McNemar 1947).

only_first, only_second:  numbers of cases that only the first, only the second model answered rightly
alternative:              greater: the first model is right more often

Equal to scipy.stats.binomtest(only_first, only_first + only_second); p = 1 where the models never differ.)");
  m.def("mcnemar_mid_p", &mcnemar_mid_p, py::arg("only_first"), py::arg("only_second"), py::kw_only(),
        py::arg("alternative") = Alternative::kTwoSided,
        "McNemar's test with the mid-p, which counts the observed table with half its probability: less conservative\n"
        "(Fagerland, Lydersen and Laake 2013). Arguments as those of mcnemar_exact.");
}

void bind_corrections(py::module_& m) {
  m.def(
      "holm", [](const Doubles& p_values) { return holm(vector_of(p_values, "p_values")); }, py::arg("p_values"),
      "Holm's adjusted p-values, in the order of p_values [m] (Holm 1979): they bound the probability of any false\n"
      "rejection. Equal to statsmodels' \"holm\". Raises radonc.Error unless every p lies in [0, 1].");
  m.def(
      "benjamini_hochberg", [](const Doubles& p_values) { return benjamini_hochberg(vector_of(p_values, "p_values")); },
      py::arg("p_values"),
      "Benjamini and Hochberg's adjusted p-values, in the order of p_values [m] (1995): they bound the expected share\n"
      "of false rejections. Equal to scipy.stats.false_discovery_control. Raises radonc.Error unless every p lies in\n"
      "[0, 1].");
  m.def(
      "correct_tests",
      [](const Doubles& p_values, Correction correction, double alpha) {
        return correct_tests(vector_of(p_values, "p_values"), correction, alpha);
      },
      py::arg("p_values"), py::kw_only(), py::arg("correction") = Correction::kHolm, py::arg("alpha") = 0.05,
      "The adjusted p-values of p_values [m], and which tests they reject at alpha. Equal to statsmodels'\n"
      "multipletests. Raises radonc.Error unless there is a p, every p lies in [0, 1] and 0 < alpha < 1.");
  m.def(
      "pairs_needed",
      [](double accuracy_first, double accuracy_second, double share_discordant, double alpha, double power,
         PairedTest test, std::size_t num_simulations, std::uint64_t seed, std::size_t max_pairs) {
        return pairs_needed({.accuracy_first = accuracy_first,
                             .accuracy_second = accuracy_second,
                             .share_discordant = share_discordant,
                             .alpha = alpha,
                             .power = power,
                             .test = test,
                             .num_simulations = num_simulations,
                             .seed = seed,
                             .max_pairs = max_pairs});
      },
      py::arg("accuracy_first"), py::arg("accuracy_second"), py::arg("share_discordant"), py::kw_only(),
      py::arg("alpha") = 0.05, py::arg("power") = 0.8, py::arg("test") = PairedTest::kMcNemarExact,
      py::arg("num_simulations") = SampleSizeOptions().num_simulations, py::arg("seed") = 0,
      py::arg("max_pairs") = SampleSizeOptions().max_pairs, ReleaseGil(),
      R"(How many pairs a one-sided comparison of two models needs, by simulation.

accuracy_first, accuracy_second:  shares of right answers, the first model's the greater
share_discordant:                 share of cases that one model alone answers rightly (Connor 1987)
alpha, power:                     level of the test, and probability with which it shall reject

Same seed, same answer. Raises radonc.Error for figures that cannot be, or where max_pairs is too small.)");
  m.def("normal_cdf", &normal_cdf, py::arg("z"), "P(Z <= z) of the standard normal distribution.");
  m.def("normal_quantile", &normal_quantile, py::arg("p"),
        "The z with P(Z <= z) = p. Raises radonc.Error unless 0 < p < 1.");
}

}  // namespace

void bind_stats(py::module_& module) {
  auto m = module.def_submodule("stats");
  bind_enums(m);
  bind_results(m);
  bind_paired_tests(m);
  bind_corrections(m);
  bind_intervals(m);
  bind_agreement(m);
}

}  // namespace radonc::bindings
