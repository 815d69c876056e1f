"""Reference data that several checks read."""

import pandas as pd
import pytest

from biomarkers.kinetics import Input
from biomarkers.timing import Frames

PBR28_REGIONS = ["FC", "TC", "STR", "THA", "WB", "CBL"]


@pytest.fixture(scope="session")
def kinfitr(shared_data):
    """Return what kinfitr and Turku's programs give for every curve."""
    return pd.read_csv(shared_data("pet/reference_fits.csv"))


@pytest.fixture(scope="session")
def pbr28(shared_data):
    """PBR28: subject, frames, curves (region, frame), weights, input."""
    tacs = pd.read_csv(shared_data("pet/pbr28_tacs.csv"))
    blood = pd.read_csv(shared_data("pet/pbr28_input_interp6000.csv.gz"))
    found = []
    for subject, rows in tacs.groupby("PET"):
        samples = blood[subject == blood.PET]
        source = Input(60 * samples.Time, plasma=samples.AIF, blood=samples.Blood)
        frames = Frames(rows.StartTime, rows.Duration)
        found.append((subject, frames, rows[PBR28_REGIONS].to_numpy().T, rows.Weights, source))
    return found
