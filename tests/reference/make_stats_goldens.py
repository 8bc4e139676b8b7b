"""Makes tests/data/stats/*.json: what SciPy, statsmodels, scikit-learn, krippendorff, irrCAC and pingouin say.

Where no package has the figure it comes from an enumeration or from the formula's source, written here once more.
Run from the repository root, with those packages installed:  python tests/reference/make_stats_goldens.py [name …]
"""

import itertools
import json
import math
import pathlib
import random
import sys
import warnings
from fractions import Fraction
from importlib.metadata import version

import irrCAC.raw
import krippendorff
import numpy as np
import pandas as pd
import pingouin
import scipy.stats
import sklearn.metrics
import statsmodels.stats.contingency_tables
import statsmodels.stats.inter_rater
import statsmodels.stats.multitest

FOLDER = pathlib.Path(__file__).parents[1] / "data" / "stats"
ALTERNATIVES = ("two-sided", "greater", "less")
MASK = 2**64 - 1
GAMMA = 0x9E3779B97F4A7C15


def versions(*names):
    return ", ".join(f"{name} {version(name)}" for name in names)


def mixed(states):
    """SplitMix64's output for states, as numpy arrays of uint64."""
    z = states.astype(np.uint64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def words(seed, count):
    """The first numbers of radonc::core::Random(seed)."""
    steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(GAMMA)
    return mixed(np.uint64(seed & MASK) + steps)


def below(seed, bound, count):
    """count draws of Random(seed).below(bound), for bounds so small that Lemire's method rejects none of them."""
    products = [int(word) * bound for word in words(seed, count)]
    assert all(product % 2**64 >= (2**64 - bound) % bound for product in products)
    return [product >> 64 for product in products]


def grid(seed, n, bound, shift):
    """Differences that the test makes anew."""
    return [value - shift for value in below(seed, bound, n)]


def flip_counts(weights):
    """Numbers of subsets by their sum: the polynomial Π (1 + z^w), packed into one whole number."""
    bits = len(weights) + 1
    product = 1
    for weight in weights:
        product += product << (bits * weight)
    raw = product.to_bytes(bits * (sum(weights) + 1) // 8 + 8, "little")
    del product
    counts = []
    for i in range(sum(weights) + 1):
        first, offset = divmod(i * bits, 8)
        last = (i * bits + bits + 7) // 8
        counts.append((int.from_bytes(raw[first:last], "little") >> offset) & (2**bits - 1))
    return counts


def flip_tails(weights, observed):
    """P(W <= observed) and P(W >= observed), exactly."""
    counts = flip_counts(weights)
    return [Fraction(sum(part), 2 ** len(weights)) for part in (counts[: observed + 1], counts[observed:])]


def long_tails(weights, observed):
    """The same in extended precision, for more weights."""
    smaller = min(observed, sum(weights) - observed)  # the distribution is symmetric
    mass = np.zeros(smaller + 1, dtype=np.longdouble)
    mass[0], top = 1, 0
    for weight in sorted(weights):
        top = min(top + weight, smaller)
        mass[weight : top + 1] += mass[: max(0, top + 1 - weight)].copy()
    mass *= np.longdouble(2) ** -len(weights)
    tails = [mass.sum(), 1 - mass[:-1].sum()]
    return tails if smaller == observed else tails[::-1]


def combined(tails):
    less, greater = tails
    return [float(min(1, 2 * min(less, greater))), float(greater), float(less)]


def signed_ranks(d, zero_method):
    kept = np.array([v for v in d if v or zero_method != "wilcox"], dtype=float)
    ranks = scipy.stats.rankdata(np.abs(kept))
    weights = [int(round(2 * r)) for r, v in zip(ranks, kept, strict=True) if v != 0]
    return weights, sum(int(round(2 * r)) for r, v in zip(ranks, kept, strict=True) if v > 0)


def wilcoxon(rng):
    small = []
    for i in range(240):
        n = rng.choice([1, 2, 3, 5, 8, 10, 12, 15, 30, 60, 120]) if i % 3 else rng.randrange(1, 13)
        spread = rng.choice([1, 2, 4, 10, 1000])
        d = [float(rng.randrange(-spread, spread + 1) + rng.choice([0, 0, 1])) for _ in range(n)]
        if not any(d):
            continue
        zero_method = rng.choice(["wilcox", "pratt", "zsplit"])
        weights, observed = signed_ranks(d, zero_method)
        p = combined(flip_tails(weights, observed))
        if len(weights) <= 15:  # all flips, one by one
            sums = [sum(subset) for k in range(len(weights) + 1) for subset in itertools.combinations(weights, k)]
            tails = [Fraction(sum(s <= observed for s in sums), len(sums)), None]
            tails[1] = Fraction(sum(s >= observed for s in sums), len(sums))
            assert combined(tails) == p
        if n <= 12 and len(weights) > 1:
            for j, alternative in enumerate(ALTERNATIVES):
                method = scipy.stats.PermutationMethod(n_resamples=np.inf)
                said = scipy.stats.wilcoxon(d, zero_method=zero_method, alternative=alternative, method=method).pvalue
                assert abs(said - p[j]) < 1e-12, (d, zero_method, said, p)
        small.append([d, zero_method, p])
    large = []
    for n, bound, shift in (
        *((200, 41, 15), (300, 7, 3), (300, 1001, 500), (500, 2, 0), (700, 5, 1), (1000, 31, 14), (1000, 5, 1)),
        *((1500, 9, 3), (2000, 4001, 1900), (2000, 100001, 20000), (3000, 300001, 147000)),
    ):
        weights, observed = signed_ranks(grid(n, n, bound, shift), "wilcox")
        large.append([n, bound, shift, combined(long_tails(weights, observed))])
    untied = []  # where SciPy's own exact distribution applies; far out in the tails its convolution is less precise
    for n in (1, 2, 5, 20, 51, 100, 200, 400):
        d = [(i + 1.0) * rng.choice([-1, 1, 1]) for i in range(n)]
        p = combined(flip_tails(range(1, n + 1), int(sum(v for v in d if v > 0))))
        said = [scipy.stats.wilcoxon(d, alternative=a, method="exact").pvalue for a in ALTERNATIVES]
        assert np.allclose(said, p, rtol=0, atol=1e-13)
        untied.append([d, p])
    return {"reference": versions("scipy") + ", enumeration", "small": small, "large": large, "untied": untied}


def hodges_lehmann(rng):
    cases = []
    for n in [1, 2, 3, 4, 5, 6, 7, 8, 12, 20, 33, 60, 61, 150, 400, 501, 700] + [
        rng.randrange(5, 40) for _ in range(40)
    ]:
        kind = rng.choice(["real", "grid", "binary"])
        draw = {"real": lambda: rng.gauss(0.3, 1), "grid": lambda: rng.randrange(-6, 9) / 4}
        d = [round(draw.get(kind, lambda: float(rng.randrange(-1, 2)))(), 4) for _ in range(n)]
        confidence = rng.choice([0.8, 0.9, 0.95, 0.99])
        averages = np.sort(np.add.outer(d, d)[np.triu_indices(n)] / 2)
        tail = Fraction(0.5 * (1 - confidence))
        if n <= 500:
            total, counts = 2**n, flip_counts(range(1, n + 1))
            c, sum_below = 1, counts[0]
            while Fraction(sum_below + counts[c], total) <= tail:
                sum_below += counts[c]
                c += 1
            coverage = float(1 - 2 * Fraction(sum_below, total))
        else:
            mean, deviation = n * (n + 1) / 4, math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
            c = math.floor(mean + scipy.stats.norm.ppf(float(tail)) * deviation + 0.5)
            coverage = 1 - 2 * scipy.stats.norm.cdf((c - 0.5 - mean) / deviation)
        cases.append([d, confidence, float(np.median(averages)), averages[c - 1], averages[-c], coverage])
    return {"reference": "Hollander, Wolfe and Chicken 2014, section 3.3; " + versions("numpy"), "cases": cases}


def tests(rng):
    sign, mid_p, corrected, exact, units, drawn = [], [], [], [], [], []
    for _ in range(60):
        d = [float(rng.randrange(-3, 5)) for _ in range(rng.choice([1, 4, 20, 150]))]
        plus, minus = sum(v > 0 for v in d), sum(v < 0 for v in d)
        p = [scipy.stats.binomtest(plus, plus + minus, 0.5, a).pvalue if plus + minus else 1.0 for a in ALTERNATIVES]
        sign.append([d, p])
    for _ in range(200):
        b, c = rng.randrange(0, rng.choice([3, 20, 4000])), rng.randrange(0, rng.choice([3, 20, 4000]))
        if b + c == 0:
            continue
        table = [[5, b], [c, 5]]
        two_sided = statsmodels.stats.contingency_tables.mcnemar(table, exact=True).pvalue
        law = scipy.stats.binom(b + c, 0.5)
        assert math.isclose(two_sided, min(1, 2 * law.cdf(min(b, c))), rel_tol=1e-9)
        k = min(b, c)
        p = [min(1, 2 * law.cdf(k) - law.pmf(k)), law.cdf(c) - law.pmf(c) / 2, law.cdf(b) - law.pmf(b) / 2]
        mid_p.append([b, c, two_sided, *map(float, p)])
    for _ in range(150):
        p = [rng.choice([rng.random(), rng.random() ** 4, 0.01, 0.0, 1.0]) for _ in range(rng.randrange(1, 12))]
        alpha = rng.choice([0.05, 0.1, 0.001])
        found = [statsmodels.stats.multitest.multipletests(p, alpha, method)[:2] for method in ("holm", "fdr_bh")]
        corrected.append([p, alpha, *([r.tolist(), a.tolist()] for r, a in found)])
    for _ in range(60):
        n = rng.choice([2, 3, 6, 9, 12])
        d = [rng.choice([rng.gauss(0.4, 1), float(rng.randrange(-2, 3)), 0.1 * rng.randrange(-3, 4)]) for _ in range(n)]
        p = [
            float(
                scipy.stats.permutation_test(
                    (d,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative=a, axis=0
                ).pvalue
            )
            for a in ALTERNATIVES
        ]
        exact.append([d, p])
    for n, bound, shift in ((50, 3, 1), (300, 41, 15), (1000, 2, 0), (1000, 21, 8), (400, 201, 80), (100, 3, 0)):
        d = grid(n + 1, n, bound, shift)
        units.append([n, bound, shift, combined(flip_tails([abs(v) for v in d if v], sum(v for v in d if v > 0)))])
    for seed in range(6):
        n, resamples = rng.choice([45, 64, 130]), 500
        d = [round(rng.gauss(0.1, 1), 9) / 7 for _ in range(n)]
        per_draw = (n + 63) // 64
        flips = words(seed, resamples * per_draw).reshape(resamples, per_draw)
        bits = (flips[:, :, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
        sums = bits.reshape(resamples, -1)[:, :n].astype(float) @ np.abs(d)
        seen, total = sum(v for v in d if v > 0), sum(map(abs, d))
        hits = [np.abs(2 * sums - total) >= abs(2 * seen - total) - 1e-12, sums >= seen - 1e-12, sums <= seen + 1e-12]
        drawn.append([d, resamples, seed, [float((h.sum() + 1) / (resamples + 1)) for h in hits]])
    return {
        "reference": versions("scipy", "statsmodels"),
        "sign": sign,
        "mid_p": mid_p,
        "corrected": corrected,
        "permutation_exact": exact,
        "permutation_units": units,
        "permutation_drawn": drawn,
    }


def intervals(rng):
    clopper = []
    for _ in range(400):
        n = rng.choice([1, 2, 5, 20, 100, 431, 5000])  # beyond, SciPy is up to 2e-12 off
        k = rng.choice([0, n, 1, n - 1, rng.randrange(0, n + 1)])
        confidence = rng.choice([0.5, 0.9, 0.95, 0.99, 0.999])
        ci = scipy.stats.binomtest(k, n).proportion_ci(confidence, method="exact")
        tail = (1 - confidence) / 2
        ends = [
            float(scipy.stats.beta.ppf(tail, k, n - k + 1)) if k else 0.0,
            float(scipy.stats.beta.isf(tail, k + 1, n - k)) if k < n else 1.0,
        ]
        assert np.allclose(ends, [ci.low, ci.high], rtol=0, atol=1e-11)  # binomtest's root finder stops at 2e-12
        clopper.append([k, n, confidence, *ends])
    bca = []
    for seed in range(24):
        n, replicates, confidence = rng.choice([12, 30, 90]), 400, rng.choice([0.9, 0.95, 0.99])
        skewed, binary = lambda: round(rng.random() ** 4 * 1024) / 1024, lambda: float(rng.random() < 0.85)
        values = [(binary if seed % 2 else skewed)() for _ in range(n)]
        ids = [f"p{rng.randrange(0, 2 * n // 3)}" for _ in range(n)]
        names = list(dict.fromkeys(ids))
        sums = [math.fsum(v for v, i in zip(values, ids, strict=True) if i == name) for name in names]
        sizes = [ids.count(name) for name in names]
        means = []
        for own in words(seed, replicates):
            drawn = below(int(own), len(names), len(names))
            means.append(sum(sums[i] for i in drawn) / sum(sizes[i] for i in drawn))

        class Ours:
            bootstrap_distribution = np.array(means)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = scipy.stats.bootstrap(
                (sums, sizes),
                lambda s, c, axis=-1: np.sum(s, axis=axis) / np.sum(c, axis=axis),
                paired=True,
                n_resamples=0,
                bootstrap_result=Ours,
                confidence_level=confidence,
                method="BCa",
            ).confidence_interval
        if math.isfinite(said.low):
            bca.append([values, ids, confidence, replicates, seed, float(said.low), float(said.high)])
    return {"reference": versions("scipy"), "clopper_pearson": clopper, "bca": bca}


def irr_weights(values, name):
    values, power = np.array(values), {"linear": 1, "quadratic": 2}.get(name)
    if power is None:
        return np.eye(len(values))
    return 1 - (np.abs(np.subtract.outer(values, values)) / (values.max() - values.min())) ** power


def agreement(rng):
    cohen, fleiss, gwet, alpha, icc = [], [], [], [], []
    for _ in range(80):
        n, q = rng.choice([2, 5, 30, 120]), rng.choice([2, 3, 5])
        scale = rng.choice([1, 1, 3, 0.5])
        truth = [rng.randrange(q) for _ in range(n)]
        a, b = ([float(t if rng.random() < 0.6 else rng.randrange(q)) * scale for t in truth] for _ in range(2))
        if len({*a, *b}) < 2:
            continue
        codes = sorted({*a, *b})
        coded = [[codes.index(v) for v in rater] for rater in (a, b)]
        kappas = [float(sklearn.metrics.cohen_kappa_score(*coded, weights=w)) for w in (None, "linear", "quadratic")]
        if all(map(math.isfinite, kappas)):
            cohen.append([a, b, kappas])
    while len(fleiss) < 50:
        n, m, q = rng.choice([1, 2, 6, 40]), rng.choice([2, 3, 6]), rng.choice([2, 4])
        rows = [[float(rng.choice([u % q, rng.randrange(q)])) for _ in range(m)] for u in range(n)]
        table = statsmodels.stats.inter_rater.aggregate_raters(np.array(rows))[0]
        if table.shape[1] > 1:
            fleiss.append([rows, float(statsmodels.stats.inter_rater.fleiss_kappa(table))])
    while len(gwet) < 60:
        n, m, q = rng.choice([3, 8, 40]), rng.choice([2, 3, 5]), rng.choice([2, 3, 5])
        worth = rng.choice([[1, 2, 3, 4, 5], [0, 1, 5, 6, 20]])
        rows = [
            [None if rng.random() < 0.15 else worth[rng.choice([u % q, rng.randrange(q)])] for _ in range(m)]
            for u in range(n)
        ]
        seen = sorted({v for row in rows for v in row if v is not None})
        if len(seen) < 2 or all(sum(v is not None for v in row) < 2 for row in rows):
            continue
        categories = seen if rng.random() < 0.6 else worth
        frame = pd.DataFrame([row for row in rows if any(v is not None for v in row)], dtype=float)
        said = []
        for name in ("identity", "linear", "quadratic"):
            weights = irr_weights(categories, name)
            assert np.allclose(weights, irrCAC.raw.Weights(list(categories))[name])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                cac = irrCAC.raw.CAC(frame, weights=weights, categories=[float(v) for v in categories], digits=16)
                said.append(float(cac.gwet()["est"]["coefficient_value"]))
        gwet.append([rows, categories, said])
        matrix = np.array([[np.nan if v is None else v for v in row] for row in rows], dtype=float).T
        if len({v for row in rows if sum(x is not None for x in row) > 1 for v in row if v is not None}) > 1:
            levels = ("nominal", "ordinal", "interval")
            alpha.append([rows, [float(krippendorff.alpha(matrix, level_of_measurement=s)) for s in levels]])
    pingouin.options["round.column.CI95"] = None
    for _ in range(40):
        n, k = rng.choice([3, 6, 25]), rng.choice([2, 3, 5])
        spread = rng.choice([0.3, 1, 4])
        units = [rng.gauss(5, spread) for _ in range(n)]
        bias = [rng.gauss(0, rng.choice([0.1, 1])) for _ in range(k)]
        rows = [[round(u + b + rng.gauss(0, 0.7), rng.choice([0, 3])) for b in bias] for u in units]
        long = pd.DataFrame(
            [(u, r, v) for u, row in enumerate(rows) for r, v in enumerate(row)], columns=["u", "r", "v"]
        )
        table = pingouin.intraclass_corr(long, "u", "r", "v").iloc[:3]
        icc.append(
            [
                rows,
                [
                    [r["ICC"], r["F"], r["df1"], r["df2"], r["pval"], *map(float, r["CI95"])]
                    for _, r in table.iterrows()
                ],
            ]
        )
    return {
        "reference": versions("scikit-learn", "statsmodels", "irrCAC", "krippendorff", "pingouin"),
        "cohen": cohen,
        "fleiss": fleiss,
        "gwet": gwet,
        "alpha": alpha,
        "icc": icc,
    }


def sample_size(_):
    cases = []
    for a, b, share, alpha, power, seed in (
        *((0.8, 0.6, 0.3, 0.05, 0.8, 1), (0.9, 0.7, 0.2, 0.001, 0.9, 2), (0.75, 0.7, 0.15, 0.05, 0.8, 3)),
        *((0.6, 0.5, 0.5, 0.025, 0.5, 4), (1.0, 0.5, 0.5, 0.001, 0.8, 5)),
    ):
        simulations, end = 400, 4096
        draws = np.array([words(int(own), end) for own in words(seed, simulations)])
        uniform = (draws >> np.uint64(11)).astype(float) * 2.0**-53
        first = np.cumsum(uniform < (share + (a - b)) / 2, axis=1)
        discordant = np.cumsum(uniform < share, axis=1)
        law = scipy.stats.binom
        exact = law.sf(first - 1, discordant, 0.5)
        with np.errstate(invalid="ignore"):
            z = np.where(discordant > 0, (2 * first - discordant) / np.sqrt(discordant), -np.inf)
        p = [exact, exact - law.pmf(first, discordant, 0.5) / 2 + 0.5 * (discordant == 0), scipy.stats.norm.sf(z)]
        needed = []
        for values in p:
            rejected = (values <= alpha).sum(axis=0)
            pairs = int(np.flatnonzero(rejected < power * simulations)[-1]) + 2
            needed.append([pairs, float(rejected[pairs - 1] / simulations)])
        cases.append([a, b, share, alpha, power, seed, simulations, needed])
    return {"reference": versions("scipy", "numpy"), "cases": cases}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for make in (agreement, intervals, tests, sample_size, hodges_lehmann, wilcoxon):
        if sys.argv[1:] and make.__name__ not in sys.argv[1:]:
            continue
        content = json.dumps(make(random.Random(make.__name__)), allow_nan=False, separators=(",", ":"))
        (FOLDER / f"{make.__name__}.json").write_text(content + "\n")
        print(f"{make.__name__}.json: {len(content)} bytes", flush=True)


if __name__ == "__main__":
    main()
