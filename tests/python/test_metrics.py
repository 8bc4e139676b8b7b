"""Metrics as Python users meet them; their values are tested against the reference packages in tests/cpp/metrics."""

import pytest
import radonc


def test_texts():
    scores = radonc.metrics.rouge("the dose was 60 Gy", "the dose is 60 Gy")
    assert scores.rouge1.f1 == pytest.approx(0.8) and "rouge" in str(scores).lower()
    assert radonc.metrics.exact_match("External beam.", "external beam")
    assert radonc.metrics.token_f1("external beam", "external beam therapy").f1 == pytest.approx(0.8)
    assert radonc.metrics.corpus_bleu([["a b c d e"]], ["a b c d e"]).score == pytest.approx(100)
    assert radonc.metrics.corpus_chrf([["abc"]], ["abc"]) == pytest.approx(100)


def test_an_unparsed_answer_is_wrong_and_never_dropped():
    report = radonc.metrics.classification_report(["a", "a", "b"], ["a", None, "b"])
    assert report.accuracy == pytest.approx(2 / 3) and report.num_unparsed == 1
    assert [(c.label, c.support) for c in report.classes] == [("a", 2), ("b", 1)]
    assert report.classes[0].recall == 0.5 and "unparsed" in str(report)
    with pytest.raises(radonc.Error):
        radonc.metrics.classification_report(["a"], ["a", "b"])


def test_stated_probabilities():
    table = radonc.metrics.reliability_table([0.95, 0.95, 0.55], [True, True, False])
    assert table.expected_calibration_error == pytest.approx((2 * 0.05 + 0.55) / 3)
    assert radonc.metrics.brier_score([True, False], [0.5, 0.5]) == pytest.approx(0.25)
    curve = radonc.metrics.coverage_curve([0.9, 0.8, 0.1], [True, True, False])
    assert curve.points[-1].coverage == 1 and curve.points[0].accuracy == 1
    with pytest.raises(radonc.Error):
        radonc.metrics.brier_score([True], [1.5])


def test_everything_of_eval_has_a_python_name():
    e = radonc.metrics
    assert e.rouge_tokens("60 Gy, twice!") == ["60", "gy", "twice"] and e.rouge_tokens("fractions", use_stemmer=True)
    assert e.rouge_lsum("a b\nc d", "c d\na b").f1 == pytest.approx(1)
    assert e.normalize_answer("The 50.4 Gy.") == "504 gy"
    match = e.text_match(["external beam", "x"], ["External beam.", None])
    assert (match.exact_match, match.f1, match.n) == (0.5, 0.5, 2) and "0.5" in str(match)
    assert e.bleu_tokens("a, b") == ["a", ",", "b"]
    bleu = e.sentence_bleu(["a b c d e"], "a b c d e")
    assert bleu.score == pytest.approx(100) and list(bleu.matches) == list(bleu.totals) == [5, 4, 3, 2]
    assert bleu.prediction_length == bleu.reference_length == 5
    assert e.sentence_chrf(["abc"], "abc") == pytest.approx(100)


def test_agreement_of_labels_counts_unparsed_answers():
    references, predictions = ["a", "a", "b", "b"], ["a", "b", "b", None]
    matrix = radonc.metrics.confusion_matrix(references, predictions)
    assert matrix.rows == ["a", "b"] and matrix.columns == ["a", "b", radonc.metrics.OTHER, radonc.metrics.UNPARSED]
    assert matrix.counts == [[1, 1, 0, 0], [0, 1, 0, 1]] and "unparsed" in str(matrix)
    assert radonc.metrics.balanced_accuracy(references, predictions) == 0.5
    # By hand: observed 2/4, expected (2/4)(1/4) + (2/4)(2/4).
    assert radonc.metrics.unweighted_kappa(references, predictions) == pytest.approx((0.5 - 0.375) / (1 - 0.375))
    # Gorodkin 2004 from the counts: (n c - Σ t_k p_k) / sqrt((n² - Σ p_k²)(n² - Σ t_k²)).
    expected = (4 * 2 - (2 * 1 + 2 * 2)) / ((16 - 6) * (16 - 8)) ** 0.5
    assert radonc.metrics.matthews_correlation(references, predictions) == pytest.approx(expected)
    report = radonc.metrics.classification_report(references, predictions)
    assert report.n == 4 and report.labels == ["a", "b"] and report.kappa == pytest.approx(0.2)


def test_a_near_miss_in_a_hierarchy():
    ancestors = {"C50.9": ["C50"], "C50.1": ["C50"], "C71.9": ["C71"]}
    metrics = radonc.metrics.hierarchical_metrics(
        ["C50.9", "C71.9"], ["C50.1", None], lambda code: ancestors.get(code, [])
    )
    assert (metrics.precision, metrics.recall, metrics.num_unparsed) == (0.5, 0.25, 1) and metrics.n == 2
    sets = radonc.metrics.hierarchical_metrics_of_sets(
        [["C50.9"]], [["C50.9", "C71.9"]], lambda c: ancestors.get(c, [])
    )
    assert (sets.precision, sets.recall) == (0.5, 1) and "0.5" in str(sets)


def test_thresholds_and_several_classes():
    point = radonc.metrics.coverage_at([0.9, 0.8, 0.1], [True, False, True], 0.5)
    assert (point.coverage, point.accuracy, point.num_answered) == (pytest.approx(2 / 3), 0.5, 2)
    table = radonc.metrics.reliability_table([0.95, 0.55], [True, False])
    assert (table.n, table.accuracy) == (2, 0.5) and table.mean_confidence == pytest.approx(0.75)
    assert radonc.metrics.expected_calibration_error([0.95, 0.55], [True, False]) == table.expected_calibration_error
    probabilities = [[0.5, 0.25, 0.25], [0, 0, 1]]
    assert radonc.metrics.brier_score_multiclass([0, 2], probabilities) == pytest.approx((0.25 + 2 * 0.0625) / 2)
