"""Static uptake of regions: how high, how much, how uneven, and against what."""

import pandas as pd

from biomarkers.errors import InputError
from biomarkers.images import Regions, as_label_map, region_statistics
from biomarkers.pet._region_uptake import RegionUptake
from biomarkers.pet.scan import Scan
from biomarkers.pet.suv import Window, known_kind, suv
from biomarkers.timing import Frames

COLUMNS = ["region", "biomarker", "value", "unit", "n"]
# A scan that began earlier saw the tracer being delivered, which is no uptake.
DELIVERY_S = 600.0


def uptake(
    scan: Scan,
    regions: Regions,
    *,
    reference: str | None = None,
    kind: str = "bw",
    window: Window | None = None,
    fixed: float | None = None,
) -> pd.DataFrame:
    """Return the static uptake of every region.

    Parameters
    ----------
    scan
        With its dose and, for most kinds, body weight.
    regions
        On the grid of the scan, as in `tacs`.
    reference
        Region that the others are compared with, for instance `contralateral`.
    kind
        As in `suv`. Names begin with `SUV` for `bw`; `SUL` for `lbm-janmahasatian`; `SULjames`,
        `SUVbsa`, `IDg` and `IDmL` for the others.
    window
        From and to, s after the start of injection: frames whose middle lies in it are averaged,
        each by its duration. It may be left out for a scan of one frame, and for one that began
        ten minutes after the injection or later, all of which is averaged then.
    fixed
        Threshold of `MTV_fixed` and `TLG_fixed`, in the unit of the kind.

    Returns
    -------
    pandas.DataFrame
        Columns region, biomarker, value, unit, n (voxels of the region that have a value). Rows:

        - `SUVmean`, `SUVmedian`, `SUVsd` (n - 1 in the denominator), `SUV_p5` … `SUV_p95`,
          `SUVmax`: of the voxels.
        - `SUVpeak`, `SUVpeak_covered`, `SUVpeak_inside`: what `peak` returns for 1 cm^3. For
          rodents `SUVpeak_rodent` too, for a sphere of 1.5 mm radius. `SUVpeak_ibsi`: with whole
          voxels.
        - `MTV`, `MTV_50`, `MTV_adapted`, `MTV_fixed`: volume, mm^3, of the voxels at or above 41 %
          or 50 % of the maximum, half the sum of maximum and mean of the reference, or `fixed`;
          see `metabolic_volumes`. `TLG` and so on: total lesion uptake, that volume in mL times
          the mean uptake in it.
        - `SUVcov`, `SUVskewness`, `SUVkurtosis`, `SUVentropy`, `SUVauc_csh`: as `heterogeneity`.
        - `TBR`, `TBRmax`, `TBRpeak`: mean, maximum and peak over the mean of the reference.

        NaN is what has no value: all of a region without any, and ratios to what is not above 0.

    Raises
    ------
    InputError
        If a scan that saw the injection comes without a window, or there is no region of the name
        of the reference; and as `suv`.
    GeometryError
        If regions and scan lie on different grids.

    """
    image = suv(scan, kind=kind, window=window or static_window(scan.frames, source=scan.source))
    drawn = as_label_map(regions, image)
    statistics = region_statistics(image, drawn).set_index(["region", "statistic"])["value"]
    background = None
    if reference is not None:
        drawn.mask(reference)  # which names the regions there are, if this is none
        background = float(statistics.loc[reference, "mean"])
    rows = []
    for region in drawn.regions:
        measured = RegionUptake(
            image=image,
            mask=drawn.mask(region),
            kind=known_kind(kind),
            background=None if region == reference else background,
        )
        found = measured.rows(statistics.loc[region], rodent=scan.body.is_rodent, fixed=fixed)
        rows += [(region, *row, measured.sample.size) for row in found]
    return pd.DataFrame(rows, columns=COLUMNS)


def static_window(frames: Frames, *, source: str) -> Window | None:
    """Return the window of a scan for which none was given, None of a single frame.

    Raises
    ------
    InputError
        If the scan saw the injection, and only its user knows when there is uptake.

    """
    start, end = float(frames.start[0]), float(frames.end[-1])
    if len(frames) == 1:
        return None
    if start < DELIVERY_S:
        raise InputError(
            f"{source}: {len(frames)} frames from {start:g} to {end:g} s after the injection show "
            "how the tracer arrived; say which to average, for instance those from "
            f"{max(start, end - DELIVERY_S):g} to {end:g} s"
        )
    return start, end
