"""Makes more of tests/data/metrics: what rouge_score, sacrebleu, scikit-learn and SQuAD's script say of random cases.

Run from the repository root, with those packages, nltk and SciPy:  python tests/reference/make_random_metric_goldens.py
"""

import collections
import json
import math
import random
import re
import string
import warnings
from importlib.metadata import version

import numpy as np
import sacrebleu
import sklearn.metrics
from make_eval_goldens import CLINICAL, EDGES, FOLDER
from rouge_score import rouge_scorer
from sklearn.preprocessing import MultiLabelBinarizer


def prf(score):
    return list(map(float, score))


def lines_of(rng, words, max_lines, max_words):
    lines = [
        [rng.choice(words) for _ in range(rng.randrange(0, max_words))] for _ in range(rng.randrange(0, max_lines))
    ]
    return rng.choice(["\n", "\n", "\n\n", " \n", ".\n"]).join(" ".join(line) for line in lines)


def rouge_lsum(rng):
    kinds = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    scorers = [rouge_scorer.RougeScorer(kinds, use_stemmer=s) for s in (False, True)]
    few, many = "a b c d e".split(), sorted({w for line in CLINICAL for w in line.split()})
    pairs = [(a, b) for a in ("", "\n", "a", "a\nb", "…\na", "a\n\n", "a b\nb a") for b in ("", "a\nb", "b a", "!\n?")]
    pairs += [(lines_of(rng, few, 6, 8), lines_of(rng, few, 6, 8)) for _ in range(250)]
    pairs += [(lines_of(rng, many, 5, 7), lines_of(rng, many, 5, 7)) for _ in range(40)]
    for length in (63, 64, 65, 127, 128, 129, 200):
        for words in (few, "abcdefghijklmnopqrstuvwxyz"):
            a, b = ([rng.choice(words) for _ in range(length)] for _ in range(2))
            pairs += [(" ".join(a), " ".join(b)), (" ".join(a), " ".join(b[:70])), (" ".join(a[:70]), " ".join(b))]
            pairs += [(" ".join(a[:99]) + "\n" + " ".join(a[99:]), " ".join(b[:77]) + "\n" + " ".join(b[77:]))]
    for _ in range(30):
        sentences = rng.sample(CLINICAL, 4)
        pairs.append(("\n".join(sentences[:2]), "\n".join(sentences[1:])))
    cases = []
    for reference, prediction in pairs:
        scores = [s.score(reference, prediction) for s in scorers]
        plain, stemmed = ([prf(s[k]) for k in kinds] for s in scores)
        cases.append([reference, prediction, plain] + ([stemmed] if stemmed != plain else []))
    return {"reference": f"rouge_score {version('rouge_score')}", "cases": cases}


def normalize_answer(s):
    """As the evaluation script of SQuAD 2.0 does it."""
    s = "".join(c for c in s.lower() if c not in set(string.punctuation))
    return " ".join(re.sub(re.compile(r"\b(a|an|the)\b", re.UNICODE), " ", s).split())


def token_f1(a_gold, a_pred):
    """As the evaluation script of SQuAD 2.0 does it, with precision and recall."""
    gold, pred = normalize_answer(a_gold).split(), normalize_answer(a_pred).split()
    same = sum((collections.Counter(gold) & collections.Counter(pred)).values())
    if not gold or not pred:
        return [float(gold == pred)] * 3
    if same == 0:
        return [0.0, 0.0, 0.0]
    precision, recall = same / len(pred), same / len(gold)
    return [precision, recall, 2 * precision * recall / (precision + recall)]


def text_match(rng):
    articles = "a an the A The a. an- the, (a) 'the' “a” –the a–b a\u0301 the\u00b0 anthem an_a the… é à Ａ".split()
    words = articles + sorted({w for line in CLINICAL[:14] for w in line.split()})
    latin = [chr(c) for c in [*range(0x20, 0x180), *range(0x386, 0x3A3), *range(0x3A4, 0x3CF), *range(0x400, 0x460)]]
    latin = [c for c in latin + list("–—‘’“”…€™\u00a0\u2003\u2028\u3000Ω\u212a\u212b→≤●🙂") if c != "Σ"]
    strange = [*EDGES, *articles, "the", "The The", "\x1ca\x1fb\x85c", "a\u3000b"]
    pairs = [(a, b) for a in strange for b in rng.sample(strange, 2)] + [(a, a) for a in strange]
    for _ in range(250):
        a = [rng.choice(words) for _ in range(rng.randrange(0, 9))]
        b = [rng.choice(words) if rng.random() < 0.3 else rng.choice([w, w.upper(), w + "."]) for w in a]
        pairs.append((" ".join(a), " ".join(b)))
    for _ in range(150):
        a = "".join(rng.choice(latin) for _ in range(rng.randrange(0, 30)))
        a += "".join(rng.choice(["a", "the", "an", c]) for c in rng.choices(latin, k=9))
        pairs.append((a, rng.choice([a.lower(), a.upper() if a.isascii() else a, a[::-1]])))
    cases = [[a, b, normalize_answer(a), normalize_answer(b), token_f1(a, b)] for a, b in pairs]
    return {"reference": "the functions of SQuAD 2.0's evaluation script", "cases": cases}


