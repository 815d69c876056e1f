"""`pet.fit` on curves of known truth, integrated by means of their own."""

import warnings

import numpy as np
import pytest
from pet_curves import FRAMES, KNOTS, LENGTH, SOURCE, noisy, two_tissue_curve

from biomarkers import pet
from biomarkers.errors import AssumptionWarning, InputError
from biomarkers.kinetics import Fit, Input
from biomarkers.pet.methods import Task, shared_delay
from biomarkers.table import check_measurements
from biomarkers.timing import Frames

COLUMNS = ["region", "biomarker", "value", "unit", "se", "n", "qc", "reason"]
TRUTH = {"K1": 0.12, "k2": 0.25, "k3": 0.09, "k4": 0.02, "vB": 0.05}
TRAPPED = TRUTH | {"k4": 0.0}


@pytest.fixture(scope="module")
def curve():
    return two_tissue_curve(**TRUTH)


@pytest.fixture(scope="module")
def trapped():
    return two_tissue_curve(**TRAPPED)


def as_tacs(curves, tracer=""):
    rows = np.atleast_2d(curves)
    names = tuple(f"region_{k}" for k in range(len(rows)))
    return pet.TACs(rows, names, FRAMES, np.full(len(rows), 100), tracer)


def test_a_curve_without_noise_gives_its_parameters_back(curve):
    found = pet.fit(curve, FRAMES, SOURCE)
    assert isinstance(found, Fit)
    assert found["K1"] == pytest.approx(TRUTH["K1"], rel=1e-3)
    assert found["k3"] == pytest.approx(TRUTH["k3"], rel=1e-2)
    assert found["k4"] == pytest.approx(TRUTH["k4"], rel=1e-2)
    assert found["vB"] == pytest.approx(TRUTH["vB"], abs=1e-3)
    assert found.shape == ()


def test_the_delay_is_found_as_well():
    late = two_tissue_curve(**TRUTH, delay=7.0)
    found = pet.fit(late, FRAMES, SOURCE, delay=(-10, 60))
    assert found["delay"] == pytest.approx(7.0, abs=0.05)
    assert found["K1"] == pytest.approx(TRUTH["K1"], rel=1e-3)
    assert found["k3"] == pytest.approx(TRUTH["k3"], rel=1e-2)


def test_a_graphical_method_takes_the_delay_of_the_mean(trapped):
    late = two_tissue_curve(**TRAPPED, delay=25.0)
    assert shared_delay(late, FRAMES, SOURCE, bounds=(-10, 60)) == pytest.approx(25.0, abs=0.1)
    given = {"model": "patlak", "t_star": 1800.0}
    free = pet.fit(late, FRAMES, SOURCE, delay=(-10, 60), **given)
    punctual = pet.fit(trapped, FRAMES, SOURCE, **given)
    assert free["Ki"] == pytest.approx(float(punctual["Ki"]), rel=2e-3)


def test_the_table_fits_the_measurement_table(curve, trapped):
    found = pet.fit(as_tacs([curve, 0 * curve, trapped]), FRAMES, SOURCE)
    rows = found.table
    assert list(rows.columns) == COLUMNS
    one = rows[rows.region == "region_0"].set_index("biomarker")
    assert one.value["Ki"] == found["Ki"][0]
    assert (one.unit["K1"], one.unit["k3"], one.unit["vB"]) == ("mL/min/mL", "1/min", "")
    assert set(rows[rows.region == "region_1"].qc) == {"fail"}
    assert set(rows[rows.region == "region_1"].reason) == {"no signal"}
    assert set(rows.n) == {100}
    check_measurements(rows.assign(subject="01", day=3.0))


@pytest.mark.parametrize("method", ["patlak", "2tcm_irreversible"])
@pytest.mark.parametrize("k4", [0.01, 0.03, 0.05])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_release_is_named_as_the_bias_it_is(method, k4, noise):
    """FLT with dephosphorylation: the reports name the bias, and by how much."""
    flt = two_tissue_curve(**TRUTH | {"k4": k4})
    tacs = as_tacs(noisy(flt, noise), tracer="[18F]FLT")
    with pytest.warns(AssumptionWarning, match="k4 = 0"):
        found = pet.fit(tacs, FRAMES, SOURCE, model=method, weights=LENGTH)
    kinds = [caution.kind for caution in found.cautions]
    assert "release" in kinds
    assert "tracer" in kinds
    assert set(found.table.qc) == {"warn"}
    assert found.table.reason.str.contains("assumption refuted").all()
    message = next(each.message for each in found.cautions if each.kind == "release")
    assert method in message
    assert "biased" in message
    assert message in found.summary()
    assert message in found.notes
    truth = TRUTH["K1"] * TRUTH["k3"] / (TRUTH["k2"] + TRUTH["k3"])
    assert found["Ki"][0] < 0.8 * truth
    assert found.release.ki[0] == pytest.approx(truth, rel=0.12 if noise else 1e-2)


@pytest.mark.parametrize("method", ["patlak", "2tcm_irreversible"])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_without_release_nothing_is_said_of_it(trapped, method, noise):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = pet.fit(
            as_tacs(noisy(trapped, noise)), FRAMES, SOURCE, model=method, weights=LENGTH
        )
    assert not [each for each in found.cautions if each.kind in ("release", "release possible")]
    assert found.release.p_value[0] > 0.05


