"""What a `Scan` gives, in one call each: arrays in, arrays out."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import BoolArray
from biomarkers.dce.delay import Delay
from biomarkers.dce.fitting import DCEMaps
from biomarkers.dce.scan import Scan
from biomarkers.dce.sequence import PulseSequence, as_sequence
from biomarkers.dce.water_exchange import Lifetime
from biomarkers.estimates import Estimates
from biomarkers.kinetics import Input
from biomarkers.kinetics.arrival import Baseline
from biomarkers.kinetics.volumes import LeftOutChoice


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
