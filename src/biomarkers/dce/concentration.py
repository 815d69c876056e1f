"""Signal to concentration of contrast agent and back."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.dce.enhancement import signal_ratio
from biomarkers.dce.sequence import (
    PulseSequence,
    as_sequence,
    checked_decay,
    from_enhancement,
    per_voxel,
)
from biomarkers.kinetics.arrival import Baseline
from biomarkers.relaxometry import spgr_signal
from biomarkers.relaxometry.spgr import require_positive

FloatArray = npt.NDArray[np.float64]


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
    scanned = as_sequence(sequence, tr, flip_deg, te=te, r2s=r2s)
    return from_enhancement(scanned, signal_ratio(signal, baseline), t10=t10, r1=r1, b1=b1)


def concentration_to_signal(  # noqa: PLR0913  (as `concentration`)
    concentration: npt.ArrayLike,
    *,
    t10: npt.ArrayLike,
    tr: float,
    flip_deg: float,
    r1: float,
    m0: npt.ArrayLike = 1.0,
    b1: npt.ArrayLike | None = None,
    te: float = 0.0,
    r2s: float = 0.0,
) -> FloatArray:
    """Return the signal of a concentration: the inverse of `concentration`.

    Parameters
    ----------
    concentration
        (..., T), mM.
    t10, tr, flip_deg, r1, b1, te, r2s
        As in `concentration`.
    m0
        Signal of full magnetisation; broadcasts to the voxels (...).

    Returns
    -------
    ndarray
        Signal in the unit of `m0`, (..., T).

    """
    values = np.asarray(concentration, dtype=float)
    require_positive("r1", r1, "1/(s mM)")
    voxels = values.shape[:-1]
    before = per_voxel("t10", t10, voxels)[..., None]
    field = per_voxel("b1", 1.0 if b1 is None else b1, voxels)[..., None]
    size = np.broadcast_to(np.asarray(m0, dtype=float), voxels)[..., None]
    t1 = 1.0 / (1.0 / before + r1 * values)
    signal = spgr_signal(size, t1, tr=tr, flip_deg=flip_deg, b1=field)
    return np.asarray(signal * np.exp(-checked_decay(te, r2s) * values))
