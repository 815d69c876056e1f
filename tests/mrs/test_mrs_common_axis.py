"""Spectra on one axis: what phase, frequency, gain, field and sampling were must not show."""

from dataclasses import replace

import numpy as np
import pytest

from biomarkers import mrs
from biomarkers.errors import FileError, InputError
from biomarkers.simulate.spectra import Acquisition, metabolite_signal

DWELL, POINTS, MHZ = 4e-4, 1024, 123.2
LEVELS = {"NAA": 10.0, "Cr": 4.0, "PCr": 4.0, "PCho": 1.5, "Ins": 6.0, "Glu": 9.0, "Lac": 2.0}


def signal(*, points=POINTS, dwell=DWELL, mhz=MHZ, levels=LEVELS, width=5.0):
    """Return the signal of a voxel, by another simulation than that of the basis."""
    acquisition = Acquisition((0.015, 0.015), mhz, dwell, points)
    whole = sum(level * metabolite_signal(name, acquisition) for name, level in levels.items())
    return whole * np.exp(-np.pi * width * acquisition.time)


def scan(fid, *, dwell=DWELL, mhz=MHZ, water=None, **changes):
    if water is not None:
        water = mrs.Scan(water[None, None, None], dwell, mhz, te=0.03)
    return mrs.Scan(fid[None, None, None], dwell, mhz, te=0.03, water=water, **changes)


def noise(sd, seed=0, points=POINTS):
    real, imaginary = np.random.default_rng(seed).normal(0, sd, (2, points))
    return real + 1j * imaginary


def moved(fid, degrees, ppm, dwell=DWELL, mhz=MHZ):
    time = np.arange(fid.size) * dwell
    return fid * np.exp(1j * np.deg2rad(degrees) + 2j * np.pi * ppm * mhz * time)


def spread(made, other):
    """Return the largest difference of two spectra, of the tallest peak of the first."""
    return float(np.abs(made.values[0] - other.values[0]).max() / made.values[0].max())


@pytest.fixture(scope="module")
def noisy():
    water = 300.0 * np.exp((-20 + 30j) * np.arange(POINTS) * DWELL)  # left of the suppression
    return signal() + water + noise(2.0)


@pytest.fixture(scope="module")
def plain(noisy):
    return mrs.spectra(scan(noisy))


def test_the_axis_rises_and_the_record_is_an_array(plain):
    assert plain.values.shape == (1, 512) and len(plain) == 1
    np.testing.assert_allclose(plain.ppm, np.linspace(0.2, 4.2, 512))
    np.testing.assert_array_equal(np.asarray(plain), plain.values)
    assert np.asarray(plain, dtype=np.float32).dtype == np.float32
    assert plain.reasons == ("",) and plain.scale == "total"
    assert np.abs(plain.values[0]).mean() == pytest.approx(1.0)


@pytest.mark.parametrize("name_ppm", [("NAA", 2.008), ("Cr", 3.027)])
def test_lines_are_upright_and_lie_where_they_should(plain, name_ppm):
    near = np.abs(plain.ppm - name_ppm[1]) < 0.1
    top = plain.ppm[near][plain.values[0, near].argmax()]
    assert top == pytest.approx(name_ppm[1], abs=0.008)
    assert plain.values[0].min() > -0.1 * plain.values[0].max()


def test_the_spectrum_is_that_of_the_signal():
    fid = signal()
    made = mrs.spectra(scan(moved(fid, 70.0, 0.1)))
    time, hz = np.arange(POINTS) * DWELL, (made.ppm - 4.65) * MHZ
    step = hz[1] - hz[0]
    weighted = fid * np.exp(-((np.pi * step * time) ** 2) / (4 * np.log(2)))
    weighted[0] /= 2
    wanted = (np.exp(-2j * np.pi * np.outer(hz, time)) @ weighted).real
    wanted /= np.abs(wanted).mean()
    assert np.abs(made.values[0] - wanted).max() < 0.03 * wanted.max()


@pytest.mark.parametrize(
    ("degrees", "ppm", "gain"),
    [(150.0, 0.0, 1.0), (-150.0, 0.2, 1.0), (90.0, -0.2, 1.0), (180.0, 0.1, 10.0), (0.0, 0.0, 0.1)],
)
def test_phase_shift_and_gain_do_not_show(noisy, plain, degrees, ppm, gain):
    other = mrs.spectra(scan(gain * moved(noisy, degrees, ppm)))
    assert spread(plain, other) < 0.002


def test_a_mirrored_scan_is_turned_back(noisy, plain):
    assert spread(plain, mrs.spectra(scan(noisy.conj()))) < 0.002


def test_water_scales_and_what_it_scales_is_the_share_of_its_signal(noisy):
    water = 5e4 * np.exp(-25.0 * np.arange(POINTS) * DWELL + 0j)
    made = mrs.spectra(scan(signal(levels={"Cr": 8.0}), water=water))
    # the methyl of 8 creatines, 24 of 50000, its decay up to the echo (T2 of 0.11 s) not undone
    near = np.abs(made.ppm - 3.027) < 0.45
    area = np.sum(made.values[0, near]) * (made.ppm[1] - made.ppm[0])
    assert made.scale == "water"
    assert area == pytest.approx(24.0 / 5e4 * 1e3, rel=0.08)
    turned = mrs.spectra(scan(10 * moved(noisy, 150.0, -0.2), water=10 * moved(water, 150.0, -0.2)))
    assert spread(mrs.spectra(scan(noisy, water=water)), turned) < 1e-6


