"""The brain of simulated heads, beside what a median filter and Otsu's threshold make of them."""

from functools import cache

import numpy as np
import pytest
from dipy.segment.mask import median_otsu
from heads import dice, head
from scipy import ndimage

from biomarkers.errors import ImageError, InputError
from biomarkers.images import Image, brain_mask

CASES = [
    (species, contrast) for species in ("human", "rodent") for contrast in ("T1w", "T2w", "EPI")
]
# Echo-planar images are coarse already.
FINE = {"T1w": 1.6, "T2w": 1.6, "EPI": 1.0}


@cache
def masked(species, contrast, seed=1):
    image, brain = head(species, contrast, seed=seed, fine=FINE[contrast])
    return image, brain, brain_mask(image, species=species)


@pytest.mark.parametrize(("species", "contrast"), CASES)
def test_the_brain_is_found_in_an_uneven_field(species, contrast) -> None:
    image, brain, mask = masked(species, contrast)
    found = np.asarray(mask.data)
    assert found.dtype == bool
    assert mask.shape == image.shape
    assert dice(found, brain) >= 0.93
    np.testing.assert_array_equal(ndimage.binary_fill_holes(found), found)
    assert ndimage.label(found)[1] == 1


def test_median_and_otsu_take_more_than_the_brain() -> None:
    """What the field's usual tool gives on the same heads, which is why it is not used."""
    for species in ("human", "rodent"):
        image, brain, mask = masked(species, "T1w")
        _, usual = median_otsu(np.asarray(image.data), median_radius=2, numpass=1)
        ours, theirs = dice(np.asarray(mask.data), brain), dice(usual, brain)
        assert theirs < 0.85 < ours


def test_names_of_bids_are_understood() -> None:
    image, brain, _ = masked("rodent", "EPI")
    again = brain_mask(image, species="Rattus norvegicus")
    assert dice(np.asarray(again.data), brain) >= 0.93


def test_a_field_of_view_without_a_brain_is_refused() -> None:
    noise = np.abs(np.random.default_rng(0).standard_normal((20, 20, 10)))
    with pytest.raises(ImageError, match="nothing in it has the size of a brain"):
        brain_mask(Image(noise, np.eye(4), "noise"), species="human")
    with pytest.raises(InputError, match="species is 'fish'"):
        brain_mask(Image(noise, np.eye(4), "noise"), species="fish")
    with pytest.raises(InputError, match=r"expected \(x, y, z\)"):
        brain_mask(Image(noise[..., None], np.eye(4), "noise"))
