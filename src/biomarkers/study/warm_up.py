"""Compile ahead of time what sessions will run.

Workers that each compiled for themselves would all do the same work, and do it one piece after
the other; in pieces of its own it is done once, by all of them at once, and kept on disk.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import numpy as np

from biomarkers.kinetics import MODELS, Input, respond
from biomarkers.relaxometry import r2_multi_echo, spgr_signal, t1_vfa
from biomarkers.study.recipe import Recipe
from biomarkers.study.scans.dce import DCE, MODEL
from biomarkers.study.scans.iron_oxide import IRON_OXIDE
from biomarkers.study.workers import finish, start, workers
from biomarkers.timing import Frames

Task = Callable[[], None]


def warm_up_tasks(recipes: Iterable[Recipe]) -> list[Task]:
    """Return what has to be compiled for some recipes, the longest first."""
    computed = {kind for recipe in recipes for kind in recipe.computed}
    tasks: dict[str, Task] = {
        DCE.name: warm_kinetics,
        "T1": warm_relaxometry,
        IRON_OXIDE.name: warm_echoes,
    }
    return [task for kind, task in tasks.items() if kind in computed]


@contextmanager
def warming_up(jobs: int) -> Iterator[None]:
    """Compile for scans of every kind while something else goes on; on one job, later."""
    if jobs < 2:
        yield
        return
    with workers(jobs) as pool:
        running = start(pool, (warm_kinetics, warm_relaxometry, warm_echoes))
        yield
        finish(running)


def warm_kinetics() -> None:
    """Fit one made-up curve, and convolve it by itself as intervals do."""
    time = np.arange(0.0, 120.0, 2.0)
    plasma = time * np.exp(-time / 20.0)
    curve = 0.1 * plasma + 0.01 * np.cumsum(plasma)
    MODELS[MODEL].fit(curve[None], time, Input(time, plasma=plasma)).predicted()
    respond(0.01, time, plasma, Frames.instants(time))


def warm_relaxometry() -> None:
    """Fit T1 to one made-up voxel."""
    angles, tr = np.array([2.0, 5.0, 10.0, 20.0]), 0.01
    signal = spgr_signal(1000.0, 1.2, flip_deg=angles, tr=tr)
    t1_vfa(np.reshape(signal, (1, -1)), flip_deg=angles, tr=tr, b1=np.ones(1))


def warm_echoes() -> None:
    """Fit R2* to a few made-up voxels."""
    te = np.array([0.003, 0.006, 0.009, 0.012, 0.015])
    signal = 100.0 * np.exp(-30.0 * te) * np.ones((64, 1))
    noisy = signal + np.random.default_rng(0).standard_normal(signal.shape)
    r2_multi_echo(noisy, te=te, noise=1.0)
