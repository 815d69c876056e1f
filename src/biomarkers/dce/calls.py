"""What a `Scan` gives, in one call each: arrays in, arrays out."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.checks import positive_number
from biomarkers.dce.conversion import enhancement
from biomarkers.dce.delay import Delay
from biomarkers.dce.fitting import DCEMaps
from biomarkers.dce.scan import Scan
from biomarkers.dce.sequence import PulseSequence, TurboFlash, as_sequence, per_voxel
from biomarkers.dce.volumes import checked_map
from biomarkers.dce.water_exchange import Lifetime
from biomarkers.estimates import Estimates, checked_series
from biomarkers.kinetics import Input
from biomarkers.kinetics.arrival import Baseline, baseline_before_arrival, checked_baseline
from biomarkers.kinetics.volumes import LeftOutChoice
from biomarkers.ranges import check_possible

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def maps(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal4d: npt.ArrayLike,
    time: npt.ArrayLike,
    *,
    t10: npt.ArrayLike | Estimates,
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
    left_out: LeftOutChoice = (),
    slice_timing: npt.ArrayLike | None = None,
) -> DCEMaps:
    """Compute maps of kinetic parameters in one call, see `Scan.maps`.

    Parameters
    ----------
    signal4d
        Dynamic series, (..., T), any unit.
    time, t10, mask, tr, flip_deg, r1, baseline, b1, sequence, left_out, slice_timing
        As in `Scan`.
    input, model, delay, water_lifetime
        As in `Scan.maps`.

    Examples
    --------
    >>> from biomarkers import dce, sample_data
    >>> from biomarkers.kinetics import Input
    >>> curve = sample_data.dce_curve()  # Ktrans 0.12/min, ve 0.3, vp 0.03
    >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
    >>> signal = dce.concentration_to_signal([curve.tissue], **how)
    >>> aif = Input(curve.time, plasma=curve.plasma)
    >>> maps = dce.maps(signal, curve.time, input=aif, **how)
    >>> print(", ".join(f"{name} {maps[name][0]:.3f}" for name in ("Ktrans", "ve", "vp")))
    Ktrans 0.120, ve 0.300, vp 0.030

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
        left_out=left_out,
        slice_timing=slice_timing,
    )
    return scan.maps(input, model=model, delay=delay, water_lifetime=water_lifetime)


def semiquantitative(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal4d: npt.ArrayLike,
    time: npt.ArrayLike,
    *,
    t10: npt.ArrayLike | Estimates,
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
    left_out: LeftOutChoice = (),
    slice_timing: npt.ArrayLike | None = None,
) -> Estimates:
    """Compute maps without a model in one call, see `Scan.semiquantitative`.

    Parameters
    ----------
    signal4d
        Dynamic series, (..., T), any unit.
    time, t10, tr, flip_deg, r1, mask, baseline, b1, sequence, left_out, slice_timing
        As in `Scan`.
    input, arrival, early
        As in `Scan.semiquantitative`.

    Examples
    --------
    >>> from biomarkers import dce, sample_data
    >>> curve = sample_data.dce_curve()
    >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
    >>> signal = dce.concentration_to_signal([curve.tissue], **how)
    >>> read = dce.semiquantitative(signal, curve.time, **how)
    >>> print(f"arrival {read['BAT'][0]:.0f} s, peak after {read['TTP_arrival'][0]:.0f} s")
    arrival 20 s, peak after 130 s

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
        left_out=left_out,
        slice_timing=slice_timing,
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
    left_out: LeftOutChoice = (),
    slice_timing: npt.ArrayLike | None = None,
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
    left_out, slice_timing
        As in `Scan`; the artery alone is searched.
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

    Examples
    --------
    >>> from biomarkers import dce, sample_data
    >>> curve = sample_data.dce_curve()
    >>> how = {"tr": 0.005, "flip_deg": 20.0, "r1": 4.5}
    >>> signal = dce.concentration_to_signal([curve.tissue, 0.58 * curve.plasma], t10=1.7, **how)
    >>> artery = [False, True]
    >>> aif = dce.measured_input(signal, curve.time, artery, t10_blood=1.7, hct=0.42, **how)
    >>> print(f"{aif.plasma.max():.2f} mM in plasma, true {curve.plasma.max():.2f} mM")
    6.45 mM in plasma, true 6.45 mM

    """
    scan = Scan(
        signal4d,
        time,
        t10=np.nan,  # of tissue, which is not asked for
        r1=r1,
        baseline=baseline,
        mask=artery,
        b1=b1,
        sequence=as_sequence(sequence, tr, flip_deg, te=te, r2s=r2s),
        left_out=left_out,
        slice_timing=slice_timing,
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
