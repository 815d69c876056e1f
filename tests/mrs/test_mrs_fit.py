"""Fits of simulated spectra: truth recovered, honest errors, conventions, refusals."""

from dataclasses import replace

import numpy as np
import pytest
from mrs_spectra import LEVELS, make_basis, make_scan, ratio_of, signal

from biomarkers import mrs
from biomarkers.errors import InputError

PLAIN = {"baseline": ("polynomial", 2), "deviations": False, "bands": ()}
NAMES = ("tNAA", "tCho", "Ins", "Glx")


@pytest.fixture(scope="module")
def basis():
    return make_basis()


@pytest.fixture
def rng():
    return np.random.default_rng(15)


def ratios(fit, *, total=False, **kwargs):
    return fit.ratios("tCr", total=total, **kwargs).set_index("metabolite")


def test_recovers_the_truth_without_noise(basis):
    fid = signal(basis, decay=12.0, gauss=30.0, shift_ppm=0.02, phase=0.4)
    fit = mrs.fit(make_scan(fid, basis), basis, **PLAIN)
    table = ratios(fit)
    for name in table.index:
        assert table.ratio[name] == pytest.approx(ratio_of(name), rel=1e-6)
        assert float(fit[name]) == pytest.approx(8.0 * ratio_of(name), rel=1e-5)
    assert fit.ppm_shift == pytest.approx(0.02, abs=1e-6)
    assert not fit.conjugated
    assert not fit.flags


def test_defaults_recover_the_truth_without_noise(basis):
    fit = mrs.fit(make_scan(signal(basis), basis), basis)
    table = ratios(fit)
    assert [table.ratio[name] for name in NAMES] == pytest.approx(
        [ratio_of(name) for name in NAMES], rel=1e-4
    )
    assert {"MM09", "MM20", "Lip13a"} <= set(fit.signals)


def test_line_width_and_snr_are_those_of_the_spectrum(basis, rng):
    # One line of 1/T2 12/s, and the basis' own 1 Hz.
    fit = mrs.fit(make_scan(signal(basis), basis, snr=50, rng=rng), basis)
    assert fit.fwhm_hz == pytest.approx(12.0 / np.pi + 1.0, rel=0.1)
    assert fit.fwhm_ppm == pytest.approx(fit.fwhm_hz / basis.frequency_mhz)
    assert fit.snr == pytest.approx(50, rel=0.2)
    assert fit.whiteness > 0.001


@pytest.mark.parametrize("kwargs", [PLAIN, {}])
def test_noise_alone_is_covered_by_the_bound(basis, rng, kwargs):
    spectra = [
        mrs.fit(make_scan(signal(basis), basis, snr=40, rng=rng), basis, **kwargs)
        for _ in range(25)
    ]
    tables = [ratios(fit) for fit in spectra]
    for name in ("tNAA", "Ins", "Glx"):
        values = np.array([table.ratio[name] for table in tables])
        low = np.array([table.low[name] for table in tables])
        high = np.array([table.high[name] for table in tables])
        truth = ratio_of(name)
        assert np.mean((low <= truth) & (truth <= high)) >= 0.88
        # The spread is what the bound says, within what 25 spectra tell.
        bound = np.median([table.se[name] for table in tables])
        assert 0.5 < np.std(values) / bound < 1.5


def test_a_metabolite_that_is_not_there_has_an_error_of_its_own(basis, rng):
    levels = LEVELS | {"Gln": 0.0, "NAAG": 0.0}
    scan = make_scan(signal(basis, levels=levels), basis, snr=30, rng=rng)
    fit = mrs.fit(scan, basis, **PLAIN)
    table = ratios(fit)
    assert (fit.amplitudes >= 0.0).all()
    for name in ("Gln", "NAAG"):
        assert table.se[name] > 0.0
        assert table.low[name] == 0.0
        assert table.ratio[name] < 3.0 * table.se[name]


