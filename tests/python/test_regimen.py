"""Prescriptions as Python users meet them; the reader itself is tested in tests/cpp/data/test_regimen.cpp."""

import pytest
from radonc import regimen


def test_a_prescription_is_read_written_and_weighed():
    read = regimen.parse("Breast; external beam; 50 Gy in 25 fx followed by a boost of 10 Gy in 5 fx")
    assert read.reason == "" and len(read.value.phases) == 2 and read.derived
    assert read.value.total_dose_cgy == 6000
    assert read.value.eqd2(10.0) == pytest.approx(60)
    assert read.value.bed(10.0) == pytest.approx(72)
    assert regimen.parse(str(read.value)).value == read.value
    assert read.value.phases[0].fractionation == "conventional"


def test_nothing_is_guessed():
    for text in ["60 Gy", "45 or 50 Gy in 25", "60 in 3", "50-54 Gy in 30 fractions"]:
        read = regimen.parse(text)
        assert read.value is None and read.reason


def test_what_does_not_add_up_is_kept_and_flagged():
    read = regimen.parse("Brain; external beam; 200 cGy x 30 fractions; total 5000 cGy")
    assert read.inconsistent and read.value.phases[0].total_dose_cgy == 5000
