"""The ICD-10-CM list as Python users meet it; the list itself is tested in tests/cpp/data/test_icd10.cpp."""

from radonc import icd10


def test_codes_and_their_place():
    assert icd10.edition().startswith("ICD-10-CM")
    assert icd10.normalize("c509") == "C50.9" and icd10.normalize("T2N0") is None
    assert icd10.exists("C34.1") and not icd10.is_leaf("C34.1") and icd10.is_leaf("C61")
    assert icd10.is_well_formed("C99.9") and not icd10.exists("C99.9")
    assert "breast" in icd10.description("C50.9").lower()
    assert icd10.ancestors("C50.911")[-1] == "2" and icd10.parent("C50.911") == "C50.91"
    assert "C50.91" in icd10.children("C50.9")
    assert icd10.chapter("C61") == ("2", icd10.description("2"))
    assert icd10.nearest("C50.7", 1)[0].startswith("C50")


def test_lists_for_constrained_decoding():
    leaves = icd10.codes("2", leaves=True)
    assert len(leaves) == 1727 and len(icd10.codes("2")) == 2178
    assert all(icd10.is_leaf(code) for code in leaves)


def test_radiotherapy_encounters():
    found = icd10.primary_malignancy(["Z51.0", "C50.9"])
    assert found.code == "C50.9" and not found.only_radiation_encounter
    assert icd10.primary_malignancy(["Z51.0"]).only_radiation_encounter
    assert icd10.from_icd_o_3("C61.9", "8140/3") == "C61"
    assert icd10.from_icd_o_3("C50.4", "8500/3") is None