def test_mirrored_and_shifted_signals_give_the_same(basis, rng):
    scan = make_scan(signal(basis), basis, snr=40, rng=rng)
    plain = ratios(mrs.fit(scan, basis)).ratio
    mirrored = mrs.fit(replace(scan, fid=scan.fid.conj()), basis)
    assert mirrored.conjugated
    assert mirrored.reasons.has(mrs.SpectrumFlag.CONJUGATED)
    assert not mirrored.flags
    assert ratios(mirrored).ratio.to_numpy() == pytest.approx(plain.to_numpy(), abs=1e-9)
    for ppm in (0.17, -0.3):
        turn = np.exp(2j * np.pi * ppm * scan.frequency_mhz * scan.time)
        shifted = mrs.fit(replace(scan, fid=scan.fid * turn), basis)
        assert shifted.ppm_shift == pytest.approx(ppm, abs=0.002)
        assert shifted.reasons.has(mrs.SpectrumFlag.SHIFTED)
        for name in NAMES:
            assert ratios(shifted).ratio[name] == pytest.approx(plain[name], rel=0.01)


def test_measured_macromolecules_take_the_place_of_bands(basis, rng):
    broad = np.exp(2j * np.pi * (0.9 - 4.65) * basis.frequency_mhz * basis.time)
    broad = broad * np.exp(-3000.0 * basis.time**2)
    fid = np.vstack([basis.fid, 5.0 * broad])
    measured = replace(basis, names=(*basis.names, "Mac"), fid=fid)
    levels = LEVELS | {"Mac": 1.0}
    scan = make_scan(signal(measured, levels=levels), measured, snr=60, rng=rng)
    fit = mrs.fit(scan, measured)
    assert not any(name.startswith("MM") for name in fit.signals)
    assert float(fit["Mac"]) == pytest.approx(1.0, rel=0.1)
    only = mrs.fit(scan, measured, deviations=False)
    assert only.signals == measured.names


def test_error_of_the_model_is_reckoned_when_asked_for(basis, rng):
    fit = mrs.fit(make_scan(signal(basis), basis, snr=30, rng=rng), basis)
    noise, total = ratios(fit), fit.ratios("tCr").set_index("metabolite")
    assert noise.se_model.isna().all()
    assert (total.se_model.drop("tCr") >= 0.0).all()
    assert total.se_model["Glx"] > 0.0
    assert total.se.equals(noise.se)
    assert (total.high - total.low)["Glx"] > (noise.high - noise.low)["Glx"]
    kinds = {other.kind for other in fit.alternatives.others}
    assert kinds == {"baseline", "lines", "macromolecules"}
    assert all(0.0 <= other.weight <= 1.0 for other in fit.alternatives.others)


def test_polynomials_are_compared_with_splines(basis, rng):
    fit = mrs.fit(make_scan(signal(basis), basis, snr=30, rng=rng), basis, **PLAIN)
    kinds = [other.kind for other in fit.alternatives.others]
    assert kinds.count("baseline") >= 2
    assert ratios(fit, total=True).se_model["Glx"] > 0.0


def test_low_quality_is_flagged_and_kept(basis, rng):
    scan = make_scan(signal(basis, decay=50.0), basis, snr=30, rng=rng)
    fit = mrs.fit(scan, basis)
    assert fit.flags
    assert fit.reasons.words() == "broad lines"
    assert np.isfinite(fit["tNAA"])
    lenient = mrs.fit(scan, basis, quality=mrs.Quality(fwhm_ppm=0.3, crlb_percent=500.0))
    assert not lenient.flags
    assert ratios(lenient).flag["Glx"] == ""


