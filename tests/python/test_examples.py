"""The examples run as they stand, on a small slice."""

import os
import subprocess

import nbformat
import pytest
from nbclient import NotebookClient


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
