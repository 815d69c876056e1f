"""A real study of ParaVision 5 (bruker2nifti_qa, PDDL): three scans, and two broken ones."""

import json

import nibabel as nib
import numpy as np
import pytest

from biomarkers import study

# The largest stored value of every scan, 32766, times the slope of its frame, 11.0270188718677.
LARGEST = 361311.3003556171


@pytest.fixture
def banana(shared_data):
    return shared_data("bruker-banana")


def test_broken_scans_are_told_and_the_others_found(banana, tmp_path):
    found = study.import_bruker(banana, tmp_path / "study")
    assert [line.partition(":")[0] for line in found.unreadable] == [
        "bru_banana_bad_1/18",
        "bru_banana_bad_2/18",
    ]
    assert "no 2dseq" in found.unreadable[0]
    assert "no visu_pars" in found.unreadable[1]
    assert [series.key for series in found.series] == [f"bru_banana/{n}" for n in (1, 2, 3)]
    # Somebody turned two of the scans by hand, and left the positions of their slices.
    assert [line.partition(" (")[0] for line in found.notes] == [
        "series bru_banana/2",
        "series bru_banana/3",
    ]
    assert not (tmp_path / "study").exists()


def test_slopes_are_applied_and_slices_lie_where_they_were(banana, tmp_path):
    rows = [
        {"subject": "banana", "session": "day00", "day": 0, "suffix": "T2w"},
        *({"series": f"bru_banana/{n}", "entities": f"run-{n}"} for n in (1, 2, 3)),
    ]
    study.import_bruker(banana, tmp_path / "study", mapping=rows)
    for run in (1, 2, 3):
        (path,) = (tmp_path / "study").rglob(f"*_run-{run}_T2w.nii.gz")
        image = nib.load(path)
        assert image.shape == (80, 64, 5)
        assert image.get_fdata().max() == pytest.approx(LARGEST, rel=1e-7)
        np.testing.assert_allclose(nib.affines.voxel_sizes(image.affine), [0.55, 0.6875, 2.0])
        assert abs(np.linalg.det(image.affine)) == pytest.approx(0.55 * 0.6875 * 2.0)
        sidecar = json.loads(path.with_name(path.name.replace(".nii.gz", ".json")).read_text())
        assert (sidecar["RepetitionTimeExcitation"], sidecar["EchoTime"]) == (2.0, 0.0165)
        assert sidecar["PatientWeight"] == 0.25
    words = (b"Fruits", b"Banana to", b"Douglas", b"nmrsu", b"2011")
    for path in (tmp_path / "study").rglob("*"):
        if path.suffix in (".json", ".tsv"):
            assert not any(word in path.read_bytes() for word in words), path
