"""Metrics as Python users meet them; their values are tested against the reference packages in tests/cpp/eval."""

import pytest
import radonc


def test_texts():
    scores = radonc.eval.rouge("the dose was 60 Gy", "the dose is 60 Gy")
    assert scores.rouge1.f1 == pytest.approx(0.8) and "rouge" in str(scores).lower()
    assert radonc.eval.exact_match("External beam.", "external beam")
    assert radonc.eval.token_f1("external beam", "external beam therapy") == pytest.approx(0.8)
    assert radonc.eval.corpus_bleu([["a b c d e"]], ["a b c d e"]).score == pytest.approx(100)
    assert radonc.eval.corpus_chrf([["abc"]], ["abc"]) == pytest.approx(100)


def test_an_unparsed_answer_is_wrong_and_never_dropped():
    report = radonc.eval.classification_report(["a", "a", "b"], ["a", None, "b"])
    assert report.accuracy == pytest.approx(2 / 3) and report.num_unparsed == 1
    assert [(c.label, c.support) for c in report.classes] == [("a", 2), ("b", 1)]
    assert report.classes[0].recall == 0.5 and "unparsed" in str(report)
    with pytest.raises(radonc.Error):
        radonc.eval.classification_report(["a"], ["a", "b"])


def test_stated_probabilities():
    table = radonc.eval.reliability_table([0.95, 0.95, 0.55], [True, True, False])
    assert table.expected_calibration_error == pytest.approx((2 * 0.05 + 0.55) / 3)
    assert radonc.eval.brier_score([True, False], [0.5, 0.5]) == pytest.approx(0.25)
    curve = radonc.eval.coverage_curve([0.9, 0.8, 0.1], [True, True, False])
    assert curve.points[-1].coverage == 1 and curve.points[0].accuracy == 1
    with pytest.raises(radonc.Error):
        radonc.eval.brier_score([True], [1.5])
