"""A scan: one baseline, one conversion, and what is left out is left out everywhere."""

import numpy as np
import pytest

from biomarkers import dce
from biomarkers.errors import InputError
from biomarkers.estimates import Estimates, FitFlag, SharedError, reasons_of, voxels
from biomarkers.images import Image
from biomarkers.kinetics import MODELS, Input
from biomarkers.quantities import QUANTITIES

SCAN = {"tr": 0.005, "flip_deg": 20.0, "r1": 4.0}
TIME = 2.5 * np.arange(80)
SINCE = np.maximum(TIME - 30.0, 0.0)
LEVEL = np.minimum(SINCE / 8, 1) * (4.0 * np.exp(-SINCE / 25) + 1.5 * np.exp(-SINCE / 700))
SOURCE = Input(TIME, plasma=LEVEL)
SHAPE = (4, 3, 2)
RNG = np.random.default_rng(3)
T10 = RNG.uniform(0.9, 2.0, SHAPE)


@pytest.fixture(scope="module")
def series():
    values = {"Ktrans": RNG.uniform(0.05, 0.2, SHAPE), "kep": np.full(SHAPE, 0.5)}
    curves = MODELS["extended_tofts"].predict({**values, "vp": np.full(SHAPE, 0.03)}, TIME, SOURCE)
    clean = dce.concentration_to_signal(curves, t10=T10, m0=900.0, **SCAN)
    return clean + clean[..., :1] / 50 * RNG.normal(size=clean.shape)


def estimates(name, values, se=None, shared=None):
    return Estimates(
        name,
        (QUANTITIES[name],),
        {name: values},
        {} if se is None else {name: se},
        reasons_of(values.shape, {}),
        shared={} if shared is None else {name: SharedError(shared)},
    )


def scan_of(series, **change):
    return dce.Scan(series, TIME, **{"t10": T10, **SCAN, **change})


def same(one, other):
    for name in one.values:
        np.testing.assert_array_equal(one[name], other[name])
    for name in one.se:
        np.testing.assert_array_equal(one.se[name], other.se[name])


def test_methods_give_what_the_calls_give(series):
    scan, given = scan_of(series), {"t10": T10, **SCAN}
    same(scan.maps(SOURCE), dce.maps(series, TIME, input=SOURCE, **given))
    shapes = dce.semiquantitative(series, TIME, input=SOURCE, **given)
    same(scan.semiquantitative(SOURCE), shapes)
    np.testing.assert_array_equal(scan.concentration(), dce.concentration(series, **given))


def test_voxels_are_the_same_however_many_are_worked_on_at_a_time(series, monkeypatch):
    t10 = estimates("T1", T10, 0.05 * T10)
    region = np.zeros(SHAPE, dtype=bool)
    region[1] = True

    def everything():
        scan = scan_of(series, t10=t10)
        maps = scan.maps(SOURCE, model=("tofts", "extended_tofts"))
        fit, left = scan.fit(region, SOURCE), scan.misfit(SOURCE)
        shared = scan.maps(SOURCE, delay=dce.SharedDelay(-2.0, 2.0))
        found = [*maps.values.values(), *maps.se.values(), maps.reasons.bits, maps.choice]
        found += [each for name in fit.names for each in (fit[name], fit.se[name])]
        return [*found, left.voxels, left.of_frame, *shared.values.values(), scan.arrival()]

    whole = everything()
    monkeypatch.setattr(voxels, "SLAB_BYTES", 5 * 8 * TIME.size)  # one or two voxels
    for some, every in zip(everything(), whole, strict=True):
        np.testing.assert_array_equal(some, every)


def test_there_is_one_baseline(series):
    region = np.zeros(SHAPE, dtype=bool)
    region[0, 0, 0] = True
    scan = scan_of(series)
    assert scan.baseline == dce.baseline_before_arrival(series)
    for maps in (scan.maps(SOURCE, mask=region), scan.semiquantitative(mask=region)):
        assert tuple(maps.settings["BaselineSamples"]) == scan.baseline
    there = scan_of(series, mask=region).baseline
    assert there == dce.baseline_before_arrival(series[0, 0, 0])


def test_the_artery_is_read_before_the_agent_is_in_the_tissue(series):
    early = series.copy()
    early[0, 0] = np.roll(early[0, 0], -3, axis=-1)
    artery = np.zeros(SHAPE, dtype=bool)
    artery[0, 0] = True
    found = scan_of(early).input(artery, t10_blood=1.6, hct=0.4)
    alone = dce.measured_input(early, TIME, artery, t10_blood=1.6, hct=0.4, **SCAN)
    np.testing.assert_array_equal(found.blood, alone.blood)


