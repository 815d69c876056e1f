"""Files of scanners and programs: all load, in one convention, with what their headers say."""

from dataclasses import replace

import numpy as np
import pytest

from biomarkers import mrs
from biomarkers.errors import InputError
from biomarkers.images import Image
from biomarkers.mrs.scan import ppm_axis, spectrum_of

MM_94T = {"dwell": 1 / 8000, "frequency_mhz": 399.7182}
WITHOUT_HEADER = {"Mac.RAW": {"dwell": 2.5e-4, "frequency_mhz": 123.2}, "MM_GM_TE24.RAW": MM_94T}
# From the table in the collection's README, TE, and from procpar, TR and sfrq.
VARIAN = [
    ("4T_STEAM_TE4ms_human", 0.004, 5.0, 169.2878105, 6000.15, 2048),
    ("7T_STEAM_TE6ms_human", 0.006, 5.0, 295.102934, 6000.15, 2048),
    ("9.4T_MM_rat_STEAM_CMRR", 0.002, 2.0, 400.2371525, 5000.0, 2048),
    ("9.4T_MM_mouse_STEAM_CMRR", 0.002, 2.0, 400.2368618, 5000.0, 2048),
    ("14.1T_MM_rat_SPECIAL_Lausanne", 0.00275, 4.0, 599.4415579, 7022.472, 4096),
]


def highest(fid, scan, low, high, broadening=0.15):
    """Return the chemical shift of the highest line between two, of a signal (T,)."""
    fid = np.pad(fid * np.exp(-scan.time / broadening), (0, 3 * scan.points))
    ppm = ppm_axis(fid.size, scan.dwell, scan.frequency_mhz, scan.ppm_reference)
    inside = (ppm > low) & (ppm < high)
    return ppm[inside][np.abs(spectrum_of(fid))[inside].argmax()]


def single(scan):
    return scan.fid.reshape(-1, scan.points)[0]


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data("mrs")


def test_every_file_loads(folder) -> None:
    scans = [path for path in folder.rglob("*") if path.name.lower().endswith(
        (".nii.gz", ".sdat", ".raw", ".fid"))]  # fmt: skip
    assert len(scans) >= 75
    for path in scans:
        scan = mrs.load(path, **WITHOUT_HEADER.get(path.name, {}))
        assert scan.points in (2048, 4096), path
        assert np.isfinite(scan.fid).all()


@pytest.mark.parametrize("kind", ["act", "ref"])
def test_sdat_and_nifti_of_one_scan_are_the_same(folder, kind) -> None:
    nifti = mrs.load(folder / f"osprey/sub-01_{kind}.nii.gz")
    sdat = mrs.load(folder / f"osprey/sub-01_PRESS_35_{kind}.sdat")
    np.testing.assert_array_equal(sdat.fid, nifti.fid)
    np.testing.assert_allclose(sdat.affine, nifti.affine, atol=1e-5)
    for name in ("dwell", "frequency_mhz", "te", "tr", "nucleus"):
        assert getattr(sdat, name) == getattr(nifti, name), name


@pytest.mark.parametrize(
    ("name", "naa"),
    [
        ("osprey/sub-01_act.nii.gz", 2.00),
        ("osprey/sub-01_PRESS_35_act.spar", 2.00),
        ("osprey-mm/sub-01_ses-01_PRESS_raw-act_noID.SDAT", 1.99),
        ("mm-consensus/4T_STEAM_TE4ms_human.fid", 2.00),
        ("mm-consensus/7T_STEAM_TE6ms_human.fid", 1.98),
        ("nifti-mrs-tools/metab_raw.nii.gz", 1.99),
    ],
)
def test_the_format_defines_the_direction_of_frequencies(folder, name, naa) -> None:
    """N-acetylaspartate is the highest line below 2.7 ppm; no reference is corrected yet."""
    scan = mrs.load(folder / name)
    assert highest(single(scan), scan, 1.7, 2.7) == pytest.approx(naa, abs=0.015)
    mirrored = highest(single(scan).conj(), scan, 1.7, 2.7)
    assert abs(mirrored - naa) > 0.03


