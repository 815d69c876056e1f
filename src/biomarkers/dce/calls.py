"""What a `Scan` gives, in one call each: arrays in, arrays out."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.dce.delay import Delay
from biomarkers.dce.fitting import DCEMaps
from biomarkers.dce.scan import Scan
from biomarkers.dce.sequence import PulseSequence, TurboFlash, as_sequence
from biomarkers.dce.water_exchange import Lifetime
from biomarkers.estimates import Estimates
from biomarkers.kinetics import Input
from biomarkers.kinetics.arrival import Baseline
from biomarkers.relaxometry import T1Map

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def maps(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal4d: npt.ArrayLike,
    time: npt.ArrayLike,
    *,
    t10: npt.ArrayLike | T1Map,
    input: Input,
    model: str | Sequence[str] = "extended_tofts",
    mask: npt.ArrayLike | None = None,
    tr: float | None = None,
    flip_deg: float | None = None,
    r1: float,
    baseline: Baseline | Literal["auto"] = "auto",
    b1: npt.ArrayLike | None = None,
    delay: Delay = None,
    water_lifetime: Lifetime = 0.0,
    sequence: PulseSequence | None = None,
) -> DCEMaps:
    """Compute maps of kinetic parameters from a dynamic series.

    Parameters
    ----------
    signal4d
        Dynamic series, (..., T), any unit.
    time
        When each sample was taken, (T,), s, on the clock of `input`.
    t10
        T1 before contrast, s, a map (...) or one value; or a `T1Map`, whose flagged voxels have
        no T1 and whose errors then are in the errors of the parameters.
    input
        Arterial input, for instance from `measured_input`. Straight lines are drawn between its
        samples if they are finer than the series, else a smooth curve
        (`smooth_between_samples`).
    model
        Name of a model in `kinetics.MODELS`; or several, of which each voxel takes the one of
        lowest AICc. Errors then take that model as true.
    mask
        Voxels to fit, (...); all that have signal if not given.
    tr, flip_deg, r1, baseline, b1, sequence
        As in `concentration`: `tr` and `flip_deg` of a spoiled gradient echo, or in their place
        ``sequence=GradientEcho(...)``, which may undo the agent's effect on T2*, or
        ``sequence=TurboFlash(...)``. `auto` looks at the mean signal of the mask.
    delay
        How much later than in `input` the tissue is reached, s: None for not at all, a number,
        (low, high) to fit it in every voxel, or `SharedDelay(low, high)` to find the one that
        suits all voxels.
    water_lifetime
        Mean lifetime of water in cells, s. 0 (the default) is fast exchange, where concentration
        follows from signal. Otherwise (extended) Tofts kinetics are fitted to the signal, see
        `two_pool_signal`: infinity is the slow limit, (low, high) fits the lifetime, `tau_i`.
        It goes with a spoiled gradient echo whose T2* is taken as unchanged.

    Returns
    -------
    DCEMaps
        `maps["Ktrans"]`, `maps.se["Ktrans"]`, `maps.flags`, `maps.save(folder, like=image)`.

    Raises
    ------
    InputError
        If shapes do not fit, a model is unknown, the mask is empty or a setting is not
        physical.

    """
    scan = Scan(
        signal4d,
        time,
        t10=t10,
        r1=r1,
        tr=tr,
        flip_deg=flip_deg,
        baseline=baseline,
        mask=mask,
        b1=b1,
        sequence=sequence,
    )
    return scan.maps(input, model=model, delay=delay, water_lifetime=water_lifetime)


def semiquantitative(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal4d: npt.ArrayLike,
    time: npt.ArrayLike,
    *,
    t10: npt.ArrayLike | T1Map,
    tr: float | None = None,
    flip_deg: float | None = None,
    r1: float,
    mask: npt.ArrayLike | None = None,
    baseline: Baseline | Literal["auto"] = "auto",
    b1: npt.ArrayLike | None = None,
    input: Input | None = None,
    arrival: float | Literal["shared", "voxel"] = "shared",
    early: float = 90.0,
    sequence: PulseSequence | None = None,
) -> Estimates:
    """Compute areas, times, slopes and ratios of a dynamic series, see `dce.curve_shape`.

    Samples are taken as they are: peaks are the highest sample, noise included.

    Parameters
    ----------
    signal4d, time, t10, tr, flip_deg, r1, mask, baseline, b1, sequence
        As in `maps`.
    input
        Arterial input; with it the areas are also given over those of blood (of plasma, where
        it holds no blood), from its own arrival on.
    arrival
        Where areas begin and times count from, s: `shared`, the arrival in the mean curve of all
        voxels, `voxel`, that of each voxel, or a number.
    early
        Early time of the signal enhancement ratio, s after arrival; the late one is the end of
        the series.

    Returns
    -------
    DCEMaps
        BAT (of each voxel), IAUC60, IAUC90, nIAUC60 and nIAUC90 with an input, TTP,
        peak_enhancement, wash_in, wash_out, SER. The areas have standard errors, from the scatter
        before contrast. Flagged is what has no concentration at some sample.

    Raises
    ------
    InputError
        As in `maps`.

    """
    scan = Scan(
        signal4d,
        time,
        t10=t10,
        r1=r1,
        tr=tr,
        flip_deg=flip_deg,
        baseline=baseline,
        mask=mask,
        b1=b1,
        sequence=sequence,
    )
    return scan.semiquantitative(input, arrival=arrival, early=early)


def measured_input(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal4d: npt.ArrayLike,
    time: npt.ArrayLike,
    artery: BoolArray,
    *,
    t10_blood: float,
    tr: float | None = None,
    flip_deg: float | None = None,
    r1: float,
    hct: float,
    baseline: Baseline | Literal["auto"] = "auto",
    b1: npt.ArrayLike | None = None,
    te: float = 0.0,
    r2s: float = 0.0,
    sequence: PulseSequence | None = None,
) -> Input:
    """Take the input from the voxels of an artery: the mean of their concentrations.

    Parameters
    ----------
    signal4d
        Dynamic series (..., T), any unit.
    time
        When each sample was taken, (T,), s.
    artery
        Voxels of the artery, (...).
    t10_blood
        T1 of blood before contrast, s. It is given because inflow makes it unmeasurable with a
        gradient echo.
    tr, flip_deg, r1
        As in `concentration`.
    hct
        Haematocrit; plasma carries the agent, so its concentration is blood's over 1 - hct.
    baseline, b1, te, r2s, sequence
        As in `concentration`; `auto` looks at the artery alone, where the agent arrives first.
        T2* matters most in an artery, whose peak it hides.

    Returns
    -------
    kinetics.Input
        Concentration in blood and plasma, mM. Voxels that saturate are left out.

    Raises
    ------
    InputError
        If shapes or settings do not fit, the artery has no voxel, or every voxel saturates.

    """
    scan = Scan(
        signal4d,
        time,
        t10=t10_blood,
        r1=r1,
        baseline=baseline,
        b1=b1,
        sequence=as_sequence(sequence, tr, flip_deg, te=te, r2s=r2s),
    )
    return scan.input(artery, t10_blood=t10_blood, hct=hct)


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

    Returns
    -------
    ndarray
        Concentration, mM, (..., T). NaN where there is none: in whole voxels without T1, B1 or
        baseline signal, and at samples that no T1 explains (as bright as full magnetisation or
        more: saturated; or negative). With `r2s` the signal has a maximum; samples above it are
        NaN, and at the others the lower of two concentrations is returned. `signal_flags` says
        which is which.

    Raises
    ------
    InputError
        If shapes do not fit or a setting is not physical.

    References
    ----------
    Schabel MC, Parker DL. Phys Med Biol 2008;53:2345. doi:10.1088/0031-9155/53/9/010

    """
    scan = Scan(
        signal,
        t10=t10,
        r1=r1,
        baseline=baseline,
        mask=np.ones(np.shape(signal)[:-1]),  # the baseline is that of all curves
        b1=b1,
        sequence=as_sequence(sequence, tr, flip_deg, te=te, r2s=r2s),
    )
    return scan.concentration()


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
