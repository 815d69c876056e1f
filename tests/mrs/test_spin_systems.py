"""The table of shifts and couplings: complete, consistent, with sources."""

import pytest

from biomarkers.errors import InputError
from biomarkers.mrs import molecules
from biomarkers.mrs.spin_systems import find_molecules

EXPECTED = (
    *("Ala", "Asc", "Asp", "Cho", "Cr", "PCr", "GABA", "Glc", "Gln", "Glu", "Gly", "GPC", "GSH"),
    *("Ins", "sIns", "Lac", "NAA", "NAAG", "PCho", "PE", "Ser", "Tau", "2HG"),
)

# Protons bound to carbon, from the formulas.
CARBON_BOUND = {
    "Ala": 4, "Asp": 3, "Cho": 13, "Cr": 5, "GABA": 6, "Glc": 7, "Gln": 5, "Glu": 5, "GPC": 18,
    "GSH": 10, "Ins": 6, "Lac": 4, "NAA": 6, "NAAG": 11, "PCho": 13, "PE": 4, "Tau": 4, "2HG": 5,
}  # fmt: skip


def test_what_is_there():
    assert set(EXPECTED) <= set(molecules())


@pytest.mark.parametrize("name", molecules())
def test_entry_is_consistent(name):
    molecule = molecules()[name]
    assert molecule.title
    assert any(year in molecule.source for year in ("2000", "2002", "2003", "2006", "Graaf"))
    for group in molecule.groups:
        count = len(group.shifts)
        assert all(0.5 < shift < 9.0 for shift in group.shifts)
        assert all(0 <= i < j < count for i, j in group.couplings)
        assert all(-18.0 < coupling < 12.0 for coupling in group.couplings.values())
        for nucleus in group.heteronuclei:
            assert set(nucleus.couplings) <= set(range(count))
            assert sum(nucleus.states) == 0.0


@pytest.mark.parametrize(("name", "protons"), CARBON_BOUND.items())
def test_number_of_protons(name, protons):
    """Those above 6.4 ppm are bound to nitrogen."""
    groups = molecules()[name].groups
    bound = sum(g.weight * sum(shift < 6.4 for shift in g.shifts) for g in groups)
    assert bound == pytest.approx(protons)


def test_geminal_couplings_are_negative():
    glutamate = molecules()["Glu"].groups[0]
    assert glutamate.couplings[(1, 2)] == -14.849
    assert glutamate.couplings[(3, 4)] == -15.915


def test_anomers_of_glucose():
    assert [group.weight for group in molecules()["Glc"].groups] == [0.36, 0.64]


def test_unknown_names_are_told_with_the_known_ones():
    with pytest.raises(InputError, match=r"no spin system of NAAX, Foo; there are .*NAAG"):
        find_molecules(["NAA", "NAAX", "Foo"])
