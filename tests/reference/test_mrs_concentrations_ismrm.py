"""Water scaling against the 10 mM creatine case of the ISMRM challenge, and a real subject."""

import pytest

from biomarkers import mrs

# From the challenge's README: water content and T2 of its tissues, T2 of metabolites; TR >> T1.
WATER = {"gm": (1.0, 0.110), "wm": (1.0, 0.080), "csf": (1.0, 0.5)}
ISMRM = mrs.Relaxation(WATER, others=(1.0, 0.160), source="README of the challenge")


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data("mrs")


def test_ten_millimolar_creatine(folder):
    place = folder / "ismrm2016"
    scan = mrs.load(place / "Cr_10mM_metab.nii.gz", water=place / "Cr_10mM_wref.nii.gz", tr=20.0)
    fit = mrs.fit(mrs.preprocess(scan), mrs.load_basis(place / "press3T_30ms.BASIS"))
    table = fit.concentrations(
        tissue={"gm": 0.6, "wm": 0.4},
        relaxation=ISMRM,
        water_content={"gm": 0.78, "wm": 0.65},
    ).set_index("metabolite")
    # Measured: 10.82, what the amplitudes at time 0 say by the README's formula.
    assert table.loc["tCr", "concentration"] == pytest.approx(10.0, rel=0.1)
    assert table.loc["tCr", "concentration"] == pytest.approx(10.82, rel=0.005)
    others = table.drop(index=["Cr", "PCr", "tCr"])
    assert (others["concentration"] < 0.05).all()


def test_a_healthy_subject_has_concentrations_of_a_brain(folder):
    """Wide ranges that hold healthy brain; the fractions of tissue are assumed, not measured."""
    place = folder / "osprey"
    scan = mrs.load(place / "sub-01_act.nii.gz", water=place / "sub-01_ref.nii.gz")
    basis = mrs.load_basis(place / "3T_PRESS_Philips_35ms_noMM.BASIS")
    fit = mrs.fit(mrs.preprocess(scan), basis)
    table = fit.concentrations(tissue={"gm": 0.6, "wm": 0.3, "csf": 0.1}).set_index("metabolite")
    for name, low, high in (("tNAA", 8, 17), ("tCr", 6, 12), ("tCho", 0.8, 3), ("Ins", 4, 10)):
        assert low < table.loc[name, "concentration"] < high, name
    said = mrs.methods_table(scan, fit).set_index("item")["value"]
    assert said["1b Manufacturer"] == "Philips"
    assert said["2c Nominal VOI size"] == "30 × 30 × 30 mm^3"
