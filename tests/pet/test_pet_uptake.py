"""Static uptake of regions on phantoms whose volumes and values are known."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from biomarkers import pet
from biomarkers.errors import GeometryError, InputError, UnusualValueWarning
from biomarkers.images import Image, LabelMap
from biomarkers.timing import Frames

F18 = pet.nuclide("F18")
RAT = pet.Body(weight_g=250.0, species="rattus norvegicus")
MAN = pet.Body(weight_g=80000.0, height_cm=180.0, sex="male")
AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])
COLUMNS = ["region", "biomarker", "value", "unit", "n", "qc", "reason"]
NAMES = {1: "tumor", 2: "contralateral"}


def scan_of(suv: np.ndarray, *, body: pet.Body = RAT, frames: Frames | None = None) -> pet.Scan:
    """A scan of 20 MBq F18 whose SUV by body weight is given."""
    activity = suv * 20000.0 / (body.weight_g or 1.0)
    image = Image(activity, AFFINE, "made here", "kBq/mL")
    return pet.Scan(image, frames or Frames([3600.0], [600.0]), F18, 20.0, body)


def labels_of(tumor: np.ndarray, reference: np.ndarray) -> LabelMap:
    data = np.where(tumor, 1, np.where(reference, 2, 0)).astype(np.int32)
    return LabelMap(Image(data, AFFINE, "labels"), NAMES)


@pytest.fixture
def phantom() -> tuple[pet.Scan, LabelMap]:
    """A tumour of 500 voxels of SUV 10, 250 of 5, 250 of 4.5, 200 of 2; a reference of SUV 2."""
    suv = np.full((20, 20, 20), 1.0)
    suv[:10, :10, :5] = 10.0
    suv[:10, :10, 5:10] = np.repeat([5.0, 4.5], 25).reshape(10, 5)[:, None, :]
    suv[:10, 10:12, :10] = 2.0
    suv[15:, 15:, 15:] = 2.0
    tumor, reference = np.zeros(suv.shape, bool), np.zeros(suv.shape, bool)
    tumor[:10, :12, :10] = True
    reference[15:, 15:, 15:] = True
    return scan_of(suv), labels_of(tumor, reference)


def values(table: pd.DataFrame, region: str = "tumor") -> "pd.Series[float]":
    return table[table["region"] == region].set_index("biomarker")["value"]


def test_the_table_is_tidy(phantom) -> None:
    table = pet.uptake(*phantom, reference="contralateral", fixed=4.6)
    assert list(table.columns) == COLUMNS
    assert not table.duplicated(["region", "biomarker"]).any()
    units = table[table["region"] == "tumor"].set_index("biomarker")["unit"]
    assert units["SUVmean"] == units["SUV_p90"] == units["SUVpeak"] == "g/mL"
    assert (units["MTV"], units["TLG"], units["TBR"]) == ("mm^3", "g", "")
    assert set(table.groupby("region")["n"].unique().map(tuple)) == {(1200,), (125,)}
    tumor = table[table["region"] == "tumor"]
    assert set(tumor["qc"]) == {"ok"}
    assert set(tumor["reason"]) == {""}


def test_levels_of_a_phantom(phantom) -> None:
    found = values(pet.uptake(*phantom, reference="contralateral"))
    mean = (500 * 10 + 250 * 5 + 250 * 4.5 + 200 * 2) / 1200
    assert found["SUVmean"] == pytest.approx(mean)
    assert found["SUVmax"] == pytest.approx(10.0)
    assert found["SUVmedian"] == pytest.approx(5.0)
    square = (500 * 100 + 250 * 25 + 250 * 20.25 + 200 * 4) / 1200
    assert found["SUVsd"] == pytest.approx(math.sqrt((square - mean**2) * 1200 / 1199))
    assert (found["SUV_p10"], found["SUV_p90"]) == pytest.approx((2.0, 10.0))
    assert found["TBR"] == pytest.approx(mean / 2.0)
    assert found["TBRmax"] == pytest.approx(5.0)
    assert found["TBRpeak"] == pytest.approx(found["SUVpeak"] / 2.0)
    assert found["TBRpeak_rodent"] == pytest.approx(found["SUVpeak_rodent"] / 2.0)


def test_metabolic_volumes_of_a_phantom(phantom) -> None:
    found = values(pet.uptake(*phantom, reference="contralateral", fixed=4.6))
    voxel = 8.0  # mm^3
    # 41 % of 10 is 4.1; 50 % is 5, which counts; half of 2 + 10 is 6; 4.6 is between 4.5 and 5.
    assert found["MTV"] == pytest.approx(1000 * voxel)
    assert found["MTV_50"] == pytest.approx(750 * voxel)
    assert found["MTV_adapted"] == pytest.approx(500 * voxel)
    assert found["MTV_fixed"] == pytest.approx(750 * voxel)
    assert found["TLG"] == pytest.approx((500 * 10 + 250 * 5 + 250 * 4.5) * voxel / 1000.0)
    assert found["TLG_adapted"] == pytest.approx(500 * 10 * voxel / 1000.0)
    # TLG is volume, mL, times the mean in it.
    assert found["TLG_50"] == pytest.approx(found["MTV_50"] / 1000.0 * (5000 + 1250) / 750)


@pytest.mark.parametrize("radius", [8.0, 12.0, 16.0])
def test_a_sphere_has_its_volume(radius: float) -> None:
    """Hot spheres in a warm background, drawn generously: the threshold finds the sphere."""
    where = np.stack(np.indices((24, 24, 24)), axis=-1) * 2.0 - 23.0
    distance = np.linalg.norm(where, axis=-1)
    suv = np.where(distance <= radius, 6.0, 1.0)
    labels = labels_of(distance <= radius + 4.0, distance > radius + 6.0)
    found = values(pet.uptake(scan_of(suv), labels, reference="contralateral"))
    exact = 4.0 / 3.0 * math.pi * radius**3
    voxels = 8.0 * (distance <= radius).sum()
    for name in ("MTV", "MTV_50", "MTV_adapted"):
        assert found[name] == pytest.approx(voxels)
        assert found[name] == pytest.approx(exact, rel=0.05)
        assert found[name.replace("MTV", "TLG")] == pytest.approx(6.0 * voxels / 1000.0)


def test_the_reference_is_not_compared_with_itself(phantom) -> None:
    found = values(pet.uptake(*phantom, reference="contralateral"), "contralateral")
    assert found["SUVmean"] == pytest.approx(2.0)
    assert not [name for name in found.index if name.startswith("TBR") or "adapted" in name]


def test_without_a_reference_nothing_is_compared(phantom) -> None:
    found = values(pet.uptake(*phantom))
    assert {"SUVmean", "SUVpeak", "MTV", "TLG"} <= set(found.index)
    assert not [name for name in found.index if name.startswith("TBR") or "adapted" in name]
    with pytest.raises(InputError, match="no region 'muscle'; it has tumor, contralateral"):
        pet.uptake(*phantom, reference="muscle")


def test_peaks_of_rodents_have_a_sphere_of_their_own(phantom) -> None:
    scan, labels = phantom
    found = values(pet.uptake(scan, labels))
    assert found["SUVpeak_rodent"] == pytest.approx(10.0)
    assert (found["SUVpeak_rodent_covered"], found["SUVpeak_rodent_inside"]) == pytest.approx(
        (1, 1)
    )
    with pytest.warns(UnusualValueWarning, match="SUVmax is 3200"):  # a man of a rat's dose
        of_a_man = values(pet.uptake(replace(scan, body=MAN), labels))
    assert "SUVpeak_rodent" not in of_a_man.index
    unnamed = replace(scan, body=pet.Body(weight_g=250.0))
    assert "SUVpeak_rodent" in values(pet.uptake(unnamed, labels)).index


@pytest.mark.parametrize(
    ("kind", "prefix", "unit", "total"),
    [
        ("lbm-janmahasatian", "SUL", "g/mL", ("TLG_SUL", "g")),
        ("bsa", "SUVbsa", "cm^2/mL", ("TLG_SUVbsa", "cm^2")),
        ("%ID/g", "IDg", "%/g", ("TLG_IDg", "%/g mL")),
        ("%ID/mL", "IDmL", "%/mL", ("TLG_IDmL", "%")),
    ],
)
def test_other_kinds_have_names_and_units_of_their_own(phantom, kind, prefix, unit, total) -> None:
    scan, labels = phantom
    scan = scan_of(np.asarray(scan.image.data) * 250.0 / 20000.0, body=MAN)
    table = pet.uptake(scan, labels, reference="contralateral", kind=kind)
    units = dict(zip(table["biomarker"], table["unit"], strict=True))
    assert units[f"{prefix}mean"] == units[f"{prefix}peak"] == unit
    assert units[total[0]] == total[1]
    assert "TLG" not in units
    assert values(table)["TBRmax"] == pytest.approx(5.0)
    assert values(table)["MTV"] == pytest.approx(8000.0)


def dynamic(start: float) -> pet.Scan:
    frames = Frames(np.array([0.0, 300.0, 900.0]) + start, [300.0, 600.0, 300.0])
    suv = np.ones((4, 4, 4, 1)) * np.array([1.0, 2.0, 5.0])
    return scan_of(suv, frames=frames)


def test_a_scan_of_the_injection_needs_a_window() -> None:
    labels = labels_of(np.indices((4, 4, 4))[0] < 2, np.indices((4, 4, 4))[0] == 3)
    with pytest.raises(InputError, match=r"3 frames from 0 to 1200 s .* from 600 to 1200 s"):
        pet.uptake(dynamic(0.0), labels)
    late = values(pet.uptake(dynamic(0.0), labels, window=(300.0, 1200.0)))
    assert late["SUVmean"] == pytest.approx((600 * 2.0 + 300 * 5.0) / 900)
    # Frames long after the injection are one static scan.
    static = values(pet.uptake(dynamic(3600.0), labels))
    assert static["SUVmean"] == pytest.approx((300 * 1.0 + 600 * 2.0 + 300 * 5.0) / 1200)


def test_regions_of_another_grid_are_refused(phantom) -> None:
    scan, labels = phantom
    moved = replace(labels, image=replace(labels.image, affine=np.diag([2.0, 2.0, 3.0, 1.0])))
    with pytest.raises(GeometryError, match="must share a grid"):
        pet.uptake(scan, moved)


def test_what_has_no_value_is_nan(phantom) -> None:
    scan, labels = phantom
    empty = np.asarray(scan.image.data).copy()
    empty[labels.mask("tumor")] = np.nan
    empty[labels.mask("contralateral")] = -1.0
    image = scan.image.with_data(empty, source="x", unit="kBq/mL")
    table = pet.uptake(replace(scan, image=image), labels, reference="contralateral", fixed=3.0)
    assert values(table).isna().all()
    tumor = table[table["region"] == "tumor"]
    assert (tumor["n"] == 0).all()
    assert set(tumor["qc"]) == {"fail"}
    assert set(tumor["reason"]) == {"100% of the voxels: no value"}
    reference = values(table, "contralateral")
    assert reference[["MTV", "TLG", "SUVcov", "SUVauc_csh"]].isna().all()
    assert reference["MTV_fixed"] == 0.0
    rows = table[table["region"] == "contralateral"].set_index("biomarker")
    assert rows.loc["SUVcov", ["qc", "reason"]].tolist() == [
        "fail",
        "not defined for these values: even, or not above 0",
    ]


def test_voxels_without_a_value_are_told(phantom) -> None:
    scan, labels = phantom
    holed = np.asarray(scan.image.data).copy()
    holed[:3, :12, :10] = np.nan
    image = scan.image.with_data(holed, source="x", unit="kBq/mL")
    row = pet.uptake(replace(scan, image=image), labels).set_index(["region", "biomarker"])
    assert row.loc[("tumor", "SUVmean"), ["n", "qc", "reason"]].tolist() == [
        840,
        "warn",
        "30% of the voxels: no value",
    ]


def test_the_area_under_the_cumulative_histogram() -> None:
    """By its definition, the share of volume above each share of the maximum, integrated."""
    sample = np.random.default_rng(3).gamma(4.0, 1.0, 500)
    shares = np.linspace(0.0, 1.0, 20001)
    above = [(sample > share * sample.max()).mean() for share in shares]
    expected = np.trapezoid(above, shares)
    assert pet.heterogeneity(sample)["auc_csh"] == pytest.approx(expected, abs=1e-4)


def test_even_uptake_has_no_shape() -> None:
    found = pet.heterogeneity(np.full(10, 2.2))
    assert (found["cov"], found["entropy"]) == pytest.approx((0.0, 0.0), abs=1e-12)
    assert found["auc_csh"] == pytest.approx(1.0)
    assert np.isnan([found["skewness"], found["kurtosis"]]).all()
