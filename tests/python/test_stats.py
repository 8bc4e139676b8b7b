"""Statistics in Python, against SciPy and, for what it does not have, against the stored figures of other packages."""

import json
import math

import numpy as np
import pytest
import radonc
import scipy.stats
from radonc import stats

ALTERNATIVES = {
    "two-sided": stats.Alternative.two_sided,
    "greater": stats.Alternative.greater,
    "less": stats.Alternative.less,
}
WEIGHTS = [stats.AgreementWeights.identity, stats.AgreementWeights.linear, stats.AgreementWeights.quadratic]
NAN = math.nan


@pytest.fixture(scope="module")
def golden(root):
    return lambda name: json.loads((root / "tests" / "data" / "stats" / f"{name}.json").read_text())


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def pairs(rng, n):
    """Scores with ties and zeros among their differences."""
    x = rng.integers(0, 6, n) / 4
    return x, x - rng.choice([-0.5, -0.25, 0, 0, 0.25, 0.5, 1], n)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("zero_method", ["wilcox", "pratt", "zsplit"])
def test_wilcoxon_equals_scipy(rng, alternative, zero_method):
    for n in (60, 200, 1000):
        x, y = pairs(rng, n)
        for correction in (False, True):
            said = scipy.stats.wilcoxon(x, y, zero_method, correction, alternative)
            ours = stats.wilcoxon_signed_rank(
                x,
                y,
                zero_method=getattr(stats.ZeroMethod, zero_method),
                alternative=ALTERNATIVES[alternative],
                correction=correction,
            )
            assert (ours.statistic, ours.p_value) == pytest.approx((said.statistic, said.pvalue), rel=1e-9)
            assert ours.method == stats.WilcoxonMethod.approx and ours.z is not None and ours.ties


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_exact_wilcoxon_equals_scipy(rng, alternative):
    x, y = rng.normal(0.3, 1, 40), rng.normal(0, 1, 40)
    said = scipy.stats.wilcoxon(x, y, alternative=alternative, method="exact")
    ours = stats.wilcoxon_signed_rank(x, y, alternative=ALTERNATIVES[alternative], method=stats.WilcoxonMethod.exact)
    assert ours.p_value == pytest.approx(said.pvalue, rel=1e-9) and ours.z is None and not ours.ties
    x, y = pairs(rng, 10)
    every_flip = scipy.stats.PermutationMethod(n_resamples=np.inf)
    said = scipy.stats.wilcoxon(x, y, alternative=alternative, method=every_flip)
    method = stats.WilcoxonMethod.permutation
    ours = stats.wilcoxon_signed_rank(x, y, alternative=ALTERNATIVES[alternative], method=method)
    assert ours.p_value == pytest.approx(said.pvalue, rel=1e-9) and ours.num_zeros == np.sum(x == y)
    assert ours.smallest_p == 0.5**ours.num_nonzero and ours.w_plus + ours.w_minus > 0


@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_sign_mcnemar_and_permutation_equal_scipy(rng, alternative):
    chosen = ALTERNATIVES[alternative]
    for n in (1, 6, 12):
        x, y = pairs(rng, n)
        plus, minus = int(np.sum(x > y)), int(np.sum(x < y))
        p = scipy.stats.binomtest(plus, plus + minus, 0.5, alternative).pvalue if plus + minus else 1
        sign = stats.sign_test(x, y, alternative=chosen)
        assert sign.p_value == pytest.approx(p, rel=1e-9)
        assert (sign.n, sign.num_positive, sign.num_negative) == (n, plus, minus)
        exact = stats.mcnemar_exact(plus, minus, alternative=chosen)
        assert exact.p_value == pytest.approx(p, rel=1e-9) and not exact.mid_p
        mid = stats.mcnemar_mid_p(plus, minus, alternative=chosen)
        assert mid.p_value <= exact.p_value and mid.mid_p and "Fagerland" in mid.reference
        if n == 1:
            continue
        mean = {"permutation_type": "samples", "n_resamples": np.inf, "axis": 0, "alternative": alternative}
        said = scipy.stats.permutation_test((x - y,), np.mean, **mean).pvalue
        ours = stats.permutation_test(x, y, alternative=chosen)
        assert ours.p_value == pytest.approx(said, rel=1e-9) and ours.method == stats.PermutationMethod.exact
        drawn = stats.permutation_test(
            x, y, alternative=chosen, method=stats.PermutationMethod.monte_carlo, num_resamples=20_000, seed=4
        )
        assert drawn.num_resamples == 20_000 and drawn.p_value == pytest.approx(said, abs=0.015)


