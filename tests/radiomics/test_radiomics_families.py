"""Each family against what a few lines of numpy count, and against values of the manual."""

from itertools import product

import numpy as np
import pytest
from ibsi_phantom import IMAGE, MASK, SPACING, ball
from scipy import ndimage

from biomarkers import ibsi
from biomarkers.radiomics import Settings, features
from biomarkers.radiomics.solids import ellipsoid_volume_and_area, enclosing_ellipsoid

pytest.importorskip("skimage", reason="scikit-image is an extra")

HOW = {planes: Settings(bins=6, planes=planes) for planes in ("2d", "3d")}


@pytest.fixture(scope="module")
def phantom() -> dict[str, float]:
    found: dict[str, float] = {}
    for how in HOW.values():
        found |= features(IMAGE, MASK, spacing_mm=SPACING, settings=how)
    return found


@pytest.fixture(scope="module")
def noisy():
    """A ragged region of many levels, voxels longer in z."""
    rng = np.random.default_rng(3)
    image = ndimage.gaussian_filter(rng.normal(size=(12, 14, 16)), 1.0) * 100
    mask = ball(5.0, 16)[2:14, 1:15] & (rng.random(image.shape) > 0.1)
    spacing = (3.0, 1.0, 1.5)
    values: dict[str, float] = {}
    for planes in ("2d", "3d"):
        values |= features(
            image, mask, spacing_mm=spacing, settings=Settings(bins=8, planes=planes)
        )
    levels = np.zeros(image.shape, int)
    inside = image[mask]
    levels[mask] = np.minimum(np.floor(8 * (inside - inside.min()) / np.ptp(inside)) + 1, 8)
    return image, mask, spacing, levels, values


# One of each family and aggregation, from the reference manual (arXiv:1612.07003).
@pytest.mark.parametrize(
    ("tag", "value", "within"),
    [
        ("morph_volume", 556, 4), ("morph_moran_i", 0.0397, 0.0003), ("loc_peak_loc", 2.6, 0.05),
        ("stat_skew", 1.08, 0.005), ("ih_max_grad", 8, 1e-9), ("ivh_v10", 0.324, 0.0005),
        ("cm_joint_avg_2D_avg", 2.14, 0.005), ("cm_joint_avg_2_5D_comb", 2.2, 0.005),
        ("cm_info_corr1_3D_avg", -0.157, 0.0005), ("rlm_rl_entr_3D_comb", 2.62, 0.005),
        ("szm_lze_2_5D", 34.2, 0.05), ("dzm_zd_entr_2D", 1.73, 0.005),
        ("ngt_strength_3D", 0.763, 0.0005), ("ngl_dc_energy_3D", 0.0533, 0.00005),
    ],
)  # fmt: skip
def test_values_of_the_manual(phantom, tag, value, within) -> None:
    assert phantom[tag] == pytest.approx(value, abs=within)


def test_tags_are_those_of_the_list_in_its_order(phantom) -> None:
    both = dict.fromkeys([*ibsi.tags("2d"), *ibsi.tags("3d")])
    assert list(phantom) == list(both)
    assert np.isfinite(list(phantom.values())).all()


