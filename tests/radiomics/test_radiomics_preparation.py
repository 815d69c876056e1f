"""Settings, grids, re-segmentation and levels, as the manual words them."""

import numpy as np
import pytest
from ibsi_phantom import IMAGE, MASK, SPACING, ball

from biomarkers.errors import InputError
from biomarkers.radiomics import Settings, features
from biomarkers.radiomics.preparation import discretised, resampled, resegmented
from biomarkers.radiomics.resampling import grid_over, resample_intensities, resample_mask
from biomarkers.radiomics.rows import digest_of

pytest.importorskip("skimage", reason="scikit-image is an extra")
pytest.importorskip("pywt", reason="PyWavelets is an extra")

FAR = float("inf")


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({}, "neither given; expected exactly one"),
        ({"bins": 8, "bin_width": 2.0}, "both given; expected exactly one"),
        ({"bins": 1}, "bins is 1; expected a whole number of 2 or more"),
        ({"bins": 8.0}, "bins is 8.0"),
        ({"bin_width": -1}, "bin_width is -1; expected one positive number"),
        ({"bins": 8, "ivh_bins": 10, "ivh_bin_width": 1.0}, "ivh_bin_width: both given"),
        ({"bins": 8, "keep": (3, 1)}, "keep is"),
        ({"bins": 8, "voxel_mm": (1, 1)}, "voxel_mm is"),
        ({"bins": 8, "voxel_mm": (1, -1, 1)}, "voxel_mm is"),
        ({"bins": 8, "interpolation": "spline"}, "interpolation is 'spline'"),
        ({"bins": 8, "planes": "2D"}, "planes is '2D'"),
        ({"bins": 8, "normalise": True}, "normalise is True"),
        ({"bins": 8, "filters": ()}, "filters is"),
        ({"bins": 8, "filters": ("original", "original")}, "each is taken once"),
        ({"bins": 8, "filters": ("median_3",)}, "filter 'median_3' is not known"),
        ({"bins": 8, "filters": ("mean_4",)}, "filter 'mean_4' is not known"),
        ({"bins": 8, "filters": ("wavelet_foo",)}, "wavelet 'foo' is not known"),
        ({"bins": 8, "filters": ("laws_l5e5",)}, "filter 'laws_l5e5' is not known"),
    ],
)
def test_impossible_settings_are_refused(choices, words) -> None:
    with pytest.raises(InputError) as refusal:
        Settings(**choices)
    assert words in str(refusal.value)


def test_settings_of_the_contract() -> None:
    how = Settings(
        voxel_mm=(2, 2, 2), interpolation="linear", bins=32, bin_width=None, keep=(-1000, 400),
        outliers_sd=3, ivh_bins=None, ivh_bin_width=None, round_intensities=False, planes="3d",
        filters=("original", "log_3mm", "wavelet_coif1"),
    )  # fmt: skip
    assert how.voxel_mm == (2.0, 2.0, 2.0)
    assert Settings(bins=8, voxel_mm=(None, 2, 2)).voxel_mm == (None, 2.0, 2.0)
    assert Settings(bins=8, voxel_mm=(0, 2, 2)) == Settings(bins=8, voxel_mm=(None, 2, 2))


def test_a_grid_shares_its_centre_with_the_image() -> None:
    """4 voxels of 3 mm give 6 of 2 mm, 5 of 3 mm 8 of 2 mm: the manual's ceiling."""
    grid = grid_over((4, 5, 7), (3.0, 3.0, 1.0), (2.0, 2.0, None))
    assert grid.shape == (6, 8, 7)
    for n, m, step, first in zip((4, 5, 7), grid.shape, grid.step, grid.first, strict=True):
        assert first + (m - 1) / 2 * step == pytest.approx((n - 1) / 2)
    # 10 voxels of single-precision 0.1 mm are 1 mm, not a voxel more.
    assert grid_over((10, 1, 1), (float(np.float32(0.1)), 1.0, 1.0), (0.2, 1.0, 1.0)).shape[0] == 5


def test_linear_and_cubic_follow_a_plane_exactly_and_cubic_a_wave_better() -> None:
    z, y, x = np.indices((16, 16, 16)).astype(float)
    grid = grid_over(z.shape, (1.0, 1.0, 1.0), (0.7, 0.7, 0.7))
    at = np.stack(np.meshgrid(*(f + s * np.arange(n) for f, s, n in
                  zip(grid.first, grid.step, grid.shape, strict=True)), indexing="ij"))  # fmt: skip
    inner = (slice(4, -4),) * 3
    plane = resample_intensities(z + 2 * y - x, grid, "linear")
    assert plane[inner] == pytest.approx((at[0] + 2 * at[1] - at[2])[inner])
    wave = np.sin(0.8 * x)
    errors = {
        how: np.abs(resample_intensities(wave, grid, how) - np.sin(0.8 * at[2]))[inner].max()
        for how in ("linear", "cubic")
    }
    assert errors["cubic"] < 0.1 * errors["linear"]


