"""Signal to concentration in one call each: arrays in, arrays out."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.checks import positive_number
from biomarkers.dce.conversion import enhancement
from biomarkers.dce.inversion import per_voxel
from biomarkers.dce.scan import Scan
from biomarkers.dce.sequence import PulseSequence, TurboFlash, as_sequence
from biomarkers.dce.volumes import checked_map
from biomarkers.estimates import checked_series
from biomarkers.kinetics.arrival import Baseline, baseline_before_arrival, checked_baseline
from biomarkers.kinetics.volumes import LeftOutChoice
from biomarkers.ranges import check_possible


def concentration(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal: npt.ArrayLike,
    *,
    t10: npt.ArrayLike,
    tr: float | None = None,
    flip_deg: float | None = None,
    r1: float,
    baseline: Baseline | Literal["auto"] = "auto",
    b1: npt.ArrayLike | None = None,
    te: float = 0.0,
    r2s: float = 0.0,
    sequence: PulseSequence | None = None,
    left_out: LeftOutChoice = (),
) -> FloatArray:
    """Convert signal to concentration, exactly for a spoiled gradient echo.

    The signal before contrast and T1 there give the full magnetisation; with it every later
    signal gives its own T1, and the change of 1/T1 over the relaxivity is the concentration.
    The agent shortens T2* too. With `te` and `r2s` that is undone; without them the decay is
    taken as unchanged, which hides 10-20 % of the peak in tumours at 7 T (Kim et al.,
    Tomography 2019;5:308. doi:10.18383/j.tom.2019.00015) and more in an artery.

    Parameters
    ----------
    signal
        (..., T), any unit.
    t10
        T1 before contrast, s; broadcasts to the voxels (...).
    tr
        Repetition time, s.
    flip_deg
        Nominal flip angle, degrees.
    r1
        Relaxivity of the agent, 1/(s·mM); see `relaxivity`.
    baseline
        Half-open sample indices of the signal before contrast, or `auto`: one baseline for all
        curves, as `baseline_before_arrival` finds it.
    b1
        Actual over nominal flip angle; broadcasts to the voxels; 1 if not given.
    te, r2s
        Echo time, s, and transverse relaxivity of the agent, 1/(s·mM): the signal is multiplied
        by ``exp(-te r2s c)``. Give both or neither.
    sequence
        A `TurboFlash` or `GradientEcho`, in place of `tr`, `flip_deg`, `te` and `r2s`.
    left_out
        As in `Scan`; where the baseline is given, no other volumes are looked for.

    Returns
    -------
    ndarray
        Concentration, mM, (..., T). NaN in volumes that are left out, and where there is none: in
        whole voxels without T1, B1 or baseline signal, and at samples that no T1 explains (as
        bright as full magnetisation or more: saturated; or negative). With `r2s` the signal has a
        maximum; samples above it are NaN, and at the others the lower of two concentrations is
        returned. `signal_flags` says which is which.

    Raises
    ------
    InputError
        If shapes do not fit or a setting is not physical.

    References
    ----------
    Schabel MC, Parker DL. Phys Med Biol 2008;53:2345. doi:10.1088/0031-9155/53/9/010

    Examples
    --------
    >>> from biomarkers import dce, sample_data
    >>> curve = sample_data.dce_curve()
    >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
    >>> signal = dce.concentration_to_signal(curve.tissue, **how)
    >>> agent = dce.concentration(signal, **how)
    >>> print(f"{agent.max():.3f} mM, true {curve.tissue.max():.3f} mM")
    0.351 mM, true 0.351 mM

    """
    signal = checked_series(signal)
    scan = Scan(
        signal,
        t10=t10,
        r1=r1,
        baseline=baseline,
        mask=np.ones(signal.shape[:-1]),  # the baseline is that of all curves
        b1=b1,
        sequence=as_sequence(sequence, tr, flip_deg, te=te, r2s=r2s),
        left_out=left_out or (() if baseline == "auto" else None),
    )
    agent = scan.concentration()
    if not scan.left_out:
        return agent
    count = agent.shape[-1] + len(scan.left_out)
    whole = np.full((*scan.shape, count), np.nan)
    whole[..., np.delete(np.arange(count), scan.left_out)] = agent
    return whole


def concentration_turboflash(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal: npt.ArrayLike,
    *,
    t10: npt.ArrayLike,
    prep_time: float,
    tr: float,
    flip_deg: float,
    pulses_to_centre: int,
    r1: float,
    baseline: Baseline | Literal["auto"] = "auto",
    b1: npt.ArrayLike | None = None,
    te: float = 0.0,
    r2s: float = 0.0,
) -> FloatArray:
    """Convert signal to concentration, exactly for saturation-recovery turboFLASH.

    The same as `concentration` with ``sequence=TurboFlash(...)``, see there.

    Parameters
    ----------
    signal
        (..., T), any unit.
    t10
        T1 before contrast, s; broadcasts to the voxels (...).
    prep_time, tr, flip_deg, pulses_to_centre, te, r2s
        As in `TurboFlash`.
    r1, baseline
        As in `concentration`.
    b1
        Actual over nominal flip angle of the train; broadcasts to the voxels. Saturation is
        taken as complete all the same.

    Returns
    -------
    ndarray
        Concentration, mM, (..., T); NaN where there is none, as in `concentration`.

    Raises
    ------
    InputError
        If shapes do not fit or a setting is not physical.

    References
    ----------
    Larsson HBW et al. Magn Reson Med 1996;35:716. doi:10.1002/mrm.1910350513

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import dce
    >>> train = {"prep_time": 0.12, "tr": 0.0025, "flip_deg": 10.0, "pulses_to_centre": 32}
    >>> agent = np.array([0.0, 0.0, 0.0, 0.5, 1.0])
    >>> signal = dce.turboflash_signal(1000.0, 1 / (1 / 1.4 + 4.5 * agent), **train)
    >>> dce.concentration_turboflash(signal, t10=1.4, r1=4.5, baseline=(0, 3), **train)[3:].round(3)
    array([0.5, 1. ])

    """
    train = TurboFlash(
        prep_time=prep_time,
        tr=tr,
        flip_deg=flip_deg,
        pulses_to_centre=pulses_to_centre,
        te=te,
        r2s=r2s,
    )
    return concentration(signal, t10=t10, r1=r1, baseline=baseline, b1=b1, sequence=train)


def concentration_relative(
    signal: npt.ArrayLike,
    *,
    t10: npt.ArrayLike,
    r1: float,
    baseline: Baseline | Literal["auto"] = "auto",
) -> FloatArray:
    """Approximate concentration by relative enhancement, ``(S/S0 - 1) / (r1 T10)``.

    It takes signal as proportional to 1/T1. A spoiled gradient echo comes near that while TR is
    far below T1 and the flip angle far above the Ernst angle; beyond that it says too little, and
    at low flip angles far too little. Use `concentration` where TR and flip angle are known.

    Parameters
    ----------
    signal
        (..., T), any unit.
    t10
        T1 before contrast, s; broadcasts to the voxels (...).
    r1, baseline
        As in `concentration`.

    Returns
    -------
    ndarray
        Concentration, mM, (..., T); NaN in voxels without T1 or baseline signal. Saturation
        cannot be told and has a number.

    References
    ----------
    Ingrisch M, Sourbron S. J Pharmacokinet Pharmacodyn 2013;40:281.
    doi:10.1007/s10928-013-9315-3

    Examples
    --------
    Twice the signal, taken as twice the relaxation rate:

    >>> from biomarkers.dce import concentration_relative
    >>> concentration_relative([100.0, 100.0, 200.0], t10=1.0, r1=4.0, baseline=(0, 2))
    array([0.  , 0.  , 0.25])

    """
    check_possible("r1", positive_number("r1", r1, "1/(s mM)"), source="r1")
    checked_map("T1", t10, source="t10")
    values = checked_series(signal)
    window = baseline_before_arrival(values) if baseline == "auto" else baseline
    ratio = enhancement(np.asarray(values), checked_baseline(window, values.shape[-1]))
    scale = r1 * per_voxel("t10", t10, ratio.shape[:-1])[..., None]
    return np.asarray((ratio - 1.0) / scale)
