"""Tissue fractions of a voxel from probability maps and label maps."""

import numpy as np
import pytest

from biomarkers import mrs
from biomarkers.errors import GeometryError, InputError
from biomarkers.images import Image, LabelMap, write_image

SHAPE = (20, 20, 20)
AFFINE = np.diag([2.0, 2.0, 2.0, 1.0])
AFFINE[:3, 3] = -19.0


def scan():
    place = np.diag([16.0, 12.0, 8.0, 1.0])
    place[:3, 3] = (2.0, 0.0, 0.0)
    return mrs.Scan(np.ones((1, 1, 1, 64), dtype=complex), 5e-4, 123.2, affine=place)


def image(data, name="a map"):
    return Image(np.asarray(data, dtype=float), AFFINE, name)


def halves():
    """Return grey matter below x = 0 and white matter above it."""
    x = np.arange(SHAPE[0]) * 2.0 - 19.0
    left = np.broadcast_to((x < 0)[:, None, None], SHAPE)
    return left, ~left


def test_fractions_are_those_of_the_geometry(tmp_path):
    grey, white = halves()
    paths = [
        write_image(tmp_path / f"{name}.nii.gz", data, image(data))
        for name, data in (("gm", grey), ("wm", white), ("csf", np.zeros(SHAPE)))
    ]
    found = mrs.tissue_fractions(scan(), *paths)
    # The voxel reaches from -6 to 10 mm.
    assert found == pytest.approx({"gm": 6 / 16, "wm": 10 / 16, "csf": 0.0})
    assert mrs.tissue_fractions(scan(), image(grey), paths[1], paths[2]) == found


def test_what_is_no_tissue_does_not_count():
    maps = [image(np.full(SHAPE, share)) for share in (0.5, 0.2, 0.1)]
    found = mrs.tissue_fractions(scan(), *maps)
    assert found == pytest.approx({"gm": 0.625, "wm": 0.25, "csf": 0.125})


def test_labels_of_any_spelling():
    grey, white = halves()
    labels = LabelMap(image(grey + 2 * white), {1: "GM", 2: "White matter"})
    found = mrs.labelled_fractions(scan(), labels)
    assert found == pytest.approx({"gm": 6 / 16, "wm": 10 / 16, "csf": 0.0})
    with pytest.raises(InputError, match=r"no region wm.*GM, tumour"):
        mrs.labelled_fractions(scan(), LabelMap(labels.image, {1: "GM", 2: "tumour"}))


def test_maps_that_are_none_of_probabilities_are_refused():
    fine = image(np.full(SHAPE, 0.3))
    with pytest.raises(InputError, match=r"wm: percent holds 30 to 30; expected probabilities"):
        mrs.tissue_fractions(scan(), fine, image(np.full(SHAPE, 30.0), "percent"), fine)
    with pytest.raises(InputError, match="only 30% of the voxel"):
        mrs.tissue_fractions(scan(), *[image(np.full(SHAPE, 0.1))] * 3)
    with pytest.raises(GeometryError):
        mrs.tissue_fractions(scan(), fine, Image(np.zeros((4, 4, 4)), AFFINE, "small"), fine)