def test_a_mask_is_kept_at_one_half() -> None:
    mask = np.zeros((1, 1, 4), bool)
    mask[..., 2:] = True
    # Points at 0.25, 0.75 … of a voxel; halved, those at the edge see exactly one half.
    grid = grid_over(mask.shape, (1.0, 1.0, 1.0), (1.0, 1.0, 1.0))._replace(
        shape=(1, 1, 3), first=(0.0, 0.0, 0.5)
    )
    assert resample_mask(mask, grid).ravel().tolist() == [False, True, True]


def test_a_part_is_resampled_as_the_whole() -> None:
    rng = np.random.default_rng(2)
    image, mask = rng.normal(size=(40, 50, 60)), np.zeros((40, 50, 60), bool)
    mask[18:24, 20:28, 30:36] = True
    for interpolation in ("linear", "cubic"):
        how = Settings(bins=8, voxel_mm=(1.3, 0.9, 1.1), interpolation=interpolation)
        near, drawn, _ = resampled(image, mask, (1.0, 1.0, 1.0), how, 3.0)
        far, whole, _ = resampled(image, mask, (1.0, 1.0, 1.0), how, FAR)
        assert drawn.sum() == whole.sum()
        assert near.size < far.size
        assert near[drawn] == pytest.approx(far[whole], abs=1e-8)


@pytest.mark.parametrize("voxel", [None, SPACING])
def test_as_scanned_no_intensity_changes_by_a_digit(voxel) -> None:
    image, mask = np.pad(IMAGE, 12), np.pad(MASK, 12)
    found = [
        features(image, mask, spacing_mm=SPACING,
                 settings=Settings(bin_width=1.0, voxel_mm=voxel, interpolation=interpolation))
        for interpolation in ("linear", "cubic")
    ]  # fmt: skip
    alone = features(IMAGE, MASK, spacing_mm=SPACING, settings=Settings(bin_width=1.0))
    assert found[0] == found[1]
    for name, value in alone.items():
        if not name.startswith("loc_"):  # a sphere sees the zeros around
            assert found[0][name] == pytest.approx(value, rel=1e-9), name


def test_resegmentation_keeps_the_range_and_leaves_outliers_of_all_of_the_region() -> None:
    image = np.r_[np.zeros(50), np.ones(50), 100.0].reshape(1, 1, -1)
    drawn = np.ones(image.shape, bool)
    kept, bounds = resegmented(image, drawn, Settings(bins=8, keep=(0, 50), outliers_sd=3))
    assert kept.sum() == 100
    assert bounds == (0.0, 50.0)
    # With the outlier taken off first, mean and deviation would leave nothing else out either;
    # of all, the deviation is 9.9 and 3 of them reach to 31.
    kept, _ = resegmented(image, drawn, Settings(bins=8, outliers_sd=12))
    assert kept.sum() == 101
    image[..., 0] = np.nan
    assert not resegmented(image, drawn, Settings(bins=8))[0][0, 0, 0]


def test_levels_of_a_fixed_number_and_of_a_fixed_width() -> None:
    values = np.array([0.0, 0.99, 1.0, 7.5, 10.0])
    fixed_number = discretised(values, bins=10, bin_width=None, lowest=-50.0)
    assert fixed_number.tolist() == [1, 1, 2, 8, 10]
    fixed_width = discretised(values, bins=None, bin_width=2.5, lowest=-5.0)
    assert fixed_width.tolist() == [3, 3, 3, 6, 7]
    assert discretised(values, bins=None, bin_width=2.5, lowest=-FAR).tolist() == [1, 1, 1, 4, 5]


def test_too_many_levels_are_refused() -> None:
    with pytest.raises(InputError, match=r"bin_width 0\.0001 make 50001 levels"):
        features(IMAGE, MASK, spacing_mm=SPACING, settings=Settings(bin_width=1e-4))


