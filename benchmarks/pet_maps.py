"""Maps of a dynamic PET scan: 64 x 64 x 40 voxels, 30 frames, every voxel fitted; time and truth.

Each method is timed on the whole image, and beside it, in the same run, a loop of the usual kind
over some of the same voxels: `numpy.polyfit` for the plots, `scipy.optimize.curve_fit` for the
models, convolved by recursion on a grid of 2 s (without errors of derived parameters). Bias: of the
medians over voxels of 64 tissues.

    python -m benchmarks.pet_maps          # the whole image
    python -m benchmarks.pet_maps 4        # a slab of 4 slices
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time
import warnings

import numpy as np
from scipy.optimize import curve_fit
from scipy.signal import lfilter

from biomarkers import pet
from biomarkers.errors import AssumptionWarning
from biomarkers.images import Image
from biomarkers.kinetics import MODELS, Input, read, respond
from biomarkers.timing import Frames

SHAPE, TISSUES, LOOPED = (64, 64, 40), 64, 200
LENGTH = np.concatenate([[10.0] * 6, [20.0] * 3, [60.0] * 6, [300.0] * 15])
FRAMES = Frames(np.concatenate([[0.0], np.cumsum(LENGTH)[:-1]]), LENGTH)
T_STAR = 1800.0
NOISE = 0.05  # of the peak, in a frame of a minute
RNG = np.random.default_rng(0)
LIMIT = {"logan": 1.0, "patlak": 1.0, "srtm": 5.0, "2tcm": 15.0}
WANTED = {"logan": "VT", "patlak": "Ki", "srtm": "BPND", "2tcm": "VT"}


def arterial(end=FRAMES.end[-1]):
    """An input after Feng et al. 1993, every second for 3 min, then every 20 s until `end`, s."""
    knots = np.concatenate([np.arange(0.0, 180.0), np.arange(180.0, end + 20.0, 20.0)])
    t = np.maximum(knots - 10.0, 0.0) / 60.0
    fast, middle, slow = (np.exp(-rate * t) for rate in (4.13, 0.119, 0.0104))
    plasma = (85.1 * t - 2.19 - 2.08) * fast + 2.19 * middle + 2.08 * slow
    return Input(knots, plasma=plasma, blood=0.9 * plasma)


RANGES = {
    "2tcm": {
        "K1": (0.05, 0.3),
        "k2": (0.08, 0.3),
        "k3": (0.02, 0.1),
        "k4": (0.02, 0.08),
        "vB": (0.03, 0.07),
    },
    "srtm": {"R1": (0.7, 1.3), "k2": (0.08, 0.3), "BPND": (0.2, 4.0)},
}
RANGES["2tcm_irreversible"] = {k: v for k, v in RANGES["2tcm"].items() if k != "k4"}


def simulate(slices, name, feeding):
    """Scan, true parameters (tissue,) and the tissue of each voxel."""
    truth = {key: RNG.uniform(*ends, TISSUES) for key, ends in RANGES[name].items()}
    curves = MODELS[name].predict(truth, FRAMES, feeding)
    shape = (*SHAPE[:2], slices)
    tissue = np.arange(np.prod(shape)).reshape(shape) % TISSUES
    noise = NOISE * curves.max(axis=1)[:, None] * np.sqrt(60.0 / LENGTH)
    data = curves[tissue] + noise[tissue] * RNG.standard_normal((*shape, len(FRAMES)))
    image = Image(data, np.diag([2.0, 2.0, 2.0, 1.0]), "simulated", "kBq/mL")
    return pet.Scan(image, FRAMES, pet.nuclide("F18")), truth, tissue


def cerebellum(source):
    """A reference region of one tissue compartment, every 5 s."""
    time = np.arange(0.0, FRAMES.end[-1] + 5.0, 5.0)
    curve = 0.1 / 60 * respond(0.15 / 60, source.time, source.plasma, Frames.instants(time)).value
    return Input(time, plasma=curve)


def timed(work):
    """Result, wall and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssumptionWarning)
        result = work()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def expected(name, truth):
    if name == "VT":
        return truth["K1"] / truth["k2"] * (1 + truth["k3"] / truth["k4"])
    return (
        truth["BPND"]
        if name == "BPND"
        else (truth["K1"] * truth["k3"] / (truth["k2"] + truth["k3"]))
    )


