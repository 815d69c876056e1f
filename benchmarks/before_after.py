"""Is anything slower than before? Two trees, the same work by turns in one run, CPU time.

The tree of another commit is laid beside this one. A process of each simulates the same data with
its own benchmarks, compiles, and then does each piece of work in turn with the other, five times;
the best time counts. Beside the ratio (1 is as fast as before, 2 twice as fast) stands how far the
values differ at most, relative to their spread, and how many are known in one tree only.

    python -m benchmarks.before_after cdbb514 [--only dce kinetics] [--rounds 5]
"""

# ruff: noqa: PLC0415  (a tree's own modules are imported where its work is defined)

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import argparse
import pickle
import subprocess
import sys
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
CURVES, VOLUME = 20_000, 60_000


def kinetics():
    from benchmarks.kinetic_cases import CASES

    from biomarkers.kinetics import logan, patlak

    for name, case in CASES.items():
        truth = case.draw(1000, seed=0)
        curves = case.noisy(np.tile(case.clean(truth), (CURVES // 1000, 1)), seed=0)
        yield name, partial(case.model.fit, curves, case.frames, case.input), next(iter(truth))
    case = CASES["1tcm"]
    curves = np.tile(case.clean(case.draw(1000, seed=0)), (VOLUME // 1000, 1))
    curves = case.noisy(curves, seed=0)
    for name, method, wanted in (("logan", logan, "VT"), ("patlak", patlak, "Ki")):
        yield name, partial(method, curves, case.frames, case.input, t_star=1200), wanted


def relaxometry():
    from benchmarks.relaxometry import METHODS, RATIO

    t1 = np.random.default_rng(0).uniform(0.4, 2.5, CURVES)
    for name, (model, _, fit) in METHODS.items():
        clean, rng = model(1000.0, t1), np.random.default_rng(1)
        noise = np.abs(clean).max() / RATIO * rng.normal(size=(2, *clean.shape))
        yield name, partial(fit, np.hypot(clean + noise[0], noise[1])), "T1"


def dce():
    from benchmarks.dce_maps import FLIPS, HCT, SCAN, T1, T1_BLOOD, TIME, simulate

    from biomarkers import dce
    from biomarkers.relaxometry import t1_vfa

    series, angles, tissue, artery = (each[:, :, :2] for each in simulate())
    source = dce.measured_input(series, TIME, artery, t10_blood=T1_BLOOD, hct=HCT, **SCAN)
    given = {"mask": ~artery, "input": source, **SCAN}
    maps = partial(dce.maps, series, TIME, **given)
    measured = t1_vfa(angles, flip_deg=FLIPS, tr=SCAN["tr"])
    yield "maps, T1 known", partial(maps, t10=T1[tissue]), "Ktrans"
    yield "maps with the errors of T1", partial(maps, t10=measured), "Ktrans"
    given.pop("input")
    yield "without a model", partial(dce.semiquantitative, series, TIME, t10=1.5, **given), "IAUC90"


def pet():
    from benchmarks.pet_maps import T_STAR, WANTED, arterial, cerebellum, simulate

    from biomarkers import pet

    for model, wanted in WANTED.items():
        feeding = cerebellum(arterial()) if model == "srtm" else arterial()
        behind = {"logan": "2tcm", "patlak": "2tcm_irreversible"}.get(model, model)
        scan = simulate(5, behind, feeding)[0]
        given = {"t_star": T_STAR} if model in ("logan", "patlak") else {}
        yield model, partial(pet.maps, scan, feeding, model=model, **given), wanted


def dsc():
    from benchmarks.dsc_maps import BASELINE, TE, TIME, simulate

    from biomarkers import cbv

    series, source = simulate()
    given = {"te": TE, "input": source, "baseline": BASELINE}
    for method in ("oSVD", "tikhonov", "sSVD"):
        for slices in (1, 6):
            label = f"{method}, {slices * series[..., 0, 0].size} voxels"
            work = partial(cbv.dsc, series[:, :, :slices], TIME, method=method, **given)
            yield label, work, "CBF"


ROOMS = (kinetics, relaxometry, dce, pet, dsc)


def serve(rooms, answers):
    """Do the work that is asked for, by number, and answer with its CPU time and values."""
    warnings.simplefilter("ignore")

    def answer(item):
        pickle.dump(item, answers)
        answers.flush()

    for room in ROOMS:
        if room.__name__ not in rooms:
            continue
        jobs = list(room())
        answer([f"{room.__name__}: {label}" for label, _, _ in jobs])
        for _, work, wanted in jobs:
            while sys.stdin.readline().strip() == "run":
                before = time.process_time()
                result = work()
                spent = time.process_time() - before
                answer((spent, np.asarray(result.t1 if wanted == "T1" else result[wanted])))


class Tree:
    """A process that works with the code of one tree."""

    def __init__(self, folder, rooms):
        paths = os.pathsep.join((str(folder / "src"), str(folder)))
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).resolve()), "--serve", *rooms],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": paths},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=False,
        )

    def read(self):
        return pickle.load(self.process.stdout)

    def ask(self, word):
        self.process.stdin.write(f"{word}\n".encode())
        self.process.stdin.flush()

    def run(self):
        self.ask("run")
        return self.read()


def compare(base, rooms, rounds):
    print(f"{'':<46}{'before':>9}{'now':>9}{'ratio':>8}   values differ, known in one")
    trees = Tree(base, rooms), Tree(ROOT, rooms)
    for _ in rooms:
        ours, theirs = (tree.read() for tree in trees)
        assert ours == theirs
        for label in ours:
            values = [tree.run()[1] for tree in trees]  # compiles
            times = [[tree.run()[0] for tree in trees] for _ in range(rounds)]
            before, now = np.min(times, axis=0)
            spread = np.nanstd(values[0]) or 1.0
            apart = np.nanmax(np.abs(values[1] - values[0])) / spread
            lone = int((np.isnan(values[0]) != np.isnan(values[1])).sum())
            line = f"{label:<46}{before:>9.3f}{now:>9.3f}{before / now:>8.2f}"
            print(f"{line}   {apart:>13.1e}, {lone}", flush=True)
            for tree in trees:
                tree.ask("next")


def main():
    names = [room.__name__ for room in ROOMS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base", nargs="?", help="commit to compare with")
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        answers = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)  # whatever else prints
        return serve(given.serve, answers)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(base), given.base], check=True)
        try:
            compare(base, given.only, given.rounds)
        finally:
            subprocess.run([*git, "remove", "--force", str(base)], check=True)


if __name__ == "__main__":
    main()
