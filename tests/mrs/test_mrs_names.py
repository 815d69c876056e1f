"""One spelling for every metabolite."""

import pytest

from biomarkers.errors import InputError
from biomarkers.mrs.names import COMBINED, canonical_name, canonical_names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mI", "Ins"), ("Ins", "Ins"), ("myo-Inositol", "Ins"), ("PCh", "PCho"), ("PCHO", "PCho"),
        ("Scyllo", "sIns"), ("sI", "sIns"), ("Cre", "Cr"), ("cr", "Cr"), ("gpc", "GPC"),
        ("mac", "Mac"), ("bHG", "2HG"), ("2-HG", "2HG"), ("Glucose", "Glc"), ("MM09", "MM09"),
        (" NAA ", "NAA"), ("-CrCH2", "-CrCH2"), ("Xyz_1", "Xyz_1"),
    ],
)  # fmt: skip
def test_spellings(name, expected) -> None:
    assert canonical_name(name) == expected


def test_parts_of_sums_are_spelled_as_in_a_basis() -> None:
    assert set(COMBINED) == {"tNAA", "tCr", "tCho", "Glx"}
    for parts in COMBINED.values():
        assert canonical_names(parts, "sums") == parts


def test_two_spellings_of_one() -> None:
    with pytest.raises(InputError, match="here: PCh and PCho are both PCho; leave one of them out"):
        canonical_names(["PCh", "NAA", "PCho"], "here")