def test_the_volume_histogram_by_number_width_and_as_it_is() -> None:
    rng = np.random.default_rng(4)
    mask = ball(6.0, 15)
    image = np.rint(rng.normal(0.0, 100.0, mask.shape))
    inside = np.sort(image[mask])

    def ivh(**choices):
        how = Settings(bins=8, **choices)
        return features(image, mask, spacing_mm=SPACING, settings=how)

    plain = ivh()
    low, high = inside[0], inside[-1]
    assert plain["ivh_v10"] == pytest.approx((inside >= low + 0.1 * (high - low)).mean())
    levels = np.arange(low, high + 2)
    few = [level for level in levels if (inside >= level).mean() <= 0.1]
    assert plain["ivh_i10"] == few[0]
    steps = [(inside >= level).mean() for level in levels[:-1]]
    assert plain["ivh_auc"] == pytest.approx(np.trapezoid(steps, np.linspace(0, 1, len(steps))))
    # A range that reaches beyond the values is the one that fractions are of.
    wide = ivh(keep=(-1000, 1000))
    assert wide["ivh_v10"] == 1.0
    assert wide["ivh_v90"] == 0.0
    middles = ivh(keep=(-1000, 1000), ivh_bin_width=2.5)
    assert (middles["ivh_i10"] + 1000) / 2.5 % 1 == pytest.approx(0.5)
    assert middles["ivh_i10"] == pytest.approx(plain["ivh_i10"], abs=2.5)
    numbered = ivh(ivh_bins=1000)
    assert 1 <= numbered["ivh_i90"] < numbered["ivh_i10"] <= 1000
    assert numbered["ivh_v10"] == pytest.approx(plain["ivh_v10"], abs=0.01)


def test_rounding_comes_after_interpolation() -> None:
    how = Settings(bin_width=1.0, voxel_mm=(1.0, 1.0, 1.0), round_intensities=True)
    found = features(IMAGE, MASK, spacing_mm=SPACING, settings=how)
    assert found["stat_median"] == round(found["stat_median"])
    assert found["stat_p90"] == round(found["stat_p90"])


@pytest.mark.parametrize(
    ("volume", "mask", "spacing", "words"),
    [
        (np.ones((3, 3)), np.ones((3, 3)), SPACING, "three axes"),
        (np.ones((3, 3, 3)), np.ones((3, 3, 2)), SPACING, "mask of shape"),
        (np.ones((3, 3, 3)), np.ones((3, 3, 3)), (1, 0, 1), "spacing_mm is"),
        (np.ones((3, 3, 3)), np.ones((3, 3, 3)), 1.0, "spacing_mm is"),
    ],
)
def test_wrong_arrays_are_refused(volume, mask, spacing, words) -> None:
    with pytest.raises(InputError, match=words):
        features(volume, mask, spacing_mm=spacing, settings=Settings(bins=8))


def test_equal_settings_are_one_whatever_their_types():
    given = Settings(bin_width=25, outliers_sd=3, keep=(np.float32(-1000), np.int64(400)),
                     voxel_mm=np.array([3, 1, 1]), filters=("original", "log_3mm"))  # fmt: skip
    plain = Settings(bin_width=25.0, outliers_sd=3.0, keep=(-1000.0, 400.0), voxel_mm=(3, 1, 1))
    assert digest_of(given) == digest_of(plain)  # of filters, names of features tell
    assert digest_of(Settings(bins=np.int64(32))) == digest_of(Settings(bins=32))
    assert digest_of(plain) != digest_of(Settings(bin_width=25.0))


def test_planes_are_told_by_names_unless_a_filter_works_in_them():
    flat, deep = Settings(bins=8, planes="2d"), Settings(bins=8, planes="3d")
    assert digest_of(flat) == digest_of(deep)
    assert digest_of(flat, "log_3mm") != digest_of(deep, "log_3mm")
    assert digest_of(deep, "log_3mm") == digest_of(deep)


def test_what_has_no_plane_in_its_name_is_the_same_in_both():
    random = np.random.default_rng(1)
    z, y, x = np.indices((14, 16, 18)) - 7.5
    mask, volume = z**2 + y**2 + x**2 <= 36, random.normal(100, 10, z.shape) + z
    for more in ({}, {"voxel_mm": (1.5, 1.1, 0.9), "interpolation": "cubic"},
                 {"keep": (80, 130), "outliers_sd": 2}):  # fmt: skip
        flat, deep = (
            features(volume, mask, spacing_mm=(1.5, 1, 1),
                     settings=Settings(bins=8, planes=planes, **more))
            for planes in ("2d", "3d")
        )  # fmt: skip
        shared = [name for name in flat if name in deep]
        assert len(shared) == 79
        assert np.array_equal([flat[name] for name in shared], [deep[name] for name in shared])


def test_rounding_moves_no_voxel_to_a_lower_level():
    steps = np.arange(100)
    assert (
        discretised(steps / 10, bins=None, bin_width=0.1, lowest=0.0).tolist()
        == (steps + 1).tolist()
    )
