"""Tasks written in Python, as C++ meets them."""

import pytest
import radonc


class Side(radonc.tasks.Task):
    name, title, question = "side", "Side", "Which side? Answer left or right."
    valid_answers = ["left", "right"]

    def reference(self, record):
        return record.laterality or None


def case(**fields):
    return radonc.data.CaseRecord(case_id="a", patient_id="p", primary_site="breast", **fields)


def test_what_a_class_does_not_define_is_as_in_cpp():
    task = Side()
    pair = task.build_pair(case(laterality="left"))
    assert (pair.task, pair.answer, pair.question) == ("side", "left", Side.question)
    score = task.score(task.parse("a", "m", "The LEFT side."), pair)
    assert (score.correct, score.title, score.has_classes, score.quantities) == (1, "Side", True, [])
    assert task.score(task.parse("a", "m", "left or right"), pair).parsed is False
    with pytest.raises(radonc.Error, match="case a .*not recorded"):
        task.build_pair(case())


def test_what_it_defines_is_used():
    class Sentence(Side):
        has_classes = False
        comparison = "By its first letter."

        def reference(self, record):
            return (None, "side missing") if not record.laterality else record.laterality

        def parse_text(self, text):
            return text.strip() or (None, "empty")

        def is_right(self, prediction, reference):
            return prediction[0] == reference[0]

        def partial_credits(self, prediction, reference):
            return {"length": prediction is not None and len(prediction) == len(reference)}

    task = Sentence()
    pair = task.build_pair(case(laterality="left"))
    score = task.score(task.parse("a", "m", "lest"), pair)
    assert (score.correct, score.partial, score.has_classes) == (1, {"length": 1.0}, False)
    assert task.parse("a", "m", " ").reason == "empty"
    assert task.why_no_reference(case()) == "side missing"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "a b"}, "names files"),
        ({"name": 3}, "name is of the wrong type: int"),
        ({"question": None}, "question is of the wrong type"),
        ({"valid_answers": "left"}, "valid_answers is of the wrong type"),
        ({"reference": lambda self, record: 3}, "reference is of the wrong type"),
    ],
)
def test_mistakes_are_named(fields, message, records, tmp_path):
    task = type("Mistaken", (Side,), fields)()
    with pytest.raises(radonc.Error, match=message):
        radonc.study.run(records, tmp_path, tasks=[task], progress=False)


def test_what_is_missing_is_named(records, tmp_path):
    class Bare(radonc.tasks.Task):
        name = "bare"

    with pytest.raises(radonc.Error, match="Bare: a task needs `reference`|Bare: a task needs `question`"):
        radonc.study.run(records, tmp_path, tasks=[Bare()], progress=False)


def test_an_exception_of_the_task_s_own_reaches_the_caller(records, tmp_path):
    class Broken(Side):
        def reference(self, record):
            raise KeyError("grade")

    with pytest.raises(KeyError):
        radonc.study.run(records, tmp_path, tasks=[Broken()], progress=False)
