"""The examples run as they stand, on a small slice."""

import importlib.util
import json
import os
import subprocess

import nbformat
import pytest
import radonc
from nbclient import NotebookClient
from small_study import settings, write_model


def test_notebook(root, records, tmp_path, monkeypatch):
    monkeypatch.setenv("RADONC_RECORDS", str(records))
    monkeypatch.setenv("RADONC_OUTPUT", str(tmp_path / "out"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    notebook = nbformat.read(root / "examples" / "python" / "01_study.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    printed = str(notebook.cells)
    assert "exactly one course" in printed and "report.html" in printed


def test_program(root, records, smollm2_path, tmp_path):
    program = root / "build" / "bin" / "01_study"
    if not program.exists():
        pytest.fail(f"{program} is not built; run the tests through `make test`")
    command = [program, records, smollm2_path, tmp_path / "out", "12", "6"]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300, env=os.environ)
    assert done.returncode == 0, done.stderr
    assert "modality" in done.stdout and (tmp_path / "out" / "study.json").exists()
    command[1] = tmp_path / "absent.jsonl"
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and "absent.jsonl" in done.stderr


@pytest.fixture
def graded(records, tmp_path):
    """The example records with a grade, made up, that follows from the age."""
    path = tmp_path / "graded.jsonl"
    graded = []
    for line in records.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        age = record.get("age") or ""
        record["other"] = {**(record.get("other") or {}), "toxicity_grade": str(int(age) % 6) if age.isdigit() else "?"}
        graded.append(json.dumps(record) + "\n")
    path.write_text("".join(graded), encoding="utf-8")
    return path


def check_own_task(folder):
    study = json.loads((folder / "study.json").read_text())
    assert [(task["task"], task["allowed"]) for task in study["tasks"]] == [
        (task, allowed) for allowed in ("any text", "valid answers") for task in ("toxicity", "icd10")
    ]
    confined = study["tasks"][2]
    assert confined["title"] == "Toxicity grade" and all(m["num_parsed"] == m["n"] for m in confined["models"])
    assert set(confined["models"][0]["partial"]) == {"within_one_grade"}
    flow = json.loads((folder / "flow.json").read_text())
    assert list(flow["tasks"]["toxicity"]["incomplete"]) == ["grade not recorded"]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "Toxicity grade, confined to its valid answers" in page and "Within one grade" in page
    written = radonc.review.write_page(folder / "review.html", folder, task="toxicity", seed=1)
    assert written.num_cases == study["tasks"][0]["num_cases"]


def test_a_task_of_one_s_own_in_python(root, graded, tmp_path):
    spec = importlib.util.spec_from_file_location("own_task", root / "examples" / "python" / "02_own_task.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tasks = [module.ToxicityGrade(), "icd10"]
    small = settings(write_model(tmp_path / "small"), tasks=tasks, confined=True)
    result = radonc.study.run(graded, tmp_path / "out", **small)
    assert result.tasks[0].models[1].quantities == [] or result.tasks[0].models[1].quantities[0].name == "grade"
    check_own_task(tmp_path / "out")


def test_a_task_of_one_s_own_in_cpp(root, graded, smollm2_path, tmp_path):
    program = root / "build" / "bin" / "03_own_task"
    command = [str(c) for c in (program, graded, smollm2_path, tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "Toxicity grade" in done.stdout
    check_own_task(tmp_path / "out")
