import os
import pathlib

import pytest
import radonc

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> pathlib.Path:
    return ROOT


@pytest.fixture(scope="session")
def records() -> pathlib.Path:
    return ROOT / "examples" / "data" / "tcga_irradiated.jsonl"


@pytest.fixture(scope="session")
def model_data() -> pathlib.Path:
    return ROOT / "tests" / "data" / "model"


@pytest.fixture(scope="session")
def smollm2_path() -> pathlib.Path:
    return pathlib.Path(os.environ.get("RADONC_SMOLLM2_GGUF") or radonc.smollm2())


@pytest.fixture(scope="session")
def smollm2(smollm2_path):
    """The real model in float32, shared by the tests that need it."""
    return radonc.model.Transformer.load(smollm2_path, dtype=radonc.model.Dtype.float32)
