"""The review from a study's folder; the page itself is tested in a browser in test_review_page.py."""

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
            "task": task,
            "model": model,
            "text": text,
            "parsed": False,
            "value": "",
            "reason": "-",
        }
        for model, text in ANSWERS.items()
        for i in range(6)
        for task in ("regimen", "icd10_from_list")
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