def test_volumes_left_out_are_left_out_everywhere(series):
    gone = (2, 40)
    broken = series.copy()
    broken[..., gone] = np.nan
    scan, kept = scan_of(broken, left_out=gone), np.setdiff1d(np.arange(TIME.size), gone)
    rest = dce.Scan(series[..., kept], TIME[kept], t10=T10, **SCAN)
    same(scan.maps(SOURCE), rest.maps(SOURCE))
    same(scan.semiquantitative(), rest.semiquantitative())
    np.testing.assert_array_equal(scan.time, TIME[kept])
    assert scan.concentration().shape == (*SHAPE, kept.size)
    assert scan.maps(SOURCE).settings["VolumesLeftOut"] == [2, 40]


def test_a_baseline_is_numbered_as_the_series_was(series):
    scan = scan_of(series, baseline=(1, 9), left_out=(0, 3))
    assert scan.baseline == (1, 9)
    rest = np.delete(series, [0, 3], axis=-1)
    expected = dce.concentration(rest, t10=T10, baseline=(0, 7), **SCAN)
    np.testing.assert_array_equal(scan.concentration(), expected)


def test_the_error_of_t1_is_in_every_error_without_the_part_of_b1(series):
    se, region = 0.1 * T10, np.ones(SHAPE, dtype=bool)
    sure, unsure = scan_of(series), scan_of(series, t10=estimates("T1", T10, se))
    for one, other, names in (
        (sure.maps(SOURCE), unsure.maps(SOURCE), ("Ktrans", "ve", "vp")),
        (sure.semiquantitative(), unsure.semiquantitative(), ("IAUC60", "IAUC90")),
        (sure.fit(region, SOURCE), unsure.fit(region, SOURCE), ("Ktrans", "ve", "vp")),
    ):
        for name in names:
            assert (other.se[name] > one.se[name]).all()
    assert "T1" in unsure.maps(SOURCE).settings["ErrorsInclude"]
    common = scan_of(series, t10=estimates("T1", T10, se, shared=se)).maps(SOURCE)
    np.testing.assert_allclose(common.se["Ktrans"], sure.maps(SOURCE).se["Ktrans"], rtol=1e-12)


def test_images_and_maps_are_taken_as_they_are(series):
    b1 = RNG.uniform(0.9, 1.1, SHAPE)
    plain = scan_of(series, b1=b1).maps(SOURCE)
    image = Image(series, np.eye(4), "dce")
    same(plain, scan_of(image, b1=estimates("B1", b1)).maps(SOURCE))


def test_every_flag_has_its_reason(series):
    t10, broken = T10.copy(), series.copy()
    t10[0, 0, 0] = np.nan
    broken[0, 1, 0, 40] = -1.0
    mask = np.ones(SHAPE, dtype=bool)
    mask[3, 2, 1] = False
    maps = scan_of(broken, t10=t10, mask=mask).maps(SOURCE)
    for voxel in ((0, 0, 0), (0, 1, 0)):
        assert maps.flags[voxel]
        assert maps.reasons.words(voxel) == "no signal"
    np.testing.assert_array_equal(maps.reasons.has(FitFlag.NO_SIGNAL), maps.flags)
    assert not maps.flags[3, 2, 1]
    assert np.isnan(maps["Ktrans"][3, 2, 1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"left_out": (80,)}, "left_out is"),
        ({"left_out": range(79)}, "left_out is"),
        ({"left_out": (0, 1), "baseline": (0, 2)}, "every volume of the baseline"),
        ({"baseline": "soon"}, "baseline is 'soon'"),
        ({"mask": np.full(SHAPE, np.nan)}, "mask has voxels without a value"),
        ({"mask": np.full(SHAPE, "yes")}, "mask is"),
        ({"r1": 0.0}, "r1 is"),
        ({"tr": None}, "give tr and flip_deg"),
    ],
)
def test_what_does_not_fit_is_refused(series, change, message):
    with pytest.raises(InputError, match=message):
        scan_of(series, **change).maps(SOURCE)


def test_times_have_to_fit(series):
    with pytest.raises(InputError, match="time of shape"):
        dce.Scan(series, TIME[:-1], t10=T10, **SCAN)
