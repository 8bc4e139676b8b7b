"""Makes tests/data/metrics/*.json: what rouge_score, scikit-learn and SciPy say about the cases written beside it.

Run from the repository root, with those packages and nltk installed:  python tests/reference/make_eval_goldens.py
"""

import json
import math
import pathlib
import random
import warnings
from importlib.metadata import version

import numpy as np
import scipy.stats
from nltk.stem.porter import PorterStemmer
from rouge_score import rouge_scorer
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

FOLDER = pathlib.Path(__file__).parents[1] / "data" / "metrics"

CLINICAL = """IMRT to the left breast, 5000 cGy in 25 fractions of 200 cGy, total 50 Gy.
External beam radiation to the primary tumor field: 6000 cGy in 30 fractions of 200 cGy.
50.4 Gy in 28 fx @ 1.8 Gy/fx to the pelvis; boost 5.4 Gy/3 fx (total 55.8 Gy).
Stereotactic radiosurgery (SRS), 21 Gy x 1, gamma knife; planned under MRI/CT fusion.
HDR brachytherapy: 21 Gy in 3 fractions prescribed to 0.5 cm depth at the vaginal cuff.
Adjuvant chemoradiotherapy with temozolomide 75 mg/m² daily; resected glioblastoma, WHO grade IV.
Dying patients were palliated: 30 Gy in 10 fractions, relieving painful skeletal metastases.
Malignant neoplasm of upper-outer quadrant of female breast (C50.4), ICD-10-CM.
I-131 radioiodine ablation 100 mCi following thyroidectomies; dosimetrically verified.
Target volumes: GTV, CTV and PTV delineated conservatively; organs at risk respected generally.
ER+/PR+ HER2-negative invasive ductal carcinoma, pT2 pN1a cM0, stage IIB; lymph nodes 3/14.
prescribing physicians' hopefulness, radically; geologic theology; archaeologically organised skies.
Métastase cérébrale – 20 Gy en 5 séances; β-Strahlung, 10 µCi, naïve café Ångström.
proceed exceed succeed innings outing cannings howe news lying tying agreed feed plastered bled
conflated troubled sized hopping tanned falling hissing fizzed failing filing happy sky enjoy spied died flies ties
relational conditional rational valenci hesitanci digitizer conformabli radicalli differentli vileli analogousli
vietnamization predication operator feudalism decisiveness callousness formaliti sensitiviti sensibiliti
triplicate formative formalize electriciti electrical goodness revival allowance inference airliner gyroscopic
adjustable defensible irritant replacement adjustment dependent adoption homologou communism activate angulariti
homologous effective bowdlerize probate rate cease controll roll
yyyy syzygy toy say eye yoyo psychoneurotically""".split("\n")

EDGES = [
    "",
    " ",
    "\n\t",
    "a",
    "A",
    "ab",
    "...",
    "—",
    "Gy",
    "50",
    "50.4",
    "x" * 300,
    "y" * 40,
    "\u212aelvin 300 \u212a",
    "\u0130stanbul \u0130",
    "ﬁeld ﬁbrosis",
    "STRASSE straße",
    "don't can't",
    "cGy/fx",
    "1,800",
    "１２３",
    "\u00a0nbsp\u00a0",
    "e\u0301te",
    "under_score under-score",
    "C50.9",
    "c50 9",
    "<|im_end|>",
    "\u0000null\u0000",
    "🙂 ok 🙂",
]


def texts(rng):
    """Pairs of (reference, prediction)."""
    words = sorted({w for line in CLINICAL for w in line.split()})
    pairs = [(a, b) for a in EDGES for b in rng.sample(EDGES, 6)] + [(a, a) for a in EDGES]
    pairs += [(a, b) for a in CLINICAL for b in rng.sample(CLINICAL, 5)] + [(a, a) for a in CLINICAL]
    for _ in range(400):
        a = [rng.choice(words) for _ in range(rng.randrange(0, 16))]
        b = [rng.choice(words) if rng.random() < 0.4 else w for w in a]
        if rng.random() < 0.3:
            rng.shuffle(b)
        pairs.append((" ".join(a), " ".join(b[: rng.randrange(0, 17)])))
    return pairs


