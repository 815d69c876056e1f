"""What is compiled ahead of time."""

from types import SimpleNamespace

import numpy as np

from biomarkers.dwi._fit import fit_logarithms
from biomarkers.kinetics import MODELS, Input
from biomarkers.kinetics._blocks import fit_block_of_one_rate, predict_block
from biomarkers.relaxometry import r2_multi_echo, spgr_signal, t1_vfa
from biomarkers.relaxometry._decay import fit_decays
from biomarkers.relaxometry._vfa_curve import fit_angles
from biomarkers.study import STEPS
from biomarkers.study.engine import planned_steps


def test_only_what_will_run_is_compiled():
    steps = {step.name: step for step in STEPS}

    def recipe(*names):
        return SimpleNamespace(tasks=[SimpleNamespace(step=steps[name]) for name in names])

    assert planned_steps([]) == []
    mapped, dynamic = recipe("b1", "t1"), recipe("t1", "dce")
    assert [each.name for each in planned_steps([mapped, dynamic])] == ["b1", "t1", "dce"]
    compiled = {name for name, step in steps.items() if step.warm_up is not None}
    assert compiled == {"t1", "dce", "dwi", "iron_oxide"}


def test_they_leave_nothing_to_compile():
    for step in STEPS:
        if step.warm_up is not None:
            step.warm_up()
    kernels = fit_block_of_one_rate, predict_block, fit_angles, fit_decays, fit_logarithms
    before = [len(kernel.signatures) for kernel in kernels]
    assert all(before)
    time, b1 = np.arange(0.0, 300.0, 3.0), np.full((2, 2), 0.9)
    source = Input(time, plasma=np.exp(-time / 100.0))
    curves = np.cumsum(np.ones((2, 2, time.size)), axis=-1) + np.sin(time)
    MODELS["extended_tofts"].fit(curves, time, source).predicted()
    angles = np.array([3.0, 8.0, 15.0])
    t1_vfa(spgr_signal(1.0, 1.5, flip_deg=angles, tr=0.008) * np.ones((2, 2, 1)),
           flip_deg=angles, tr=0.008, b1=b1)  # fmt: skip
    te = np.array([0.004, 0.008, 0.012])
    r2_multi_echo(np.exp(-20.0 * te) * np.full((2, 2, 1), 50.0), te=te, noise=0.5)
    assert [len(kernel.signatures) for kernel in kernels] == before
