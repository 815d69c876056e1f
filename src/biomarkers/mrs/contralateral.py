"""A lesion against the same place of the other side: of two voxels, or of regions of a grid."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from biomarkers.checks import require_level
from biomarkers.errors import InputError
from biomarkers.estimates import SharedError
from biomarkers.estimates.regions import median_se
from biomarkers.mrs.fitting.concentrations import fit_weights, metabolites_of, water_relative
from biomarkers.mrs.fitting.ratios import ratio
from biomarkers.quantities import OVER_CONTRALATERAL, QUANTITIES

if TYPE_CHECKING:
    import pandas as pd

    from biomarkers.images import LabelMap
    from biomarkers.images.fractions import Fractions
    from biomarkers.mrs.fitting.grid import GridFit
    from biomarkers.mrs.fitting.record import Fit


WATER = "water"
COLUMNS = ("metabolite", "ratio", "se", "low", "high", "crlb_percent", "flag")


def contralateral_ratios(
    fit: "Fit", contralateral: "Fit", *, to: str = "tCr", level: float = 0.95
) -> "pd.DataFrame":
    """Return values of a voxel over those of another, whose noise is independent.

    Parameters
    ----------
    fit
        Of the voxel in question, for instance a tumour.
    contralateral
        Of the voxel that is taken for normal.
    to
        What values are relative to in each voxel before they are compared: a metabolite, or
        `water`, which needs the water of both; tissue and relaxation then count as equal.
    level
        Coverage of the interval.

    Returns
    -------
    DataFrame
        One row per metabolite that both have: metabolite, ratio (1 where the voxels are alike),
        se, low, high (of the logarithm), crlb_percent, flag (in words, of either voxel).

    Raises
    ------
    InputError
        If a fit has no `to`, or no water.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import mrs
    >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
    >>> fids = np.array([[1.0, 2.0], [3.0, 2.0]]) @ basis.fid * np.exp(-15.0 * basis.time)
    >>> scans = [mrs.Scan(f.reshape(1, 1, 1, -1), basis.dwell, basis.frequency_mhz) for f in fids]
    >>> tumor, normal = (mrs.fit(scan, basis, bands=()) for scan in scans)
    >>> rows = mrs.contralateral_ratios(tumor, normal, to="tCr").set_index("metabolite")
    >>> rows["ratio"].round(3).to_dict()
    {'NAA': 0.333, 'Cr': 1.0, 'tNAA': 0.333, 'tCr': 1.0}

    """
    import pandas as pd  # noqa: PLC0415  (slow to import)

    require_level(level)
    quantile = float(ndtri(0.5 * (1.0 + level)))
    theirs = metabolites_of(contralateral)
    rows = []
    for name in metabolites_of(fit):
        if name not in theirs:
            continue
        (top, top_se), (bottom, bottom_se) = (
            _relative(each, name, to) for each in (fit, contralateral)
        )
        flags = dict.fromkeys(
            flag
            for each, value, se in ((fit, top, top_se), (contralateral, bottom, bottom_se))
            if (flag := each.judged.of_ratio(value, se))
        )
        known = top > 0.0 and bottom > 0.0
        value = top / bottom if bottom > 0.0 else np.nan
        relative = float(np.hypot(top_se / top, bottom_se / bottom)) if known else np.nan
        reach = float(np.exp(quantile * relative))
        rows.append((name, value, value * relative, value / reach, value * reach,
                     100.0 * relative, "; ".join(flags)))  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _relative(fit: "Fit", name: str, to: str) -> tuple[float, float]:
    if to == WATER:
        return water_relative(fit, name)
    one = ratio(fit_weights(fit, name), fit_weights(fit, to), fit.amplitudes, fit.joint)
    return one.value, one.se


def over_contralateral(maps: "GridFit", labels: "LabelMap | Fractions", region: str) -> "GridFit":
    """Return maps of signals over the median tCr of a region, as `Ins/ctCr`.

    Sensitivities of the coils and relaxation times count as equal in all voxels.

    Parameters
    ----------
    maps
        A fitted grid.
    labels
        Label map on its grid, or fractions of voxels.
    region
        Of normal tissue on the other side of the brain.

    Returns
    -------
    GridFit
        `maps` with a ratio for every metabolite that the register has one for. What is not known
        of the denominator is an error that all voxels share.

    Raises
    ------
    InputError
        If no voxel of the region has creatine.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import mrs
    >>> from biomarkers.images import Image, LabelMap
    >>> basis = mrs.simulate_basis(te=(0.011, 0.019), field_t=2.9, metabolites=["Cr", "Ins"],
    ...                            dwell=5e-4, points=512)
    >>> lesion, normal = 2.0 * basis["Cr"] + 6.0 * basis["Ins"], 4.0 * basis["Cr"]
    >>> decay = np.exp(-12 * basis.time)
    >>> noise = np.random.default_rng(1).normal(size=(2, 2, 512))
    >>> fid = np.array([lesion, normal]) * decay + 0.1 * (noise[0] + 1j * noise[1])
    >>> scan = mrs.Scan(fid[:, None, None], basis.dwell, basis.frequency_mhz)
    >>> drawn = Image(np.array([1, 2])[:, None, None], np.eye(4), "labels")
    >>> labels = LabelMap(drawn, {1: "tumor", 2: "contralateral"})
    >>> maps = mrs.over_contralateral(mrs.fit_grid(scan, basis), labels, "contralateral")
    >>> print(f"{maps['Ins/ctCr'][0, 0, 0]:.1f}")
    1.5

    """
    weights = labels.weights(region)
    inside = (weights > 0.0) & maps.has("tCr") & (maps["tCr"] > 0.0)
    if not inside.any():
        raise InputError(f"no voxel of {region!r} has tCr; nothing to relate other voxels to")
    bottom = float(np.median(maps["tCr"][inside]))
    doubt = median_se(maps, "tCr", labels, weights * inside) / bottom
    values, se, shared = dict(maps.values), dict(maps.se), dict(maps.shared)
    added = []
    for name in tuple(values):
        known = QUANTITIES.get(f"{name}{OVER_CONTRALATERAL}")
        if known is None:
            continue
        over = known.name
        values[over] = maps[name] / bottom
        before = shared[name].se if name in shared else np.zeros_like(maps[name])
        common = np.hypot(before / bottom, doubt * values[over])
        own = np.maximum(maps.se[name] ** 2 - before**2, 0.0) / bottom**2
        se[over], shared[over] = np.sqrt(own + common**2), SharedError(common)
        added.append(known)
    quantities = (*maps.quantities, *added)
    return replace(maps, values=values, se=se, shared=shared, quantities=quantities)
