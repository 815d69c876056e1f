"""kinfitr 0.9.1 (R 4.2.2): the simplified reference tissue model on simulated curves.

kinfitr draws straight lines through the reference region's curve on 1024 points, sums the
convolution over them with both ends counted whole, and reads it at mid-frame. Ours is exact for
the same lines. Its sums are a `FunctionModel` here, which lands on its parameters; the exact
convolution moves BPND and R1 by a few thousandths, and k2, which the sums shift by half a step,
by more.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter

from biomarkers.kinetics import MODELS, FunctionModel, Input, Parameter
from biomarkers.timing import Frames

TARGETS = ["ROI1", "ROI2", "ROI3"]
POINTS = 1024
NAMES = {"R1": "R1", "k2": "k2", "BPND": "bp"}


@pytest.fixture(scope="module")
def kinfitr(shared_data):
    """Values by subject, region and parameter."""
    table = pd.read_csv(shared_data("pet/reference_fits.csv"))
    chosen = table[(table.model == "SRTM") & table.settings.str.startswith("weights=Weights")]
    return chosen.set_index(["subject", "region", "parameter"]).value


@pytest.fixture(scope="module")
def scans(shared_data):
    return dict(list(pd.read_csv(shared_data("pet/simref_tacs.csv")).groupby("PET")))


def summed_model(middle, reference):
    """kinfitr's model of R1, k2 and BPND, with derivatives by central differences."""
    time = np.linspace(middle[0], middle[-1], POINTS)
    level = np.interp(time, middle, reference)

    def curve(values):
        ratio, k2, bound = values
        washout = k2 / (1.0 + bound)
        keep = np.exp(-washout * time[1])
        spread = lfilter([time[1]], [1.0, -keep], level)
        return np.interp(middle, time, ratio * level + (k2 - ratio * washout) * spread)

    def function(values, frames, source):
        slopes = np.empty((len(values), 3, middle.size))
        for k in range(3):
            step = np.zeros(3)
            step[k] = 1e-5
            slopes[:, k] = [(curve(row + step) - curve(row - step)) / 2e-5 for row in values]
        return np.array([curve(row) for row in values]), slopes

    return function


def test_kinfitrs_sums_give_kinfitrs_parameters(kinfitr, scans):
    for subject, rows in scans.items():
        middle = rows.Times.to_numpy()
        plain = FunctionModel(
            "kinfitr",
            tuple(Parameter(each, "1", each) for each in NAMES),
            summed_model(middle, rows.Reference.to_numpy()),
            np.zeros(3),
            np.full(3, 10.0),
            np.array([[1.0, 0.1, 1.5]]),
        )
        fit = plain.fit(
            rows[TARGETS].to_numpy().T,
            Frames.instants(60 * middle),
            Input([0.0, 1e4], plasma=[1.0, 1.0]),
            weights=rows.Weights,
        )
        for place, region in enumerate(TARGETS):
            assert fit.rss[place] <= kinfitr[subject, region, "RSS_w"] * (1 + 1e-7)
            for ours, theirs in NAMES.items():
                assert fit[ours][place] == pytest.approx(
                    kinfitr[subject, region, theirs], rel=1e-3
                ), (subject, region, ours)


def test_the_exact_convolution_moves_binding_little(kinfitr, scans):
    moved = {name: [] for name in NAMES}
    for subject, rows in scans.items():
        time = 60 * rows.Times.to_numpy()
        source = Input(time, plasma=rows.Reference)
        fit = MODELS["srtm"].fit(rows[TARGETS].to_numpy().T, time, source, weights=rows.Weights)
        for ours, theirs in NAMES.items():
            truth = np.array([kinfitr[subject, region, theirs] for region in TARGETS])
            moved[ours] += list(np.abs(fit[ours] / truth - 1))
    assert np.max(moved["R1"]) < 5e-3
    assert np.median(moved["BPND"]) < 2e-3
    assert np.max(moved["BPND"]) < 1.5e-2
    assert np.median(moved["k2"]) < 1e-2
