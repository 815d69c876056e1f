"""Transmit field maps as records: B1 with its error, smoothed or voxel by voxel."""

from collections.abc import Callable, Mapping
from enum import IntFlag
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.estimates import Estimates, SharedError, noted, reasons_of
from biomarkers.quantities import QUANTITIES
from biomarkers.relaxometry.b1 import Angle, Echo, FloatArray, afi_angle, double_angle
from biomarkers.relaxometry.outcome import RelaxationFlag
from biomarkers.relaxometry.smoothing import noise_parts, share_kept_by_mean, smooth_pair
from biomarkers.relaxometry.spgr import checked_flip
from biomarkers.relaxometry.trend import trend_kept_by_mean

BoolArray = npt.NDArray[np.bool_]
Kept = Callable[[BoolArray, FloatArray], float]


@noted
def afi_map(
    signal_tr1: npt.ArrayLike,
    signal_tr2: npt.ArrayLike,
    *,
    flip_deg: float,
    tr1: float,
    tr2: float,
    t1: npt.ArrayLike | None = None,
    noise: npt.ArrayLike | None = None,
    smoothing: Mapping[str, Any] | None = None,
) -> Estimates:
    """Map the transmit field by actual flip-angle imaging, with its error where that is known.

    Parameters
    ----------
    signal_tr1, signal_tr2, flip_deg, tr1, tr2, t1
        As for `b1_afi`. One typical T1 of the tissue is enough.
    noise
        Standard deviation of the noise in either signal, broadcast to the voxels. Of signals that
        are smoothed here it is measured instead.
    smoothing
        ``{"voxel_size": …, "fwhm_mm": …}`` as `smooth_pair` takes them; None leaves the signals
        as they are.

    Returns
    -------
    Estimates
        `B1`, actual over nominal flip angle. Its `se`, to first order in the noise, is there where
        the noise is known; after smoothing it is all ``shared["B1"]``, of which a region keeps
        what `share_kept_by_mean` says, and more of what is of the trend across the head.

    Raises
    ------
    InputError
        As `b1_afi` and `smooth_pair`, and if the noise is not positive.

    Examples
    --------
    >>> from biomarkers.relaxometry import afi_map
    >>> b1 = afi_map(100.0, 80.0, flip_deg=60, tr1=0.01, tr2=0.05, noise=1.0)
    >>> print(f"{b1['B1']:.3f} ± {b1.se['B1']:.3f}")
    0.740 ± 0.024

    """
    pair, noise, kept = _smoothed((signal_tr1, signal_tr2), noise, smoothing)
    settings: dict[str, Any] = {
        "Method": "actual flip-angle imaging",
        "RepetitionTime": [tr1, tr2],
        "SmoothingFWHM": smoothing and float(smoothing["fwhm_mm"]),
    }
    if t1 is not None:
        settings["T1"] = float(np.nanmedian(as_numbers("t1", t1)))
    return _b1_map(afi_angle(*pair, tr1, tr2, t1), flip_deg, noise, kept, settings)


@noted
def double_angle_map(
    signal_alpha: npt.ArrayLike,
    signal_2alpha: npt.ArrayLike,
    *,
    flip_deg: float,
    tr: float | None = None,
    t1: npt.ArrayLike | None = None,
    echo: Echo = "gradient",
    noise: npt.ArrayLike | None = None,
    smoothing: Mapping[str, Any] | None = None,
) -> Estimates:
    """Map the transmit field from two flip angles, with its error where that is known.

    Parameters
    ----------
    signal_alpha, signal_2alpha, flip_deg, tr, t1, echo
        As for `b1_double_angle`.
    noise, smoothing
        As for `afi_map`; signals that carry their sign are not to be smoothed.

    Returns
    -------
    Estimates
        As `afi_map`.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.relaxometry import double_angle_map
    >>> actual = np.radians(0.9 * 60.0)
    >>> pair = 100 * np.sin(actual), 100 * np.sin(2 * actual)
    >>> b1 = double_angle_map(*pair, flip_deg=60.0, noise=1.0)
    >>> print(f"{b1['B1']:.3f} ± {b1.se['B1']:.3f}")
    0.900 ± 0.011

    """
    pair, noise, kept = _smoothed((signal_alpha, signal_2alpha), noise, smoothing)
    settings = {
        "Method": "double angle",
        "RepetitionTime": tr,
        "Echo": echo,
        "SmoothingFWHM": smoothing and float(smoothing["fwhm_mm"]),
    }
    return _b1_map(double_angle(*pair, tr, t1, echo), flip_deg, noise, kept, settings)


def _smoothed(
    pair: tuple[npt.ArrayLike, npt.ArrayLike],
    noise: npt.ArrayLike | None,
    smoothing: Mapping[str, Any] | None,
) -> tuple[tuple[npt.ArrayLike, npt.ArrayLike], FloatArray | None, Kept | None]:
    """Return both signals, their noise, None where it is not known anywhere, and who shares it."""
    if smoothing is not None:
        if noise is not None:
            raise InputError("the noise of smoothed signals is measured; leave noise out")
        smooth = smooth_pair(*pair, **smoothing)
        parts = noise_parts(pair, smooth, **smoothing)
        left = np.hypot(parts.near, parts.trend)
        with np.errstate(invalid="ignore"):
            share = np.nan_to_num((parts.trend / left) ** 2)
        kept = partial(_kept, of_trend=share, factors=parts.factors, fwhm_mm=smoothing["fwhm_mm"])
        return smooth, left if np.isfinite(left).any() else None, kept
    if noise is None:
        return pair, None, None
    sd = as_numbers("noise", noise)
    if not (np.isfinite(sd) & (sd > 0)).all():
        raise InputError(f"noise is {noise!r}; expected positive standard deviations")
    return pair, sd, None


def _kept(
    region: BoolArray,
    voxel_size: FloatArray,
    *,
    of_trend: FloatArray,
    factors: FloatArray,
    fwhm_mm: float,
) -> float:
    """Return how much of the error of B1 the mean over a region keeps.

    `of_trend` is the share of the variance that comes of the trend across the head.
    """
    if not region.any():
        return float("nan")
    near = share_kept_by_mean(region, voxel_size, fwhm_mm=fwhm_mm) ** 2
    trend, share = trend_kept_by_mean(region, factors), of_trend[region].mean()
    return float(np.sqrt(share * trend + (1.0 - share) * near))


def _b1_map(
    angle: Angle,
    flip_deg: float,
    noise: FloatArray | None,
    kept: Kept | None,
    settings: dict[str, Any],
) -> Estimates:
    b1, missing = angle.over(flip_deg, source=str(settings["Method"])), ~np.isfinite(angle.ratio)
    holds: dict[IntFlag, BoolArray] = {
        RelaxationFlag.NO_SIGNAL: missing,
        RelaxationFlag.NOT_IDENTIFIABLE: ~missing & ~np.isfinite(b1),
    }
    se = {} if noise is None else {"B1": noise * angle.error() / float(checked_flip(flip_deg))}
    shared = {name: SharedError(each, kept) for name, each in se.items()} if kept else {}
    return Estimates(
        str(settings["Method"]),
        (QUANTITIES["B1"],),
        {"B1": b1},
        se,
        reasons_of(b1.shape, holds, remarks=0),
        settings={"FlipAngle": flip_deg, **settings},
        shared=shared,
    )
