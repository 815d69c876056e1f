"""Filters against the closed form of what they make of an impulse, and of a wave."""

import numpy as np
import pytest
from ibsi_phantom import ball
from scipy.integrate import quad
from scipy.special import jv

from biomarkers.errors import InputError
from biomarkers.radiomics import Settings, features, filtered

pytest.importorskip("skimage", reason="scikit-image is an extra")
pywt = pytest.importorskip("pywt", reason="PyWavelets is an extra")

SIZE = 41
MIDDLE = SIZE // 2
IMPULSE = np.zeros((SIZE,) * 3)
IMPULSE[MIDDLE, MIDDLE, MIDDLE] = 1.0
Z, Y, X = np.indices(IMPULSE.shape) - MIDDLE
# Voxels longer in z, so that a mix-up of axes shows.
LONG = (2.0, 1.0, 0.5)


def response(name, planes="3d", spacing=(1.0, 1.0, 1.0), volume=IMPULSE):
    return filtered(volume, name, spacing_mm=spacing, planes=planes)


def close(found, expected) -> bool:
    return np.abs(found - expected).max() <= 0.01 * np.ptp(expected)


def test_mean() -> None:
    near = (np.abs(Z) <= 2) & (np.abs(Y) <= 2) & (np.abs(X) <= 2)
    assert close(response("mean_5"), near / 125.0)
    assert close(response("mean_5", "2d"), (near & (Z == 0)) / 25.0)


@pytest.mark.parametrize(("planes", "axes"), [("3d", 3), ("2d", 2)])
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.5, 0.5, 0.5)])
def test_laplacian_of_gaussian(planes, axes, spacing) -> None:
    sigma = 1.5 / spacing[0]
    k2 = X**2 + Y**2 + (Z**2 if axes == 3 else 0)
    gauss = np.exp(-k2 / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma) ** axes
    expected = -(axes - k2 / sigma**2) / sigma**2 * gauss
    if axes == 2:
        expected = np.where(Z == 0, expected, 0.0)
    assert close(response("log_1.5mm", planes, spacing), expected)


def test_the_gaussian_is_round_in_mm() -> None:
    found = response("log_3mm", spacing=LONG)
    # At the same distance along y and x the Gaussians are the same.
    y, x = found[MIDDLE, MIDDLE + 3, MIDDLE], found[MIDDLE, MIDDLE, MIDDLE + 6]
    sigma = 3.0 / np.array(LONG)
    at = np.array([[0.0, 3.0, 0.0], [0.0, 0.0, 6.0]])
    gauss = np.exp(-((at / sigma) ** 2).sum(axis=1) / 2) / (np.sqrt(2 * np.pi) ** 3 * sigma.prod())
    expected = gauss * ((at**2 / sigma**4) - 1 / sigma**2).sum(axis=1)
    assert [y, x] == pytest.approx(expected, abs=0.01 * np.ptp(found))


def test_laws() -> None:
    level = np.array([1, 4, 6, 4, 1]) / np.sqrt(70)
    edge = np.array([-1, -2, 0, 2, 1]) / np.sqrt(10)
    spot = np.array([-1, 0, 2, 0, -1]) / np.sqrt(6)
    expected = np.zeros(IMPULSE.shape)
    box = (slice(MIDDLE - 2, MIDDLE + 3),) * 3
    expected[box] = np.einsum("i,j,k->kji", level, edge, spot)  # along x, y, z
    assert close(response("laws_l5e5s5"), expected)
    turned = response("laws_l5e5s5_rot")
    # A rotation turns a maximum into one of the same size, and all six orders occur.
    assert turned.max() == pytest.approx(expected.max())
    assert turned == pytest.approx(np.transpose(turned, (1, 2, 0)))
    energy = response("laws_l5e5s5_energy3")
    assert energy.sum() == pytest.approx(np.abs(expected).sum())
    assert energy[MIDDLE, MIDDLE, MIDDLE] == pytest.approx(np.abs(expected).sum() / 7**3)


