"""CPU seconds of the first call on a machine, which compiles, and of the next in a new process.

Every fit runs in processes of its own, over a compilation cache that is empty at first.

    python -m benchmarks.first_call
"""

import os
import subprocess
import sys
import tempfile
import time

FITS = ("extended_tofts", "2cxm", "extended_tofts with a delay", "logan", "t1_vfa", "r2_multi_echo")


def work(name):
    """Fit one thing once, and print how long it took."""
    import numpy as np  # noqa: PLC0415  (imports are not what is timed)
    from benchmarks.kinetic_cases import CASES  # noqa: PLC0415

    from biomarkers import kinetics, relaxometry  # noqa: PLC0415

    model = name.split()[0]
    if model == "t1_vfa":
        angles = [2.0, 5.0, 10.0, 20.0]
        signal = relaxometry.spgr_signal(1000.0, 1.2, flip_deg=angles, tr=0.01)
        call, given = relaxometry.t1_vfa, ([signal], {"flip_deg": angles, "tr": 0.01})
    elif model == "r2_multi_echo":
        echoes = np.arange(1, 9) * 0.004
        signal = 1000.0 * np.exp(-30.0 * echoes)
        call, given = relaxometry.r2_multi_echo, ([signal], {"te": echoes})
    else:
        case = CASES["1tcm" if model == "logan" else model]
        curves = case.noisy(case.clean(case.draw(4, seed=0)), seed=0)
        delay = {"delay": (0.0, 10.0)} if "delay" in name else {}
        call = kinetics.logan if model == "logan" else case.model.fit
        given = ([curves, case.frames, case.input], delay)
    before = time.process_time()
    call(*given[0], **given[1])
    print(time.process_time() - before)


def seconds(name, cache):
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.first_call", name],
        env={**os.environ, "NUMBA_CACHE_DIR": cache, "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(told.stdout)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(sys.argv[1])
        sys.exit()
    print(f"{'':<30}{'first':>8}{'next':>8}   CPU s")
    for each in FITS:
        with tempfile.TemporaryDirectory() as folder:
            print(f"{each:<30}{seconds(each, folder):8.1f}{seconds(each, folder):8.2f}", flush=True)
