"""PMOD blood files beside their PET-BIDS conversions (PET2BIDS): the same samples, in s and kBq/mL.

The spreadsheets among the sources are not read here; the plain ones give time in minutes.
"""

import numpy as np
import pandas as pd
import pytest

from biomarkers.pet.arterial import arterial_input
from biomarkers.pet.blood import read_blood

ROOT = "pet/blood-pmod-to-bids"
MIXED, MANUAL = (
    f"{ROOT}/Ex_bld_manual_and_autosampled_mixed",
    f"{ROOT}/Ex_bld_wholeblood_and_plasma_only",
)


def pmod(path):
    return pd.read_csv(path, sep="\t").to_numpy().T


def test_samples_by_hand(shared_data):
    folder = shared_data(MANUAL)
    blood = read_blood(
        folder / "test_recording-manual_blood.tsv",
        sidecar=folder / "test_recording-manual_blood.json",
    )
    for samples, name in ((blood.whole, "whole_blood.bld"), (blood.plasma, "plasma_parent.bld")):
        minutes, value = pmod(folder / name)
        np.testing.assert_allclose(samples.time, 60 * minutes, rtol=1e-9)
        np.testing.assert_allclose(samples.value, value, rtol=1e-9)
    assert blood.parent is None  # the sidecar says otherwise: the plasma is the parent's already
    source = arterial_input(blood, parent=1)
    np.testing.assert_allclose(source.plasma[1:], blood.plasma.value)


def test_recording_and_samples_by_hand(shared_data):
    folder = shared_data(MIXED)
    blood = read_blood(
        [
            folder / "converted_recording-autosampler_blood.tsv",
            folder / "converted_recording-manual_blood.tsv",
        ],
        sidecar=folder / "converted_blood.json",
    )
    minutes, fraction = pmod(folder / "S001_ParentFraction.bld")
    np.testing.assert_allclose(blood.parent.time, 60 * minutes, rtol=1e-9)
    np.testing.assert_allclose(blood.parent.value, fraction, rtol=1e-9)
    assert len(blood.continuous) == 555
    assert blood.continuous.time[-1] == 556.002
    assert blood.whole.value[1] == pytest.approx(2.59167722661411)
    source = arterial_input(blood)
    at_ten = float(np.interp(600.0, source.time, source.plasma))
    assert at_ten == pytest.approx(1.51087881930352 * 0.730780329, rel=0.03)
