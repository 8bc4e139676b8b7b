"""The report as a page in a real browser, as a PDF, and as tables for other programs."""

import csv
import io
import itertools
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys

import browser as chromium
import pytest
import radonc

MODELS = ["original", "fine-tuned", "a model with a long name, and three examples in its prompt"]
SKILLS = {"original": 0.2, "fine-tuned": 0.8, MODELS[2]: 0.5, "majority": 0.0, "nearest case": 0.6}
ANSWERS = {
    "regimen": [
        f"Central nervous system, primary tumor field; external beam; {dose} cGy x {n} fractions; total {dose * n} cGy"
        for dose, n in [(180, 30), (200, 30), (300, 10)]
    ],
    "modality": ["external beam", "brachytherapy", "radionuclide"],
    "icd10": [f"C{i}.{i % 10}" for i in range(15, 60)],
}


def sample_scores():
    draw = random.Random(4)
    for task, answers in ANSWERS.items():
        references = [answers[min(draw.randrange(len(answers)), draw.randrange(len(answers)))] for _ in range(90)]
        for model, skill in SKILLS.items():
            for i, reference in enumerate(references):
                answer = answers[0] if model == "majority" else draw.choice([*answers, ""])
                if model != "majority" and draw.random() < skill:
                    answer = reference
                score = {"case_id": f"case-{i}", "patient_id": f"patient-{i // 2}", "task": task, "model": model}
                score |= {"has_classes": task != "regimen", "reference": reference, "prediction": answer}
                score["parsed"] = bool(answer)
                score |= {"correct": float(answer == reference), "partial": {}}
                score |= {
                    f"rouge1_{name}": 1.0 if answer == reference else 0.4 for name in ("precision", "recall", "f1")
                }
                if model in MODELS:
                    score["probability"] = 0.3 + 0.6 * draw.random()
                score["subgroups"] = {
                    "sex": ["female", "male"][i % 2],
                    "site of the tumor": ["larynx", "brain"][i % 3 % 2],
                }
                yield score


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    path = tmp_path_factory.mktemp("scores") / "scores.jsonl"
    path.write_text("".join(json.dumps(score) + "\n" for score in sample_scores()), encoding="utf-8")
    study = json.loads(radonc.evaluation.evaluate(radonc.tasks.read_scores(path)).to_json())
    long = "averylongword" * 12
    study |= {
        "arms": [
            {"name": name, "description": long, "model": "SmolLM2-135M-Instruct", "prompts": "0" * 64, "training": [],
             "settings": [{"name": "LoRA target modules", "value": long}], "files": [{"name": long, "value": "0" * 64}]}
            for name in MODELS
        ],
        "flow": [{"rule": rule, "dropped": 10, "left": left} for rule, left in [("records", 900), ("one course", 890)]],
        "split": [{"part": part, "cases": 90, "patients": 45} for part in ("train", "test")],
        "settings": [{"name": "LoRA target modules", "value": long}],
        "files": [{"name": "scores.jsonl", "value": "0123456789abcdef" * 4}],
        "prompts": [{"task": "modality", "title": "Modality", "system": long, "question": "?", "comparison": long}],
        "examples": [
            {"case_id": long, "task": "icd10", "title": "ICD-10 code", "reference": "C50.9",
             "answers": [{"name": model, "value": long} for model in MODELS]}
        ],
    }  # fmt: skip
    study["arms"][1]["training"] = [
        {"task": "", "steps": 9, "tokens": 99, "seconds": 9.0, "final_loss": 0.5,
         "curve": [{"step": i, "loss": 3 / (1 + i)} for i in range(1, 10)]}
    ]  # fmt: skip
    return radonc.evaluation.StudyResult.from_json(json.dumps(study))


@pytest.fixture(scope="module")
def executable():
    path = chromium.find_chromium()
    if path is None:
        pytest.skip("no Chromium is installed: apt-get install chromium, then run this test again")
    return path


def test_fits_every_screen_and_asks_for_nothing(result, executable, tmp_path):
    page = tmp_path / "report.html"
    page.write_text(result.to_html(), encoding="utf-8")
    window = chromium.Browser(executable, tmp_path / "chromium")
    try:
        for width in (1600, 1280, 820, 390):
            window.resize(width, 900)
            window.open(page)
            for unfolded in ("false", "true"):
                window.run(f"document.querySelectorAll('details').forEach((one) => (one.open = {unfolded}))")
                assert window.run("document.documentElement.scrollWidth") <= width
        names = [name for role, name in window.accessible() if role == "heading"]
        assert any("strongest baseline" in name for name in names)
        assert any("Reporting checklist" in name for name in names)
        assert window.problems == []
        assert {url.split(":")[0] for url in window.requests} <= {"file"}
    finally:
        window.close()


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_colours_have_the_contrast_of_wcag_aa(result):
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", result.to_html()))
    for text, ground in itertools.product(["ink", "soft", "after"], ["#ffffff", colours["ground"], colours["warning"]]):
        assert contrast(colours[text], ground) >= 4.5, (text, ground)
    for mark in ["before", "after", "other", "edge", "soft"]:
        assert contrast(colours[mark], "#ffffff") >= 3, mark
    # Dark text on the darkest cell of a confusion matrix: 35 % of the blue on white.
    blue = [int(colours["after"][i : i + 2], 16) for i in (1, 3, 5)]
    darkest = "#" + "".join(f"{round(0.35 * part + 0.65 * 255):02x}" for part in blue)
    assert contrast(colours["ink"], darkest) >= 4.5


