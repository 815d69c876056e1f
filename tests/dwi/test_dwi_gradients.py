"""b-values and gradients: units, lengths, shells, files."""

import numpy as np
import pytest
from diffusion_truth import B, spiral

from biomarkers import dwi
from biomarkers.errors import FileError, InputError, UnusualValueWarning


@pytest.mark.parametrize(
    ("factor", "unit"), [(1e-3, "ms/um^2"), (1e6, "s/m^2")], ids=["ms/um^2", "s/m^2"]
)
def test_another_unit_is_refused_by_name(factor, unit):
    signal = np.exp(-B * 1e-3)
    for call in (dwi.adc, dwi.ivim):
        with pytest.raises(InputError, match="looks like") as caught:
            call(signal, B * factor)
        assert unit in str(caught.value)
    for call in (dwi.tensor, dwi.kurtosis):
        with pytest.raises(InputError, match="looks like"):
            call(signal, B * factor, np.ones((6, 3)))


def test_unequal_lengths_one_b_value_and_negative_ones_are_refused():
    with pytest.raises(InputError, match="each of the 6 volumes"):
        dwi.adc(np.ones(6), B[:5])
    with pytest.raises(InputError, match="two different"):
        dwi.adc(np.ones(6), np.full(6, 1000.0))
    with pytest.raises(InputError, match="0 or more"):
        dwi.adc(np.ones(6), B - 100.0)
    with pytest.raises(InputError, match="expected real numbers"):
        dwi.adc(np.ones(6), ["a"] * 6)


def test_an_unusual_b_value_warns():
    with pytest.warns(UnusualValueWarning, match="at its largest"):
        fit = dwi.adc(np.exp(-0.05 * B * 1e-3), 0.05 * B)
    assert "at its largest" in fit.notes[0]


def test_b_of_zero_may_stand_anywhere():
    b = np.array([500.0, 0.0, 1000.0, 0.0, 750.0])
    np.testing.assert_array_equal(dwi.check_bvalues(b, 5), b)
    assert float(dwi.adc(np.exp(-b * 1e-3), b)["ADC"]) == pytest.approx(1e-3)
    # and be missing
    b = np.array([100.0, 500.0, 800.0])
    assert float(dwi.adc(np.exp(-b * 1e-3), b)["ADC"]) == pytest.approx(1e-3)


def test_shells_are_what_is_nominally_one_b_value():
    b = [0, 1003, 997, 8.5, 4.2, 2010, 1990, 1020]  # imaging gradients add to small ones
    values, shell = dwi.shells(b)
    np.testing.assert_array_equal(shell, [0, 1, 1, 0, 0, 2, 2, 1])
    np.testing.assert_allclose(values, [12.7 / 3, 3020 / 3, 2000.0])
    assert len(dwi.shells([0, 10, 20, 40, 80, 150])[0]) == 6


def test_gradients_of_either_layout_are_taken():
    b, g = np.concatenate([[0.0], np.full(8, 1000.0)]), np.vstack([np.zeros(3), spiral(8)])
    for given in (g, g.T, 1.01 * g):
        np.testing.assert_allclose(dwi.check_gradients(given, b), g, atol=1e-12)


def test_gradients_that_carry_the_weighting_are_refused():
    b, g = np.array([0.0, 1000.0, 1000.0, 5.0]), np.vstack([np.zeros(3), spiral(2), np.ones(3)])
    assert dwi.check_gradients(g, b)[3].tolist() == [0.0, 0.0, 0.0]  # of b = 5 no direction counts
    g[2] *= 0.5**0.5
    with pytest.raises(InputError, match=r"volume 2 \(b 1000 s/mm\^2\) has length 0\.7071"):
        dwi.check_gradients(g, b)
    with pytest.raises(InputError, match="three components"):
        dwi.check_gradients(g[:3], b)


def test_directions_are_counted_without_their_sign():
    g = np.vstack([np.zeros(3), np.eye(3), -np.eye(3)])
    np.testing.assert_array_equal(dwi.directions(g), [-1, 0, 1, 2, 0, 1, 2])


def test_files_are_read_by_line_and_by_volume(tmp_path):
    (tmp_path / "a.bval").write_text("0 1000 1000\n")
    (tmp_path / "b.bval").write_text("0\n1000\n1000\n")
    for name in ("a", "b"):
        np.testing.assert_array_equal(dwi.read_bvalues(tmp_path / f"{name}.bval"), [0, 1000, 1000])
    (tmp_path / "a.bvec").write_text("0 1 0 0\n0 0 1 0\n0 0 0 1\n")
    (tmp_path / "b.bvec").write_text("0 0 0\n1 0 0\n0 1 0\n0 0 1\n")
    for name in ("a", "b"):
        expected = np.vstack([np.zeros(3), np.eye(3)])
        np.testing.assert_array_equal(dwi.read_gradients(tmp_path / f"{name}.bvec"), expected)


@pytest.mark.parametrize("text", ["", "0 1000 x\n", "0 1000\n0 5\n0 6\n", "0 1,5\n"])
def test_a_file_of_something_else_is_refused(tmp_path, text):
    path = tmp_path / "a.bval"
    path.write_text(text)
    with pytest.raises(FileError, match=r"a\.bval does not hold b-values"):
        dwi.read_bvalues(path)
    with pytest.raises(FileError, match="does not exist"):
        dwi.read_gradients(tmp_path / "a.bvec")
