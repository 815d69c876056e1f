"""Parametric response maps: false positives as stated, and a changed core recovered."""

import nibabel as nib
import numpy as np
import pytest

from biomarkers import images
from biomarkers.errors import GeometryError, InputError
from biomarkers.images import Image, as_label_map

SHAPE, SD = (40, 40, 10), 0.08e-3
AFFINE = np.diag([0.3, 0.3, 0.8, 1.0])
WHOLE = np.ones(SHAPE)


def scans(change=0.0, seed=0):
    """Return ADC before and after, each with the noise of one measurement."""
    rng = np.random.default_rng(seed)
    truth = 1e-3 + 0.2e-3 * rng.standard_normal(SHAPE)
    noise = SD * rng.standard_normal((2, *SHAPE))
    before, after = truth + noise[0], truth + change + noise[1]
    return Image(before, AFFINE, "day 0"), Image(after, AFFINE, "day 7")


def by_change(prm, column="fraction", region=0):
    name = prm.fractions["region"].unique()[region]
    rows = prm.fractions[prm.fractions["region"] == name]
    return dict(zip(rows["change"], rows[column], strict=True))


@pytest.mark.parametrize("level", [0.95, 0.9, 0.99])
def test_without_change_the_flagged_fraction_is_the_false_positive_rate(level):
    threshold = images.repeatability_threshold(SD, level=level)
    flagged, net = [], []
    for seed in range(5):
        prm = images.response_map(*scans(seed=seed), WHOLE, threshold=threshold, level=level)
        flagged.append(1.0 - by_change(prm)[0])
        net.append([by_change(prm, "net")[each] for each in (-1, 1)])
    assert prm.false_positive_rate == pytest.approx(1.0 - level)
    n = 5 * WHOLE.size
    assert np.mean(flagged) == pytest.approx(1 - level, abs=4 * (level * (1 - level) / n) ** 0.5)
    assert np.abs(np.mean(net, axis=0)).max() < 0.004


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_changed_core_is_recovered_net_of_false_positives(sign):
    threshold = images.repeatability_threshold(SD)
    core = np.zeros(SHAPE)
    core[:8] = 1.0
    assert core.mean() == 0.2
    prm = images.response_map(*scans(sign * 3 * threshold * core), WHOLE, threshold=threshold)
    raw, net = by_change(prm), by_change(prm, "net")
    assert net[sign] == pytest.approx(0.2, abs=0.02)
    assert net[-sign] == pytest.approx(0.0, abs=0.02)
    assert raw[sign] == pytest.approx(0.2 + 0.8 * 0.025, abs=0.01)
    assert raw[-sign] == pytest.approx(0.8 * 0.025, abs=0.01)
    assert sum(raw.values()) == pytest.approx(1.0) and sum(net.values()) == pytest.approx(1.0)
    classes = np.asarray(prm.classes)
    assert (classes[:8] == sign).mean() > 0.99
    assert set(np.unique(classes)) == {-1.0, 0.0, 1.0}


def test_errors_are_those_of_repeated_scans():
    threshold = images.repeatability_threshold(SD)
    core = np.zeros(SHAPE)
    core[:4] = 3 * threshold
    found = [
        images.response_map(*scans(core, seed), WHOLE, threshold=threshold).fractions
        for seed in range(40)
    ]
    for value, error in (("fraction", "se"), ("net", "net_se")):
        # The core is the same in each, so that what varies is less than a drawn sample's.
        spread = np.std([each[value][0] for each in found], ddof=1)
        assert np.mean([each[error][0] for each in found]) == pytest.approx(spread, rel=0.35)


def test_regions_are_counted_by_themselves_and_by_what_is_known():
    before, after = scans(0.01 * (np.arange(40) < 20)[:, None, None] * WHOLE)
    before.data[0, 0, 0] = np.nan
    x = np.arange(40)[:, None, None] * WHOLE
    labels = as_label_map({"left": x < 20, "right": x >= 30}, before)
    prm = images.response_map(before, after, labels, threshold=1e-3)
    assert by_change(prm)[1] == 1.0 and by_change(prm, region=1)[0] == 1.0
    assert by_change(prm, "n")[1] == 7999 and by_change(prm, "voxels")[1] == 8000
    assert np.isnan(np.asarray(prm.classes)[25]).all()
    before.data[:20] = np.nan
    empty = images.response_map(before, after, labels, threshold=1e-3).fractions
    assert empty["fraction"][:3].isna().all() and (empty["n"][:3] == 0).all()


def test_a_map_of_thresholds_and_images_of_nibabel_are_taken():
    before, after = scans(2e-3)
    limit = np.where(np.arange(40)[:, None, None] < 20, 1e-3, 3e-3) * WHOLE
    of_nibabel = [nib.Nifti1Image(each.data, AFFINE) for each in (before, after)]
    drawn = nib.Nifti1Image(np.ones(SHAPE, dtype=np.int16), AFFINE)
    prm = images.response_map(*of_nibabel, drawn, threshold=limit)
    assert by_change(prm)[1] == pytest.approx(0.5, abs=0.001)
    assert prm.classes.affine.tolist() == AFFINE.tolist()


def test_what_cannot_be_compared_is_refused():
    before, after = scans()
    elsewhere = Image(after.data, np.diag([0.3, 0.3, 1.0, 1.0]), "elsewhere")
    with pytest.raises(GeometryError, match="must share a grid"):
        images.response_map(before, elsewhere, WHOLE, threshold=1e-4)
    with pytest.raises(GeometryError, match="no affine"):
        images.response_map(before.data, after.data, WHOLE, threshold=1e-4)
    for threshold in (0.0, -1.0, np.nan):
        with pytest.raises(InputError, match="threshold is not positive"):
            images.response_map(before, after, WHOLE, threshold=threshold)
    with pytest.raises(InputError, match="level is 95"):
        images.response_map(before, after, WHOLE, threshold=1e-4, level=95)
    with pytest.raises(InputError, match="no region"):
        images.response_map(before, after, 0 * WHOLE, threshold=1e-4)
    with pytest.raises(InputError, match="sd is"):
        images.repeatability_threshold(-1.0)
