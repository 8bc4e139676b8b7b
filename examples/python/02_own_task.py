"""A task of one's own: the worst toxicity grade (CTCAE, 0 to 5) that was recorded after a case's treatment.

python 02_own_task.py RECORDS.jsonl OUTPUT_FOLDER      each record's grade stands in its field other.toxicity_grade
"""

import sys

import radonc


class ToxicityGrade(radonc.tasks.Task):
    name = "toxicity"
    title = "Toxicity grade"
    question = "Which was the worst grade of toxicity (CTCAE) after radiotherapy? Answer with one digit from 0 to 5."
    valid_answers = list("012345")
    comparison = "An answer is right if it is the recorded grade. Within one grade: whether it is off by one at most."

    def reference(self, record):
        grade = record.other.get("toxicity_grade", "")
        return grade if grade in self.valid_answers else (None, "grade not recorded")

    def partial_credits(self, prediction, reference):
        return {"within_one_grade": prediction is not None and abs(int(prediction) - int(reference)) <= 1}

    def quantities(self, prediction, reference):
        return [radonc.tasks.Quantity("grade", "", int(prediction), int(reference))]


if __name__ == "__main__":
    print(radonc.study.run(sys.argv[1], sys.argv[2], tasks=[ToxicityGrade(), "icd10"], confined=True))