def test_pdf_has_every_page_and_the_headline(result, executable, tmp_path):
    path = tmp_path / "report.pdf"
    radonc.report.write_pdf(result, path)
    data = path.read_bytes()
    assert data.startswith(b"%PDF-") and len(re.findall(rb"/Type\s*/Page\b(?!s)", data)) > 5
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
        text = " ".join(text.split())
        assert "Fine-tuning SmolLM2-135M-Instruct improved" in text
        assert "C58.8" in text  # of the folded classes


def test_pdf_needs_chromium_and_a_folder(result, tmp_path, monkeypatch):
    with pytest.raises(radonc.Error, match="folder does not exist" if chromium.find_chromium() else "no Chromium"):
        radonc.report.write_pdf(result, tmp_path / "absent" / "report.pdf")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(radonc.Error, match="apt-get install chromium"):
        radonc.report.write_pdf(result, tmp_path / "report.pdf")
    assert not list(tmp_path.iterdir())


def rows_of(result, name):
    text = dict(radonc.report.csv_tables(result))[name]
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_tables_hold_the_numbers_of_study_json(result):
    study = json.loads(result.to_json())
    main = {(row["task"], row["model"]): row for row in rows_of(result, "main.csv")}
    classes, quantities = rows_of(result, "classes.csv"), rows_of(result, "quantities.csv")
    for task in study["tasks"]:
        for m in task["models"]:
            row = main[task["task"], m["model"]]
            assert float(row["accuracy"]) == m["accuracy"]["value"]
            assert float(row["rouge1_f1_high"]) == m["rouge1_f1"]["high"]
            assert row["macro_f1"] == "" if task["task"] == "regimen" else float(row["macro_f1"]) == m["macro"]["f1"]
            shown = [q for q in quantities if (q["task"], q["model"]) == (task["task"], m["model"])]
            assert [float(q["mean_absolute"]) for q in shown] == [q["mean_absolute"] for q in m["quantities"]]
            if m["calibration"]:
                assert float(row["brier"]) == m["calibration"]["brier"]
            own = [r for r in classes if (r["task"], r["model"]) == (task["task"], m["model"])]
            assert [float(r["f1"]) for r in own] == [c["f1"] for c in m["classes"]]
    comparisons = [c for task in study["tasks"] for c in [{**task, "second": "original"}, *task["comparisons"]]]
    rows = rows_of(result, "comparisons.csv")
    assert [(r["second"], float(r["p_holm"]), float(r["low"])) for r in rows] == [
        (c["second"], c["p_holm"], c["difference"]["low"]) for c in comparisons
    ]
    groups = [group for task in study["tasks"] for group in task["subgroups"]]
    assert [(r["value"], float(r["p_adjusted"])) for r in rows_of(result, "subgroups.csv")] == [
        (group["value"], group["p_adjusted"]) for group in groups
    ]
    bins = [
        b
        for t in study["tasks"]
        for m in t["models"]
        if m["calibration"]
        for b in m["calibration"]["reliability"]["bins"]
    ]
    assert [int(r["n"]) for r in rows_of(result, "calibration.csv")] == [b["n"] for b in bins]


def test_command_writes_page_pdf_and_tables(result, tmp_path):
    (tmp_path / "study.json").write_text(result.to_json(), encoding="utf-8")
    program = pathlib.Path(sys.executable).with_name("radonc")
    options = ["--html", "--tables", *(["--pdf"] if chromium.find_chromium() else [])]
    done = subprocess.run([program, "report", "--output", tmp_path, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(result).strip()
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == result.to_html()
    assert (tmp_path / "tables" / "tables.tex").read_text(encoding="utf-8") == radonc.report.latex_tables(result)
    assert {p.name for p in (tmp_path / "tables").glob("*.csv")} == {
        name for name, _ in radonc.report.csv_tables(result)
    }
    assert (tmp_path / "report.pdf").exists() == bool(chromium.find_chromium())