def test_the_fitting_challenge_is_mirrored_against_nifti_mrs(folder) -> None:
    """Converted from LCModel's .RAW, it signs frequencies unlike the standard does."""
    for number in range(1, 29):
        scan = mrs.load(folder / f"ismrm2016/dataset{number}_metab.nii.gz")
        assert scan.affine is None
        assert (scan.te, scan.tr) == (0.03, None)
        if number < 24:  # later ones hold artefacts and lipids
            found = highest(single(scan).conj(), scan, 1.7, 2.7)
            assert found == pytest.approx(2.01, abs=0.04), number


@pytest.mark.parametrize(
    ("name", "water"),
    [
        ("osprey/sub-01_act.nii.gz", "osprey/sub-01_ref.nii.gz"),
        ("osprey/sub-01_PRESS_35_act.sdat", "osprey/sub-01_PRESS_35_ref.spar"),
        ("nifti-mrs-tools/metab_raw.nii.gz", "nifti-mrs-tools/wref_raw.nii.gz"),
        ("ismrm2016/Cr_10mM_metab.nii.gz", "ismrm2016/Cr_10mM_wref.nii.gz"),
    ],
)
def test_water_is_the_highest_line_of_its_scan(folder, name, water) -> None:
    scan = mrs.load(folder / name, water=folder / water)
    found = highest(single(scan.water), scan.water, 0.0, 9.0)
    assert found == pytest.approx(4.65, abs=0.05)
    assert np.abs(scan.water.fid).max() > 10 * np.abs(scan.fid[..., 20:]).max()


@pytest.mark.parametrize(("name", "te", "tr", "frequency", "width", "points"), VARIAN)
def test_varian_headers(folder, name, te, tr, frequency, width, points) -> None:
    scan = mrs.load(folder / f"mm-consensus/{name}.fid")
    assert (scan.te, scan.tr, scan.frequency_mhz, scan.points) == (te, tr, frequency, points)
    assert 1 / scan.dwell == pytest.approx(width, rel=1e-6)
    assert (scan.nucleus, scan.axes, scan.fid.shape[:3]) == ("1H", (), (1, 1, 1))
    if "MM" in name:  # the methyl resonance at 0.9 ppm is the highest
        assert highest(single(scan), scan, 0.3, 4.3) == pytest.approx(0.9, abs=0.06)


def test_coils_and_averages_of_nifti_mrs(folder) -> None:
    scan = mrs.load(folder / "nifti-mrs-tools/metab_raw.nii.gz")
    assert (scan.axes, scan.fid.shape) == (("DIM_COIL", "DIM_DYN"), (1, 1, 1, 4, 16, 4096))
    assert (scan.te, scan.tr, scan.sequence) == (0.011, 5.0, "svs_st")
    assert scan.dwell == pytest.approx(1 / 12000, rel=1e-3)
    assert mrs.load(folder / "nifti-mrs-tools/ecc.nii.gz").axes == ("DIM_COIL",)


def test_raw_of_bruker_data_is_conjugated_already(folder) -> None:
    """`BRUKER = T`: the singlet added at 0 ppm and the methyls lie where 4.70 ppm is the centre."""
    path = folder / "mm-94T/MM_GM_TE24.RAW"
    with pytest.raises(InputError, match=r"MM_GM_TE24.RAW states no dwell time; give dwell="):
        mrs.load(path)
    scan = replace(mrs.load(path, **MM_94T), ppm_reference=4.7)
    assert scan.te == 0.024
    assert highest(single(scan), scan, -0.3, 0.3) == pytest.approx(0.0, abs=0.01)
    assert highest(single(scan), scan, 0.3, 4.3) == pytest.approx(0.9, abs=0.02)


