"""Regions that have no texture, no third axis, no spread: NaN with a reason, nothing invented."""

import sys

import numpy as np
import pytest

from biomarkers import ibsi
from biomarkers.radiomics import Settings
from biomarkers.radiomics.extraction import measured

pytest.importorskip("skimage", reason="scikit-image is an extra")
pytest.importorskip("pywt", reason="PyWavelets is an extra")

RNG = np.random.default_rng(5)
IMAGE = RNG.normal(size=(9, 10, 11)) * 50
TEXTURES = ("cm", "rlm", "szm", "dzm", "ngt", "ngl")


def region(*slices):
    mask = np.zeros(IMAGE.shape, bool)
    mask[slices] = True
    return mask


def of(image, mask, planes="3d", **choices):
    how = Settings(**({"bins": 8} | choices), planes=planes)
    return measured(image, mask, spacing_mm=(2.0, 1.0, 1.0), settings=how)


def lacking(found) -> dict[str, set[str]]:
    """Return reasons by family."""
    families: dict[str, set[str]] = {}
    for name, why in found.reasons.items():
        families.setdefault(name.partition("_")[0], set()).add(why)
    return families


@pytest.mark.parametrize("planes", ["2d", "3d"])
@pytest.mark.parametrize(
    "mask",
    [region(slice(0)), region(4, 5, 5), region(4, 5, slice(4, 6)), region(4, slice(2, 7)),
     region(slice(None), 4, slice(2, 7)), region(slice(2, 7), slice(2, 7), slice(2, 7))],
    ids=["empty", "a voxel", "two", "a slice", "a wall", "a cube"],
)  # fmt: skip
@pytest.mark.parametrize("image", [IMAGE, np.ones(IMAGE.shape), np.zeros(IMAGE.shape)])
def test_every_tag_is_there_finite_or_with_a_reason(image, mask, planes) -> None:
    found = of(image, mask, planes)
    assert tuple(found.by_name) == ibsi.tags(planes)
    missing = {name for name, value in found.by_name.items() if not np.isfinite(value)}
    assert missing == set(found.reasons)
    assert all(found.reasons.values())


def test_an_empty_region_has_nothing() -> None:
    found = of(IMAGE, region(slice(0)))
    assert set(found.reasons.values()) == {"the region is empty"}
    assert np.isnan(list(found.by_name.values())).all()


def test_a_voxel_has_a_volume_and_an_intensity_but_no_spread() -> None:
    found = of(IMAGE, region(4, 5, 5))
    assert found.by_name["morph_vol_approx"] == 2.0
    assert found.by_name["stat_mean"] == IMAGE[4, 5, 5]
    assert np.isnan(found.by_name["morph_pca_maj_axis"])
    assert np.isnan(found.by_name["stat_skew"])
    assert "one voxel" in found.reasons["morph_moran_i"]
    assert set(TEXTURES) <= set(lacking(found))


def test_a_flat_region_has_shape_but_no_texture() -> None:
    found = of(np.full(IMAGE.shape, 7.0), region(slice(2, 7), slice(2, 7), slice(2, 7)))
    assert found.by_name["stat_mean"] == 7.0
    assert found.by_name["stat_var"] == 0.0
    assert found.by_name["morph_volume"] > 200.0
    assert {"ih", "ivh", "stat", "morph", *TEXTURES} == set(lacking(found))
    assert found.reasons["cm_corr_3D_avg"] == "all voxels have one intensity"
    for family in ("ih", "ivh", *TEXTURES):
        tags = [name for name in found.by_name if name.startswith(f"{family}_")]
        assert np.isnan([found.by_name[name] for name in tags]).all()


@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
def test_rounding_of_a_flat_region_is_no_texture(interpolation) -> None:
    mask = region(slice(2, 7), slice(2, 7), slice(2, 7))
    filters = ("original", "log_1mm", "wavelet_coif1", "gabor_2mm_3mm_45deg", "simoncelli_1")
    found = of(
        np.full(IMAGE.shape, 7.3), mask, voxel_mm=(0.7, 0.9, 1.1), interpolation=interpolation,
        filters=filters,
    )  # fmt: skip
    for name in filters:
        before = "" if name == "original" else f"{name}_"
        assert found.reasons[f"{before}cm_corr_3D_avg"] == "all voxels have one intensity"
        assert found.by_name[f"{before}stat_var"] == 0.0


