"""kinfitr 0.9.1 (R 4.2.2) and Turku's `logan` on real and simulated curves.

kinfitr takes t* as a number of frames. Its reference-region methods integrate by the trapezoid
rule over mid-times, ours do between instants, so they agree to rounding. Its blood-based ones
resample input and tissue on 6000 points, and move the first blood sample after the last frame to
that frame's time; ours integrate the input exactly. Its sums, written out here, give its figures
to rounding; on ever finer grids, with no sample moved, they become ours.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import cumulative_trapezoid

from biomarkers.kinetics import (
    MODELS,
    Input,
    logan,
    logan_reference,
    ma1,
    mrtm1,
    mrtm2,
    patlak,
    patlak_reference,
    read,
)
from biomarkers.kinetics.exchange import two_exponentials
from biomarkers.kinetics.forward import Forward

REGIONS = ["FC", "TC", "STR", "THA", "WB", "CBL"]
TARGETS = ["ROI1", "ROI2", "ROI3"]


def expected(kinfitr, model, settings, parameter):
    chosen = kinfitr[
        (kinfitr.model == model)
        & kinfitr.settings.str.startswith(settings)
        & (kinfitr.parameter == parameter)
    ]
    return chosen.set_index(["subject", "region"]).value


def as_kinfitr_sums(time, curve, source, points, *, move=True):
    """VT by Logan and MA1, Ki by Patlak, by kinfitr's resampling; its input is cut or held on."""
    time, curve = np.append(0.0, time), np.append(0.0, curve)
    known, level = np.append(0.0, source.time), np.append(0.0, source.plasma)
    if move and known[-1] > time[-1]:
        count = np.flatnonzero(known > time[-1])[0] + 1
        known, level = np.append(known[: count - 1], time[-1]), level[:count]
    grid = np.linspace(0.0, time[-1], points)
    plasma, tissue = np.interp(grid, known, level), np.interp(grid, time, curve)
    of_plasma = cumulative_trapezoid(plasma, grid, initial=0.0)
    of_tissue = cumulative_trapezoid(tissue, grid, initial=0.0)
    late = grid > 0.5 * time[-10]  # before, there may be nothing to divide by

    def at_frames(values):
        return np.interp(time[-10:], grid[late], values[late])

    x, y = at_frames(of_plasma), at_frames(of_tissue)
    (first, second), *_ = np.linalg.lstsq(np.stack([x, y], axis=1), at_frames(tissue))
    with np.errstate(divide="ignore", invalid="ignore"):
        by_tissue = at_frames(of_plasma / tissue), at_frames(of_tissue / tissue)
        by_plasma = at_frames(of_plasma / plasma), at_frames(tissue / plasma)
    return {
        "Logan": np.polyfit(*by_tissue, 1)[0],
        "MA1": -first / second,
        "Patlak": 60.0 * np.polyfit(*by_plasma, 1)[0],
    }


BLOOD_BASED = {
    "Logan": (logan, "tstar=10 frames;unweighted;inpshift=0;vB=0;trapz", "VT", "Vt"),
    "MA1": (ma1, "tstar=10 frames;unweighted", "VT", "Vt"),
    "Patlak": (patlak, "tstar=10 frames;unweighted;inpshift=0;vB=0", "Ki", "Ki"),
}


def test_blood_based_lines_are_what_kinfitrs_sums_tend_to(kinfitr, pbr28):
    reference = {
        model: expected(kinfitr, model, settings, theirs)
        for model, (_, settings, _, theirs) in BLOOD_BASED.items()
    }
    to_kinfitr, to_limit = [], []
    for subject, frames, curves, _, source in pbr28:
        ours = {
            model: method(curves, frames.mid, source, t_star=frames.mid[-10])[name]
            for model, (method, _, name, _) in BLOOD_BASED.items()
        }
        for k, region in enumerate(REGIONS):
            if (subject, region) not in reference["Logan"].index:
                continue
            same = as_kinfitr_sums(frames.mid, curves[k], source, 6000)
            fine = as_kinfitr_sums(frames.mid, curves[k], source, 300_000, move=False)
            for model, found in ours.items():
                value = np.atleast_1d(reference[model].loc[(subject, region)])[0]
                to_kinfitr.append(same[model] / value - 1)
                # Ki of a reversible tracer may be next to nothing
                size = max(abs(found[k]), 0.005)
                to_limit.append((fine[model] - found[k]) / size)
    assert len(to_kinfitr) == 180
    assert np.abs(to_kinfitr).max() < 1e-9
    assert np.abs(to_limit).max() < 1e-5


