"""The record of estimates: what it holds, says, writes and draws."""

import json
from dataclasses import replace

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from biomarkers.errors import GeometryError, InputError
from biomarkers.estimates import (
    REMARKS,
    Estimates,
    FitFlag,
    Reasons,
    SharedError,
    describe,
    reasons_of,
)
from biomarkers.images import Image, LabelMap, noise_of_median
from biomarkers.quantities import QUANTITIES

SHAPE = (3, 2, 1)
GRID = Image(np.zeros(SHAPE), np.diag([2.0, 2.0, 2.0, 1.0]), "series")


@pytest.fixture
def maps():
    value = np.arange(6.0).reshape(SHAPE)
    mask = value > 0
    holds = {FitFlag.NOT_CONVERGED: mask & (value > 4), FitFlag.AT_BOUND: value == 3}
    return Estimates(
        "plain",
        (QUANTITIES["kep"], QUANTITIES["VT"]),
        {"kep": value, "VT": 2 * value},
        {"kep": 0.1 * value},
        reasons_of(SHAPE, holds),
        mask,
        {"Delay": 3.0},
        quality={"r2": np.ones(SHAPE)},
        notes=("something to mind",),
    )


def test_estimates_are_known_by_name(maps):
    assert maps.names == ("kep", "VT")
    np.testing.assert_array_equal(maps["VT"], 2 * maps["kep"])
    with pytest.raises(InputError, match="no 'Ki'; it has kep, VT"):
        maps["Ki"]
    assert "5 fitted, 1 flagged" in repr(maps)
    assert "something to mind" in repr(maps)
    assert "not converged 1; at bound 1" in repr(maps)
    assert "<td>1/min</td>" in maps._repr_html_()


def test_a_remark_is_no_flag(maps):
    assert maps.flags.sum() == 1
    assert maps.reasons.words((2, 1, 0)) == "not converged"
    assert maps.reasons.words((1, 1, 0)) == "at bound"
    assert maps.reasons.words() == "not converged; at bound"
    np.testing.assert_array_equal(maps.reasons & int(FitFlag.AT_BOUND) > 0, maps["kep"] == 3)
    assert maps.reasons[maps.mask].shape == (5,)
    assert maps.reasons.counts()["NOT_CONVERGED"] == 1


def test_everything_is_written_with_its_meaning(maps, tmp_path):
    written = maps.save(tmp_path, like=GRID, prefix="a_")
    assert [path.name for path in written] == [
        f"a_{name}.nii.gz" for name in ("kep", "kep_se", "VT", "r2", "flags")
    ]
    said = json.loads((tmp_path / "a_kep.json").read_text())
    assert said["CAPLEX"] == "Q.PH1.009"
    assert said["Model"] == "plain"
    assert said["Settings"] == {"Delay": 3.0}
    assert said["Notes"] == ["something to mind"]
    assert "CAPLEX" not in json.loads((tmp_path / "a_VT.json").read_text())
    np.testing.assert_array_equal(nib.load(written[0]).get_fdata(), maps["kep"])
    flags = json.loads((tmp_path / "a_flags.json").read_text())
    assert flags["Levels"]["2"] == "not converged"
    assert "at bound" in flags["RemarksOnly"]
    assert nib.load(written[-1]).get_fdata()[2, 1, 0] == FitFlag.NOT_CONVERGED


def test_another_grid_is_refused(maps, tmp_path):
    with pytest.raises(GeometryError):
        maps.save(tmp_path, like=Image(np.zeros((1, 1, 1)), GRID.affine, "other"))


def test_a_table_has_a_row_for_each_place_and_quantity(maps):
    table = maps.table
    assert list(table.columns) == ["place", "biomarker", "value", "unit", "se", "qc", "reason"]
    assert len(table) == 12
    last = table[table["place"] == 5].iloc[0]
    assert (last["biomarker"], last["value"], last["qc"]) == ("kep", 5.0, "warn")
    assert last["reason"] == "not converged"
    assert last["se"] == pytest.approx(0.5)


def test_one_curve_needs_no_place():
    one = Estimates(
        "one",
        (QUANTITIES["Ktrans"],),
        {"Ktrans": np.array(0.1)},
        {"Ktrans": np.array(0.01)},
        reasons_of((), {}),
    )
    assert "place" not in one.table
    assert "Ktrans" in repr(one)
    assert "0.1 ± 0.01 1/min" in repr(one)
    assert one.plot().axes[0].get_title() == "Ktrans (1/min)"


