"""Diffusion-weighted volumes: which there are, and what they lose."""

import numpy as np

from biomarkers import dwi
from biomarkers.simulate.diffusion import shells

SERIES = shells((500.0, 1000.0), directions=6, without=2)


def test_every_shell_has_its_directions_and_the_rest_none():
    assert SERIES.b.tolist() == [0.0] * 2 + [500.0] * 6 + [1000.0] * 6
    np.testing.assert_allclose(np.linalg.norm(SERIES.directions[2:], axis=1), 1.0)
    assert not SERIES.directions[:2].any()
    near = abs(SERIES.directions[2:8] @ SERIES.directions[2:8].T) - np.eye(6)
    assert near.max() < 0.85


def test_signal_falls_with_b():
    left = SERIES.attenuation(np.array([0.0, 1e-3]))
    assert (left[0] == 1.0).all()
    np.testing.assert_allclose(left[1, [0, 2, -1]], np.exp([0.0, -0.5, -1.0]))


def test_files_are_read_as_they_were_written(tmp_path):
    SERIES.write(tmp_path / "series")
    np.testing.assert_allclose(dwi.read_bvalues(tmp_path / "series.bval"), SERIES.b)
    found = dwi.read_gradients(tmp_path / "series.bvec")
    np.testing.assert_allclose(found, SERIES.directions, atol=1e-5)