def figures(s):
    return [s.score, s.precisions, s.counts, s.totals, s.bp, s.sys_len, s.ref_len]


def bleu(rng):
    marks = "&quot; &amp;lt; &lt;b&gt; <skipped> well-\nknown 3-4 a-b 1,800 .5 5. ,, ... a.b 1.a a.1 x, \n \u00a0 "
    marks += "\u3000 é. .é don't [x] {y} 50% $3 @z 1-- 2-\n '' `` \\ ^ _ ~ –, “a.”"
    words = sorted({w for line in CLINICAL for w in line.split()}) + marks.split(" ") * 3
    few = "a b c . , 1 2".split()
    odd = [*EDGES, *marks.split(" "), marks, marks + "-\n", " - \n", "-\n"]
    segments = [([a], b) for a in odd for b in rng.sample(odd, 1)] + [([a], a) for a in odd]
    for _ in range(170):
        vocabulary = rng.choice([words, few])
        b = [rng.choice(vocabulary) for _ in range(rng.choice([0, 1, 2, 3, 4, 5, 9, 14]))]
        references = []
        for _ in range(rng.choice([1, 1, 2, 3])):
            a = [rng.choice(vocabulary) if rng.random() < 0.3 else w for w in b]
            references.append(" ".join(a[: rng.randrange(0, 20)]) + rng.choice(["", " ", " ".join(a[:2])]))
        segments.append((references, " ".join(b)))
    sentences, tokenizer = [], sacrebleu.metrics.BLEU().tokenizer
    for references, prediction in segments:
        score = sacrebleu.sentence_bleu(prediction, references)
        chrf = sacrebleu.sentence_chrf(prediction, references).score
        tokens = tokenizer(prediction.rstrip()).split()
        sentences.append([references, prediction, figures(score), chrf, tokens])
    corpora = []
    for _ in range(60):
        chosen = [rng.randrange(len(segments)) for _ in range(rng.choice([1, 1, 2, 5, 30, 100]))]
        most = max(len(segments[i][0]) for i in chosen)
        streams = [[segments[i][0][k] if k < len(segments[i][0]) else None for i in chosen] for k in range(most)]
        predictions = [segments[i][1] for i in chosen]
        score = sacrebleu.corpus_bleu(predictions, streams)
        corpora.append([chosen, figures(score), str(score), sacrebleu.corpus_chrf(predictions, streams).score])
    return {"reference": f"sacrebleu {version('sacrebleu')}", "sentences": sentences, "corpora": corpora}


def agreement(rng):
    alphabet = ["C50.9", "C61", "é", "Z", "a", "b"]
    cases = []
    for _ in range(300):
        labels = rng.sample(alphabet, rng.randrange(1, 7))
        true = [rng.choice(labels) for _ in range(rng.choice([1, 2, 5, 20, 60]))]
        skill = rng.random()
        pred = [t if rng.random() < skill else rng.choice([*rng.choice([alphabet, labels]), "", ""]) for t in true]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            kappa = sklearn.metrics.cohen_kappa_score(true, pred)
            scores = [
                sklearn.metrics.balanced_accuracy_score(true, pred),
                None if math.isnan(kappa) else kappa,
                sklearn.metrics.matthews_corrcoef(true, pred),
            ]
        cases.append([true, pred, scores])
    top = []
    while len(top) < 60:
        labels = sorted(rng.sample(alphabet, rng.randrange(3, 7)))
        true = [rng.choice(labels) for _ in range(rng.choice([1, 5, 30]))]
        scores = [rng.sample(range(100), len(labels)) for _ in true]
        ranked = [[labels[j] for j in sorted(range(len(labels)), key=lambda j: -row[j])] for row in scores]
        values = [sklearn.metrics.top_k_accuracy_score(true, scores, k=k, labels=labels) for k in range(1, len(labels))]
        top.append([true, ranked, list(map(float, values))])
    return {"reference": f"scikit-learn {version('scikit-learn')}", "cases": cases, "top_k": top}


