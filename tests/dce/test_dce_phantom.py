"""A small version of benchmarks/dce_phantom.py: how far off the worst cell of a phantom is."""

import importlib.util
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "dce_phantom.py"
CELLS = list(product((0.01, 0.1, 0.35), (0.1, 0.5), (0.0, 0.01, 0.03), (0.0, 1.5, 4.0)))
NOISE = 0.005


@pytest.fixture(scope="module")
def phantom():
    """Return the module that makes the phantom."""
    spec = importlib.util.spec_from_file_location("phantom_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_a_model_chosen_by_aicc_meets_every_target(phantom):
    found = phantom.errors(CELLS, NOISE, ("tofts", "extended_tofts"), (0.0, 8.0))
    assert set(found) == set(phantom.TARGETS)
    for name, miss in found.items():
        assert np.isfinite(miss).all()
        assert np.abs(miss).max() < phantom.TARGETS[name], name


def test_extended_tofts_alone_leaves_only_the_delay_open_where_there_is_no_plasma(phantom):
    found = phantom.errors(CELLS, NOISE, "extended_tofts", (0.0, 8.0))
    dry = np.array([cell[2] == 0 for cell in CELLS])
    for name in ("Ktrans", "ve", "vp"):
        assert np.abs(found[name]).max() < phantom.TARGETS[name], name
    assert np.abs(found["delay"][~dry]).max() < 0.1
    # Plasma volume cannot be negative, so that noise makes the delay late, never early.
    assert np.median(found["delay"][dry]) > 0