@pytest.mark.parametrize(
    ("method", "extra", "model", "settings", "names"),
    [
        (mrtm1, {}, "MRTM1", "all frames;unweighted;trapz", {"BPND": "bp", "R1": "R1"}),
        (mrtm2, {"k2_reference": 0.1}, "MRTM2", "k2prime=0.1;all", {"BPND": "bp"}),
        (
            logan_reference,
            {"k2_reference": 0.1, "last": 10},
            "refLogan",
            "k2prime=0.1;tstar=10 frames;unweighted",
            {"BPND": "bp"},
        ),
        (patlak_reference, {"last": 10}, "refPatlak", "tstar=10", {"Kiref": "Kiref"}),
    ],
)
def test_reference_region_lines(kinfitr, shared_data, method, extra, model, settings, names):
    tacs = pd.read_csv(shared_data("pet/simref_tacs.csv"))
    options = {key: value for key, value in extra.items() if key != "last"}
    for subject, rows in tacs.groupby("PET"):
        time = 60 * rows.Times.to_numpy()
        if "last" in extra:
            options["t_star"] = time[-extra["last"]]
        weights = rows.Weights if model == "MRTM2" else None
        source = Input(time, plasma=rows.Reference)
        line = method(rows[TARGETS].to_numpy().T, time, source, weights=weights, **options)
        for ours, theirs in names.items():
            reference = expected(kinfitr, model, settings, theirs)
            truth = [reference.loc[(subject, region)] for region in TARGETS]
            np.testing.assert_allclose(line[ours], truth, rtol=1e-6)


@pytest.mark.parametrize(("settings", "rate"), [("k2prime none", None), ("k2prime=0.2", 0.2)])
def test_turku_logan(kinfitr, shared_data, settings, rate):
    tacs = pd.read_csv(shared_data("pet/AD06_merged_roi_tacs.csv"))
    time = 0.5 * (tacs.start + tacs.end).to_numpy()
    source = Input(time, plasma=tacs.cerebellum)
    rows = kinfitr[kinfitr.tool.str.startswith("tpcclib") & kinfitr.settings.str.contains(settings)]
    curves = tacs[list(rows.region)].to_numpy().T
    line = logan_reference(curves, time, source, k2_reference=rate, t_star=time[23])
    np.testing.assert_allclose(line["DVR"], rows.value, atol=5.1e-5)  # printed to four decimals


def test_two_tissue_is_never_worse_than_kinfitr(kinfitr, pbr28):
    # kinfitr's parameters, evaluated in the same forward model at the same delay
    settings = "inpshift=0;vB=0.05"
    names = ["K1", "k2", "k3", "k4"]
    theirs = {name: expected(kinfitr, "2TCM", settings, name) for name in names}
    for subject, frames, curves, weights, source in pbr28:
        plasma = Input(source.time, plasma=source.plasma)
        vascular = 0.05 * read(source.time, source.blood, frames)
        tissue = (curves - vascular) / 0.95
        forward = Forward(MODELS["2tcm"].for_input(plasma), plasma, frames)
        fit = MODELS["2tcm"].fit(tissue, frames, plasma, weights=weights)
        for k, region in enumerate(REGIONS):
            if (subject, region) not in theirs["K1"].index:
                continue
            point = [theirs[name].loc[(subject, region)] for name in names]
            other = forward.curve(two_exponentials(*point) | {"delay": 0.0})
            rss = float(np.sum(weights * (tissue[k] - other) ** 2))
            assert fit.rss[k] <= rss * (1 + 1e-9), (subject, region)


@pytest.mark.parametrize("settings", ["inpshift from WB fit", "inpshift fitted"])
def test_two_tissue_with_delay_and_blood_is_never_worse_than_kinfitr(kinfitr, pbr28, settings):
    """At kinfitr's delay, then with the delay fitted within its bounds of half a minute."""
    model = MODELS["2tcm"]
    rows = kinfitr[(kinfitr.model == "2TCM") & kinfitr.settings.str.startswith(settings)]
    wide = rows.pivot_table(index=["subject", "region"], columns="parameter", values="value")
    checked = 0
    for subject, frames, curves, weights, whole in pbr28:
        found = wide[wide.index.get_level_values("subject") == subject]
        if not len(found):
            continue
        # every third of the 6000 samples: the search is in question, not the input
        source = Input(whole.time[::3], plasma=whole.plasma[::3], blood=whole.blood[::3])
        places = [REGIONS.index(region) for _, region in found.index]
        measured, forward = curves[places], Forward(model, source, frames)
        (lag,) = 60.0 * found["inpshift"].unique()
        fixed = model.fit(measured, frames, source, weights=weights, delay=lag)
        free = model.fit(measured, frames, source, weights=weights, delay=(-30.0, 30.0))
        assert (free.rss <= fixed.rss * (1 + 1e-6)).all(), subject
        for rss, curve, (_, theirs) in zip(fixed.rss, measured, found.iterrows(), strict=True):
            point = {name: theirs[name] for name in ("K1", "k2", "k3", "k4", "vB")}
            other = forward.curve(model.inverse.coefficients(point) | {"delay": lag})
            assert rss <= float(np.sum(weights * (curve - other) ** 2)) * (1 + 1e-9), theirs.name
            checked += 1
    assert checked == len(wide)