def test_one_bin_is_no_texture_but_intensities_and_their_volumes_are_there() -> None:
    found = of(IMAGE, region(slice(2, 7)), bins=None, bin_width=1e4)
    assert lacking(found) == {key: {"all voxels lie in one bin"} for key in ("ih", *TEXTURES)}


def test_a_slice_has_texture_in_its_plane_only() -> None:
    mask = region(4, slice(2, 7), slice(2, 8))
    in_space = lacking(of(IMAGE, mask, "3d"))
    assert set(in_space) == {"morph", *TEXTURES}
    assert all("planes='2d'" in why for family in TEXTURES for why in in_space[family])
    in_plane = of(IMAGE, mask, "2d")
    assert set(lacking(in_plane)) == {"morph"}
    assert set(in_plane.reasons) == {
        "morph_pca_least_axis", "morph_pca_flatness", "morph_vol_dens_aee", "morph_area_dens_aee",
    }  # fmt: skip


def test_where_nothing_is_kept_only_shape_remains() -> None:
    found = of(IMAGE, region(slice(2, 7), slice(2, 7), slice(2, 7)), keep=(1e4, 2e4))
    assert found.by_name["morph_sphericity"] > 0.5
    assert found.reasons["morph_integ_int"] == "no voxel is left by its intensity"
    assert found.reasons["stat_mean"] == "no voxel is left by its intensity"


def test_voxels_without_a_value_do_not_count() -> None:
    mask = region(slice(2, 7), slice(2, 7), slice(2, 7))
    holed = IMAGE.copy()
    holed[3, 3, 3] = np.nan
    found = of(holed, mask)
    assert found.reasons == {}
    assert found.region.kept.sum() == mask.sum() - 1
    assert found.by_name["morph_vol_approx"] == 2.0 * mask.sum()


def test_without_scikit_image_one_sentence_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage.measure", None)
    with pytest.raises(ValueError, match=r"scikit-image .*: pip install 'biomarkers\[radiomics\]'"):
        of(IMAGE, region(slice(2, 7)))


def test_without_pywavelets_one_sentence_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pywt", None)
    with pytest.raises(ValueError, match=r"PyWavelets .*: pip install 'biomarkers\[radiomics\]'"):
        Settings(bins=8, filters=("wavelet_coif1",))


def test_a_slice_of_one_level_counts_in_averages_as_the_manual_says() -> None:
    """Two slices, of which one has one level: means of its limits and of the other's values."""
    volume = np.zeros((2, 4, 4))
    volume[0] = np.arange(16.0).reshape(4, 4) % 5
    mask = np.ones(volume.shape, dtype=bool)
    both = of(volume, mask, bins=5, planes="2d").by_name
    alone = of(volume[:1], mask[:1], bins=5, planes="2d").by_name
    means = {name: (both[name] - alone[name] / 2) * 2 for name in alone if name.endswith("_2D")}
    assert means["ngt_coarseness_2D"] == pytest.approx(1e6)
    for name in ("contrast", "busyness", "complexity", "strength"):
        assert means[f"ngt_{name}_2D"] == pytest.approx(0.0, abs=1e-12)
    assert both["cm_info_corr2_2D_comb"] == pytest.approx(alone["cm_info_corr2_2D_comb"] / 2)
    for name in ("cm_corr_2D_comb", "cm_info_corr1_2D_comb"):  # the manual says nothing of them
        assert both[name] == pytest.approx(alone[name])


def test_tones_that_never_differ_from_their_neighbours_are_as_coarse_as_can_be() -> None:
    volume = np.zeros((5, 5, 5))
    mask = np.zeros(volume.shape, dtype=bool)
    mask[:2], mask[3:] = True, True
    volume[3:] = 1.0
    found = of(volume, mask, bins=2).by_name
    assert found["ngt_coarseness_3D"] == 1e6
    assert found["ngt_strength_3D"] == 0.0
