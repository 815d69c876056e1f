"""A real mouse at 9.4 T: two grids, two label maps a day (reference data)."""

import numpy as np
import pytest

from biomarkers.errors import GeometryError
from biomarkers.images import (
    read_image,
    read_label_names,
    read_labels,
    region_statistics,
    resample_labels,
)

DAY = "kpc-mouse/derivatives/upstream/sub-KPC27583/ses-day00"
STEM = "sub-KPC27583_ses-day00"


@pytest.fixture
def names(shared_data):
    return read_label_names(shared_data("kpc-mouse/derivatives/upstream/dseg.tsv"))


@pytest.fixture
def adc(shared_data):
    return read_image(shared_data(f"{DAY}/dwi/{STEM}_ADC.nii.gz"), unit="mm^2/s")


@pytest.fixture
def drawn_on_dwi(shared_data, names):
    return read_labels(shared_data(f"{DAY}/dwi/{STEM}_space-DWI_dseg.nii.gz"), names=names)


@pytest.fixture
def drawn_on_vfa(shared_data, names):
    return read_labels(shared_data(f"{DAY}/anat/{STEM}_space-VFA_dseg.nii.gz"), names=names)


def test_the_two_label_maps_disagree_on_the_tumour(drawn_on_dwi, drawn_on_vfa):
    # 1897 voxels of 0.333 x 0.333 x 1.5 mm and 4965 of 0.25 x 0.25 x 1.5 mm are labelled 3.
    assert drawn_on_dwi.volumes()["tumor"] == pytest.approx(1897 * 0.333**2 * 1.5, rel=1e-6)
    assert drawn_on_vfa.volumes()["tumor"] == pytest.approx(4965 * 0.25**2 * 1.5, rel=1e-6)
    assert (drawn_on_dwi.space, drawn_on_vfa.space) == ("DWI", "VFA")


def test_adc_is_the_median_over_the_region(adc, drawn_on_dwi):
    table = region_statistics(adc, drawn_on_dwi).set_index(["region", "statistic"])
    values = adc.data[drawn_on_dwi.image.data == 3]
    assert table.loc[("tumor", "median"), "value"] == np.median(values)
    assert table.loc[("tumor", "median"), "n"] == values.size


def test_a_label_map_of_the_other_grid_is_refused(adc, drawn_on_vfa):
    with pytest.raises(GeometryError, match=r"(?s)96 × 96 × 16.*128 × 128 × 16"):
        region_statistics(adc, drawn_on_vfa)


def test_resampling_keeps_volumes_within_a_few_percent(adc, drawn_on_vfa):
    resampled = resample_labels(drawn_on_vfa, adc)
    assert resampled.volumes()["tumor"] == pytest.approx(drawn_on_vfa.volumes()["tumor"], rel=0.05)