# Chemical shifts of singlets, Govindaraju et al., NMR Biomed 2000;13:129: NAA 2.008, Cr 3.027,
# sIns 3.340; the Osprey basis is known to lie 0.03 ppm lower.
@pytest.mark.parametrize(
    ("name", "offset", "count", "te", "points"),
    [
        ("ismrm2016/press3T_30ms.BASIS", 0.0, 21, None, 2048),
        ("osprey/3T_PRESS_Philips_35ms_noMM.BASIS", -0.03, 17, 0.035, 8192),
        ("osprey-mm/7T_special_9ms.basis", -0.01, 22, 0.009, 2048),
    ],
)
def test_bases_have_their_singlets_in_place(folder, name, offset, count, te, points) -> None:
    basis = mrs.load_basis(folder / name)
    assert basis.fid.shape == (count, points)
    assert basis.te == (None if te is None else pytest.approx(te))
    scan = mrs.Scan(basis.fid[:1, None, None], basis.dwell, basis.frequency_mhz)
    for metabolite, shift in (("NAA", 2.008), ("Cr", 3.027), ("sIns", 3.34)):
        found = highest(basis[metabolite], scan, 0.3, 4.2, broadening=0.3)
        assert found == pytest.approx(shift + offset, abs=0.007), metabolite
    assert {"NAA", "NAAG", "Cr", "PCr", "GPC", "PCho", "Glu", "Gln", "Ins"} <= set(basis.names)


@pytest.mark.parametrize("name", ["ismrm2016/press3T_30ms.BASIS", "osprey-mm/7T_special_9ms.basis"])
def test_the_singlet_at_0_ppm_is_gone_and_nothing_else(folder, name) -> None:
    with_it = mrs.load_basis(folder / name, keep_reference=True)
    without = mrs.load_basis(folder / name)
    ppm = ppm_axis(with_it.fid.shape[1], with_it.dwell, with_it.frequency_mhz, 4.65)
    near, beside = np.abs(ppm) < 0.05, (np.abs(ppm) > 0.2) & (np.abs(ppm) < 0.3)
    for metabolite in set(with_it.names) - {"Mac"}:
        before, after = (np.abs(spectrum_of(each[metabolite])) for each in (with_it, without))
        assert before[near].max() > 2 * after[beside].max(), metabolite
        assert after[near].max() < after[beside].max(), metabolite


def test_basis_and_raw_of_the_macromolecules_agree(folder) -> None:
    basis = mrs.load_basis(folder / "ismrm2016/press3T_30ms.BASIS", keep_reference=True)
    raw = mrs.load(folder / "ismrm2016/Mac.RAW", dwell=2.5e-4, frequency_mhz=123.2)
    assert np.abs(basis["Mac"] - single(raw)).max() < 1e-5 * np.abs(basis["Mac"]).max()


def test_a_basis_of_another_dwell_time_fits_its_data(folder) -> None:
    """Philips samples every 0.5 ms, the basis every 0.25 ms; every second sample is the same."""
    scan = mrs.load(folder / "osprey/sub-01_act.nii.gz")
    basis = mrs.load_basis(folder / "osprey/3T_PRESS_Philips_35ms_noMM.BASIS")
    new = basis.resampled(scan.dwell, scan.points, basis.frequency_mhz)
    difference = np.abs(new.fid - basis.fid[:, ::2][:, : scan.points])
    assert difference.max() < 1e-4 * np.abs(new.fid).max()
    moved = basis.resampled(scan.dwell, scan.points, scan.frequency_mhz)
    assert highest(moved["Cr"], scan, 2.5, 3.5) == pytest.approx(2.997, abs=0.005)
    with pytest.raises(InputError, match="Couplings do not scale"):
        basis.resampled(scan.dwell, scan.points, 123.2)


def test_the_voxel_on_an_anatomy(folder) -> None:
    """30 x 30 x 30 mm, turned by 4.3 degrees, on voxels of 2 mm."""
    scan = mrs.load(folder / "osprey/sub-01_act.nii.gz")
    affine = np.diag([2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = -90.0
    mask = mrs.voxel_mask(scan, Image(np.zeros((91, 91, 91)), affine, "T1w"))
    assert mask.data.sum() * 8 == pytest.approx(27000, rel=1e-3)
