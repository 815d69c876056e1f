"""CPU time of the features of a region, the first call in a fresh process, and MIRP beside it.

    python -m benchmarks.radiomics           # writes benchmarks/results/radiomics.csv

Regions are balls in smooth noise, voxels of 1 mm. Each call is made five times in this process, and
the least CPU time counts. The first call compiles everything anew, in a folder of its own for
compiled code. MIRP is asked for the same families and aggregations where it is installed.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import ndimage

from biomarkers import radiomics

RESULTS = Path(__file__).parent / "results"
SPACING = (1.0, 1.0, 1.0)
CALLS = 5
_FIRST = """
import time
import numpy as np
started = time.process_time()
from biomarkers import radiomics
loaded = time.process_time()
x = np.arange(1000.0).reshape(10, 10, 10) % 7
for planes in ("2d", "3d"):
    how = radiomics.Settings(bins=8, planes=planes)
    radiomics.features(x, x > 0, spacing_mm=(1, 1, 1), settings=how)
print(loaded - started, time.process_time() - loaded)
"""


def region(voxels, seed=0):
    """Return an image and a ball of about so many voxels."""
    radius = (3.0 * voxels / (4.0 * np.pi)) ** (1.0 / 3.0)
    reach = int(radius) + 8
    z, y, x = np.indices((2 * reach + 1,) * 3) - reach
    noise = np.random.default_rng(seed).normal(size=x.shape)
    return 1000.0 * ndimage.gaussian_filter(noise, 1.0), z**2 + y**2 + x**2 <= radius**2


def least(call):
    """Return the least CPU time of several calls, s."""
    times = []
    for _ in range(CALLS):
        started = time.process_time()
        call()
        times.append(time.process_time() - started)
    return min(times)


def ours(image, mask, planes, filters=("original",)):
    """Measure a region."""
    for each in planes:
        how = radiomics.Settings(bins=32, planes=each, filters=filters)
        radiomics.features(image, mask, spacing_mm=SPACING, settings=how)


def mirp(image, mask, planes):
    """Measure a region by MIRP."""
    from mirp import extract_features  # noqa: PLC0415 (not installed with the others)

    for each in planes:
        slices = each == "2d"
        extract_features(
            image=image, mask=mask, image_modality="mr", by_slice=slices,
            base_feature_families="all",
            base_discretisation_method="fixed_bin_number", base_discretisation_n_bins=32,
        )  # fmt: skip


def first_call():
    """Return the CPU time of an import, and of a first call with nothing compiled yet, s."""
    with tempfile.TemporaryDirectory() as folder:
        told = os.environ | {"NUMBA_CACHE_DIR": folder}
        done = subprocess.run(
            [sys.executable, "-c", _FIRST], env=told, capture_output=True, text=True, check=True
        )
    loading, calling = map(float, done.stdout.split())
    return loading, calling


def cases():
    """Yield what is measured, and its CPU time."""
    loading, calling = first_call()
    yield "import", "ours", loading
    yield "first call, 2d and 3d", "ours", calling
    programs = [("ours", ours), *([("MIRP", mirp)] if find_spec("mirp") else [])]
    for voxels, planes in ((2_000, ("3d",)), (20_000, ("2d", "3d"))):
        image, mask = region(voxels)
        name = f"{voxels} voxels, {' and '.join(planes)}"
        ours(image, mask, planes)
        for program, call in programs:
            yield name, program, least(lambda call=call: call(image, mask, planes))  # noqa: B023
    image, mask = region(2_000)
    filters = ("original", "log_3mm", "wavelet_coif1")
    yield (
        "2000 voxels, 3d, three filters",
        "ours",
        least(lambda: ours(image, mask, ("3d",), filters)),
    )


def main():
    table = pd.DataFrame(cases(), columns=["case", "program", "cpu_s"])
    print(table.round(3).to_string(index=False))
    table.round(4).to_csv(RESULTS / "radiomics.csv", index=False)


if __name__ == "__main__":
    main()
