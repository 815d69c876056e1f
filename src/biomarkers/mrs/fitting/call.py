"""The fit of one spectrum: what is given, conventions, the search, the record of it."""

from enum import IntFlag

import numpy as np

from biomarkers.arrays import BoolArray, ComplexArray, FloatArray
from biomarkers.blas import one_blas_thread
from biomarkers.errors import InputError
from biomarkers.estimates import reasons_of
from biomarkers.mrs.basis import Basis
from biomarkers.mrs.fitting.alignment import aligned_scan
from biomarkers.mrs.fitting.design import METABOLITES, Priors
from biomarkers.mrs.fitting.drawing import Curves
from biomarkers.mrs.fitting.inference import baseline_curve, noise_sd
from biomarkers.mrs.fitting.outcome import REMARKS, Quality
from biomarkers.mrs.fitting.pipeline import Solution, solve
from biomarkers.mrs.fitting.record import Fit
from biomarkers.mrs.fitting.setup import BaselineChoice, Choices, Setup, check_scan
from biomarkers.mrs.fitting.summary import summarised, sums
from biomarkers.mrs.scan import Scan
from biomarkers.quantities import Quantity

PPM = (0.2, 4.2)
MODEL = "linear combination of metabolite spectra"


def fit(
    scan: Scan,
    basis: Basis,
    *,
    ppm: tuple[float, float] = PPM,
    baseline: BaselineChoice = "spline",
    deviations: bool = True,
    bands: tuple[str, ...] | None = None,
    priors: Priors | None = None,
    quality: Quality | None = None,
) -> Fit:
    """Fit a spectrum by the signals of a basis, real and imaginary part together.

    Variable projection with non-negative amplitudes: shift, Lorentzian and Gaussian width of each
    group of signals (metabolites, macromolecules, bands), zero- and first-order phase, and a
    baseline. A mirrored signal and a shift of the spectrum up to 0.3 ppm are set right and said.

    Parameters
    ----------
    scan
        One voxel, as `mrs.load` or `mrs.preprocess` gives it.
    basis
        Signals of metabolites; resampled to the scan.
    ppm
        Window of the fit, ppm.
    baseline
        "spline", a penalised spline as stiff as Akaike's criterion asks for (ABfit; Wilson, Magn
        Reson Med 2021;85:13. doi:10.1002/mrm.28385); ("polynomial", order), a complex polynomial;
        None.
    deviations
        Whether each signal may deviate a little from the shift and decay of its group, held by
        Gaussian priors as in LCModel. With False and ("polynomial", 2) the model is that of
        FSL-MRS (Clarke et al., Magn Reson Med 2021;85:2950. doi:10.1002/mrm.28630).
    bands
        Names of macromolecules and lipids that are added as Gaussian bands (`MM09`, `Lip13a`, …).
        By default macromolecules where the basis holds none, and lipids with deviations.
    priors
        How much is held.
    quality
        From where on a spectrum or a metabolite is flagged.

    Returns
    -------
    Fit
        `ratios`, `covariance`, `snr`, `fwhm_hz`, `ppm_shift`, `conjugated`, `flags`, `plot`, …

    Raises
    ------
    InputError
        If coils or averages are not combined yet, there is more than one voxel, the signal has
        no value or is zero, or an argument is none of what is expected.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.mrs import Basis, Scan, fit
    >>> t = np.arange(1024) / 2000.0
    >>> lines = {"NAA": 2.01, "Cr": 3.03, "GPC": 3.22}
    >>> signals = [np.exp(2j * np.pi * (p - 4.65) * 123.2 * t) for p in lines.values()]
    >>> basis = Basis(tuple(lines), np.array(signals), 1 / 2000.0, 123.2)
    >>> fid = np.array([3.0, 2.0, 0.5]) @ signals * np.exp(-12.0 * t)
    >>> fitted = fit(Scan(fid[None, None, None], 1 / 2000.0, 123.2), basis, bands=())
    >>> fitted.ratios("tCr").set_index("metabolite").ratio.round(3).to_dict()
    {'NAA': 1.5, 'Cr': 1.0, 'GPC': 0.25, 'tNAA': 1.5, 'tCr': 1.0, 'tCho': 0.25}

    """
    check_scan(scan, grid=False)
    setup = Setup.of(scan, basis, Choices(ppm, baseline, deviations, bands, priors or Priors()))
    signal = scan.fid.reshape(-1)
    if not np.isfinite(signal).all() or not signal.any():
        wrong = "zero throughout" if np.isfinite(signal).all() else "not finite everywhere"
        raise InputError(f"{scan.source}: the signal is {wrong}; expected a decay")
    with one_blas_thread():
        placed = aligned_scan(setup.design, scan, basis)
        noise = noise_sd(setup.design.window, scan, placed.signal)
        solution = solve(setup.design, placed, noise)
        return _record(setup, solution, quality or Quality(), noise)


def _record(setup: Setup, solution: Solution, judged: Quality, noise: float) -> Fit:
    design = setup.design
    summary = summarised(solution, judged, noise)
    names, parts = sums(design.names)
    errors = np.sqrt(np.maximum(np.diag(parts @ summary.joint @ parts.T), 0.0))
    holds: dict[IntFlag, BoolArray] = {kind: np.array(h) for kind, h in summary.holds.items()}
    return Fit(
        model=MODEL,
        quantities=tuple(Quantity(name, "", f"amplitude of {name}") for name in names),
        values=_by_name(names, parts @ summary.amplitudes),
        se=_by_name(names, errors),
        reasons=reasons_of((), holds, remarks=REMARKS),
        settings=setup.settings,
        signals=design.names,
        amplitudes=summary.amplitudes,
        joint=summary.joint,
        curves=_curves(solution),
        snr=summary.snr,
        fwhm_hz=summary.fwhm_hz,
        ppm_shift=summary.ppm_shift,
        conjugated=solution.placed.conjugated,
        baseline_per_ppm=design.baseline.per_ppm(solution.problem.stiffness),
        whiteness=summary.whiteness,
        judged=judged,
        setup=setup,
        solution=solution,
    )


def _by_name(names: tuple[str, ...], values: FloatArray) -> dict[str, FloatArray]:
    return {name: np.asarray(value) for name, value in zip(names, values, strict=True)}


def _curves(solution: Solution) -> Curves:
    """Return spectra without the fitted phase, in the scale of the data."""
    design, state = solution.problem.design, solution.state
    phase = state.parameters[0] + state.parameters[1] * design.ppm_from_centre
    turn = solution.scale * np.exp(-1j * phase)
    spectra = state.amplitudes[:, None] * _complex(state.spectra)
    return Curves(
        design.window.ppm,
        _complex(solution.problem.data) * turn,
        _complex(baseline_curve(solution.problem, state)) * turn,
        spectra * turn,
        design.names,
        design.group != design.groups.index(METABOLITES),
    )


def _complex(stacked: FloatArray) -> ComplexArray:
    return np.asarray(stacked[..., 0, :] + 1j * stacked[..., 1, :])
