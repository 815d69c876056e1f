"""A basis as a scan samples it, against the sums of exponentials that it is made of."""

import numpy as np
import pytest
from mrs_files import signal

from biomarkers.errors import InputError
from biomarkers.mrs import Basis

# Lines over the whole width of proton spectra, of widths from 3 to 30 Hz.
LINES = ((0.9, 1.0 + 0.5j), (2.01, 3.0), (2.5, -0.4j), (3.03, 2.0), (4.1, 0.7), (8.3, 0.3j))


def basis(points=2048, dwell=2.5e-4, frequency=123.2, rates=(10.0, 90.0), **changes):
    fids = [signal(points, dwell, frequency, LINES, rate) for rate in rates]
    return Basis(tuple("AB"[: len(rates)]), np.array(fids), dwell, frequency, **changes)


def test_of_the_same_samples_it_is_cut_or_continued_by_zeros() -> None:
    given = basis(rates=(20.0, 90.0))
    shorter = given.resampled(2.5e-4, 1000, 123.2)
    np.testing.assert_array_equal(shorter.fid, given.fid[:, :1000])
    longer = given.resampled(2.5e-4, 3000, 123.2)
    np.testing.assert_array_equal(longer.fid[:, :2048], given.fid)
    assert not longer.fid[:, 2048:].any()


@pytest.mark.parametrize("dwell", [5e-4, 4.1e-4, 3.3e-4, 2.5e-4 * (1 + 1e-5), 1.7e-4, 8.33e-5])
def test_other_samples_are_those_of_the_exponentials(dwell) -> None:
    points = int(0.4 / dwell)
    new = basis().resampled(dwell, points, 123.2)
    assert (new.dwell, new.frequency_mhz, new.fid.shape) == (dwell, 123.2, (2, points))
    expected = basis(points, dwell).fid
    assert np.abs(new.fid - expected).max() < 1e-5 * np.abs(expected).max()


def test_a_frequency_of_the_same_field_keeps_chemical_shifts() -> None:
    """Time is stretched: shifts in ppm stay, and widths and couplings change by 0.4 %."""
    new = basis().resampled(5e-4, 800, 123.7)
    ratio = 123.7 / 123.2
    expected = basis(800, 5e-4, 123.7, rates=(10.0 * ratio, 90.0 * ratio)).fid
    assert np.abs(new.fid - expected).max() < 1e-5 * np.abs(expected).max()


def test_a_first_sample_that_is_halved_stays_so() -> None:
    given = basis()
    given.fid[:, 0] /= 2
    new = given.resampled(4.1e-4, 800, 123.2)
    expected = basis(800, 4.1e-4).fid
    np.testing.assert_allclose(new.fid[:, 0], expected[:, 0] / 2, rtol=1e-12)
    assert np.abs(new.fid - expected)[:, 1:].max() < 1e-5 * np.abs(expected).max()


def test_lines_outside_the_new_bandwidth_are_filtered_out() -> None:
    """At 2 ms lines beyond 4.65 ± 2.03 ppm would fold into the spectrum."""
    lines = ((3.03, 1.0), (0.9, 1.0))
    given = Basis(("A",), signal(4096, lines=lines, rate=20.0)[None], 2.5e-4, 123.2)
    new = given.resampled(2e-3, 400, 123.2)
    expected = signal(400, 2e-3, lines=lines[:1], rate=20.0)
    assert np.abs(new.fid[0] - expected)[20:].max() < 2e-3


def test_noisy_signals_are_continued_without_growing() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(2, 2048)) + 1j * rng.normal(size=(2, 2048))
    given = basis()
    new = given.with_fid(given.fid + 0.05 * noise).resampled(3.3e-4, 1000, 123.2)
    expected = basis(1000, 3.3e-4).fid
    assert np.abs(new.fid - expected).max() < 0.5


@pytest.mark.parametrize("frequency", [127.7, 63.7, 297.2])
def test_another_field_is_refused(frequency) -> None:
    match = rf"the basis given is a basis for 123.2 MHz; the data are of {frequency} MHz. Couplings"
    with pytest.raises(InputError, match=match):
        basis().resampled(2.5e-4, 2048, frequency)


def test_a_basis_that_breaks_off_is_refused() -> None:
    with pytest.raises(InputError, match=r"lasts 0.128 s, the data 0.256 s; A still has \d+%"):
        basis(512, rates=(2.0, 90.0)).resampled(2.5e-4, 1024, 123.2)
    decayed = basis(512, rates=(60.0, 90.0)).resampled(2.5e-4, 1024, 123.2)
    assert decayed.fid.shape == (2, 1024)


def test_what_else_a_basis_says_stays() -> None:
    new = basis(te=0.03, sequence="press", source="a.BASIS").resampled(5e-4, 512, 123.2)
    assert (new.te, new.sequence, new.source, new.names) == (0.03, "press", "a.BASIS", ("A", "B"))
    assert basis().without(["A"]).names == ("B",)
