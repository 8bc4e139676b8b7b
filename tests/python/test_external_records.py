"""Held-out cases of another hospital, and cases that are given as objects."""

import json

import pytest
import radonc
from small_study import settings, write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "small")


@pytest.fixture(scope="module")
def hospitals(records):
    """The cases of two sources."""
    cases = radonc.data.select_cohort(radonc.data.read_cases(records)).cases
    sources = sorted({case.institution for case in cases}, key=lambda s: -sum(c.institution == s for c in cases))
    test = [case for case in cases if case.institution == sources[0]]
    return [case for case in cases if case.institution != sources[0]][:200], test


def test_test_records_are_held_out_whole_and_their_patients_not_trained_on(hospitals, model, tmp_path):
    train, test = hospitals
    shared = test[0]
    shared_elsewhere = next(case for case in train)
    shared_elsewhere.patient_id = shared.patient_id
    result = radonc.study.run(
        train, tmp_path, test_records=test, **settings(model, num_test_cases=None, max_train_cases=0)
    )
    split = json.loads((tmp_path / "split.json").read_text())
    assert set(split["test"]) == {case.case_id for case in test}
    assert set(split["train"]) == {case.case_id for case in train} - {shared_elsewhere.case_id}
    study = json.loads(result.to_json())
    assert study["flow"][-1] == {"rule": "patient not among the test records", "dropped": 1, "left": len(train) - 1}
    assert study["test_flow"][0]["left"] == len(test)
    assert {name for name, _ in result.files} >= {"records", "test records"}
    assert "held-out cases of one other source" in result.to_html()


def test_files_may_be_given_and_limited(hospitals, model, tmp_path):
    paths = []
    for name, cases in zip(("train", "test"), hospitals, strict=True):
        paths.append(tmp_path / f"{name}.jsonl")
        paths[-1].write_text("".join(case.to_json() + "\n" for case in cases))
    radonc.study.run(paths[0], tmp_path / "out", test_records=paths[1], **settings(model, num_test_cases=3))
    assert len(json.loads((tmp_path / "out" / "split.json").read_text())["test"]) == 3


def test_one_case_id_for_two_patients_is_refused(hospitals, model, tmp_path):
    train, test = hospitals
    other = radonc.data.CaseRecord(
        case_id=test[1].case_id, patient_id="another", primary_site="brain", icd10="c71.9", courses=train[0].courses
    )
    with pytest.raises(radonc.Error, match=rf"{test[1].case_id} is in the training and in the test records"):
        radonc.study.run([*train[:5], other], tmp_path, test_records=test, **settings(model))