def test_release_too_slow_to_matter_is_not_made_much_of():
    """Found in a curve without noise, but it moves Ki by less than a per cent."""
    slow = two_tissue_curve(**TRUTH | {"k4": 1e-4})
    assert pet.release(slow, FRAMES, SOURCE).refuted
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = pet.fit(slow, FRAMES, SOURCE, model="2tcm_irreversible")
    truth = TRUTH["K1"] * TRUTH["k3"] / (TRUTH["k2"] + TRUTH["k3"])
    assert found["Ki"] == pytest.approx(truth, rel=0.01)
    assert not found.cautions


def test_the_test_of_release_keeps_its_level(trapped):
    """Of curves without release, one in twenty is called one with: 5 % within chance of 400."""
    curves = np.array([noisy(trapped, 0.03, seed) for seed in range(400)])
    tested = pet.release(curves, FRAMES, SOURCE, weights=LENGTH)
    assert 0.02 < tested.refuted.mean() < 0.09


def test_a_scan_too_noisy_to_tell_says_so(trapped):
    short = np.flatnonzero(FRAMES.end <= 1500)
    frames = type(FRAMES)(FRAMES.start[short], LENGTH[short])
    few = noisy(trapped, 0.2, seed=3)[short]
    found = pet.fit(as_tacs(few).values, frames, SOURCE, model="patlak", t_star=400.0)
    assert "release possible" in {each.kind for each in found.cautions}


def test_methods_that_need_release_say_where_none_is_shown(trapped, curve):
    found = pet.fit(
        as_tacs([noisy(trapped, 0.02), noisy(curve, 0.02)]), FRAMES, SOURCE, weights=LENGTH
    )
    shown = [each.region for each in found.cautions if each.kind == "no release shown"]
    assert shown == ["region_0"]
    assert "k4 = 0 not refuted" in found.summary()
    assert "k4 = 0 refuted" in found.summary()


def test_every_method_runs_by_name(curve):
    reference = two_tissue_curve(K1=0.12, k2=0.25, k3=0.0, k4=0.0, vB=0.0)
    tacs = as_tacs([curve, reference])
    for method in pet.METHODS:
        plasma = method in ("1tcm", "2tcm", "2tcm_irreversible", "patlak", "logan", "ma1")
        source = SOURCE if plasma else tacs.reference("region_1")
        given = {"k2_reference": 0.25} if method in ("mrtm2", "srtm2") else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AssumptionWarning)
            found = pet.fit(tacs, FRAMES, source, model=method, **given)
        assert isinstance(found, Fit)
        assert np.isfinite(found.t_star) == Task(method, **given).is_line
        assert (found.release is None) == (method == "1tcm" or not plasma)
        assert len(found.table) == 2 * len(found.parameters)


def test_influx_over_a_reference_region_has_a_name_of_its_own(curve):
    tacs = as_tacs([curve, curve])
    found = pet.fit(tacs, FRAMES, tacs.reference("region_1"), model="patlak_reference")
    assert "Kiref" in set(found.table.biomarker)


def test_what_is_known_of_a_tracer_is_said(curve):
    said = pet.fit(as_tacs(curve, tracer="18F-FPPRGD2"), FRAMES, SOURCE).summary()
    assert "RGD: a scan determines" in said
    assert pet.find_tracer("[11C]PIB") is None
    assert pet.find_tracer("[18F]FLT").name == "FLT"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"model": "3tcm"}, "'3tcm'.*2tcm_irreversible"),
        ({"model": "2tcm", "t_star": 600.0}, "no t_star"),
        ({"model": "logan", "k2_reference": 0.1}, "no k2_reference"),
        ({"model": "mrtm2"}, "needs k2_reference"),
        ({"model": "mrtm1", "delay": (0, 5)}, "no delay"),
        ({"delay": (5, 0)}, "low < high"),
    ],
)
def test_settings_that_make_no_sense_are_refused(curve, given, said):
    with pytest.raises(InputError, match=said):
        pet.fit(curve, FRAMES, SOURCE, **given)


def test_what_is_no_curve_or_input_is_refused(curve):
    with pytest.raises(InputError, match=r"input is an array of float64; expected kinetics.Input"):
        pet.fit(curve, FRAMES, SOURCE.plasma)
    with pytest.raises(InputError, match="tacs is 'tumor'; expected real numbers"):
        pet.fit("tumor", FRAMES, SOURCE)
    with pytest.raises(InputError, match="delay is 'auto'; expected real numbers"):
        pet.fit(curve, FRAMES, SOURCE, delay="auto")
    with pytest.raises(InputError, match="weights is 'counts'; expected real numbers"):
        pet.fit(curve, FRAMES, SOURCE, weights="counts")


def test_bare_times_are_instants(curve):
    found = pet.fit(curve, FRAMES.mid.tolist(), SOURCE, model="1tcm")
    same = pet.fit(curve, Frames.instants(FRAMES.mid), SOURCE, model="1tcm")
    assert found["K1"] == same["K1"]


def test_other_frames_are_refused(curve):
    moved = type(FRAMES)(FRAMES.start + 5, LENGTH)
    with pytest.raises(InputError, match="other frames"):
        pet.fit(as_tacs(curve), moved, SOURCE)
    with pytest.raises(InputError, match="expected \\(region, frame\\)"):
        pet.fit(np.ones((2, 2, len(FRAMES))), FRAMES, SOURCE)


def test_no_delay_from_a_flat_mean():
    flat = Input(KNOTS, plasma=SOURCE.plasma)
    with pytest.raises(InputError, match="no delay"):
        shared_delay(np.ones(len(FRAMES)), FRAMES, flat, bounds=(0, 10))