@pytest.mark.parametrize(("angle", "ratio"), [(0, 1.0), (45, 1.5), (90, 0.5)])
def test_gabor(angle, ratio) -> None:
    """The modulus of an impulse is the Gaussian, the wave shows against another impulse."""
    sigma, turn = 3.0, np.radians(angle)
    along, across = X * np.cos(turn) + Y * np.sin(turn), Y * np.cos(turn) - X * np.sin(turn)
    gauss = np.exp(-(along**2 + ratio**2 * across**2) / (2 * sigma**2))
    name = f"gabor_3mm_4mm_{angle}deg_g{ratio}"
    assert close(response(name), np.where(Z == 0, gauss, 0.0))
    two = IMPULSE + np.roll(IMPULSE, 2, axis=2)  # half a wave apart, where it goes along x
    wave = gauss * np.exp(2j * np.pi * along / 4.0)
    sum_of_two = np.abs(wave + np.roll(wave, 2, axis=2))
    assert close(response(name, volume=two), np.where(Z == 0, sum_of_two, 0.0))


def test_gabor_turned_is_the_same_in_all_directions() -> None:
    found = response("gabor_3mm_4mm_45deg_g1.5_rot")
    assert found == pytest.approx(np.transpose(found, (2, 0, 1)), abs=1e-12)
    assert found == pytest.approx(found[:, ::-1], abs=1e-12)


@pytest.mark.parametrize("family", ["haar", "db3", "coif1"])
def test_separable_wavelets(family) -> None:
    wavelet = pywt.Wavelet(family)
    taps = {"l": wavelet.dec_lo, "h": wavelet.dec_hi}
    start = MIDDLE - len(taps["l"]) // 2
    box = (slice(start, start + len(taps["l"])),) * 3
    for band in ("hhh", "llh", "hll"):
        expected = np.zeros(IMPULSE.shape)
        expected[box] = np.einsum("i,j,k->kji", *(taps[letter] for letter in band))
        assert close(response(f"wavelet_{family}_{band}"), expected)
    assert (response(f"wavelet_{family}") == response(f"wavelet_{family}_hhh")).all()


def test_levels_of_a_wavelet_are_cascades_with_holes() -> None:
    low, high = pywt.Wavelet("haar").dec_lo, pywt.Wavelet("haar").dec_hi
    wide = np.zeros(3)
    wide[::2] = high
    along = np.convolve(low, wide)  # taps of level 2 along one axis
    found = response("wavelet_haar_hhh_level2")
    assert np.abs(found).max() == pytest.approx(np.abs(along).max() ** 3)
    assert np.count_nonzero(np.abs(found) > 1e-12) == np.count_nonzero(along) ** 3
    assert np.linalg.norm(found) == pytest.approx(np.linalg.norm(along) ** 3)


def test_a_wavelet_turned_gives_all_axes_the_same() -> None:
    found = response("wavelet_db3_llh_rot")
    assert found == pytest.approx(np.transpose(found, (1, 2, 0)), abs=1e-14)


@pytest.mark.parametrize("level", [1, 2])
def test_simoncelli_in_space_is_the_transform_of_its_band(level) -> None:
    highest = np.pi * 2.0 ** (1 - level)

    def at(r):
        def part(w):
            gain = np.cos(np.pi / 2 * np.log2(2 * w / highest))
            return gain * w**2 * np.sinc(w * r / np.pi) / (2 * np.pi**2)

        return quad(part, highest / 4, highest, limit=400)[0]

    found = response(f"simoncelli_{level}")
    expected = np.array([at(r) for r in range(12)])
    assert close(found[MIDDLE, MIDDLE, MIDDLE : MIDDLE + 12], expected)