def test_hodges_lehmann_is_the_median_of_the_walsh_averages(rng, golden):
    for d, confidence, value, low, high, coverage in golden("hodges_lehmann")["cases"][:25]:
        ours = stats.hodges_lehmann(d, [0.0] * len(d), confidence)
        assert (ours.value, ours.low, ours.high) == pytest.approx((value, low, high), abs=1e-12)
        assert ours.coverage == pytest.approx(coverage, abs=1e-12) and ours.n == len(d)
    x, y = rng.normal(1, 1, 50), rng.normal(0, 1, 50)
    averages = np.add.outer(x - y, x - y)[np.triu_indices(50)] / 2
    assert stats.hodges_lehmann(x, y).value == pytest.approx(np.median(averages), rel=1e-12)


def test_corrections_equal_statsmodels_and_scipy(rng, golden):
    for p, alpha, *expected in golden("tests")["corrected"]:
        for correction, (rejected, adjusted) in zip(
            (stats.Correction.holm, stats.Correction.benjamini_hochberg), expected, strict=True
        ):
            ours = stats.correct_tests(p, correction=correction, alpha=alpha)
            assert ours.adjusted == pytest.approx(adjusted, abs=1e-12)
            assert ours.rejected == rejected and ours.p_values == p
        assert stats.holm(p) == pytest.approx(expected[0][1], abs=1e-12)
    p = rng.random(50) ** 3
    assert stats.benjamini_hochberg(p) == pytest.approx(scipy.stats.false_discovery_control(p), rel=1e-12)
    assert stats.holm([]) == []


def test_proportions_equal_scipy(rng):
    for n in (1, 7, 200):
        for successes in {0, n, int(rng.integers(0, n + 1))}:
            test = scipy.stats.binomtest(successes, n)
            for ours, method in (
                (stats.wilson_interval, "wilson"),
                (stats.clopper_pearson_interval, "exact"),
            ):
                said = test.proportion_ci(0.9, method=method)
                estimate = ours(successes, n, 0.9)
                assert (estimate.low, estimate.high) == pytest.approx((said.low, said.high), abs=1e-9)
                assert estimate.n == n and estimate.confidence == 0.9


def test_a_proportion_over_patients(golden):
    for right, ids, confidence, low, high in golden("clusters")["clustered_wilson"]:
        ours = stats.clustered_wilson_interval(np.array(right, bool), ids, confidence)
        assert (ours.low, ours.high) == pytest.approx((low, high), abs=1e-9)
        assert ours.num_clusters == len(set(ids))
    single = stats.clustered_wilson_interval([1, 0, 1], np.array(["a", "b", "c"]))
    assert (single.low, single.high) == (stats.wilson_interval(2, 3).low, stats.wilson_interval(2, 3).high)
    with pytest.raises(radonc.Error, match="got 0.5"):
        stats.clustered_wilson_interval([0.5], ["a"])


