"""Concentrations against simulated truth, the molal formula, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from spectra import (
    CONTENT,
    LEVELS,
    METABOLITES,
    RELAXATION,
    TISSUE,
    WATER,
    basis,
    fitted,
    left,
    spectrum,
)

from biomarkers import mrs
from biomarkers.errors import InputError


@pytest.fixture(scope="module")
def fit():
    return fitted()


def concentrations(fit, **changes):
    given = {"tissue": TISSUE, "relaxation": RELAXATION} | changes
    return fit.concentrations(**given).set_index("metabolite")


def test_concentrations_are_within_one_percent_of_the_truth():
    tables = [
        concentrations(fitted(spectrum(noise=0.05, seed=seed)))["concentration"]
        for seed in range(3)
    ]
    mean = sum(tables) / len(tables)
    for name, level in LEVELS.items():
        assert mean[name] == pytest.approx(level, rel=0.01), name
    assert mean["tNAA"] == pytest.approx(9.0, rel=0.01)


def test_intervals_hold_the_truth_and_errors_hold_the_waters(fit):
    scan = spectrum()
    random = np.random.default_rng(1).normal(scale=2e4, size=(2, *scan.water.fid.shape))
    noisy = replace(scan.water, fid=scan.water.fid + random[0] + 1j * random[1])
    water = mrs.water_amplitude(replace(scan, water=noisy))
    of_water = float(water.se / water.value)
    assert of_water > 0.002
    for table, share in (
        (concentrations(fit), 0.0),
        (concentrations(fitted(replace(scan, water=noisy))), of_water),
    ):
        for name in ("NAA", "Cr", "GPC"):
            row = table.loc[name]
            assert row.low < LEVELS[name] < row.high
            relative = np.hypot(0.01 * row.crlb_percent, share)
            assert row.se / row.concentration == pytest.approx(relative, rel=1e-9)
    assert list(table.columns) == [
        "concentration", "se", "low", "high", "molal", "crlb_percent", "flag"
    ]  # fmt: skip


def test_molal_is_the_formula_of_gasparovic(fit):
    """By mole fractions of water, as there."""
    table = concentrations(fit)
    whole = sum(TISSUE[each] * CONTENT[each] for each in TISSUE)
    share = {each: TISSUE[each] * CONTENT[each] / whole for each in TISSUE}
    of_water = sum(share[each] * left(WATER[each]) for each in TISSUE)
    water = float(mrs.water_amplitude(fit.setup.scan).value)
    expected = (
        fit.amplitudes[fit.signals.index("NAA")] / water * 2 * 55510 * of_water
        / ((1 - share["csf"]) * left(METABOLITES["NAA"]))
    )  # fmt: skip
    assert table.loc["NAA", "molal"] == pytest.approx(expected, rel=1e-4)


def test_the_scale_of_a_basis_and_of_a_receiver_do_not_matter():
    one = concentrations(fitted(spectrum(gain=1.0)))
    other = concentrations(fitted(spectrum(gain=500.0), basis=basis(0.03)))
    assert other["concentration"].to_numpy() == pytest.approx(
        one["concentration"].to_numpy(), rel=1e-3, abs=1e-3
    )


def test_without_a_relaxation_time_there_is_no_value(fit):
    table = concentrations(fit, relaxation=mrs.Relaxation(WATER, METABOLITES))
    assert np.isnan(table.loc["Ins", ["concentration", "se", "low", "high"]].astype(float)).all()
    assert table.loc["Ins", "flag"] == "relaxation times not known"
    assert np.isnan(table.loc["Glx", "concentration"])
    assert table.loc["tNAA", "concentration"] > 0


def test_published_times_are_those_of_the_field(fit):
    table = concentrations(fit, relaxation=None)
    given = concentrations(fit, relaxation=mrs.relaxation_times(3.0))
    assert table["concentration"].equals(given["concentration"])
    assert (table["flag"] == "").all()


def test_a_rat_gets_no_human_times(fit):
    with pytest.raises(InputError, match=r"of 'rat', only of the human brain"):
        concentrations(fit, relaxation=None, species="rat")
    assert concentrations(fit, species="rat").equals(concentrations(fit))


def test_macromolecules_have_no_concentration(fit):
    assert any(name.startswith(("MM", "Lip")) for name in fit.signals)
    assert set(concentrations(fit).index) == {*LEVELS, "tNAA", "tCr", "tCho", "Glx"}


def test_the_water_of_another_echo_time_is_corrected_by_its_own():
    scan = spectrum()
    later = replace(scan, water=replace(scan.water, te=0.08))
    amount = {
        te: sum(TISSUE[each] * CONTENT[each] * left(WATER[each], te=te) for each in TISSUE)
        for te in (0.03, 0.08)
    }
    value, other = (
        concentrations(fitted(each)).loc["NAA", "concentration"] for each in (scan, later)
    )
    assert other / value == pytest.approx(amount[0.08] / amount[0.03])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"water": None}, r"no water reference.*water="),
        ({"te": None}, r"te of a spectrum is not known.*te="),
        ({"tr": None}, r"tr of a spectrum is not known.*tr="),
    ],
)
def test_what_is_lacking_is_named(changes, words):
    with pytest.raises(InputError, match=words):
        concentrations(fitted(spectrum(**changes)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tissue": {}}, "tissue has nothing"),
        ({"tissue": {"grey": 1.0}}, "tissue has grey"),
        ({"tissue": {"gm": 0.6, "wm": 0.6}}, "sum of 1.2"),
        ({"tissue": {"gm": 60, "wm": 40}}, "sum of 100"),
        ({"tissue": {"csf": 1.0}}, "all csf"),
        ({"relaxation": {"NAA": (1.4, 0.2)}}, "expected mrs.Relaxation"),
        ({"water_content": {"gm": 78}}, "water_content gm is 78"),
        ({"level": 95}, "level is 95"),
    ],
)
def test_what_is_wrong_is_named(fit, changes, words):
    with pytest.raises(InputError, match=words):
        concentrations(fit, **changes)


def test_a_basis_without_a_singlet_has_no_scale(fit):
    lines = mrs.simulate_basis(
        sequence="press", te=(0.011, 0.019), frequency_mhz=123.2, metabolites=("Ins", "Glu"),
        dwell=5e-4, points=1024,
    )  # fmt: skip
    with pytest.raises(InputError, match="no Cr, PCr or NAA"):
        concentrations(fitted(spectrum(), basis=lines))


def test_water_content_can_be_given(fit):
    more = concentrations(fit, water_content={"gm": 0.82, "wm": 0.70})
    assert (more["concentration"] > concentrations(fit)["concentration"]).any()


def test_ratios_over_another_voxel():
    tumour = fitted(spectrum(LEVELS | {"GPC": 3.2, "NAA": 4.5}, seed=1))
    normal = fitted(spectrum(seed=2))
    table = mrs.contralateral_ratios(tumour, normal).set_index("metabolite")
    assert table.loc["tCho", "ratio"] == pytest.approx(2.0, rel=0.03)
    assert table.loc["tNAA", "low"] < 0.5 < table.loc["tNAA", "high"]
    assert table.loc["tCr", "se"] == pytest.approx(0.0, abs=1e-9)
    by_water = mrs.contralateral_ratios(tumour, normal, to="water").set_index("metabolite")
    assert by_water.loc["tCr", "ratio"] == pytest.approx(1.0, rel=0.03)
    assert by_water.loc["tCr", "se"] > 0


def test_ratios_over_another_voxel_flag_either():
    weak = fitted(spectrum(LEVELS | {"GPC": 0.0}, seed=1))
    table = mrs.contralateral_ratios(fitted(), weak).set_index("metabolite")
    assert table.loc["GPC", "flag"] != ""
    assert table.loc["NAA", "flag"] == ""
    with pytest.raises(InputError, match="no 'tXy'"):
        mrs.contralateral_ratios(weak, weak, to="tXy")
    with pytest.raises(InputError, match="water="):
        no_water = fitted(spectrum(water=None))
        mrs.contralateral_ratios(no_water, weak, to="water")
