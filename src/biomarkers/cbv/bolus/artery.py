"""The artery of a dynamic susceptibility series: drawn, or found by what a bolus looks like."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from biomarkers.cbv.bolus.scan import BaselineChoice, Scan
from biomarkers.cbv.signals import Signals
from biomarkers.checks import as_numbers
from biomarkers.errors import ArteryError, InputError
from biomarkers.kinetics import Artery, Input, find_artery
from biomarkers.kinetics.bolus import describe

# Of the middle voxel's peak: blood volume there is a few percent, and vessels have many times that
# even where they fill a part of a voxel.
_ABOVE_TISSUE = 5.0
# Of the third highest peak: below it a voxel is partly tissue.
_OF_HIGHEST = 0.4
_FEWEST = 3


def dsc_input(
    signal: Signals,
    time: npt.ArrayLike,
    *,
    te: npt.ArrayLike,
    artery: npt.ArrayLike,
    baseline: BaselineChoice = "auto",
) -> Input:
    """Take the input from the voxels of an artery that was drawn: the mean of their curves.

    Parameters
    ----------
    signal, time, te, baseline
        As in `dsc`.
    artery
        Voxels of the artery, (...).

    Returns
    -------
    kinetics.Input
        Change of R2*, 1/s. Voxels whose signal sinks into the noise at the bolus are left out.

    Raises
    ------
    InputError
        If shapes do not fit, the artery has no voxel, or none can be read.

    """
    if not as_numbers("artery", artery).any():
        raise InputError("the artery has no voxel; check the label it was taken from")
    scan = Scan.of(signal, time, te, mask=artery, baseline=baseline)
    curves = scan.curves()
    sound = np.isfinite(curves).all(axis=1)
    if not sound.any():
        raise InputError(
            f"all {sound.size} voxels of the artery sink into the noise at the bolus, or have no "
            "signal; draw it where fewer voxels are pure blood, or beside the vessel"
        )
    return Input(scan.time, blood=curves[sound].mean(axis=0))


def dsc_artery(
    signal: Signals,
    time: npt.ArrayLike,
    *,
    te: npt.ArrayLike,
    baseline: BaselineChoice = "auto",
    mask: npt.ArrayLike | None = None,
    longest_width: float = 20.0,
) -> Artery:
    """Find the artery by what a first pass looks like in it.

    A voxel is taken if its peak is five times that of the middle voxel and four tenths of the
    highest, stands out of the noise, is no wider at half its height than `longest_width` and the
    mean of all voxels, which the way through tissue has widened, encloses the area of the others,
    arrives with the first, and touches others like it. Look at `plot()`.

    Parameters
    ----------
    signal, time, te, baseline, mask
        As in `dsc`.
    longest_width
        Longest full width at half maximum, s.

    Returns
    -------
    kinetics.Artery
        `.input`, `.mask`, `.curve` (1/s), `.reasons`, `.plot()`.

    Raises
    ------
    ArteryError
        If nothing looks like an artery; the message says at which tests voxels failed.
    InputError
        If shapes or settings do not fit.

    """
    scan = Scan.of(signal, time, te, mask=mask, baseline=baseline)
    return artery_of(scan, longest_width=longest_width)


def artery_of(scan: Scan, *, longest_width: float = 20.0) -> Artery:
    """Find the artery among the voxels of a scan."""
    curves = np.full((*scan.chosen.shape, scan.time.size), np.nan)
    curves[scan.chosen] = scan.curves()
    sound = curves[np.isfinite(curves).all(axis=-1)]
    if len(sound) < _FEWEST:
        raise ArteryError(f"no artery: {len(sound)} voxels have signal throughout; give input=")
    peaks = np.sort(sound.max(axis=1))
    width = float(describe(sound.mean(axis=0)[None], scan.time).width[0])
    lowest = max(_ABOVE_TISSUE * float(np.median(peaks)), _OF_HIGHEST * float(peaks[-_FEWEST]))
    try:
        found = find_artery(
            curves,
            scan.time,
            mask=scan.chosen,
            lowest_peak=lowest,
            longest_width=min(longest_width, width),
        )
    except ArteryError as error:
        raise ArteryError(
            f"{error}. Peaks had to reach {lowest:.3g} 1/s; the middle voxel has "
            f"{np.median(peaks):.3g} and the highest {peaks[-1]:.3g} 1/s"
        ) from error
    return replace(found, unit="1/s")
