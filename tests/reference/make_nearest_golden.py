"""Makes tests/data/tasks/nearest.json: which text scikit-learn finds nearest by the cosine of TF-IDF vectors.

Run from the repository root, with scikit-learn:  python tests/reference/make_nearest_golden.py
"""

import json
import pathlib
import random
from importlib.metadata import version

from sklearn.feature_extraction.text import TfidfVectorizer

WORDS = (
    "Breast Brain lobe upper left right t1 t2 n0 IIIA stage carcinoma ductal 45 67 er+ HER2 psa 6.5 of glioma grade a "
    "x-ray côlon node_2 Female male Larynx"
).split()


def main():
    rng = random.Random(7)

    def text():
        return "\n".join(
            f"{rng.choice(WORDS)}: {' '.join(rng.choices(WORDS, k=rng.randrange(0, 6)))}" for _ in range(4)
        )

    train, test = [text() for _ in range(80)], [text() for _ in range(60)] + ["", "zzz unheard"]
    train += train[:3]  # equal ones: the first counts
    vectorizer = TfidfVectorizer()
    similarity = (vectorizer.fit_transform(train) @ vectorizer.transform(test).T).toarray()
    nearest = [next(i for i, s in enumerate(column) if s >= column.max() - 1e-12) for column in similarity.T]
    content = {"scikit-learn": version("scikit-learn"), "train": train, "test": test, "nearest": nearest}
    path = pathlib.Path("tests/data/tasks/nearest.json")
    path.write_text(json.dumps(content, ensure_ascii=False, indent=0) + "\n")
    print(path, len(nearest))


if __name__ == "__main__":
    main()