def rouge(rng):
    kinds = ["rouge1", "rouge2", "rouge3", "rougeL"]
    scorers = [rouge_scorer.RougeScorer(kinds, use_stemmer=s) for s in (False, True)]
    cases = []
    for reference, prediction in texts(rng):
        scores = [s.score(reference, prediction) for s in scorers]
        cases.append([reference, prediction] + [[list(map(float, s[k])) for k in kinds] for s in scores])
    return {
        "reference": f"rouge_score {version('rouge_score')}",
        "columns": ["reference", "prediction", "plain[rouge1,rouge2,rouge3,rougeL][p,r,f]", "stemmed[…]"],
        "cases": cases,
    }


def stems(rng):
    stemmer = PorterStemmer()
    endings = (
        "s es ies ied eed ed ing y ational tional enci anci izer bli alli entli eli ousli ization ation ator "
        "alism iveness fulness ousness aliti iviti biliti fulli logi icate "
        "ative alize iciti ical ful ness al ance ence "
        "er ic able ible "
        "ant ement ment ent ion ou ism ate iti ous ive ize e ll sses ss at bl iz sion tion"
    ).split()
    words = {w.lower() for line in CLINICAL for w in line.split() if w.isascii() and w.isalnum()}
    while len(words) < 6000:
        word = "".join(rng.choice("aeiouybcdlrstwxz1") for _ in range(rng.randrange(0, 7)))
        words.add(word + "".join(rng.choice(endings) for _ in range(rng.randrange(0, 3))))
    return {"reference": f"nltk {version('nltk')} PorterStemmer", "stems": {w: stemmer.stem(w) for w in sorted(words)}}


def classification(rng):
    alphabet = ["external beam", "brachytherapy", "radionuclide", "photon", "C50.9", "C71.1", "C61", "é", "Z", "a"]
    cases = []
    while len(cases) < 300:
        labels = rng.sample(alphabet, rng.randrange(1, 8))
        n = rng.randrange(1, 60)
        true = [rng.choice(labels) for _ in range(n)]
        skill = rng.random()
        pred = [t if rng.random() < skill else rng.choice(alphabet + [""] * 4) for t in true]
        # An explicit label set may lack reference labels and hold labels that never occur.
        given = rng.sample(alphabet, rng.randrange(1, 9)) if rng.random() < 0.4 else []
        used = given or sorted(set(true))
        zero = rng.choice([0, 0, 1])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scores, support = {}, None
            for average in (None, "micro", "macro", "weighted"):
                p, r, f, s = precision_recall_fscore_support(
                    true, pred, labels=used, average=average, zero_division=zero
                )
                scores[average or "classes"] = [np.asarray(v).tolist() for v in (p, r, f)]
                support = s if average is None else support
            matrix = None if given else confusion_matrix(true, pred, labels=used).tolist()
        cases.append(
            {
                "true": true,
                "pred": pred,
                "labels": given,
                "zero_division": zero,
                "scores": scores,
                "support": support.tolist(),
                "accuracy": accuracy_score(true, pred),
                "confusion": matrix,
            }
        )
    return {"reference": f"scikit-learn {version('scikit-learn')}", "cases": cases}


def wilcoxon(rng):
    cases = []
    while len(cases) < 1200:
        n = rng.choice([1, 2, 3, 5, 8, 11, 13, 14, 20, 30, 49, 50, 51, 60, 90])
        kind = rng.choice(["binary", "grid", "real", "real", "zeros"])
        shift = rng.choice([0, 0.2, 0.5, 1.0])
        if kind == "binary":
            x, y = ([float(rng.random() < q) for _ in range(n)] for q in (0.4 + shift / 2, 0.4))
        elif kind == "grid":
            x, y = ([round(rng.gauss(s, 1) * 4) / 4 for _ in range(n)] for s in (shift, 0))
        else:
            x, y = ([round(rng.gauss(s, 1), 5) for _ in range(n)] for s in (shift, 0))
            if kind == "zeros":
                x = [b if rng.random() < 0.2 else a for a, b in zip(x, y, strict=True)]
        options = dict(
            zero_method=rng.choice(["wilcox", "pratt", "zsplit"]),
            alternative=rng.choice(["two-sided", "greater", "less"]),
            correction=rng.random() < 0.3,
            method=rng.choice(["auto", "auto", "exact", "asymptotic"]),
        )
        if all(a == b for a, b in zip(x, y, strict=True)):
            continue  # radonc defines p = 1 here, SciPy gives NaN or a warning
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = scipy.stats.wilcoxon(x, y, **options)
        z = getattr(result, "zstatistic", None)
        if not math.isfinite(result.pvalue):
            raise SystemExit(f"SciPy gave {result} for {x} {y} {options}")
        cases.append(
            {
                "x": x,
                "y": y,
                **options,
                "statistic": float(result.statistic),
                "p": float(result.pvalue),
                "z": None if z is None else float(z),
            }
        )
    return {"reference": f"scipy.stats.wilcoxon, SciPy {version('scipy')}", "cases": cases}


