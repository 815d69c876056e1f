"""How often the median of a tumour, value ± 1.96 standard errors, holds the truth of its voxels.

Sessions of the simulated rats with glioma, measured as their plan asks: T1, B1 and the input in the
same noisy images, and one delay for all voxels. Heads drift, delays differ from place to place and
voxels at the border hold two tissues, none of which an error knows of. `stated before` are the
errors without that of the input. Columns: mean and standard deviation of ln(value / truth), and the
usual error over the value, in per cent.

    python -m benchmarks.region_coverage       # 40 sessions
    python -m benchmarks.region_coverage 10
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from dataclasses import replace

import numpy as np
import pandas as pd

from biomarkers import dce
from biomarkers.images import Image, as_label_map
from biomarkers.relaxometry import afi_map, b1_smoothing_fwhm, t1_vfa
from biomarkers.simulate import STUDIES
from biomarkers.simulate.cohort import draw_cohort
from biomarkers.simulate.studies import rat_head, rat_scanner

NAMES, COUNT, NORMAL = ("Ktrans", "kep", "ve", "vp"), 40, 1.96
TYPICAL_T1, DELAY = 1.9, dce.SharedDelay(0.0, 20.0)


def calibration(phantom, acquisition, rng):
    """Return T1 and B1 as they are measured."""
    pair = rat_scanner.afi_images(phantom, acquisition, rng)
    grid = rat_head.grid()
    smoothing = {"voxel_size": grid.voxel_size, "fwhm_mm": b1_smoothing_fwhm(rat_scanner.FIELD_T)}
    first, second = rat_scanner.AFI
    times = {"tr1": first.tr, "tr2": second.tr, "t1": TYPICAL_T1}
    b1 = afi_map(*pair, flip_deg=60.0, **times, smoothing=smoothing)
    angles = np.stack(rat_scanner.vfa_images(phantom, acquisition, rng), axis=-1)
    flips = [float(echo.flip) for echo in rat_scanner.VFA]
    return t1_vfa(angles, flip_deg=flips, tr=rat_scanner.VFA[0].tr, b1=b1), b1


def session(seed, values):
    """Return rows of one session: quantity, error of the value, stated errors."""
    rng = np.random.default_rng(seed)
    phantom = rat_head.build(rat_head.draw_head(rng), values)
    acquisition = rat_scanner.draw_acquisition(rng)
    t10, b1 = calibration(phantom, acquisition, rng)
    series = rat_scanner.dce_series(phantom, acquisition, rng)
    echo = rat_scanner.DCE
    scan = dce.Scan(
        Image(series, rat_head.grid().affine, "a simulated rat"),
        rat_scanner.DCE_TIMES,
        t10=t10,
        b1=b1,
        r1=rat_scanner.RELAXIVITY,
        tr=echo.tr,
        flip_deg=float(echo.flip),
    )
    given = scan.input(
        phantom.mask("artery"), t10_blood=rat_head.BLOOD_T1, hct=rat_scanner.HEMATOCRIT
    )
    tumour = {"tumor": phantom.mask("tumor")}
    after, before = (
        scan.maps(each, delay=DELAY).by_region(tumour).set_index("biomarker")
        for each in (given, replace(given, errors=None, blood=None, hct=None))
    )
    drawn = as_label_map(tumour, like=rat_head.grid())
    of_t1 = t10.with_pooled_noise().by_region(drawn).set_index("biomarker")
    for name in (*NAMES, "T1"):
        tables = (of_t1, of_t1) if name == "T1" else (before, after)
        truth, value = phantom.median("tumor", name), tables[1].loc[name, "value"]
        yield name, np.log(value / truth), *(each.loc[name, "se"] / value for each in tables)


def main(count=COUNT):
    """Return one row per quantity."""
    rats = draw_cohort(STUDIES["rat-glioma"], subjects=max(count // 3, 2), seed=1)
    states = [dict(state.values) for rat in rats for state in rat.states][:count]
    rows = [row for seed, values in enumerate(states) for row in session(seed, values)]
    table = pd.DataFrame(rows, columns=["quantity", "error", "before", "after"])
    result = {}
    for name, each in table.groupby("quantity", sort=False):
        held = {
            when: float((each.error.abs() <= NORMAL * each[when]).mean())
            for when in ("before", "after")
        }
        result[name] = {
            "n": len(each),
            "bias %": 100 * each.error.mean(),
            "scatter %": 100 * each.error.std(),
            "stated before %": 100 * each.before.median(),
            "stated %": 100 * each.after.median(),
            "coverage before": held["before"],
            "coverage": held["after"],
        }
    return pd.DataFrame(result).T.round(2)


if __name__ == "__main__":
    print(main(*(int(each) for each in sys.argv[1:2])).to_string())