def hierarchical(rng):
    cases = []
    for _ in range(120):
        labels = [chr(97 + i) for i in range(rng.randrange(2, 14))]  # scikit-learn takes one column for two classes
        parents = {label: rng.sample(labels[:i], rng.randrange(0, min(i, 2) + 1)) for i, label in enumerate(labels)}

        def ancestors(label, parents=parents):
            return {a for p in parents[label] for a in [p, *ancestors(p, parents)]}

        many = rng.random() < 0.5
        n = rng.choice([1, 3, 20])
        true = [rng.choices(labels, k=rng.randrange(1, 4) if many else 1) for _ in range(n)]
        pred = [rng.choices([*labels, ""], k=rng.randrange(0, 4) if many else 1) for _ in range(n)]
        closed = [[{a for s in case if s for a in [s, *ancestors(s)]} for case in side] for side in (true, pred)]
        binarizer = MultiLabelBinarizer(classes=labels)
        y_true, y_pred = (binarizer.fit_transform(side) for side in closed)
        scores = sklearn.metrics.precision_recall_fscore_support(y_true, y_pred, average="micro", zero_division=0)
        cases.append([{s: sorted(ancestors(s)) for s in labels}, true, pred, prf(scores[:3])])
    return {"reference": f"scikit-learn {version('scikit-learn')}", "cases": cases}


def calibration(rng):
    cases, classes = [], []
    for _ in range(200):
        n = rng.choice([1, 2, 5, 20, 60])
        kind = rng.choice(["grid", "real", "ends", "one"])
        draw = {
            "grid": lambda: rng.randrange(0, 11) / 10,
            "real": lambda: round(rng.random(), 4),
            "ends": lambda: rng.choice([0.0, 1.0, 5e-324, 1 - 2**-53, 0.5]),
            "one": lambda: 1.0,
        }[kind]
        p = np.array([draw() for _ in range(n)])
        y = np.array([int(rng.random() < rng.choice([c, c * c, 0.5])) for c in p])
        bins = rng.choice([1, 2, 3, 7, 10, 15])
        edges = np.linspace(0, 1, bins + 1)
        index = np.clip(np.digitize(p, edges) - 1, 0, bins - 1)
        assert (np.bincount(index, minlength=bins) == np.histogram(p, edges)[0]).all()
        table = [
            [int(sum(index == b))] + ([p[index == b].mean(), y[index == b].mean()] if b in index else [0, 0])
            for b in range(bins)
        ]
        gaps = [abs(m - a) for _, m, a in table]
        ece = sum(k * gap for (k, _, _), gap in zip(table, gaps, strict=True)) / n
        points = [[float(t), float(np.mean(p >= t)), float(y[p >= t].mean())] for t in sorted(set(p), reverse=True)]
        coverage, accuracy = ([points[0][2] if i == 2 else 0] + [q[i] for q in points] for i in (1, 2))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            brier = sklearn.metrics.brier_score_loss(y, p, pos_label=1)
        area = sklearn.metrics.auc(coverage, accuracy)
        cases.append(
            {
                "p": p.tolist(),
                "y": y.tolist(),
                "bins": [[int(k), float(m), float(a)] for k, m, a in table],
                "edges": edges.tolist(),
                "ece": float(ece),
                "mce": float(max(gaps)),
                "brier": brier,
                "curve": points if len(points) < 20 else points[::7],
                "num_points": len(points),
                "area": float(area),
            }
        )
    for _ in range(100):
        k, n = rng.randrange(2, 7), rng.choice([1, 2, 8])
        rows = []
        for _ in range(n):
            cuts = sorted(rng.randrange(0, 101) for _ in range(k - 1))
            rows.append([(b - a) / 100 for a, b in zip([0, *cuts], [*cuts, 100], strict=True)])
        y = [rng.randrange(k) for _ in range(n)]
        classes.append([y, rows, sklearn.metrics.brier_score_loss(y, rows, labels=list(range(k)))])
    return {
        "reference": f"scikit-learn {version('scikit-learn')}, NumPy {version('numpy')}",
        "cases": cases,
        "classes": classes,
    }


def main():
    for make in (rouge_lsum, text_match, bleu, agreement, hierarchical, calibration):
        content = json.dumps(make(random.Random(make.__name__)), ensure_ascii=True, separators=(",", ":"))
        (FOLDER / f"{make.__name__}.json").write_text(content + "\n")
        print(f"{make.__name__}.json: {len(content)} bytes")


if __name__ == "__main__":
    main()