def looped(model, rows, source, reference):
    """Fit curves one by one, as most programs do."""
    late = FRAMES.mid >= T_STAR
    fine = np.arange(1.0, FRAMES.end[-1], 2.0)
    plasma, blood = (np.interp(fine, source.time, each) for each in (source.plasma, source.blood))
    level = read(source.time, source.plasma, FRAMES)
    area = np.interp(FRAMES.mid, fine, np.cumsum(plasma) * 2.0)
    basis = np.interp(fine, reference.time, reference.plasma)

    def convolved(rate, curve):
        return lfilter([2.0 / 60.0], [1.0, -np.exp(-rate / 30.0)], curve)

    def two_tissue(_, k1, k2, k3, k4, share):
        total = k2 + k3 + k4
        gap = np.sqrt(max(total**2 - 4 * k2 * k4, 1e-12))
        fast, slow = (total + gap) / 2, (total - gap) / 2
        part = (fast - k3 - k4) / gap
        tissue = k1 * (part * convolved(fast, plasma) + (1 - part) * convolved(slow, plasma))
        return np.interp(FRAMES.mid, fine, (1 - share) * tissue + share * blood)

    def simplified(_, r1, k2, bp):
        k2a = k2 / (1 + bp)
        return np.interp(FRAMES.mid, fine, r1 * basis + (k2 - r1 * k2a) * convolved(k2a, basis))

    for row in rows:
        own = np.cumsum(row * LENGTH) - 0.5 * row * LENGTH
        if model == "logan":
            np.polyfit(area[late] / row[late], own[late] / row[late], 1, cov=True)
        elif model == "patlak":
            np.polyfit(area[late] / level[late], row[late] / level[late], 1, cov=True)
        elif model == "srtm":
            curve_fit(simplified, None, row, (1.0, 0.1, 1.0), bounds=([0, 0, 0], [10, 1, 15]))
        else:
            start, most = (0.1, 0.1, 0.05, 0.05, 0.05), [1, 1, 0.5, 0.5, 0.3]
            curve_fit(two_tissue, None, row, start, bounds=([0] * 5, most))


def run(model, slices, source):
    reference = cerebellum(source)
    feeding = reference if model == "srtm" else source
    behind = {"logan": "2tcm", "patlak": "2tcm_irreversible"}.get(model, model)
    scan, truth, tissue = simulate(slices, behind, feeding)
    given = {"t_star": T_STAR} if model in ("logan", "patlak") else {}
    small = np.zeros(tissue.shape, dtype=bool)
    small[:2] = True
    timed(lambda: pet.maps(scan, feeding, model=model, mask=small, **given))  # compiles
    maps, wall, cpu = timed(lambda: pet.maps(scan, feeding, model=model, **given))
    rows = scan.series.reshape(-1, len(FRAMES))[:LOOPED]
    _, _, loop = timed(lambda: looped(model, rows, source, reference))
    rate, theirs = tissue.size / cpu, len(rows) / loop
    name = WANTED[model]
    found, true = maps[name], expected(name, truth)
    bias = [np.nanmedian(found[tissue == k]) / true[k] - 1 for k in range(TISSUES)]
    print(
        f"{model}: {wall:.2f} s wall, {cpu:.2f} s of processors for {tissue.size} voxels (asked on "
        f"the whole image: {LIMIT[model]:g} s wall); {rate:.0f} voxels per processor second, the "
        f"loop {theirs:.0f}: {rate / theirs:.0f} times; {name}: bias of tissues' medians, median "
        f"{100 * np.median(bias):+.1f} %; {int(np.isnan(found).sum())} voxels not determined",
        flush=True,
    )


if __name__ == "__main__":
    slices = int(sys.argv[1]) if len(sys.argv) > 1 else SHAPE[2]
    for model in WANTED:
        run(model, slices, arterial())
