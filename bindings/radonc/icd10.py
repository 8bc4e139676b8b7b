"""ICD-10-CM: the whole official list, its hierarchy, and what may be said of a code."""

from radonc._core.icd10 import (
    Malignancy,
    ancestors,
    block,
    chapter,
    children,
    codes,
    description,
    edition,
    exists,
    from_icd_o_3,
    is_leaf,
    is_well_formed,
    nearest,
    normalize,
    parent,
    primary_malignancy,
)

__all__ = [
    "Malignancy",
    "ancestors",
    "block",
    "chapter",
    "children",
    "codes",
    "description",
    "edition",
    "exists",
    "from_icd_o_3",
    "is_leaf",
    "is_well_formed",
    "nearest",
    "normalize",
    "parent",
    "primary_malignancy",
]
