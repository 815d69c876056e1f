"""From signals of coils and averages to one signal: the steps, in their order."""

from dataclasses import replace

import numpy as np

from biomarkers.blas import one_blas_thread
from biomarkers.checks import as_numbers, require_type
from biomarkers.errors import InputError
from biomarkers.mrs.averages import average as averaged
from biomarkers.mrs.averages import register as registered
from biomarkers.mrs.coils import combine_coils
from biomarkers.mrs.conventions import whole_first_point
from biomarkers.mrs.eddy_currents import correct_eddy_currents
from biomarkers.mrs.scan import ProcessingStep, Scan
from biomarkers.mrs.water_removal import remove_water as water_removed


def preprocess(
    scan: Scan,
    *,
    coils: bool = True,
    register: bool = True,
    reject: bool = True,
    average: bool = True,
    eddy: bool = True,
    remove_water: bool = True,
    broaden_hz: float = 0.0,
) -> Scan:
    """Process signals as they were acquired into those that are fitted.

    In the order of the consensus: coils are combined, averages brought to one frequency and phase,
    those unlike the rest left out, the mean taken (never over `DIM_EDIT`); a halved first sample
    is mended, eddy currents are corrected by the water's phase, residual water is taken off,
    lines are broadened. What would change nothing is not done, nor listed in `steps`.

    Parameters
    ----------
    scan
        As `mrs.load` gives it. Its water gets the same weights of the coils, its mean and its own
        phase; it is neither broadened nor taken off.
    coils
        Whether coils are combined, `DIM_COIL`.
    register
        Whether averages are registered, `DIM_DYN`.
    reject
        Whether averages unlike the rest are left out of the mean.
    average
        Whether the mean of averages is taken.
    eddy
        Whether eddy currents are corrected; needs water.
    remove_water
        Whether residual water is taken off.
    broaden_hz
        Lorentzian line broadening, Hz.

    Returns
    -------
    Scan
        With `steps`: what was done, with weights, shifts, phases, and what was left out.
        `mrs.processing_figure` draws them.

    Raises
    ------
    InputError
        If `scan` is none, its water is of other voxels, or `broaden_hz` is below 0.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import mrs
    >>> time = np.arange(1024) * 0.5e-3
    >>> line = np.exp((-15 - 2j * np.pi * 200) * time)
    >>> coils = np.array([1.0, 0.5j])[:, None] * line
    >>> scan = mrs.Scan(coils[None, None, None], 0.5e-3, 123.2, axes=("DIM_COIL",))
    >>> clean = mrs.preprocess(scan)
    >>> clean.axes, [step.name for step in clean.steps]
    ((), ['coil combination'])

    References
    ----------
    Near J, Harris AD, Juchem C, et al. NMR Biomed 2021;34:e4257. doi:10.1002/nbm.4257

    """
    require_type("scan", scan, Scan, "a scan, as mrs.load gives it")
    _check(scan, broaden_hz)
    with one_blas_thread():
        if coils:
            scan = combine_coils(scan)
        water = scan.water
        if register:
            scan = registered(scan)
            water = water and registered(water, ppm=None)
        if average:
            scan = averaged(scan, reject=reject)
            water = water and averaged(water, reject=False)
        scan = whole_first_point(replace(scan, water=water))
        if eddy:
            scan = correct_eddy_currents(scan)
        if remove_water:  # strong water, whole, may have hidden that the rest is halved
            scan = whole_first_point(water_removed(scan))
    return broadened(scan, broaden_hz) if broaden_hz else scan


def broadened(scan: Scan, hz: float) -> Scan:
    """Return a scan whose lines are broader by a Lorentzian of that full width at half maximum."""
    method = "Lorentzian, exp(-pi broaden_hz t)"
    step = ProcessingStep("line broadening", method, {"broaden_hz": hz})
    return scan.with_fid(scan.fid * np.exp(-np.pi * hz * scan.time), step)


def _check(scan: Scan, broaden_hz: float) -> None:
    if as_numbers("broaden_hz", broaden_hz).ndim or not 0 <= broaden_hz < np.inf:
        raise InputError(f"broaden_hz is {broaden_hz!r}; expected a width of 0 or more, Hz")
    water = scan.water
    if water is not None and water.fid.shape[:3] != scan.fid.shape[:3]:
        raise InputError(
            f"{water.source}: water of voxels {water.fid.shape[:3]} for signals of "
            f"{scan.fid.shape[:3]} ({scan.source}); give the water of the same voxels"
        )