def test_fit_is_drawn_and_told(basis, rng):
    fit = mrs.fit(make_scan(signal(basis), basis, snr=30, rng=rng), basis)
    assert len(fit.plot().axes) == 2
    report = fit.report()
    assert "SNR" in report
    assert "Glx/tCr" in report
    assert "Prior_shift_ppm: 0.004" in report
    assert fit.covariance.loc["NAA", "NAA"] == pytest.approx(float(fit.se["NAA"]) ** 2)
    assert fit.correlations.loc["Cr", "PCr"] < -0.5
    assert "tCho" in fit.table.biomarker.to_list()
    curves = fit.curves
    assert np.allclose(curves.fit + curves.residual, curves.data)


def test_a_basis_given_with_other_spellings_loses_nothing(basis):
    others = {"Cr": "Cre", "Ins": "mI", "PCho": "PCh", "Gln": "glutamine"}
    named = replace(basis, names=tuple(others.get(name, name) for name in basis.names))
    assert named.names == basis.names
    assert np.array_equal(named["PCh"], basis["PCho"])
    assert named.without(["mI"]).names == basis.without(["Ins"]).names
    scan = make_scan(signal(basis), basis)
    fit = mrs.fit(scan, named, **PLAIN)
    assert ratios(fit).ratio["tCho"] == pytest.approx(ratio_of("tCho"), rel=1e-3)
    assert np.allclose(fit.ratios("mI", total=False).ratio, fit.ratios("Ins", total=False).ratio)


def test_edited_spectra_are_fitted_one_by_one(basis):
    scan = make_scan(signal(basis), basis)
    edited = replace(scan, fid=np.stack([scan.fid] * 2, axis=3), axes=("DIM_EDIT",))
    with pytest.raises(InputError, match=r"edited.*edit=0"):
        mrs.fit(edited, basis)


def test_what_cannot_be_fitted_is_refused(basis):
    scan = make_scan(signal(basis), basis)
    coils = replace(scan, fid=scan.fid[..., None, :], axes=("DIM_COIL",))
    with pytest.raises(InputError, match=r"DIM_COIL.*mrs\.preprocess"):
        mrs.fit(coils, basis)
    grid = replace(scan, fid=np.repeat(scan.fid, 2, axis=0))
    with pytest.raises(InputError, match="fit_grid"):
        mrs.fit(grid, basis)
    with pytest.raises(InputError, match="zero throughout"):
        mrs.fit(replace(scan, fid=0.0 * scan.fid), basis)
    with pytest.raises(InputError, match="not finite"):
        mrs.fit(replace(scan, fid=np.nan * scan.fid), basis)
    with pytest.raises(InputError, match="Scan"):
        mrs.fit(scan.fid, basis)
    with pytest.raises(InputError, match="no metabolite"):
        mrs.fit(scan, replace(basis, names=("Mac",), fid=basis.fid[:1]))


def test_noise_alone_is_told(basis, rng):
    noise = rng.standard_normal((2, 1024))
    fit = mrs.fit(make_scan(noise[0] + 1j * noise[1], basis), basis)
    assert fit.flags or (fit.ratios("tCr").flag != "").all()


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"ppm": (4.2, 0.2)}, "lower one first"),
        ({"ppm": (0.2, 0.3)}, "at least"),
        ({"baseline": "splines"}, "polynomial"),
        ({"baseline": ("polynomial", -1)}, "order"),
        ({"bands": ("MM99",)}, "MM99 unknown"),
        ({"deviations": 1}, "True or False"),
    ],
)
def test_arguments_are_checked(basis, kwargs, words):
    with pytest.raises(InputError, match=words):
        mrs.fit(make_scan(signal(basis), basis), basis, **kwargs)


def test_ratios_name_what_there_is(basis):
    fit = mrs.fit(make_scan(signal(basis), basis), basis, **PLAIN)
    with pytest.raises(InputError, match="'water'"):
        fit.ratios("water")
    with pytest.raises(InputError, match="level"):
        fit.ratios("tCr", level=95)
    assert ratios(fit, level=0.5).ratio["tNAA"] == ratios(fit).ratio["tNAA"]