class SplitMix64:
    """Steele et al. 2014, with Lemire's unbiased bounds: an independent writing of radonc::core::Random."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        mask = 2**64 - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    def below(self, bound):
        while True:
            product = self.next() * bound
            if product % 2**64 >= (2**64 - bound) % bound:
                return product >> 64


def bootstrap(values, clusters, confidence, replicates, seed):
    """Percentile bootstrap of the mean over whole clusters."""
    names = list(dict.fromkeys(clusters))
    members = [np.array([v for v, c in zip(values, clusters, strict=True) if c == name]) for name in names]
    random64 = SplitMix64(seed)
    means = []
    for _ in range(replicates):
        drawn = np.concatenate([members[random64.below(len(members))] for _ in members])
        means.append(drawn.mean())
    return np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()


def intervals(rng):
    wilson = []
    for _ in range(300):
        n = rng.choice([1, 2, 5, 20, 100, 431, 5000])
        k = rng.choice([0, n, rng.randrange(0, n + 1)])
        confidence = rng.choice([0.5, 0.9, 0.95, 0.99, 0.999])
        ci = scipy.stats.binomtest(k, n).proportion_ci(confidence, method="wilson")
        wilson.append([k, n, confidence, ci.low, ci.high])
    mcnemar = []
    for _ in range(300):
        b, c = rng.randrange(0, rng.choice([3, 20, 400])), rng.randrange(0, rng.choice([3, 20, 400]))
        if b + c:
            mcnemar.append(
                [b, c]
                + [scipy.stats.binomtest(b, b + c, 0.5, alternative=a).pvalue for a in ("two-sided", "greater", "less")]
            )
    boot = []
    for seed in range(12):
        n = rng.choice([1, 5, 40])
        values = [round(rng.random(), 6) for _ in range(n)]
        clusters = [f"p{rng.randrange(0, n)}" for _ in range(n)]
        confidence = rng.choice([0.9, 0.95])
        boot.append(
            {
                "values": values,
                "clusters": clusters,
                "confidence": confidence,
                "replicates": 200,
                "seed": seed,
                "interval": bootstrap(values, clusters, confidence, 200, seed),
            }
        )
    holm = []
    for _ in range(100):
        p = [rng.choice([rng.random(), rng.random() ** 4, 0.01]) for _ in range(rng.randrange(0, 8))]
        order = sorted(range(len(p)), key=lambda i: p[i])
        adjusted = [min(1.0, max((len(p) - j) * p[order[j]] for j in range(order.index(i) + 1))) for i in range(len(p))]
        holm.append([p, adjusted])
    quantiles = [
        [p, float(scipy.stats.norm.ppf(p))] for p in (1e-300, 1e-16, 1e-8, 0.001, 0.025, 0.3, 0.5, 0.7, 0.975, 0.9999)
    ]
    return {
        "reference": f"SciPy {version('scipy')} binomtest and norm, NumPy {version('numpy')} quantile",
        "wilson": wilson,
        "mcnemar": mcnemar,
        "bootstrap": boot,
        "holm": holm,
        "quantiles": quantiles,
    }


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for make in (rouge, stems, classification, wilcoxon, intervals):
        content = json.dumps(make(random.Random(make.__name__)), ensure_ascii=True, separators=(",", ":"))
        (FOLDER / f"{make.__name__}.json").write_text(content + "\n")
        print(f"{make.__name__}.json: {len(content)} bytes")


if __name__ == "__main__":
    main()
