"""Maps of parameters: what they hold, say and write."""

import json
from dataclasses import dataclass

import nibabel as nib
import numpy as np
import pytest

from biomarkers.errors import GeometryError, InputError
from biomarkers.images import Image, ParameterMaps


@dataclass(frozen=True)
class Known:
    name: str
    unit: str
    meaning: str
    code: str = ""


SHAPE = (3, 2, 1)
GRID = Image(np.zeros(SHAPE), np.diag([2.0, 2.0, 2.0, 1.0]), "series")


@pytest.fixture
def maps():
    value = np.arange(6.0).reshape(SHAPE)
    mask = value > 0
    return ParameterMaps(
        "plain",
        (
            Known("kep", "1/min", "reflux rate", "Q.PH1.009"),
            Known("VT", "mL/mL", "volume", "Innis"),
        ),
        {"kep": value, "VT": 2 * value},
        {"kep": 0.1 * value},
        mask,
        mask & (value > 4),
        {"Delay": 3.0},
        quality={"r2": np.ones(SHAPE)},
        notes=("something to mind",),
    )


def test_maps_are_known_by_name(maps):
    assert maps.names == ("kep", "VT")
    np.testing.assert_array_equal(maps["VT"], 2 * maps["kep"])
    with pytest.raises(InputError, match="no map 'Ki'; it has kep, VT"):
        maps["Ki"]
    assert "5 voxels, 1 flagged" in repr(maps)
    assert "something to mind" in repr(maps)


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


def test_another_grid_is_refused(maps, tmp_path):
    with pytest.raises(GeometryError):
        maps.save(tmp_path, like=Image(np.zeros((1, 1, 1)), GRID.affine, "other"))