def test_curves_of_regions_are_rows_with_their_names():
    """Where another quantity is not identifiable, nothing is to be said of this one."""
    names = ("Ktrans", "ve")
    known = {"Ktrans": np.array([0.1, 0.2]), "ve": np.array([np.nan, 0.3])}
    not_identifiable = {FitFlag.NOT_IDENTIFIABLE: np.array([True, False])}
    refuted = {FitFlag.ASSUMPTION_REFUTED: np.array([False, True])}
    fit = Estimates(
        "two curves",
        tuple(QUANTITIES[name] for name in names),
        known,
        {"Ktrans": np.array([0.01, 0.02])},
        reasons_of((2,), not_identifiable | refuted),
    )
    table = describe.table(fit, regions=("tumor", "muscle"), voxels=[7, 9])
    assert list(table["region"]) == ["tumor", "tumor", "muscle", "muscle"]
    assert list(table["n"]) == [7, 7, 9, 9]
    assert list(table["qc"]) == ["ok", "fail", "warn", "warn"]
    assert list(table["reason"]) == ["", "not identifiable", *["assumption refuted"] * 2]
    assert next(describe.places(fit, ("tumor", "muscle"))) == (
        "tumor: Ktrans 0.1 ± 0.01, ve not identifiable"
    )


def test_regions_may_be_masks_by_name(maps):
    low = np.arange(6).reshape(SHAPE) < 3
    drawn = LabelMap(Image(np.where(low, 1, 2), GRID.affine, "drawn"), {1: "low", 2: "high"})
    pd.testing.assert_frame_equal(maps.by_region({"low": low, "high": ~low}), maps.by_region(drawn))
    pd.testing.assert_frame_equal(
        maps.by_region(Image(low.astype(int), GRID.affine, "drawn")),
        maps.by_region(low.astype(int)),
    )
    with pytest.raises(InputError, match="shape"):
        maps.by_region({"low": low[:2]})


def test_masks_do_not_say_how_far_a_shared_error_reaches(maps):
    shared = {"kep": SharedError(0.1 * np.ones(SHAPE), lambda _, voxel_size: float(voxel_size[0]))}
    with pytest.raises(InputError, match="errors of kep are shared over a distance"):
        replace(maps, shared=shared).by_region({"all": np.ones(SHAPE, dtype=bool)})


def test_regions_have_errors_grades_and_reasons(maps):
    labels = LabelMap(
        Image(np.array([1, 1, 1, 2, 2, 2]).reshape(SHAPE), GRID.affine, "drawn"),
        {
            1: "low",
            2: "high",
        },
    )
    rows = maps.by_region(labels).set_index(["region", "biomarker"])
    kep = rows.loc["low", "kep"]
    assert kep["value"] == 1.0
    assert kep["se"] == pytest.approx(noise_of_median(np.arange(3.0), 0.1 * np.arange(3.0)))
    assert (kep["qc"], kep["reason"]) == ("ok", "")
    assert rows.loc["low", "VT"]["reason"] == "its error is not estimated"
    assert np.isnan(rows.loc["low", "kep_p90"]["se"])
    high = rows.loc["high", "kep"]
    assert (high["n"], high["qc"]) == (2, "warn")
    assert high["reason"] == "33% of the voxels: not converged"


def test_an_error_that_all_share_stays_in_a_median():
    value = np.ones(SHAPE)
    shared = SharedError(np.full(SHAPE, 0.3))
    maps = Estimates(
        "shared",
        (QUANTITIES["T1"],),
        {"T1": value},
        {"T1": np.full(SHAPE, 0.5)},
        reasons_of(SHAPE, {}),
        shared={"T1": shared},
    )
    labels = LabelMap(Image(np.ones(SHAPE, dtype=int), GRID.affine, "drawn"), {1: "all"})
    own = noise_of_median(np.ones(6), np.full(6, 0.4))
    rows = maps.by_region(labels).set_index("biomarker")
    assert rows.loc["T1", "se"] == pytest.approx(np.hypot(own, 0.3))


def test_reasons_of_nothing_hold_nothing():
    reasons = Reasons(np.zeros(2, dtype=np.uint16), FitFlag, REMARKS)
    assert not reasons.flags.any()
    assert reasons.words() == ""


def test_maps_and_curves_are_drawn(maps):
    assert len(maps.plot().axes) == 4  # two images, each with its scale


def test_a_map_is_drawn_in_the_slice_with_most_values_and_flagged_voxels_are_hatched():
    values = np.full((4, 3, 3), np.nan)
    values[:, :, 2], values[0, 0, 1] = 0.1, 0.1
    flagged = np.zeros(values.shape, dtype=bool)
    flagged[1, 1, 2] = True
    maps = Estimates(
        "maps",
        (QUANTITIES["Ktrans"],),
        {"Ktrans": values},
        {},
        reasons_of(values.shape, {FitFlag.NOT_CONVERGED: flagged}),
    )
    axes = maps.plot().axes[0]
    assert axes.get_xlabel() == "slice 2"
    drawn = axes.images[0].get_array()
    assert np.ma.masked_invalid(drawn).count() == 11
    assert any(each.get_hatch() for each in axes.collections)