def test_bootstraps_are_near_scipys_and_hold_to_their_seed(rng):
    values, ids = rng.exponential(1, 300), [str(i) for i in range(300)]
    for ours, method in ((stats.bootstrap_mean_interval, "percentile"), (stats.bca_mean_interval, "BCa")):
        said = scipy.stats.bootstrap((values,), np.mean, n_resamples=20_000, method=method, rng=rng).confidence_interval
        estimate = ours(values, ids, num_replicates=20_000, seed=3)
        assert (estimate.low, estimate.high) == pytest.approx((said.low, said.high), abs=0.006)
        again = ours(values, ids, num_replicates=20_000, seed=3)
        assert (again.low, again.high) == (estimate.low, estimate.high)
        patients = [str(i // 30) for i in range(300)]
        ordered = ours(np.sort(values), patients, num_replicates=2_000)  # alike within a patient
        assert ordered.high - ordered.low > 2 * (estimate.high - estimate.low) and ordered.num_clusters == 10
    ends = [stats.bca_mean_interval(values, ids, num_replicates=500, num_threads=k).low for k in (1, 2, 5)]
    assert len(set(ends)) == 1


def test_agreement_equals_the_packages(golden):
    data = golden("agreement")
    for first, second, kappas in data["cohen"]:
        for weights, kappa in zip(WEIGHTS, kappas, strict=True):
            assert stats.cohen_kappa(first, np.array(second), weights=weights).value == pytest.approx(kappa, abs=1e-9)
    for rows, kappa in data["fleiss"]:
        assert stats.fleiss_kappa(np.array(rows)).value == pytest.approx(kappa, abs=1e-9)
    for rows, categories, values in data["gwet"]:
        for weights, value in zip(WEIGHTS, values, strict=True):
            ours = stats.gwet_ac(np.array(rows, float), weights=weights, categories=categories)
            assert ours.value == pytest.approx(value, abs=1e-9)
            assert ours.num_missing == sum(v is None for row in rows for v in row)
    levels = [stats.MeasurementLevel.nominal, stats.MeasurementLevel.ordinal, stats.MeasurementLevel.interval]
    for rows, values in data["alpha"]:
        for level, value in zip(levels, values, strict=True):
            assert stats.krippendorff_alpha(rows, level=level).value == pytest.approx(value, abs=1e-9)
    forms = [stats.IccForm.one_way, stats.IccForm.two_way_agreement, stats.IccForm.two_way_consistency]
    for rows, figures in data["icc"]:
        for form, figure in zip(forms, figures, strict=True):
            assert stats.intraclass_correlation(rows, form=form).value == pytest.approx(figure[0], abs=1e-9)


def test_agreement_with_an_interval_over_patients(golden):
    ordinal = stats.MeasurementLevel.ordinal
    for rows, ids, replicates, seed, defined, value, low, high in golden("clusters")["agreement"]:
        ours = stats.agreement_interval(
            rows,
            ids,
            lambda r: stats.krippendorff_alpha(r, level=ordinal).value,
            0.9,
            num_replicates=replicates,
            seed=seed,
        )
        assert (ours.value, ours.low, ours.high) == pytest.approx((value, low, high), abs=1e-9)
        assert ours.num_replicates == defined and ours.n == len(rows)
    with pytest.raises(ZeroDivisionError):  # a fault of the coefficient's own is not swallowed
        stats.agreement_interval([[1, 2]], ["a"], lambda r: 1 / 0)
    with pytest.raises(radonc.Error, match="one category"):
        stats.agreement_interval([[1, 1]], ["a"], lambda r: stats.fleiss_kappa(r).value)


def test_sample_size(golden):
    test = stats.PairedTest.mcnemar_mid_p
    for first, second, share, alpha, power, seed, simulations, expected in golden("sample_size")["cases"]:
        ours = stats.pairs_needed(
            first, second, share, alpha=alpha, power=power, test=test, num_simulations=simulations, seed=seed
        )
        assert (ours.num_pairs, ours.power) == (expected[1][0], pytest.approx(expected[1][1]))
        assert ours.power_low < ours.power < ours.power_high
    with pytest.raises(radonc.Error):
        stats.pairs_needed(0.5, 0.6, 0.2)


def results():
    x, y = [0.5, 0.25, 1, 1, 0.5], [0.25, 0.5, 0, 1, 0]
    ratings = [[1, 2], [2, 2], [3, 1]]
    return [
        stats.wilcoxon_signed_rank(x, y),
        stats.hodges_lehmann(x, y),
        stats.sign_test(x, y),
        stats.permutation_test(x, y),
        stats.mcnemar_exact(3, 1),
        stats.mcnemar_mid_p(3, 1),
        stats.correct_tests([0.01, 0.2]),
        stats.pairs_needed(0.9, 0.5, 0.5, num_simulations=200),
        stats.wilson_interval(3, 4),
        stats.clopper_pearson_interval(3, 4),
        stats.clustered_wilson_interval([True, False], ["a", "b"]),
        stats.bootstrap_mean_interval(x, list("aabbc")),
        stats.bca_mean_interval(x, list("aabbc"), num_replicates=100),
        stats.cohen_kappa([1, 2, 3], [2, 2, 1]),
        stats.fleiss_kappa(ratings),
        stats.gwet_ac(ratings),
        stats.krippendorff_alpha(ratings),
        stats.intraclass_correlation(ratings),
        stats.agreement_interval(ratings, list("abc"), lambda r: stats.krippendorff_alpha(r).value),
    ]


@pytest.mark.parametrize("result", results(), ids=lambda r: str(r)[:30])
def test_a_result_is_a_sentence_with_assumptions_and_source(result):
    assert str(result) == repr(result) and str(result).endswith(".") and len(str(result)) > 25
    assert len(result.assumptions) > 40 and any(year in result.reference for year in ("19", "20"))


def test_arrays_of_any_kind_give_the_same(rng):
    x, y = rng.integers(0, 9, 30), rng.integers(0, 9, 30)
    p = stats.wilcoxon_signed_rank(x.tolist(), y.tolist()).p_value
    for kind in (np.int8, np.float32, np.float64):
        assert stats.wilcoxon_signed_rank(x.astype(kind), y.astype(kind)).p_value == p
    twice = np.repeat(x, 2)[::2]  # not contiguous
    assert stats.wilcoxon_signed_rank(twice, tuple(y)).p_value == p


def test_faulty_input_is_named():
    x = [1.0, 2.0]
    for function in (stats.wilcoxon_signed_rank, stats.hodges_lehmann, stats.sign_test, stats.permutation_test):
        for first, second in (([], []), (x, [1.0]), (x, [1.0, NAN]), (x, [1.0, math.inf]), (x, [[1.0], [2.0]])):
            with pytest.raises(radonc.Error):
                function(first, second)
        with pytest.raises(TypeError):
            function(["a", "b"], x)
    same = stats.wilcoxon_signed_rank(x, x)
    assert same.p_value == 1 and same.num_nonzero == 0 and "nothing to test" in str(same)
    for ratings in ([1, 2], [[1, 2], [1]], [["a", "b"]], [], 3):
        for function in (stats.fleiss_kappa, stats.gwet_ac, stats.krippendorff_alpha, stats.intraclass_correlation):
            with pytest.raises(radonc.Error):
                function(ratings)
    with pytest.raises(radonc.Error, match="0.95"):
        stats.wilson_interval(1, 2, 95)
    with pytest.raises(radonc.Error):
        stats.holm([0.5, 1.5])
    with pytest.raises(radonc.Error, match="cluster ids"):
        stats.bootstrap_mean_interval(x, ["a"])
    with pytest.raises(radonc.Error, match="two"):
        stats.bca_mean_interval(x, ["a", "a"])


def test_the_normal_distribution():
    for p in (1e-300, 1e-8, 0.025, 0.5, 0.9999):
        z = stats.normal_quantile(p)
        assert z == pytest.approx(scipy.stats.norm.ppf(p), rel=1e-12, abs=1e-15)
        assert stats.normal_cdf(z) == pytest.approx(p, rel=1e-9)
    with pytest.raises(radonc.Error):
        stats.normal_quantile(1)