def test_spatial_measures_are_sums_over_all_pairs(noisy) -> None:
    image, mask, spacing, _, values = noisy
    x = image[mask] - image[mask].mean()
    place = np.argwhere(mask) * spacing
    distance = np.linalg.norm(place[:, None] - place[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    w = 1.0 / distance
    moran = x.size / w.sum() * (w * np.outer(x, x)).sum() / (x**2).sum()
    away = (x[:, None] - x[None]) ** 2
    geary = (x.size - 1) / (2 * w.sum()) * (w * away).sum() / (x**2).sum()
    assert values["morph_moran_i"] == pytest.approx(moran, rel=1e-10)
    assert values["morph_geary_c"] == pytest.approx(geary, rel=1e-10)


def shifted_pairs(levels, offset):
    """Return the symmetric matrix of pairs at an offset."""
    counts = np.zeros((8, 8))
    for at in map(tuple, np.argwhere(levels > 0)):
        to = tuple(np.add(at, offset))
        inside = all(0 <= i < n for i, n in zip(to, levels.shape, strict=True))
        if inside and levels[to]:
            counts[levels[at] - 1, levels[to] - 1] += 1
            counts[levels[to] - 1, levels[at] - 1] += 1
    return counts


def test_cooccurrence_counts_every_pair(noisy) -> None:
    *_, levels, values = noisy
    offsets = [each for each in product((-1, 0, 1), repeat=3) if each > (0, 0, 0)]
    matrices = [shifted_pairs(levels, each) for each in offsets]
    assert len(matrices) == 13
    i, j = np.indices((8, 8)) + 1
    contrast = [((i - j) ** 2 * m).sum() / m.sum() for m in matrices]
    merged = np.sum(matrices, axis=0)
    assert values["cm_contrast_3D_avg"] == pytest.approx(np.mean(contrast))
    p = merged / merged.sum()
    mean = (i * p).sum()
    assert values["cm_contrast_3D_comb"] == pytest.approx(((i - j) ** 2 * p).sum())
    correlation = ((i - mean) * (j - mean) * p).sum() / ((i - mean) ** 2 * p).sum()
    assert values["cm_corr_3D_comb"] == pytest.approx(correlation)


def test_runs_begin_where_the_voxel_before_is_of_another_level(noisy) -> None:
    *_, levels, values = noisy
    wide = np.pad(levels, 1)
    offsets = [each for each in product((-1, 0, 1), repeat=3) if each > (0, 0, 0)]
    begun = [((wide > 0) & (wide != np.roll(wide, each, axis=(0, 1, 2)))).sum() for each in offsets]
    voxels = (levels > 0).sum()
    assert values["rlm_r_perc_3D_avg"] == pytest.approx(np.mean(begun) / voxels)
    assert values["rlm_r_perc_3D_comb"] == pytest.approx(np.sum(begun) / voxels / 13)


def zones_of(levels, structure):
    """Return level and size of zones, by scipy."""
    zones = []
    for level in np.unique(levels[levels > 0]):
        labelled, _ = ndimage.label(levels == level, structure)
        zones += [(level, size) for size in np.bincount(labelled.ravel())[1:]]
    return np.array(zones)


def test_zones_are_those_of_scipy(noisy) -> None:
    *_, levels, values = noisy
    level, size = zones_of(levels, np.ones((3, 3, 3))).T
    assert values["szm_z_perc_3D"] == pytest.approx(len(size) / (levels > 0).sum())
    assert values["szm_lzhge_3D"] == pytest.approx((level**2 * size**2.0).mean())
    in_plane = np.zeros((3, 3, 3))
    in_plane[1] = 1
    level, size = zones_of(levels, in_plane).T
    assert values["szm_sze_2_5D"] == pytest.approx((1.0 / size**2).mean())


def test_distances_of_zones_are_to_the_edge_of_the_region_as_drawn() -> None:
    """A voxel that is left out by its intensity is no edge."""
    image = np.tile([[1.0, 2.0]], (7, 7, 4))[:, :, :7]
    image[3, 3, 3] = 100.0
    mask = np.ones(image.shape, bool)
    how = Settings(bin_width=1.0, keep=(0.0, 50.0))
    near = features(image, mask, spacing_mm=SPACING, settings=how)
    mask[3, 3, 3] = False
    hole = features(image, mask, spacing_mm=SPACING, settings=how)
    assert near["dzm_lde_3D"] == hole["dzm_lde_3D"] == 1.0  # every zone reaches the rim
    image = np.full((7, 7, 7), 1.0)
    image[3, 3, 4], image[3, 3, 3] = 2.0, 100.0  # one zone beside the voxel left out
    drawn = np.ones(image.shape, bool)
    deep = features(image, drawn, spacing_mm=SPACING, settings=how)
    assert deep["dzm_lde_3D"] == pytest.approx((1.0 + 3.0**2) / 2)


def test_dependences_and_tone_differences_of_a_voxel_among_others() -> None:
    """A 2 among 26 ones: its difference is 1, theirs 1 over the number of their neighbours."""
    image = np.ones((3, 3, 3))
    image[1, 1, 1] = 2.0
    found = features(image, image > 0, spacing_mm=SPACING, settings=Settings(bin_width=1.0))
    neighbours = np.array([7] * 8 + [11] * 12 + [17] * 6)
    weighted = (26 / 27) * (1.0 / neighbours).sum() + 1 / 27
    assert found["ngt_coarseness_3D"] == pytest.approx(1.0 / weighted)
    # Of ones, each is dependent on itself and all its neighbours but one.
    counts = np.bincount([*neighbours, 1])
    p = counts[counts > 0] / 27
    assert found["ngl_dc_entr_3D"] == pytest.approx(-(p * np.log2(p)).sum())


def test_axes_of_a_ball_are_its_diameters() -> None:
    mask = ball(10.0, 25)
    image = np.random.default_rng(0).normal(size=mask.shape)
    found = features(image, mask, spacing_mm=(0.5, 0.5, 0.5), settings=Settings(bins=8))
    # Radius r: variance r^2 / 5 along an axis.
    assert found["morph_pca_maj_axis"] == pytest.approx(4 * 5.0 / np.sqrt(5), rel=0.01)
    assert found["morph_pca_flatness"] == pytest.approx(1, abs=1e-9)
    assert found["morph_volume"] == pytest.approx(4 / 3 * np.pi * 125, rel=0.02)
    assert found["morph_diam"] == pytest.approx(10.5, abs=0.3)
    # The mesh reaches half a voxel beyond the outermost: the sphere around it has radius 5.25.
    assert found["morph_vol_dens_mvee"] == pytest.approx((5.0 / 5.25) ** 3, abs=0.02)


def test_a_tilted_box_fills_its_oriented_box() -> None:
    z, y, x = np.indices((40, 60, 60)) - 20.0
    u, v = (x - 10 + y - 10) / np.sqrt(2), (x - y) / np.sqrt(2)
    mask = (np.abs(z) < 8) & (np.abs(u) < 18) & (np.abs(v) < 9)
    found = features(x, mask, spacing_mm=(1, 1, 1), settings=Settings(bins=8))
    assert found["morph_vol_dens_aabb"] < 0.55
    assert found["morph_vol_dens_ombb"] > 0.93


def test_ellipsoids() -> None:
    assert ellipsoid_volume_and_area(np.full(3, 2.0)) == pytest.approx(
        (4 / 3 * np.pi * 8, 16 * np.pi)
    )
    # The series as the manual prints it, by numpy's Legendre polynomials.
    a, b, c = 5.0, 4.0, 3.0
    alpha, beta = np.sqrt(1 - (b / a) ** 2), np.sqrt(1 - (c / a) ** 2)
    v = np.arange(21)
    terms = (alpha * beta) ** v / (1.0 - 4.0 * v**2)
    at = (alpha**2 + beta**2) / (2 * alpha * beta)
    area = 4 * np.pi * a * b * np.polynomial.legendre.legval(at, terms)
    assert ellipsoid_volume_and_area(np.array([a, b, c]))[1] == pytest.approx(area, rel=1e-12)
    rng = np.random.default_rng(1)
    on_sphere = rng.normal(size=(400, 3))
    on_sphere /= np.linalg.norm(on_sphere, axis=1)[:, None]
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    axes = enclosing_ellipsoid(on_sphere * (5.0, 3.0, 1.0) @ turn.T + 100.0)
    assert axes == pytest.approx((5.0, 3.0, 1.0), rel=0.02)
