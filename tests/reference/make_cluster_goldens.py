"""Makes tests/data/stats/clusters.json: intervals over clusters (patients), from statsmodels, krippendorff and NumPy.

Run from the repository root, with the packages of make_stats_goldens.py installed:
python tests/reference/make_cluster_goldens.py
"""

import json
import random

import krippendorff
import numpy as np
import statsmodels.api as sm
from make_stats_goldens import FOLDER, below, versions
from statsmodels.stats.proportion import proportion_confint


def clustered_wilson(rng):
    """Wilson's interval at the effective sample size of the cluster-robust variance of the mean."""
    cases = []
    while len(cases) < 60:
        n = rng.choice([4, 12, 50, 300])
        ids = [f"p{rng.randrange(max(2, n // rng.choice([1, 2, 5])))}" for _ in range(n)]
        habit = {name: rng.random() ** 2 for name in ids}
        right = [rng.random() < habit[name] for name in ids]
        groups, p = len(set(ids)), np.mean(right)
        if groups in (1, n) or p in (0, 1):
            continue
        codes = np.array([sorted(set(ids)).index(name) for name in ids])
        fit = sm.OLS(np.array(right, float), np.ones(n)).fit(cov_type="cluster", cov_kwds={"groups": codes})
        variance = float(fit.cov_params()[0, 0])
        effective = min(n, p * (1 - p) / variance) if variance > 0 else n
        confidence = rng.choice([0.8, 0.95, 0.99])
        ends = proportion_confint(p * effective, effective, alpha=1 - confidence, method="wilson")
        cases.append([[int(v) for v in right], ids, confidence, *map(float, ends)])
    return cases


def agreement(rng):
    """Percentile bootstrap of the ordinal alpha over clusters of units, drawn as radonc draws them."""
    cases = []
    for seed in range(8):
        n, replicates = [8, 20, 45][seed % 3], 200
        ids = [f"p{rng.randrange(n // 2 + 1)}" for _ in range(n)]
        truth = [rng.choice([0, 1, 2, 2]) if n > 8 else 2 for _ in range(n)]  # the few are often all alike
        rows = [[t if rng.random() < (0.7 if n > 8 else 0.9) else rng.randrange(3) for _ in range(3)] for t in truth]
        rows = [[None if rng.random() < 0.1 else v for v in row] for row in rows]
        rows[0][:2] = [1, 2]  # so that not all are alike
        names = list(dict.fromkeys(ids))
        units = [[i for i, name in enumerate(ids) if name == wanted] for wanted in names]
        data = np.array(rows, dtype=float)

        def alpha(chosen, data=data):
            part = data[chosen]
            rated = part[np.sum(~np.isnan(part), axis=1) >= 2]
            if len(np.unique(rated[~np.isnan(rated)])) < 2:
                return None
            return float(krippendorff.alpha(part.T, level_of_measurement="ordinal"))

        draws = np.reshape(below(seed, len(names), replicates * len(names)), (replicates, len(names)))
        values = [alpha([unit for group in draw for unit in units[group]]) for draw in draws]
        defined = [value for value in values if value is not None]
        ends = np.quantile(defined, [0.05, 0.95]).tolist()
        cases.append([rows, ids, replicates, seed, len(defined), alpha(list(range(n))), *ends])
    return cases


def main():
    rng = random.Random("clusters")
    content = {
        "reference": versions("statsmodels", "krippendorff", "numpy"),
        "clustered_wilson": clustered_wilson(rng),
        "agreement": agreement(rng),
    }
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    (FOLDER / "clusters.json").write_text(text + "\n")
    print(f"clusters.json: {len(text)} bytes")


if __name__ == "__main__":
    main()
