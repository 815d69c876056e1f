"""Brains of simulated heads: overlap with the truth, holes and time, DIPY's median_otsu beside it.

    python -m benchmarks.brain_mask        # writes benchmarks/results/brain_mask.csv
    python -m benchmarks.brain_mask 2      # fewer heads

Heads of people and rats (`tests/images/heads.py`) of random sizes, turned at random, with a field
that is uneven by 30 % and noise. Of `median_otsu` every head gets the radius and number of passes
that suit it best, by the truth. CPU time is that of one call.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from dipy.segment.mask import median_otsu
from scipy import ndimage
from tests.images.heads import dice, head

from biomarkers.images import brain_mask

RESULTS = Path(__file__).parent / "results"
HEADS = 4
# How much larger voxels are than those of a usual scan, to save time.
FINE = {"T1w": 1.6, "T2w": 1.6, "EPI": 1.0}
USUAL = ((1, 1), (2, 1), (2, 4), (4, 1))  # radius, passes


def hollow(mask):
    """Count the voxels of holes."""
    return int((ndimage.binary_fill_holes(mask) & ~mask).sum())


def judged(method, mask, brain, seconds):
    return {"method": method, "dice": dice(mask, brain), "hole_voxels": hollow(mask),
            "pieces": ndimage.label(mask)[1], "cpu_s": seconds}  # fmt: skip


def ours(image, species, brain):
    start = time.process_time()
    mask = np.asarray(brain_mask(image, species=species).data)
    return judged("brain_mask", mask, brain, time.process_time() - start)


def usual(image, brain):
    """Return what `median_otsu` gives with what suits the head best."""
    tried = []
    for radius, passes in USUAL:
        start = time.process_time()
        _, mask = median_otsu(np.asarray(image.data), median_radius=radius, numpass=passes)
        row = judged("median_otsu", np.asarray(mask), brain, time.process_time() - start)
        tried.append({**row, "setting": f"radius {radius}, passes {passes}"})
    return max(tried, key=lambda row: row["dice"])


def heads(count=HEADS):
    """Return a row for each method and head."""
    rows = []
    for species in ("human", "rodent"):
        for contrast, fine in FINE.items():
            for seed in range(count):
                image, brain = head(species, contrast, seed=seed, fine=fine)
                where = {"species": species, "contrast": contrast, "head": seed}
                rows += [where | row for row in (ours(image, species, brain), usual(image, brain))]
    return pd.DataFrame(rows)


def summary(rows):
    """Return the worst and the median of each method, species and contrast."""
    groups = rows.groupby(["species", "contrast", "method"], sort=False)
    return groups.agg(
        heads=("dice", "size"), dice_least=("dice", "min"), dice_median=("dice", "median"),
        hole_voxels=("hole_voxels", "max"), pieces=("pieces", "max"), cpu_s=("cpu_s", "median"),
        setting=("setting", lambda each: each.mode().iloc[0] if each.notna().any() else ""),
    ).reset_index()  # fmt: skip


if __name__ == "__main__":
    table = summary(heads(int(sys.argv[1]) if len(sys.argv) > 1 else HEADS))
    if len(sys.argv) < 2:
        table.to_csv(RESULTS / "brain_mask.csv", index=False, float_format="%.4g")
    print(table.to_string(index=False, float_format="%.3f"))
