"""The command line on a real mouse: three days, two grids, given and computed maps."""

import numpy as np
import pandas as pd
import pytest

from biomarkers.cli import main
from biomarkers.images import read_image, read_label_names, read_labels

TISSUES = ("muscle", "kidney", "tumor")
SUBJECT = "sub-KPC27583"


@pytest.fixture(scope="module")
def mouse(shared_data):
    return shared_data("kpc-mouse")


def measured(mouse, out, *options):
    arguments = ["measure", str(mouse), str(out), "--jobs", "1", *options]
    assert main([*arguments, "--derivatives", str(mouse / "derivatives" / "upstream")]) == 0
    table = pd.read_csv(out / "measurements.tsv", sep="\t")
    return table.set_index(["biomarker", "day", "region"])["value"]


@pytest.fixture(scope="module")
def computed(mouse, tmp_path_factory):
    return measured(mouse, tmp_path_factory.mktemp("computed"))


def given_median(mouse, day, folder, name, space, tissue):
    session = mouse / "derivatives" / "upstream" / SUBJECT / f"ses-{day}"
    names = read_label_names(mouse / "derivatives" / "upstream" / "dseg.tsv")
    labels = next(session.rglob(f"*space-{space}_dseg.nii.gz"))
    values = read_image(session / folder / f"{SUBJECT}_ses-{day}_{name}.nii.gz").data
    inside = values[read_labels(labels, names=names).mask(tissue)]
    return float(np.median(inside[np.isfinite(inside)]))


@pytest.mark.parametrize("day", [0, 7, 14])
@pytest.mark.parametrize("tissue", TISSUES)
def test_given_adc_is_measured_as_it_is(mouse, computed, day, tissue) -> None:
    expected = given_median(mouse, f"day{day:02d}", "dwi", "ADC", "DWI", tissue)
    assert computed["ADC", day, tissue] == pytest.approx(expected, rel=1e-12)


def test_volumes_are_named_by_the_grid_they_were_drawn_on(computed) -> None:
    """Voxel counts times 0.25 × 0.25 × 1.5 and 0.333 × 0.333 × 1.5 mm^3."""
    assert computed["volume_VFA", 0, "phantom_1"] == pytest.approx(78.0)
    assert computed["volume_DWI", 0, "phantom_1"] == pytest.approx(212.9, abs=0.1)
    assert ("volume_DWI", 14, "tumor") in computed.index
    assert ("volume_VFA", 14, "tumor") not in computed.index
    assert "volume" not in computed.index.get_level_values("biomarker")


@pytest.mark.parametrize("tissue", TISSUES)
def test_t1_agrees_with_the_given_map(mouse, computed, tissue) -> None:
    expected = given_median(mouse, "day00", "anat", "T1map", "VFA", tissue)
    assert computed["T1", 0, tissue] == pytest.approx(expected, rel=0.06)
    assert ("T1", 7, tissue) in computed.index
    assert ("B1", 7, tissue) in computed.index
    assert ("T1", 14, tissue) not in computed.index


def test_the_given_map_is_taken_when_it_is_preferred(mouse, tmp_path) -> None:
    given = measured(mouse, tmp_path / "given", "--prefer", "given")
    for tissue in TISSUES:
        expected = given_median(mouse, "day00", "anat", "T1map", "VFA", tissue)
        assert given["T1", 0, tissue] == pytest.approx(expected, rel=1e-12)
        field = given_median(mouse, "day00", "fmap", "TB1map", "VFA", tissue)
        assert given["B1", 0, tissue] == pytest.approx(field, rel=1e-12)
