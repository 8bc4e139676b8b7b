"""A study that was stopped goes on where it was, and nothing of another study is taken for its own."""

import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest
import radonc
from small_study import settings, without_times, write_model

Arm, Training = radonc.study.Arm, radonc.study.Training
ARMS = [
    *radonc.study.default_arms(),
    Arm(name="few-shot", num_examples=2),
    Arm(name="each task apart", training=Training.each_task),
]
NUM_KILLS = int(os.environ.get("RADONC_NUM_KILLS", "4"))

SCRIPT = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
import radonc, test_resume
print("started", flush=True)
radonc.study.run(sys.argv[2], sys.argv[3], **test_resume.settings(pathlib.Path(sys.argv[4]), arms=test_resume.ARMS,
                                                                  confined=True))
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "small")


@pytest.fixture(scope="module")
def whole(records, model, tmp_path_factory):
    """A run that nothing stops, and how long it took."""
    folder = tmp_path_factory.mktemp("whole")
    start = time.monotonic()
    radonc.study.run(records, folder, **settings(model, arms=ARMS, confined=True))
    return folder, time.monotonic() - start


def started(records, folder, model):
    here = str(pathlib.Path(__file__).parent)
    command = [sys.executable, "-c", SCRIPT, here, str(records), str(folder), str(model)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    return process


def test_killed_at_random_it_ends_with_the_same_study(records, model, whole, tmp_path):
    folder, seconds = whole
    expected = without_times((folder / "study.json").read_text())
    draw, stopped = random.Random(7), set()
    for kill in range(NUM_KILLS):
        output = tmp_path / str(kill)
        for _ in range(2):  # the run that goes on is killed as well
            process = started(records, output, model)
            time.sleep(draw.uniform(0, 0.9 * seconds))
            process.send_signal(signal.SIGKILL)
            process.wait()
            stopped.add(len(list(output.glob("stages/*.json"))))
            assert not [p for p in output.rglob("*.json*") if p.stat().st_size == 0]
        radonc.study.run(records, output, **settings(model, arms=ARMS, confined=True))
        assert without_times((output / "study.json").read_text()) == expected
        assert not list(output.rglob("*.tmp*"))
    assert len(stopped) > 1, "every run was killed at the same stage"


def test_interrupted_in_training_it_trains_again_and_reuses_the_rest(records, model, whole, tmp_path):
    def interrupt(progress):
        if progress.stage == "train" and progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        radonc.study.run(records, tmp_path, callback=interrupt, **settings(model, arms=ARMS, confined=True))
    assert not (tmp_path / "adapter").exists()
    seen = []
    radonc.study.run(records, tmp_path, callback=seen.append, **settings(model, arms=ARMS, confined=True))
    assert "used again" in next(p.message for p in seen if p.stage == "original")
    assert any(p.step for p in seen if p.stage == "train")
    folder, _ = whole
    assert without_times((tmp_path / "study.json").read_text()) == without_times((folder / "study.json").read_text())


def test_a_finished_study_loads_no_model(records, model, whole):
    folder, _ = whole
    seen = []
    before = without_times((folder / "study.json").read_text())
    radonc.study.run(records, folder, callback=seen.append, **settings(model, arms=ARMS, confined=True))
    assert not [p for p in seen if p.stage == "load" or p.total]
    assert without_times((folder / "study.json").read_text()) == before


def test_what_was_made_otherwise_is_refused_by_name_or_made_anew(records, model, tmp_path):
    radonc.study.run(records, tmp_path, **settings(model))
    for changes, message in [
        ({"seed": 1}, "“prepare” was made from other inputs: seed 0, now 1"),
        ({"num_test_cases": 5}, "held-out cases 6, now 5"),
        ({"tasks": ["icd10"]}, "tasks regimen, modality, icd10, now icd10"),
        ({"train": radonc.train.TrainConfig(num_epochs=2)}, "“train fine-tuned” was .*: epochs 1, now 2"),
        ({"lora": radonc.lora.LoraConfig(rank=4)}, "LoRA rank 8, now 4"),
        ({"generate": radonc.generate.GenerateConfig(max_new_tokens=9)}, "maximum new tokens 8, now 9"),
        ({"prompt_template": "plain"}, "prompt format chatml, now plain"),
    ]:
        with pytest.raises(radonc.Error, match=message):
            radonc.study.run(records, tmp_path, **settings(model) | changes)
    result = radonc.study.run(records, tmp_path, **settings(model, tasks=["icd10"], fresh=True))
    assert [task.task for task in result.tasks] == ["icd10"]
    cases = radonc.data.read_cases(records)
    with pytest.raises(radonc.Error, match="other records"):
        radonc.study.run(cases[:-1], tmp_path, **settings(model, tasks=["icd10"]))


def test_a_file_that_was_changed_is_not_taken_for_the_study_s_own(records, model, tmp_path):
    radonc.study.run(records, tmp_path, **settings(model, tasks=["icd10"]))
    answers = tmp_path / "answers" / "original.jsonl"
    kept = answers.read_text()
    answers.write_text(kept.replace("original", "0riginal"))
    with pytest.raises(radonc.Error, match="answers/original.jsonl was changed after"):
        radonc.study.run(records, tmp_path, **settings(model, tasks=["icd10"]))
    answers.unlink()  # taken away, it is made again
    radonc.study.run(records, tmp_path, **settings(model, tasks=["icd10"]))
    assert answers.read_text() == kept


def test_a_study_of_an_earlier_version_is_not_written_over(records, model, tmp_path):
    (tmp_path / "study.json").write_text("{}")
    with pytest.raises(radonc.Error, match="without the records of its stages"):
        radonc.study.run(records, tmp_path, **settings(model))
    assert (tmp_path / "study.json").read_text() == "{}"


def test_a_second_run_in_one_folder_is_told_of_the_first(records, model, tmp_path):
    def while_it_runs(progress):
        if progress.stage == "train" and progress.done == 1:
            with pytest.raises(radonc.Error, match=rf"another run is writing here \(process {os.getpid()}, since 20"):
                radonc.study.run(records, tmp_path, **settings(model))

    radonc.study.run(records, tmp_path, callback=while_it_runs, **settings(model))
    assert not (tmp_path / "running.lock").exists()
