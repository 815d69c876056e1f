"""Finding the artery among tissue, veins, partial volume and noise; saying when there is none."""

import numpy as np
import pytest

from biomarkers.dce import concentration, concentration_to_signal, find_artery, population_input
from biomarkers.errors import ArteryError, InputError
from biomarkers.kinetics import MODELS, read, respond
from biomarkers.kinetics.artery import Reason
from biomarkers.simulate import STUDIES
from biomarkers.simulate.cohort import draw_cohort, stream
from biomarkers.simulate.studies import rat_scanner as scanner
from biomarkers.simulate.studies.rat_head import build, draw_head
from biomarkers.timing import Frames

TIME = 2.0 * np.arange(90)
SHAPE = (12, 12, 4)
HCT = 0.42


@pytest.fixture(scope="module")
def blood():
    fine = np.arange(0.0, 181.0, 0.1)
    return population_input("parker", fine, delay=20.0, hct=HCT)


def tissue(blood, ktrans, kep, vp):
    frames = Frames.instants(TIME)
    leaked = respond(kep / 60, blood.time, blood.plasma, frames).value
    return ktrans / 60 * leaked + vp * read(blood.time, blood.plasma, frames)


@pytest.fixture(scope="module")
def scene(blood):
    """Concentration of tissue with a vessel, its border, a vein and a saturated voxel; labels."""
    frames = Frames.instants(TIME)
    here = read(blood.time, blood.blood, frames)
    vein = read(blood.time + 6.0, blood.blood, frames)
    background = tissue(blood, 0.15, 0.6, 0.02)
    c = np.broadcast_to(background, (*SHAPE, TIME.size)).copy()
    labels = np.full(SHAPE, "tissue", dtype=object)
    c[3:6, 3:6] = 0.5 * here + 0.5 * background
    labels[3:6, 3:6] = "border"
    c[4, 4] = here
    labels[4, 4] = "artery"
    c[4, 5] = here
    labels[4, 5] = "artery"
    c[8:11, 8:11] = vein
    labels[8:11, 8:11] = "vein"
    c[0, 0, 0] = here
    labels[0, 0, 0] = "alone"
    c += np.random.default_rng(5).normal(scale=0.03, size=c.shape)
    c[4, 4, 0, 15] = np.nan
    labels[4, 4, 0] = "saturated"
    c[11, :, :] = np.random.default_rng(6).normal(scale=1.0, size=c[11].shape)
    labels[11] = "noise"
    return c, labels, here


@pytest.fixture(scope="module")
def artery(scene):
    return find_artery(scene[0], TIME, hct=HCT)


def test_whole_voxels_of_the_artery_are_taken_and_no_others(scene, artery):
    np.testing.assert_array_equal(artery.mask, scene[1] == "artery")


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("vein", Reason.LATE),
        ("border", Reason.PARTIAL),
        ("saturated", Reason.INCOMPLETE),
        ("alone", Reason.ISOLATED),
        ("noise", Reason.NOISE),
        ("artery", Reason.SELECTED),
    ],
)
def test_every_voxel_has_its_reason(scene, artery, label, reason):
    assert set(artery.reasons[scene[1] == label].tolist()) == {int(reason)}
    assert artery.counts()[reason.words] >= (scene[1] == label).sum()


def test_tissue_is_too_low_or_too_wide(scene, artery):
    assert set(artery.reasons[scene[1] == "tissue"].tolist()) <= {Reason.LOW, Reason.WIDE}


def test_the_curve_is_that_of_blood(scene, artery):
    here = scene[2]
    assert np.abs(artery.curve - here).max() < 4 * 0.03 / np.sqrt(artery.mask.sum())
    np.testing.assert_allclose(artery.spread, 0.03 / np.sqrt(artery.mask.sum()), rtol=1.5)
    assert artery.features["peak"] == pytest.approx(here.max(), rel=0.02)
    assert 20 < artery.features["arrival"] < 27
    assert 6 < artery.features["width"] < 12
    source = artery.input
    np.testing.assert_array_equal(source.blood, artery.curve)
    np.testing.assert_allclose(source.plasma, artery.curve / (1 - HCT))
    assert "voxels: peak" in repr(artery)


def test_it_feeds_a_fit(blood, artery):
    fit = MODELS["extended_tofts"].fit(tissue(blood, 0.15, 0.6, 0.02), TIME, artery.input)
    assert fit["Ktrans"] == pytest.approx(0.15, rel=0.05)


def test_the_mask_says_where_to_look(scene):
    c, labels, _ = scene
    inside = labels != "artery"
    inside[:2] = False  # nor the lonely voxel
    found = find_artery(c, TIME, mask=inside)
    np.testing.assert_array_equal(found.mask, labels == "vein")
    assert (found.reasons[~inside] == Reason.OUTSIDE).all()


