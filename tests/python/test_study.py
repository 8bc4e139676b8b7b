"""The whole study on a small slice with the real model, and its bad inputs."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
import radonc

SMALL = {
    "num_test_cases": 6,
    "max_train_cases": 12,
    "progress": False,
}


TASKS = ["regimen", "modality", "icd10"]


@pytest.fixture(scope="module")
def finished(records, tmp_path_factory):
    output = tmp_path_factory.mktemp("study")
    seen = []
    result = radonc.study.run(records, output, callback=seen.append, **SMALL)
    return output, result, seen


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_leaves_every_file(finished):
    output, _, _ = finished
    assert {p.name for p in output.iterdir()} == {
        "adapter", "answers", "cohort.jsonl", "flow.json", "pairs.jsonl", "predictions.jsonl", "report.html",
        "scores.jsonl", "split.json", "stages", "study.json", "train_log.jsonl",
    }  # fmt: skip
    assert {p.name for p in (output / "adapter").iterdir()} == {"adapter_config.json", "adapter_model.safetensors"}


def test_no_test_patient_in_training(finished, records):
    output, _, _ = finished
    split = json.loads((output / "split.json").read_text())
    patient = {r["case_id"]: r["patient_id"] for r in lines(output / "cohort.jsonl")}
    assert len(split["test"]) == 6 and len(split["train"]) == 12
    assert not {patient[c] for c in split["train"]} & {patient[c] for c in split["test"]}
    answered = {p["case_id"] for p in lines(output / "predictions.jsonl")}
    assert answered == set(split["test"])


def test_both_models_got_the_same_prompts_and_cases(finished):
    output, _, _ = finished
    scores = lines(output / "scores.jsonl")
    of = lambda model: [(s["case_id"], s["task"], s["reference"]) for s in scores if s["model"] == model]  # noqa: E731
    assert of("original") == of("fine-tuned") and of("original")
    assert {s["task"] for s in scores} == {"regimen", "modality", "icd10"}


def test_figures_follow_from_the_scores(finished):
    output, result, _ = finished
    study = json.loads((output / "study.json").read_text())
    scores = lines(output / "scores.jsonl")
    for task in study["tasks"]:
        for metrics in task["models"]:
            own = [s for s in scores if s["task"] == task["task"] and s["model"] == metrics["model"]]
            assert metrics["n"] == len(own)
            assert metrics["accuracy"]["value"] == pytest.approx(sum(s["correct"] for s in own) / len(own))
            assert metrics["rouge1_f1"]["value"] == pytest.approx(sum(s["rouge1_f1"] for s in own) / len(own))
    assert "modality" in str(result)
    assert str(radonc.evaluation.StudyResult.from_json((output / "study.json").read_text())) == str(result)


def test_confined_answers_are_valid_and_compared_and_cost_only_themselves(finished, tmp_path, records):
    output, _, _ = finished
    shutil.copytree(output, tmp_path / "again")
    seen = []
    result = radonc.study.run(records, tmp_path / "again", confined=True, callback=seen.append, **SMALL)
    assert "confined to its valid answers" in str(result)
    assert not [p for p in seen if p.step], "the adapter is used again"
    assert {p.stage for p in seen if p.total} == {
        f"{arm}, {task} among its valid answers"
        for arm in ("original", "fine-tuned")
        for task in ("regimen", "modality", "icd10")
    }
    predictions = lines(tmp_path / "again" / "predictions.jsonl")
    confined = [p for p in predictions if p["allowed"] == "valid answers"]
    assert {p["task"] for p in confined} == {"regimen", "modality", "icd10"}
    assert {p["model"] for p in confined} == {"original", "fine-tuned"}
    assert all(p["parsed"] for p in confined)
    assert all(radonc.icd10.exists(p["value"]) for p in confined if p["task"] == "icd10")
    for p in confined:
        if p["task"] == "regimen":
            reading = radonc.regimen.parse(p["text"])
            assert str(reading.value) == p["text"].strip() and not reading.inconsistent and not reading.derived
    tasks = [(task.task, task.allowed) for task in result.tasks]
    assert tasks == [(name, allowed) for allowed in ("any text", "valid answers") for name in TASKS]


def test_any_number_of_models_is_compared(finished, records, tmp_path):
    output, _, _ = finished
    Arm, Training = radonc.study.Arm, radonc.study.Training
    arms = [
        *radonc.study.default_arms(),
        Arm(name="few-shot", num_examples=2),
        Arm(name="each task apart", training=Training.each_task),
        Arm(name="finished", adapter=output / "adapter"),
        Arm(name="plain words", model=radonc.smollm2(), prompt_template="plain"),
    ]
    result = radonc.study.run(records, tmp_path, arms=arms, **SMALL)
    names = [arm.name for arm in arms]
    assert [arm.name for arm in result.arms] == names
    settings = {arm.name: dict(arm.settings) for arm in result.arms}
    assert settings["few-shot"]["examples in the prompt"] == "2" and "LoRA rank" not in settings["few-shot"]
    assert settings["plain words"]["prompt format"] == "plain" != settings["original"]["prompt format"]
    prompts = {arm.name: arm.prompts for arm in result.arms}
    assert prompts["original"] == prompts["fine-tuned"] == prompts["finished"] != prompts["few-shot"]
    assert "their prompts differ" in str(result)
    for task in result.tasks:
        assert [m.model for m in task.models] == [*names, "majority", "nearest case"]
        assert {c.second for c in task.comparisons} == {*names[2:], "majority", "nearest case"}
        answers = {m.model: m for m in task.models}
        assert answers["majority"].calibration is None
        assert 0 <= answers["few-shot"].calibration.brier <= 1
    assert {p.name for p in tmp_path.glob("adapter*")} == {"adapter"} | {
        f"adapter-each-task-apart-{task}" for task in ("regimen", "modality", "icd10")
    }
    # A finished adapter answers as it did when it was trained; another template asks otherwise.
    scores = lines(tmp_path / "scores.jsonl")
    texts = lambda model: [p["text"] for p in lines(tmp_path / "predictions.jsonl") if p["model"] == model]  # noqa: E731
    assert texts("finished") == texts("fine-tuned") != texts("original")
    assert texts("plain words") != texts("original") != texts("few-shot")
    # Everything follows from the scores alone.
    again = radonc.evaluation.evaluate(radonc.tasks.read_scores(tmp_path / "scores.jsonl"))
    kept = json.loads((tmp_path / "study.json").read_text())["tasks"]
    for task, other in zip(json.loads(again.to_json())["tasks"], kept, strict=True):
        assert {**task, "num_train": 0} == {**other, "num_train": 0}
    assert {s["subgroups"]["training cases with the same answer"] for s in scores} <= {"none", "1 to 9", "10 or more"}
    program = pathlib.Path(sys.executable).with_name("radonc")
    done = subprocess.run([program, "evaluate", "--scores", tmp_path / "scores.jsonl"], capture_output=True, text=True)
    assert done.stdout.strip() == str(again).strip(), done.stderr


def test_progress_is_told(finished):
    _, _, seen = finished
    stages = list(dict.fromkeys(p.stage for p in seen))
    assert stages == ["prepare", "load", "original", "train", "fine-tuned", "report"]
    steps = [p.step for p in seen if p.step]
    assert steps[-1].step == steps[-1].num_steps and steps[-1].tokens_per_second > 0


def test_same_seed_same_adapter(finished, records, tmp_path):
    output, _, _ = finished
    radonc.study.run(records, tmp_path, **SMALL)
    name = "adapter/adapter_model.safetensors"
    assert (tmp_path / name).read_bytes() == (output / name).read_bytes()


def write(path, *records):
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    return path


def one_course(case, **changes):
    course = {"modality": "external", "dose": "6000", "dose_unit": "cgy", "fractions": "30", "target_site": "primary"}
    record = {"case_id": case, "patient_id": case, "primary_site": "brain", "icd10": "c71.9", "courses": [course]}
    return {**record, **changes}


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([one_course("a"), {"patient_id": "b"}], r"bad.jsonl:2: .*case_id"),
        ([one_course("a"), one_course("b"), one_course("a")], r"bad.jsonl:3 \(case a\).*line 1"),
        ([one_course("a", courses=[{"dose": {"value": 3}}])], r"bad.jsonl:1 \(case a\): dose"),
        ([one_course("a", courses=[])], "cohort is empty"),
        ([one_course(str(i)) for i in range(9)], r"nothing to study.*one class"),
    ],
)
def test_bad_records_are_named(tmp_path, records, message):
    path = write(tmp_path / "bad.jsonl", *records)
    output = tmp_path / "out"
    with pytest.raises(radonc.Error, match=f"(?s){message}"):
        radonc.study.run(path, output, num_test_cases=2, progress=False)
    assert not list(output.rglob("*.tmp*"))


def test_output_that_cannot_be_written(records, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(radonc.Error, match="output folder cannot be written"):
        radonc.study.run(records, tmp_path / "file", progress=False)


def test_foreign_model_and_tokenizer(records, tmp_path, model_data):
    (tmp_path / "foreign.gguf").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(radonc.Error, match="foreign.gguf"):
        radonc.study.run(records, tmp_path / "a", model=tmp_path / "foreign.gguf", progress=False)
    with pytest.raises(radonc.Error, match="do not belong together"):
        radonc.study.run(
            records, tmp_path / "b", model=model_data / "tiny_llama", tokenizer=radonc.smollm2(), progress=False
        )


def test_unknown_setting_is_refused(records, tmp_path):
    with pytest.raises(TypeError, match="num_tests"):
        radonc.study.run(records, tmp_path, num_tests=3)


def test_command_reports_errors_in_a_line(tmp_path):
    command = [sys.executable, "-c", "from radonc.cli import main; main()", "study", "--records", "absent.jsonl"]
    done = subprocess.run([*command, "--output", str(tmp_path)], capture_output=True, text=True, env=os.environ)
    assert done.returncode == 1
    assert done.stderr.startswith("radonc: absent.jsonl") and "Traceback" not in done.stderr


def test_a_task_that_cannot_be_studied_is_left_out(tmp_path):
    cases = [one_course(str(i), icd10="c71.9", primary_site="brain" if i % 2 else "breast") for i in range(12)]
    path = write(tmp_path / "records.jsonl", *cases)
    result = radonc.study.run(path, tmp_path / "out", num_test_cases=4, progress=False)
    assert [task.task for task in result.tasks] == ["regimen"]
    assert ["Modality (modality) is not" in text or "ICD-10 code" in text for text in result.left_out] == [True, True]
    with pytest.raises(radonc.Error, match="nothing to study.*ICD-10 code"):
        radonc.study.run(path, tmp_path / "other", num_test_cases=4, tasks=["icd10"], progress=False)
    with pytest.raises(radonc.Error, match="no task icd9"):
        radonc.study.run(path, tmp_path / "other", num_test_cases=4, tasks=["icd9"], progress=False)


def test_the_weights_type_is_a_setting():
    settings = radonc.study.StudyConfig(dtype=radonc.model.Dtype.float16)
    assert settings.dtype is radonc.model.Dtype.float16
