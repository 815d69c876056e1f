"""ADC maps of a real mouse at 9.4 T, days 0, 7 and 14, as the truth of simulated series.

The owners publish maps, not the series: complex signals of these maps with noise give back their
regions, and scans without a change are classified so at the rate stated.
"""

import numpy as np
import pytest

from biomarkers import dwi, images
from biomarkers.images import Image, read_image, read_labels

NAMES = {1: "muscle", 2: "kidney", 3: "tumor", 4: "phantom_1", 5: "phantom_2"}
B = np.array([0.0, 150.0, 300.0, 500.0, 750.0, 1000.0])
SNR = 30.0


class Day:
    def __init__(self, find, day):
        folder = f"kpc-mouse/derivatives/upstream/sub-KPC27583/ses-{day}/dwi"
        name = f"sub-KPC27583_ses-{day}"
        self.adc = read_image(find(f"{folder}/{name}_ADC.nii.gz"))
        self.labels = read_labels(find(f"{folder}/{name}_space-DWI_dseg.nii.gz"), names=NAMES)
        drawn = np.asarray(self.labels.image.data) > 0
        self.mask = drawn & np.isfinite(self.adc.data) & (self.adc.data > 0)

    def measured(self, seed, change=0.0):
        rng = np.random.default_rng(seed)
        truth = np.where(self.mask, np.nan_to_num(np.asarray(self.adc.data)), 0.0) + change
        clean = np.exp(-B * truth[..., None])
        noise = rng.standard_normal((2, *clean.shape)) / SNR
        fit = dwi.adc(np.hypot(clean + noise[0], noise[1]), B, mask=self.mask, method="rician")
        return fit, Image(fit["ADC"], self.adc.affine, f"scan {seed}")


@pytest.fixture(params=["day00", "day07", "day14"])
def day(request, shared_data):
    return Day(shared_data, request.param)


def test_regions_come_back_within_their_errors(day):
    fit, _ = day.measured(0)
    rows = fit.by_region(day.labels).set_index(["region", "biomarker"])
    for region in day.labels.regions:
        truth = np.median(day.adc.data[day.labels.mask(region) & day.mask])
        row = rows.loc[(region, "ADC")]
        assert abs(row["value"] - truth) < max(4 * row["se"], 0.01 * truth)


def test_scans_without_a_change_are_flagged_as_often_as_stated(day):
    (fit, before), (_, after) = day.measured(1), day.measured(2)
    # Noise differs by voxel: so does the threshold.
    knowledge = np.where(day.mask, fit.quality["residual_sd"], np.nan)
    assert np.nanmedian(knowledge) == pytest.approx(1 / SNR, rel=0.1)
    spread = np.std([day.measured(seed)[1].data for seed in range(3, 11)], axis=0, ddof=1)
    sd = np.sqrt(np.nanmean(spread[day.labels.mask("tumor") & day.mask] ** 2))
    threshold = images.repeatability_threshold(sd)
    prm = images.response_map(before, after, day.labels, threshold=threshold)
    tumor = prm.fractions[prm.fractions["region"] == "tumor"].set_index("change")
    assert 1.0 - tumor.loc[0, "fraction"] == pytest.approx(0.05, abs=0.025)
    assert abs(tumor.loc[[-1, 1], "net"]).max() < 0.02


def test_a_tumour_that_rises_is_seen_to_rise(day):
    rise = np.where(day.labels.mask("tumor"), 0.6e-3, 0.0)
    (_, before), (_, after) = day.measured(1), day.measured(2, rise)
    prm = images.response_map(before, after, day.labels, threshold=0.35e-3)
    rows = prm.fractions.set_index(["region", "change"])
    assert rows.loc[("tumor", 1), "fraction"] > 0.8
    assert rows.loc[("muscle", 1), "fraction"] < 0.1