def test_tissue_alone_has_no_artery(blood):
    rng = np.random.default_rng(0)
    curves = np.stack(
        [
            tissue(blood, k, kep, vp)
            for k, kep, vp in zip(
                rng.uniform(0.01, 0.5, 60),
                rng.uniform(0.2, 2, 60),
                rng.uniform(0, 0.05, 60),
                strict=True,
            )
        ]
    )
    with pytest.raises(ArteryError, match=r"no artery: of 60 voxels, .* peak"):
        find_artery(curves + rng.normal(scale=0.01, size=curves.shape), TIME)


@pytest.mark.parametrize("scale", [0.0, 0.1, 5.0])
def test_noise_alone_has_no_artery(scale):
    noise = np.random.default_rng(1).normal(scale=scale, size=(30, 30, 5, TIME.size))
    with pytest.raises(ArteryError, match="no artery"):
        find_artery(noise, TIME)


def test_saturation_everywhere_is_named():
    with pytest.raises(ArteryError, match=r"8 no concentration at some sample \(saturated"):
        find_artery(np.full((2, 4, TIME.size), np.nan), TIME)


def test_thresholds_can_be_moved(scene):
    with pytest.raises(ArteryError):
        find_artery(scene[0], TIME, lowest_peak=20.0)
    with pytest.raises(ArteryError):
        find_artery(scene[0], TIME, longest_width=2.0)


def test_a_list_of_curves_needs_no_neighbours(blood):
    here = read(blood.time, blood.blood, Frames.instants(TIME))
    found = find_artery(np.stack([here, 0.1 * here]), TIME)
    np.testing.assert_array_equal(found.mask, [True, False])


@pytest.fixture(scope="module")
def head():
    """A simulated rat's head in the scanner, with and without the artery in its labels."""
    rat = draw_cohort(STUDIES["rat-glioma"], subjects=2, seed=3)[1]
    phantom = build(draw_head(stream(3, "head")), rat.states[-1].values)
    scan = scanner.draw_acquisition(stream(3, "acquisition"))
    series = scanner.dce_series(phantom, scan, stream(3, "dce"))
    b1 = phantom.samples.mean(phantom.samples.take(scan.b1))
    settings = {"tr": scanner.DCE.tr, "flip_deg": scanner.DCE.flip, "r1": scanner.RELAXIVITY}
    return phantom, scan, lambda t10: concentration(series, t10=t10, b1=b1, **settings)


@pytest.mark.parametrize("t1", ["of blood", "map"])
def test_the_artery_of_a_rat_is_found(head, t1):
    phantom, scan, converted = head
    c = converted(2.171 if t1 == "of blood" else phantom.samples.mean(phantom.at("T1")))
    found = find_artery(c, scanner.DCE_TIMES)
    np.testing.assert_array_equal(found.mask, phantom.mask("artery"))
    truth = scan.dose * scanner.rat_blood(scanner.DCE_TIMES - scan.arrival)
    assert np.abs(found.curve - truth).max() < 0.02 * truth.max()
    with pytest.raises(ArteryError, match="Draw the artery"):
        find_artery(c, scanner.DCE_TIMES, mask=~phantom.mask("artery"))


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_it_can_be_looked_at(scene, tmp_path, dimensions):
    c = scene[0][4, 4:6, 1:3]
    found = find_artery(
        c.reshape(
            (1,) * (dimensions - 2) + (-1, TIME.size)
            if dimensions == 1
            else ((1,) * (dimensions - 2) + c.shape)
        ),
        TIME,
    )
    figure = found.plot()
    assert len(figure.axes) >= 3
    figure.savefig(tmp_path / "artery.png")
    assert (tmp_path / "artery.png").stat().st_size > 5000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": TIME[:-1]}, "time of shape"),
        ({"time": TIME[::-1]}, "increase"),
        ({"mask": np.ones(3)}, "mask of shape"),
        ({"concentration": np.ones(TIME.size)}, "voxels first"),
        ({"concentration": np.ones((4, 5)), "time": np.arange(5.0)}, "5 samples; expected 8"),
    ],
)
def test_impossible_requests_are_refused(change, message):
    arguments = {"concentration": np.ones((4, TIME.size)), "time": TIME, **change}
    with pytest.raises(InputError, match=message):
        find_artery(arguments.pop("concentration"), arguments.pop("time"), **arguments)


def test_signal_to_input_in_two_steps(blood):
    here = read(blood.time, blood.blood, Frames.instants(TIME))
    scan = {"t10": 1.66, "tr": 0.004, "flip_deg": 25.0, "r1": 3.4}
    signal = concentration_to_signal(np.stack([here] * 4), m0=900.0, **scan)
    found = find_artery(concentration(signal, **scan), TIME, hct=HCT)
    np.testing.assert_allclose(found.curve, here, atol=1e-8)
