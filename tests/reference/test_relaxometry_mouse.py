"""B1 and T1 of a real mouse at 9.4 T against the maps its owners published.

Their B1 map is a first-degree polynomial with cross term per slice through the voxelwise AFI
values of bright voxels; ours is `smooth_pair`. Given their B1, T1 agrees voxel by voxel.
"""

import numpy as np
import pytest

from biomarkers.images import read_image, read_labels
from biomarkers.relaxometry import b1_afi, b1_smoothing_fwhm, smooth_pair, spgr_signal, t1_vfa

NAMES = {1: "muscle", 2: "kidney", 3: "tumor", 4: "phantom_1", 5: "phantom_2"}
TISSUES = ("muscle", "kidney", "tumor")
FLIP = [2, 5, 8, 12, 16, 20]
TR = 0.005462667
AFI = {"flip_deg": 60, "tr1": 0.013112, "tr2": 0.06556}


class Day:
    def __init__(self, find, day):
        name = f"sub-KPC27583_ses-{day}"
        raw = f"kpc-mouse/sub-KPC27583/ses-{day}"
        given = f"kpc-mouse/derivatives/upstream/sub-KPC27583/ses-{day}"
        self.vfa = np.stack(
            [read_image(find(f"{raw}/anat/{name}_flip-{i}_VFA.nii.gz")).data for i in range(1, 7)],
            axis=-1,
        )
        pair = [read_image(find(f"{raw}/fmap/{name}_acq-tr{i}_TB1AFI.nii.gz")) for i in (1, 2)]
        size, fwhm = pair[0].voxel_size, b1_smoothing_fwhm(9.4)
        smooth = smooth_pair(pair[0].data, pair[1].data, voxel_size=size, fwhm_mm=fwhm)
        self.b1 = b1_afi(*smooth, **AFI)
        self.labels = read_labels(find(f"{given}/anat/{name}_space-VFA_dseg.nii.gz"), names=NAMES)
        if day == "day00":
            self.given_b1 = read_image(find(f"{given}/fmap/{name}_TB1map.nii.gz")).data
            self.given_t1 = read_image(find(f"{given}/anat/{name}_T1map.nii.gz")).data

    def t1(self, b1):
        return t1_vfa(self.vfa, flip_deg=FLIP, tr=TR, b1=b1).t1

    def medians(self, values):
        return {region: float(np.nanmedian(values[self.labels.mask(region)])) for region in TISSUES}


@pytest.fixture(scope="module")
def first(shared_data):
    return Day(shared_data, "day00")


@pytest.fixture(scope="module")
def second(shared_data):
    return Day(shared_data, "day07")


def residuals(signal, t1, b1):
    """Return the sum of squares left by a T1 with its best M0."""
    curve = spgr_signal(1.0, t1, tr=TR, flip_deg=FLIP, b1=b1)
    return (signal**2).sum(axis=1) - (signal * curve).sum(axis=1) ** 2 / (curve**2).sum(axis=1)


def test_with_the_given_field_t1_is_theirs(first):
    regions = first.labels.image.data > 0
    ours, theirs = first.t1(first.given_b1)[regions], first.given_t1[regions]
    assert np.isfinite(ours).all()
    assert np.median(np.abs(ours / theirs - 1)) < 1e-4
    # One voxel in a hundred differs by more than 0.1 %: there their optimiser stopped early.
    differ = np.abs(ours / theirs - 1) > 1e-3
    assert differ.mean() < 0.02
    signal, b1 = first.vfa[regions][differ], first.given_b1[regions][differ]
    assert (residuals(signal, ours[differ], b1) < residuals(signal, theirs[differ], b1)).all()


def test_each_tissue_has_their_t1_within_a_few_percent(first):
    # Required 6 %; measured 0.3, -2.1 and -3.5 %.
    assert first.medians(first.t1(first.b1)) == pytest.approx(
        first.medians(first.given_t1), rel=0.045
    )


def test_each_tissue_has_their_field_within_a_few_percent(first):
    # Measured -0.3, 1.2 and 2.5 %.
    assert first.medians(first.b1) == pytest.approx(first.medians(first.given_b1), rel=0.03)


def test_t1_is_the_same_a_week_later_although_the_field_is_not(first, second):
    ratio = second.medians(second.b1)["muscle"] / first.medians(first.b1)["muscle"]
    assert ratio == pytest.approx(0.85, abs=0.03)
    before, after = first.medians(first.t1(first.b1)), second.medians(second.t1(second.b1))
    for tissue in ("muscle", "kidney"):  # the tumour was treated
        assert after[tissue] == pytest.approx(before[tissue], rel=0.03)


def test_the_standard_errors_are_the_scatter_between_neighbours(first):
    # Second differences of three voxels in a row see the noise and little of what T1 does from
    # place to place. Measured 0.88 to 1.17.
    fit = t1_vfa(first.vfa, flip_deg=FLIP, tr=TR, b1=first.b1)
    for region in NAMES.values():
        inside = first.labels.mask(region)
        row = inside[:-2] & inside[1:-1] & inside[2:]
        bend = (fit.t1[:-2] - 2 * fit.t1[1:-1] + fit.t1[2:])[row] / np.sqrt(6)
        scatter = 1.4826 * np.nanmedian(np.abs(bend))
        assert 0.8 < scatter / np.nanmedian(fit.se["T1"][1:-1][row]) < 1.25
