"""How fast are the statistics and ROUGE, and how much faster than SciPy and rouge_score?

    python benchmarks/stats_and_rouge.py --peers /path/to/python

Prints radonc's seconds, and the ratio to a peer where that package is found: among this environment's packages, or
among those of the one whose Python --peers names.
"""

import argparse
import importlib
import subprocess
import sys
import time

import numpy as np
import radonc


def seconds(run, *arguments, rounds: int = 3, **options) -> float:
    """Of the fastest round."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run(*arguments, **options)
        times.append(time.perf_counter() - start)
    return min(times)


def peer(name: str):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def report(what: str, ours: float, name: str = "", theirs: float | None = None) -> None:
    against = f", {name} {theirs:.3f} s, ratio {theirs / ours:.1f}" if theirs else ""
    print(f"{what}: {ours:.3f} s{against}")


def wilcoxon(rng) -> None:
    x, y = rng.normal(0.01, 1, 1_000_000), rng.normal(0, 1, 1_000_000)
    ours = seconds(radonc.stats.wilcoxon_signed_rank, x, y)
    scipy = peer("scipy.stats")
    theirs = seconds(scipy.wilcoxon, x, y) if scipy else None
    report("Wilcoxon, 1,000,000 pairs", ours, "SciPy", theirs)


def bootstrap(rng) -> None:
    values = rng.random(10_000)
    for name, cases_per_patient in {"a case a patient": 1, "3 cases a patient": 3}.items():
        patients = [f"patient-{i // cases_per_patient}" for i in range(10_000)]
        for kind, interval in {
            "percentile": radonc.stats.bootstrap_mean_interval,
            "BCa": radonc.stats.bca_mean_interval,
        }.items():
            ours = seconds(interval, values, patients, num_replicates=10_000)
            report(f"{kind} bootstrap, 10,000 cases, 10,000 replicates, {name}", ours)


def rouge(rng) -> None:
    words = "external beam radiotherapy to the larynx with 200 cGy in 30 fractions a total of 6000 boost pelvis".split()
    texts = [" ".join(rng.choice(words, 60)) for _ in range(2_000)]
    references, predictions = texts[:1_000], texts[1_000:]
    ours = seconds(radonc.metrics.mean_rouge, references, predictions)
    module, theirs = peer("rouge_score.rouge_scorer"), None
    if module:
        scorer = module.RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"])
        theirs = seconds(lambda: list(map(scorer.score, references, predictions)), rounds=1)
    report("ROUGE-1, -2, -L and -Lsum, 1,000 pairs of 60 words", ours, "rouge_score", theirs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", help="Python of an environment with rouge_score and SciPy")
    peers = parser.parse_args().peers
    if peers:
        where = "import sysconfig; print(sysconfig.get_path('purelib'))"
        found = subprocess.run([peers, "-c", where], check=True, capture_output=True, text=True)
        sys.path.append(found.stdout.strip())  # last, so that it replaces nothing
    rng = np.random.default_rng(0)
    for measure in (wilcoxon, bootstrap, rouge):
        measure(rng)


if __name__ == "__main__":
    main()
