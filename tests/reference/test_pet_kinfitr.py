"""kinfitr 0.9.1 (R 4.2.2) and Turku's `logan`, reached through `pet.fit` by the method's name.

How the programs differ is explained in test_kinetics_kinfitr.py; the compartment models' optima
are compared in test_kinetics_kinfitr_compartments.py.
"""

import warnings

import numpy as np
import pandas as pd
import pytest

from biomarkers import pet
from biomarkers.errors import AssumptionWarning
from biomarkers.kinetics import MODELS, Input
from biomarkers.timing import Frames

REGIONS = ["FC", "TC", "STR", "THA", "WB", "CBL"]
TARGETS = ["ROI1", "ROI2", "ROI3"]


def expected(kinfitr, model, settings, parameter):
    rows = kinfitr[
        (kinfitr.model == model)
        & kinfitr.settings.str.startswith(settings)
        & (kinfitr.parameter == parameter)
    ]
    return rows.groupby(["subject", "region"]).value.first()


@pytest.mark.parametrize(
    ("method", "model", "settings", "options", "names"),
    [
        ("mrtm1", "MRTM1", "all frames;unweighted;trapz", {}, {"BPND": "bp", "R1": "R1"}),
        ("mrtm2", "MRTM2", "k2prime=0.1;all", {"k2_reference": 0.1}, {"BPND": "bp"}),
        (
            "logan_reference",
            "refLogan",
            "k2prime=0.1;tstar=10 frames;unweighted",
            {"k2_reference": 0.1, "last": 10},
            {"BPND": "bp"},
        ),
        ("patlak_reference", "refPatlak", "tstar=10", {"last": 10}, {"Kiref": "Kiref"}),
    ],
)
def test_lines_over_a_reference_region(
    kinfitr, shared_data, method, model, settings, options, names
):
    tacs = pd.read_csv(shared_data("pet/simref_tacs.csv"))
    for subject, rows in tacs.groupby("PET"):
        time = 60 * rows.Times.to_numpy()
        given = {key: value for key, value in options.items() if key != "last"}
        if "last" in options:
            given["t_star"] = time[-options["last"]]
        found = pet.fit(
            rows[TARGETS].to_numpy().T,
            Frames.instants(time),
            Input(time, plasma=rows.Reference),
            model=method,
            weights=rows.Weights if method == "mrtm2" else None,
            **given,
        )
        for ours, theirs in names.items():
            truth = expected(kinfitr, model, settings, theirs).loc[subject].loc[TARGETS]
            np.testing.assert_allclose(found[ours], truth, rtol=1e-6)


@pytest.mark.parametrize(
    ("method", "model", "settings", "names", "middle", "worst"),
    [
        ("logan", "Logan", "tstar=10 frames;unweighted;inpshift=0;vB=0;trapz", "VT Vt", 2e-5, 3e-4),
        ("ma1", "MA1", "tstar=10 frames;unweighted", "VT Vt", 2e-5, 1e-3),
        ("patlak", "Patlak", "tstar=10 frames;unweighted;inpshift=0;vB=0", "Ki Ki", 1e-4, 3e-3),
    ],
)
def test_lines_over_plasma(kinfitr, pbr28, method, model, settings, names, middle, worst):
    """[11C]PBR28 leaves again, which `pet.fit` says of Patlak's Ki."""
    ours, theirs = names.split()
    reference, errors, told = expected(kinfitr, model, settings, theirs), [], 0
    for subject, frames, curves, _, source in pbr28:
        if subject not in reference.index.get_level_values("subject"):
            continue
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = pet.fit(
                curves, Frames.instants(frames.mid), source, model=method, t_star=frames.mid[-10]
            )
        told += any(each.category is AssumptionWarning for each in caught)
        errors += list(np.abs(found[ours] / reference.loc[subject].loc[REGIONS] - 1))
    assert told == (8 if method == "patlak" else 0)  # of 10 pbr28
    assert len(errors) == 60
    assert np.median(errors) < middle
    assert np.max(errors) < worst


@pytest.mark.parametrize("model", ["1tcm", "2tcm", "srtm"])
def test_compartment_models_are_those_of_the_kinetics(pbr28, model):
    """So that what is shown of the kinetics against kinfitr holds here."""
    for _, frames, curves, weights, source in pbr28[:2]:
        given = source if model != "srtm" else Input.reference_region(frames, curves[5])
        through = pet.fit(curves, frames, given, model=model, weights=weights)
        direct = MODELS[model].fit(curves, frames, given, weights=weights)
        for name in direct.names:
            np.testing.assert_array_equal(through[name], direct[name])


@pytest.mark.parametrize(("settings", "rate"), [("k2prime none", None), ("k2prime=0.2", 0.2)])
def test_turku_logan(kinfitr, shared_data, settings, rate):
    tacs = pd.read_csv(shared_data("pet/AD06_merged_roi_tacs.csv"))
    time = 0.5 * (tacs.start + tacs.end).to_numpy()
    rows = kinfitr[kinfitr.tool.str.startswith("tpcclib") & kinfitr.settings.str.contains(settings)]
    found = pet.fit(
        tacs[list(rows.region)].to_numpy().T,
        Frames.instants(time),
        Input(time, plasma=tacs.cerebellum),
        model="logan_reference",
        k2_reference=rate,
        t_star=time[23],
    )
    np.testing.assert_allclose(found["DVR"], rows.value, atol=5.1e-5)  # printed to four decimals
