"""Fine grids and coarse ones."""

import numpy as np

from biomarkers.simulate.partial_volume import block_mean, centred_grid, centres, sample

FACTORS = (2, 2, 2)
rng = np.random.default_rng(1)
FINE = np.zeros((8, 6, 4))
FINE[2:7, 1:5] = 1.0
UNEVEN = np.where(FINE, 1.0, 0.0)
UNEVEN[4:6, 2:4, :2] = rng.normal(5.0, 1.0, (2, 2, 2))


def test_means_of_blocks():
    found = block_mean(UNEVEN, FACTORS)
    assert found.shape == (4, 3, 2)
    assert np.isclose(found[2, 1, 0], UNEVEN[4:6, 2:4, :2].mean())
    series = np.stack([UNEVEN, 2 * UNEVEN], axis=-1)
    np.testing.assert_allclose(block_mean(series, FACTORS)[..., 1], 2 * found)


def test_samples_are_few_and_give_the_same_means():
    samples = sample([UNEVEN], FINE > 0, FACTORS)
    assert len(samples.weight) < 0.8 * FINE.size
    np.testing.assert_allclose(
        samples.mean(samples.take(UNEVEN)), block_mean(UNEVEN, FACTORS), rtol=1e-12
    )
    curves = samples.take(UNEVEN)[:, None] * [1.0, 3.0]
    np.testing.assert_allclose(samples.mean(curves)[..., 1], 3.0 * block_mean(UNEVEN, FACTORS))


def test_a_grid_and_its_centres_have_their_middle_at_the_origin():
    shape, voxel = (4, 3, 2), (0.5, 1.0, 2.0)
    image, axes = centred_grid(shape, voxel), centres(shape, voxel)
    for place in ((0, 0, 0), (3, 1, 1)):
        np.testing.assert_allclose((image.affine @ [*place, 1])[:3], [a[place] for a in axes])
    assert all(abs(axis.mean()) < 1e-12 for axis in axes)