def test_simoncelli_in_a_plane_is_that_of_two_axes() -> None:
    def at(r):
        def part(w):
            return np.cos(np.pi / 2 * np.log2(2 * w / np.pi)) * w * jv(0, w * r) / (2 * np.pi)

        return quad(part, np.pi / 4, np.pi, limit=400)[0]

    found = response("simoncelli_1", "2d")
    expected = np.array([at(r) for r in range(12)])
    assert close(found[MIDDLE, MIDDLE, MIDDLE : MIDDLE + 12], expected)
    assert not found[MIDDLE + 1].any()


@pytest.mark.parametrize(
    ("boundary", "beyond"),
    [("zero", 0.0), ("nearest", 1.0), ("mirror", 1.0), ("periodic", 4.0)],
)
def test_boundaries(boundary, beyond) -> None:
    """Along x a row of 1, 2, 3, 4: what lies before the 1 is said by the name."""
    volume = np.tile(np.arange(1.0, 5.0), (5, 5, 1))
    found = response(f"mean_3_{boundary}", volume=volume)
    if boundary != "zero":
        assert found[2, 2, 0] == pytest.approx((beyond + 1.0 + 2.0) / 3.0)
    else:
        assert found[2, 2, 0] == pytest.approx(1.0)
        assert found[0, 2, 1] == pytest.approx(2.0 * 2 / 3)


def test_mirror_is_the_default_and_stands_behind_the_edge() -> None:
    volume = np.tile(np.arange(1.0, 9.0), (9, 9, 1))
    assert (response("mean_5", volume=volume) == response("mean_5_mirror", volume=volume)).all()
    assert response("mean_5", volume=volume)[4, 4, 0] == pytest.approx((2 + 1 + 1 + 2 + 3) / 5)


@pytest.mark.parametrize(
    "name",
    ["mean_3_zero", "log_1.5mm_nearest", "laws_l5e5s5_energy2", "gabor_2mm_3mm_30deg",
     "wavelet_db2_hhl_level2_rot", "wavelet_coif1_periodic", "simoncelli_2"],
)  # fmt: skip
def test_features_of_a_part_are_those_of_the_whole_image_filtered(name) -> None:
    rng = np.random.default_rng(6)
    image = rng.normal(size=(40, 42, 44))
    mask = np.zeros(image.shape, bool)
    mask[1:11, 15:25, 30:42] = True
    how = Settings(bins=8, filters=("original", name))
    found = features(image, mask, spacing_mm=(1.0, 1.0, 1.0), settings=how)
    whole = response(name, volume=image)
    assert found[f"{name}_stat_mean"] == pytest.approx(whole[mask].mean(), abs=1e-10)
    assert found[f"{name}_stat_max"] == pytest.approx(whole[mask].max(), abs=1e-10)
    assert found["stat_mean"] == pytest.approx(image[mask].mean())
    assert f"{name}_morph_volume" not in found
    assert f"{name}_cm_joint_avg_3D_comb" in found


def test_the_range_that_is_kept_is_of_the_image_and_not_of_its_response() -> None:
    rng = np.random.default_rng(7)
    image, mask = rng.normal(500.0, 100.0, (24, 24, 24)), ball(7.0, 24)
    how = Settings(bin_width=5.0, keep=(300.0, 700.0), filters=("log_2mm",))
    found = features(image, mask, spacing_mm=(1.0, 1.0, 1.0), settings=how)
    kept = mask & (image >= 300) & (image <= 700)
    assert found["log_2mm_stat_mean"] == pytest.approx(
        response("log_2mm", volume=image)[kept].mean()
    )
    assert found["log_2mm_ih_min"] == 1.0


@pytest.mark.parametrize(
    "name",
    ["", "original", "mean", "mean_3_3", "log_0mm", "log_3", "log_3mm_edge", "laws_l5e5x5",
     "gabor_3mm_4mm", "gabor_3mm_4mm_45deg_g0", "wavelet_coif1_lh", "wavelet_coif1_level0",
     "simoncelli_1_zero", "simoncelli_0"],
)  # fmt: skip
def test_other_names_are_refused(name) -> None:
    with pytest.raises(InputError, match="expected original or"):
        response(name)
