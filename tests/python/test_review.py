"""The review from a study's folder; the page itself is tested in a browser in test_review_page.py."""

import hashlib
import json

import pytest
import radonc

ANSWERS = {"original": "Brain; external beam; 180 cGy x 28 fractions; total 5040 cGy", "fine-tuned": "60 Gy"}


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    answer = "Brain; external beam; 200 cGy x 30 fractions; total 6000 cGy"
    shared = {"system": "", "details": "Site: brain", "question": "Which?", "answer": answer, "task": "regimen"}
    pairs = [{"case_id": f"case-{i}", "patient_id": f"p{i}"} | shared for i in range(6)]
    predictions = [
        {
            "case_id": f"case-{i}",
            "task": "regimen",
            "model": model,
            "allowed": allowed,
            "text": text,
            "parsed": False,
            "value": "",
            "reason": "-",
        }
        for model, text in ANSWERS.items()
        for i in range(6)
        for allowed in ("any text", "valid answers")
    ]
    for name, items in {"pairs": pairs, "predictions": predictions}.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    return folder


def test_a_page_is_blinded_and_its_key_apart(study, tmp_path):
    written = radonc.review.write_page(tmp_path / "page.html", study, num_overlap=2, seed=7)
    assert written.num_cases == 6 and written.models == ["reference", "original", "fine-tuned"]
    page = (tmp_path / "page.html").read_text()
    assert "fine-tuned" not in page and "180 cGy" in page and "p3" not in page
    assert "fine-tuned" in (tmp_path / "review_key.json").read_text()
    with pytest.raises(radonc.Error, match="key"):  # another page's key is not overwritten
        radonc.review.write_page(tmp_path / "other.html", study, num_overlap=3, seed=8)


def test_bad_input_is_named(study, tmp_path):
    with pytest.raises(TypeError, match="no field"):
        radonc.review.write_page(tmp_path / "page.html", study, reviewer="one")
    radonc.review.write_page(tmp_path / "page.html", study)
    (tmp_path / "export.json").write_text("{}")
    with pytest.raises(radonc.Error, match="export.json"):
        radonc.review.read([tmp_path / "export.json"], tmp_path / "review_key.json")


def export(key, reviewer, path, verdict, quality):
    """A reviewer's export, as the page writes it."""
    assigned = next(entry["cases"] for entry in key["reviewers"] if entry["name"] == reviewer)
    ratings = [
        {
            "case_id": case["case_id"],
            "reference_wrong": False,
            "note": "",
            "answers": [
                {"label": "ABC"[i], "verdict": verdict(model), "quality": quality(model), "harm": False, "note": ""}
                for i, model in enumerate(case["models"])
            ],
        }
        for case in key["cases"]
        if case["case_id"] in assigned
    ]
    content = {"format": "radonc-review", "version": 1, "page": key["page"], "reviewer": reviewer}
    content |= {"exported_at": "", "num_assigned": len(assigned), "num_complete": len(ratings), "ratings": ratings}
    compact = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    content["checksum"] = hashlib.sha256(compact.encode()).hexdigest()
    path.write_text(json.dumps(content))
    return path


def test_the_result_is_at_hand_in_python(study, tmp_path):
    radonc.review.write_page(tmp_path / "page.html", study, num_overlap=6, seed=7)
    key = json.loads((tmp_path / "review_key.json").read_text())
    assert [case["patient"] for case in key["cases"]] == [0, 1, 2, 3, 4, 5]
    verdicts = {"reference": "acceptable", "fine-tuned": "with_changes", "original": "unacceptable"}
    qualities = {"reference": 5, "fine-tuned": 4, "original": 1}
    exports = [
        export(key, "reviewer-1", tmp_path / "1.json", verdicts.get, qualities.get),
        export(key, "reviewer-2", tmp_path / "2.json", verdicts.get, lambda model: max(1, qualities[model] - 1)),
    ]
    result = radonc.review.read(exports, tmp_path / "review_key.json")
    assert (result.num_cases, result.num_patients, result.task) == (6, 6, "regimen")
    assert [model.model for model in result.models] == ["reference", "original", "fine-tuned"]
    assert result.models[0].acceptable.low == radonc.stats.wilson_interval(6, 6).low
    assert result.models[2].quality.value == 3.5 and result.models[1].verdicts == [12, 0, 0]
    assert result.comparisons[0].acceptable.only_first == 6 and result.comparisons[0].quality.n == 6
    assert [(p.reviewer, p.complete) for p in result.reviewers] == [("reviewer-1", 6), ("reviewer-2", 6)]
    agreement = {(a.rating, a.coefficient): a.estimate for a in result.agreement}
    assert agreement["verdict", "Cohen's kappa, quadratic weights"].value == 1
    ratings = [[5, 4], [1, 1], [4, 3]] * 6
    icc = agreement["quality", "ICC(2,1)"]
    assert icc.value == pytest.approx(radonc.stats.intraclass_correlation(ratings).value)
    assert icc.n == 18 and icc.num_clusters == 6 and "ICC(2,1)" in str(result)
    assert json.loads(result.to_json())["agreement"][4]["estimate"]["value"] == icc.value
