"""Static uptake of regions: how high, how much, how uneven, and against what."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biomarkers.arrays import BoolArray
from biomarkers.errors import InputError
from biomarkers.estimates.regions import USABLE_FOR_OK, doubt_unusual, quality, with_remark
from biomarkers.images import Image, Regions, as_regions, effective_voxels, region_statistics
from biomarkers.pet.plausibility import doubts
from biomarkers.pet.scan import Scan
from biomarkers.pet.sphere_peak import ONE_CM3_RADIUS, peak
from biomarkers.pet.standardised_uptake import Kind, Window, known_kind, suv
from biomarkers.pet.uptake_features import heterogeneity, metabolic_volumes
from biomarkers.quantities import PERCENTILES
from biomarkers.timing import FloatArray, Frames

Row = tuple[str, float, str]

COLUMNS = ["region", "biomarker", "value", "unit", "n", "qc", "reason"]
# A scan that began earlier saw the tracer being delivered, which is no uptake.
DELIVERY_S = 600.0
# The sphere of 1 cm^3 is twice as wide as the 6 mm to which clinical scanners resolve. Scanners for
# small animals resolve 1.5 mm: the same ratio.
RODENT_RADIUS = 1.5
_UNDEFINED = "not defined for these values: even, or not above 0"


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
        On the grid of the scan, as in `tacs`. Of fractions of voxels, means, medians, spreads and
        percentiles are weighted; maxima, volumes and features are those of whole voxels.
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
        Columns region, biomarker, value, unit, n (voxels of the region that have a value), qc,
        reason. There is no standard error: a static image does not tell its noise, and the spread
        of a region's voxels is that of the tissue, too. `qc` is `fail` without a value, else as
        the share of voxels that have one allows, and `warn` where a value or what is behind it is
        not a usual one (`doubts`); `reason` says what is missing. Rows:

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

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import pet
    >>> from biomarkers.images import Image
    >>> from biomarkers.timing import Frames
    >>> activity = np.array([160.0, 80.0]).repeat(512).reshape(16, 8, 8)
    >>> frames, body = Frames([3600.0], [600.0]), pet.Body(weight_g=250.0)
    >>> image = Image(activity, np.eye(4), "simulated", unit="kBq/mL")
    >>> scan = pet.Scan(image, frames, pet.nuclide("F18"), dose_mbq=20.0, body=body)
    >>> regions = {"tumor": activity > 100, "contralateral": activity < 100}
    >>> table = pet.uptake(scan, regions, reference="contralateral")
    >>> table = table.set_index(["region", "biomarker"])
    >>> print(table.value["tumor", "SUVmean"].round(2), table.value["tumor", "TBR"].round(2))
    2.0 2.0

    """
    image = suv(scan, kind=kind, window=window or static_window(scan.frames, source=scan.source))
    drawn = as_regions(regions, image)
    statistics = region_statistics(image, drawn).set_index(["region", "statistic"])["value"]
    background = None
    if reference is not None:
        drawn.mask(reference)  # which names the regions there are, if this is none
        background = float(statistics.loc[reference, "mean"])
    spheres = {"peak": ONE_CM3_RADIUS}
    if scan.body.is_rodent:
        spheres["peak_rodent"] = RODENT_RADIUS
    rows = []
    for region in drawn.regions:
        compared = None if region == reference else background
        part = _Part(image, drawn.mask(region), drawn.weights(region), known_kind(kind), compared)
        measured = part.rows(statistics.loc[region], spheres, fixed)
        rows += [(region, *row) for row in part.graded(measured)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table = with_remark(table, [drawn.doubt(region) for region in table["region"]])
    return doubt_unusual(with_remark(table, "; ".join(doubts(scan, window))))


def static_window(frames: Frames, *, source: str) -> Window | None:
    """Return the window of a scan for which none was given, None of a single frame.

    Raises
    ------
    InputError
        If the scan saw the injection, and only its user knows when there is uptake.

    Examples
    --------
    A scan that began an hour after injection is averaged over all of it:

    >>> from biomarkers.pet import static_window
    >>> from biomarkers.timing import Frames
    >>> static_window(Frames([3600.0, 4200.0], [600.0, 600.0]), source="window")
    (3600.0, 4800.0)

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


@dataclass(frozen=True, eq=False)
class _Part:
    """One region of an image of uptake.

    Parameters
    ----------
    image
        Uptake, (x, y, z).
    mask, weights
        Voxels of the region, and how much of each voxel lies in it.
    kind
        What the uptake was normalised by.
    background
        Mean of the region that it is compared with; None if there is none.

    """

    image: Image
    mask: BoolArray
    weights: FloatArray
    kind: Kind
    background: float | None

    @property
    def sample(self) -> FloatArray:
        """Values of the voxels that have one."""
        values = np.asarray(self.image.data, dtype=float)[self.mask]
        return np.asarray(values[np.isfinite(values)])

    def graded(self, rows: Iterator[Row]) -> Iterator[tuple[str, float, str, float, str, str]]:
        """Yield biomarker, value, unit, n, qc and reason."""
        known = self.weights * np.isfinite(np.asarray(self.image.data, dtype=float))
        n, whole = effective_voxels(known), float(self.weights.sum())
        usable = float(known.sum()) / whole if whole > 0.0 else 0.0
        lacking = "" if usable >= USABLE_FOR_OK else f"{1.0 - usable:.0%} of the voxels: no value"
        for name, value, unit in rows:
            if math.isnan(value):
                yield name, value, unit, n, "fail", lacking or _UNDEFINED
            else:
                yield name, value, unit, n, quality(usable), lacking

    def rows(
        self, summary: "pd.Series[float]", spheres: dict[str, float], fixed: float | None
    ) -> Iterator[Row]:
        """Yield biomarker, value and unit of everything that is measured; see `uptake`."""
        prefix, unit, sample = self.kind.prefix, self.kind.unit, self.sample
        highest = float(sample.max()) if sample.size else math.nan
        for name in ("mean", "median", "sd"):
            yield f"{prefix}{name}", float(summary[name]), unit
        for percent in PERCENTILES:
            yield f"{prefix}_p{percent}", float(summary[f"p{percent}"]), unit
        yield f"{prefix}max", highest, unit
        compared = {"": float(summary["mean"]), "max": highest}
        for name, radius in spheres.items():
            hottest = peak(self.image, self.mask, radius_mm=radius)
            compared[name] = hottest.value
            yield f"{prefix}{name}", hottest.value, unit
            yield f"{prefix}{name}_covered", hottest.covered, ""
            yield f"{prefix}{name}_inside", hottest.inside, ""
        whole = peak(self.image, self.mask, whole_voxels=True)
        yield f"{prefix}peak_ibsi", whole.value, unit
        yield from self._volumes(sample, fixed)
        for name, value in heterogeneity(sample).items():
            yield f"{prefix}{name}", value, ""
        if self.background is not None:
            below = self.background if self.background > 0.0 else math.nan
            for name, value in compared.items():
                yield f"TBR{name}", value / below, ""

    def _volumes(self, sample: FloatArray, fixed: float | None) -> Iterator[Row]:
        # TLG without more is of SUV by body weight, as everywhere.
        tail = "" if self.kind.prefix == "SUV" else f"_{self.kind.prefix}"
        per_ml, unit = self.kind.unit.removesuffix("/mL"), self.kind.unit
        total_unit = per_ml if per_ml != unit else f"{unit} mL"
        voxel = self.image.voxel_volume
        for each in metabolic_volumes(sample, voxel, fixed=fixed, background=self.background):
            yield f"MTV{each.suffix}", each.volume, "mm^3"
            yield f"TLG{each.suffix}{tail}", each.total, total_unit
