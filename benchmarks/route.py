"""The way of one number through the package: functions, files, moves between files, containers.

Each piece of work runs once so that everything is compiled, and then again under the interpreter's
profile hook, on one thread. Counted are functions of the package (compiled code is not seen), the
files they lie in, moves between files (a function of one file calls one of another), and
containers: classes of the package, up to the first DataFrame, of which an object was built that in
the end holds the estimate that is followed. The ground floor (checks, compiling, files, errors, …)
and `timing` are passed over, as if their callers did the work.

    python -m benchmarks.route [--names]
"""

import os

os.environ.setdefault("NUMBA_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import sys
import tempfile
import threading
import warnings
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

import biomarkers
from biomarkers import dce, pet, study
from biomarkers.images import Image, write_image
from biomarkers.kinetics import MODELS, Input, respond
from biomarkers.timing import Frames

PACKAGE = Path(biomarkers.__file__).parent
GROUND = (
    *("arrays", "blas", "checks", "code_cache", "compiling", "errors", "extras", "files"),
    *("options", "processes", "timing", "_lazy", "_version"),
)
DEPTH = 6  # of containers within containers that are searched for the estimate


class Route:
    """What the profile hook saw."""

    def __init__(self):
        self.functions, self.files, self.moves, self.built = set(), set(), 0, []
        self.stack = []
        self.known = {}

    def own_file(self, code):
        """Path within the package of a function that counts, else None."""
        name = code.co_filename
        if name not in self.known:
            path = Path(name)
            inside = path.is_relative_to(PACKAGE)
            relative = path.relative_to(PACKAGE) if inside else None
            ground = inside and relative.parts[0].removesuffix(".py") in GROUND
            self.known[name] = None if ground or not inside else str(relative)
        return self.known[name]

    def hook(self, frame, event, argument):
        if event not in ("call", "return"):
            return
        code = frame.f_code
        if event == "return":
            self.note_object(frame, argument)
        file = self.own_file(code)
        if file is None or code.co_name == "<module>":
            return
        if event == "call":
            self.functions.add((file, code.co_qualname))
            self.files.add(file)
            self.moves += bool(self.stack) and self.stack[-1] != file
            self.stack.append(file)
        elif self.stack:
            self.stack.pop()

    def note_object(self, frame, returned):
        """Keep an object of an own class, or a DataFrame, that has just been built."""
        code = frame.f_code
        if code.co_name == "__init__":
            made = frame.f_locals.get(code.co_varnames[0])
        elif code.co_name == "__new__" or code.co_varnames[:1] == ("_cls",):  # of a named tuple
            made = returned
        else:
            return
        if type(made).__module__.split(".")[0] == "biomarkers" or isinstance(made, pd.DataFrame):
            self.built.append(made)

    def containers(self, value):
        """Classes of the objects that hold a value, in the order built, up to the first table."""
        names = [type(made).__name__ for made in self.built if holds(made, value)]
        names = list(dict.fromkeys(names))
        return names[: names.index("DataFrame") + 1] if "DataFrame" in names else names


def holds(thing, value, depth=DEPTH):
    """Whether a number stands in an object, or in what it is made of."""
    if isinstance(thing, float | np.ndarray):
        array = np.asarray(thing)
        if array.dtype.kind != "f":
            return False
        return bool(np.isclose(array, value, rtol=1e-9, atol=0.0).any())
    if depth == 0 or isinstance(thing, str | bytes | type):
        return False
    return any(holds(part, value, depth - 1) for part in parts(thing))


def parts(thing):
    """What an object is made of."""
    if isinstance(thing, pd.DataFrame):
        return [thing[name].to_numpy() for name in thing]
    if isinstance(thing, Mapping):
        return list(thing.values())
    if isinstance(thing, tuple | list):
        return list(thing)
    if is_dataclass(thing):
        return [getattr(thing, field.name, None) for field in fields(thing)]
    return list(vars(thing).values()) if hasattr(thing, "__dict__") else []


def trace(work, estimate):
    """Do some work twice, the second time watched; `estimate` takes the number to follow."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        work()
        route = Route()
        threading.setprofile(route.hook)
        sys.setprofile(route.hook)
        try:
            result = work()
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
    return route, route.containers(estimate(result))


TIME = 2.0 * np.arange(60)
SCAN = {"tr": 0.005, "flip_deg": 20.0, "r1": 4.0}
T1, T1_BLOOD, HCT = 1.5, 1.9, 0.42
SINCE = np.maximum(TIME - 21.0, 0.0)
BLOOD = 3.0 * np.minimum(SINCE / 6.0, 1.0) * (0.6 * np.exp(-SINCE / 30.0) + 0.4)
SOURCE = Input(TIME, blood=BLOOD, hct=HCT)
KTRANS, VE, VP = 0.1, 0.3, 0.04


def tissue(seed=1):
    """Concentration of one noisy curve, mM."""
    rate = KTRANS / 60.0 / VE
    spread = respond(rate, TIME, SOURCE.plasma, Frames.instants(TIME)).value
    noise = np.random.default_rng(seed).normal(0.0, 0.005, TIME.size)
    return KTRANS / 60.0 * spread + VP * SOURCE.plasma + noise


def signal_of(curve, t10):
    return dce.concentration_to_signal(curve, t10=t10, m0=1000.0, **SCAN)


def one_curve(curve):
    return MODELS["extended_tofts"].fit(curve, TIME, SOURCE)


def one_voxel(series):
    return dce.maps(series, TIME, t10=T1, input=SOURCE, **SCAN)


WIDTHS = np.repeat([10.0, 30.0, 60.0, 300.0], [6, 4, 7, 10])
FRAMES = Frames(np.cumsum(WIDTHS) - WIDTHS, WIDTHS)
BLOOD_TIME = np.arange(0.0, 3700.0, 5.0)
RISEN = np.minimum(BLOOD_TIME / 20.0, 1.0)
ACTIVITY = 60.0 * RISEN * (np.exp(-BLOOD_TIME / 60.0) + 0.1 * np.exp(-BLOOD_TIME / 3000.0))


ARTERIAL = Input(BLOOD_TIME, plasma=ACTIVITY, blood=0.8 * ACTIVITY)


def activity():
    """Return one noisy curve of two tissue compartments and blood, kBq/mL."""
    fast, slow, blood = (
        respond(rate / 60.0, BLOOD_TIME, values, FRAMES).value
        for rate, values in ((0.2, ACTIVITY), (0.01, ACTIVITY), (60.0, 0.8 * ACTIVITY))
    )
    curve = 0.95 * (0.1 * fast + 0.05 * slow) / 60.0 + 0.05 * blood
    noise = np.random.default_rng(2).normal(0.0, 0.01 * curve.max(), len(FRAMES))
    return curve + noise


def one_tac(curve):
    return pet.fit(curve, FRAMES, ARTERIAL, model="2tcm")


def write_study(root):
    """Write a study of one session: a dynamic series with an artery, a small tumour, and T1.

    Of the tumour's three voxels the median is one voxel's estimate, which is followed to its row.
    """
    name, shape = "sub-01_ses-day00", (4, 4, 2)
    raw, derived = (folder / "sub-01" / "ses-day00" for folder in (root, root / "derivatives/own"))
    regions, t1 = np.zeros(shape), np.full(shape, T1)
    regions[1, :3, 0], regions[3, :, 0] = 1, 2
    curves = np.broadcast_to(tissue(), (*shape, TIME.size)).copy()
    curves[regions == 1] = [tissue(seed) for seed in (1, 2, 3)]
    series = signal_of(curves, t1)
    series[regions == 2] = signal_of(BLOOD, T1_BLOOD)
    grid = Image(np.zeros(shape), np.diag([0.5, 0.5, 1.0, 1.0]), "route")
    sidecar = {
        "FlipAngle": SCAN["flip_deg"],
        "RepetitionTimeExcitation": SCAN["tr"],
        "PulseSequenceType": "spoiled gradient echo",
        "ContrastAgentRelaxivity": SCAN["r1"],
        "BloodT1": T1_BLOOD,
        "Hematocrit": HCT,
        "VolumeTiming": TIME.tolist(),
    }
    files = (
        (raw / "perf" / f"{name}_dce", series, sidecar),
        (derived / "anat" / f"{name}_T1map", t1, {"Units": "s"}),
        (derived / "anat" / f"{name}_dseg", regions, {}),
    )
    for path, data, said in files:
        write_image(path.with_suffix(".nii.gz"), data, like=grid, dtype=np.float64)
        path.with_suffix(".json").write_text(json.dumps(said))
    (root / "participants.tsv").write_text("participant_id\tgroup\nsub-01\ttreated\n")
    sessions = root / "sub-01" / "sub-01_sessions.tsv"
    sessions.write_text("session_id\tdays\nses-day00\t0\n")
    names = root / "derivatives" / "own" / "dseg.tsv"
    names.write_text("index\tname\n1\ttumor\n2\tartery\n")


def one_row(root, out):
    measured = study.measure(root, out)
    assert not measured.failures, measured.failures
    table = measured.table
    return table[table["biomarker"] == "vp"].iloc[0]


def routes(folder):
    """Yield every piece of work by name, with the number that is followed."""
    root = Path(folder) / "study"
    write_study(root)
    voxel = signal_of(tissue(), T1)[None, None, None]
    yield "Model.fit, one curve", partial(one_curve, tissue()), lambda fit: float(fit["vp"])
    yield "dce.maps, one voxel", partial(one_voxel, voxel), lambda maps: maps["vp"][0, 0, 0]
    yield "pet.fit, one TAC", partial(one_tac, activity()), lambda fit: float(fit["vB"])
    yield "study.measure, one row", partial(one_row, root, Path(folder) / "out"), lambda r: r.value


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--names", action="store_true", help="list files and functions as well")
    options = parser.parse_args()
    print(f"{'':<24}{'functions':>11}{'files':>7}{'moves':>7}{'containers':>12}")
    with tempfile.TemporaryDirectory() as folder:
        for name, work, estimate in routes(folder):
            route, classes = trace(work, estimate)
            counts = len(route.functions), len(route.files), route.moves, len(classes)
            print(f"{name:<24}{counts[0]:>11}{counts[1]:>7}{counts[2]:>7}{counts[3]:>12}")
            print(f"    {', '.join(classes)}")
            if options.names:
                for file, function in sorted(route.functions):
                    print(f"    {file}: {function}")


if __name__ == "__main__":
    main()