def test_water_tells_the_place_where_metabolites_do_not():
    water = 5e4 * np.exp(-25.0 * np.arange(POINTS) * DWELL + 0j)
    weak = signal(levels={"NAA": 1.0}) + noise(40.0)
    lost = mrs.spectra(scan(weak))
    assert np.isnan(lost.values).all()
    assert lost.reasons == ("neither metabolites nor water tell where the spectrum lies",)
    by_water = mrs.spectra(scan(weak, water=water))
    moved_too = mrs.spectra(scan(moved(weak, 100.0, 0.1), water=moved(water, 100.0, 0.1)))
    assert by_water.reasons == ("",)
    assert spread(by_water, moved_too) < 0.01


def test_other_samples_and_another_spectrometer_give_the_same(plain):
    fine = scan(signal(points=2048, dwell=2.5e-4), dwell=2.5e-4)
    usual = mrs.spectra(scan(signal()))
    assert spread(usual, mrs.spectra(fine)) < 0.02
    near = scan(signal(mhz=123.26), mhz=123.26)
    assert spread(usual, mrs.spectra(near)) < 0.02


def test_narrow_lines_do_not_fall_between_points():
    made = [mrs.spectra(scan(signal(width=0.5)), points=points) for points in (128, 1024)]
    step = [4.0 / (points - 1) for points in (128, 1024)]
    near = [np.abs(each.ppm - 2.008) < 0.08 for each in made]
    area = [
        each.values[0, at].sum() * width / np.abs(each.values[0]).sum() / width
        for each, at, width in zip(made, near, step, strict=True)
    ]
    assert area[0] == pytest.approx(area[1], rel=0.1)


def test_several_files_keep_their_order_and_what_is_missing_its_reason(noisy):
    weak = replace(scan(noise(3.0)), source="noise.nii.gz")
    both = mrs.spectra([scan(noisy), weak, scan(np.zeros(POINTS, complex))], points=64)
    assert both.values.shape == (3, 64)
    assert np.isfinite(both.values[0]).all() and np.isnan(both.values[1:]).all()
    assert both.sources[1] == "noise.nii.gz"
    assert [bool(reason) for reason in both.reasons] == [False, True, True]
    assert "every sample is 0" in both.reasons[2]
    assert mrs.spectra([]).values.shape == (0, 512)


def test_other_fields_and_echo_times_are_named(noisy):
    same = mrs.spectra([scan(noisy), scan(noisy, mhz=127.7)], points=8)  # 2.89 and 3.00 T
    assert same.protocol == "field 3 T; echo time 30 ms" and same.notes == ()
    high = scan(signal(mhz=400.0, dwell=DWELL / 4), mhz=400.0, dwell=DWELL / 4)
    others = [replace(scan(noisy), te=0.144), replace(scan(noisy), te=None), scan(noisy), high]
    made = mrs.spectra(others, points=8)
    assert made.protocol == "field 3 T, 9.4 T; echo time 30 ms, 144 ms, unknown"
    assert made.notes == (
        "spectra differ in field: 3 T (3), 9.4 T (1)",
        "spectra differ in echo time: 30 ms (2), 144 ms (1), unknown (1)",
    )
    assert mrs.spectra([]).protocol == ""


def test_noise_is_never_referenced():
    made = mrs.spectra([scan(noise(3.0, seed)) for seed in range(20)], points=8)
    assert all(made.reasons) and np.isnan(made.values).all()


def test_one_water_missing_and_all_are_scaled_by_their_total(noisy):
    water = 5e4 * np.exp(-25.0 * np.arange(POINTS) * DWELL + 0j)
    scans = [scan(noisy, water=water), replace(scan(noisy), source="dry.nii.gz")]
    assert mrs.spectra(scans).scale == "total"
    with pytest.raises(InputError, match=r"dry.nii.gz has no water reference"):
        mrs.spectra(scans, scale="water")


def test_coils_and_averages_are_combined(noisy, plain):
    coils = np.stack([noisy, 0.5j * noisy])
    assert spread(plain, mrs.spectra(mrs.Scan(coils[None, None, None], DWELL, MHZ, te=0.03,
                                              axes=("DIM_COIL",)))) < 0.002  # fmt: skip


def test_files_are_read(tmp_path, noisy, plain):
    path = tmp_path / "voxel.txt"
    path.write_text("x")
    with pytest.raises(FileError, match=r"voxel.txt"):
        mrs.spectra(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ppm": (4.2, 0.2)}, r"ppm is \(4.2, 0.2\); expected two chemical shifts"),
        ({"ppm": (0.2, 40.0)}, "expected one that holds 0.2 to 40 ppm"),
        ({"points": 1}, "points is 1; expected a whole number from 2"),
        ({"scale": "creatine"}, "scale is 'creatine'; expected 'water' or 'total'"),
    ],
)
def test_what_cannot_be_is_refused(noisy, change, message):
    with pytest.raises(InputError, match=message):
        mrs.spectra(scan(noisy), **change)


def test_grids_edited_scans_and_other_nuclei_are_refused(noisy):
    grid = mrs.Scan(np.stack([noisy, noisy])[:, None, None], DWELL, MHZ)
    with pytest.raises(InputError, match="has \\(2, 1, 1\\) voxels"):
        mrs.spectra(grid)
    edited = mrs.Scan(np.stack([noisy, noisy])[None, None, None], DWELL, MHZ, axes=("DIM_EDIT",))
    with pytest.raises(InputError, match="edited"):
        mrs.spectra(edited)
    with pytest.raises(InputError, match="is of 31P; expected 1H"):
        mrs.spectra(scan(noisy, nucleus="31P"))
