"""Perfusion from a bolus in one call: thin lines over `BolusScan`."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

import numpy.typing as npt

from biomarkers.cbv.bolus.leakage import Leakage
from biomarkers.cbv.bolus.maps import DSCMaps
from biomarkers.cbv.bolus.perfusion import Volume
from biomarkers.cbv.bolus.regularisation import Method
from biomarkers.cbv.bolus.scaling import AS_MEASURED, Scaling
from biomarkers.cbv.bolus.scan import BaselineChoice, BolusScan
from biomarkers.cbv.signals import Signals
from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.kinetics import Artery, Input
from biomarkers.kinetics.volumes import LeftOutChoice


def dsc(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal: Signals,
    time: npt.ArrayLike,
    *,
    te: npt.ArrayLike,
    input: Input | None = None,
    method: Method = "oSVD",
    leakage: Leakage | None = None,
    mask: npt.ArrayLike | None = None,
    reference: npt.ArrayLike | None = None,
    baseline: BaselineChoice = "auto",
    left_out: LeftOutChoice = (),
    regularisation: float | str | None = None,
    volume: Volume = "area",
    scaling: Scaling = AS_MEASURED,
    slice_timing: npt.ArrayLike | None = None,
) -> DSCMaps:
    """Compute maps of blood flow, blood volume and transit from a bolus of contrast.

    Parameters
    ----------
    signal, time, te, mask, baseline, left_out, scaling, slice_timing
        As in `BolusScan`.
    input
        Change of R2* in the artery, 1/s, as its `blood`; from `dsc_input` for a drawn one. None
        looks for it, see `dsc_artery`.
    method
        `sSVD`, truncated singular values of a residue that starts with the artery; `cSVD`, of a
        cyclic one, which may come late or early; `oSVD`, cyclic and truncated in each voxel as
        little as the oscillation of its residue allows; `tikhonov`, damped rather than truncated,
        starting with the artery.
    leakage
        `bsw` for contrast that leaks and stays, `bidirectional` for contrast that returns, None
        for none.
    reference
        Tissue that does not leak, (...), for `leakage`, in the mask or not; found in the mask by
        its tail if not given.
    regularisation
        Share of the largest singular value (`sSVD` 0.2, `cSVD` 0.1), largest oscillation index
        (`oSVD` 0.035), or for `tikhonov` how the penalty is chosen, `l_curve` or `gcv`.
    volume
        Blood volume from the `area` under whole curves, or under the gamma variate fitted to
        their `first_pass`, which leaves out recirculation.

    Returns
    -------
    DSCMaps
        `CBF` (mL/min/100mL), `CBV` (fraction), `MTT` (s), `Tmax` (of the residue, s), `TTP` (of
        the curve, s, on the clock of `time`), and with leakage `K1_leakage`, `K2` (1/s) and `kep`
        (1/min);
        `.se`, `.flags`, `.reasons`, `.save(folder, like=image)`.

    Raises
    ------
    ArteryError
        If no input is given and no voxel looks like an artery.
    InputError
        If shapes do not fit, a setting is unknown or not physical, the mask is empty, or no bolus
        is seen.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import cbv
    >>> time = 1.5 * np.arange(40)
    >>> bolus = np.where(time > 15, (time - 15) * np.exp(-(time - 15) / 4), 0)
    >>> signal = 100 * np.exp(-0.03 * np.outer([9, 1], bolus))
    >>> artery = cbv.dsc_input(signal, time, te=0.03, artery=[True, False])
    >>> maps = cbv.dsc(signal, time, te=0.03, input=artery)
    >>> print(f"CBV {maps['CBV'][1]:.3f}, true {1 / 9:.3f}")
    CBV 0.111, true 0.111

    """
    scan = BolusScan(
        signal,
        time,
        te=te,
        mask=mask,
        baseline=baseline,
        left_out=left_out,
        scaling=scaling,
        slice_timing=slice_timing,
    )
    return scan.maps(
        input,
        method=method,
        regularisation=regularisation,
        leakage=leakage,
        reference=reference,
        volume=volume,
    )


def dsc_input(
    signal: Signals,
    time: npt.ArrayLike,
    *,
    te: npt.ArrayLike,
    artery: npt.ArrayLike,
    baseline: BaselineChoice = "auto",
    left_out: LeftOutChoice = (),
    slice_timing: npt.ArrayLike | None = None,
) -> Input:
    """Take the input from the voxels of an artery that was drawn: the mean of their curves.

    Parameters
    ----------
    signal, time, te, baseline, left_out, slice_timing
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

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import cbv
    >>> time = 1.5 * np.arange(40)
    >>> bolus = np.where(time > 15, (time - 15) * np.exp(-(time - 15) / 4), 0)
    >>> signal = 100 * np.exp(-0.03 * np.outer([9, 1], bolus))
    >>> artery = cbv.dsc_input(signal, time, te=0.03, artery=[True, False])
    >>> print(f"peak {artery.blood.max():.1f} 1/s, true {9 * bolus.max():.1f} 1/s")
    peak 13.1 1/s, true 13.1 1/s

    """
    if not as_numbers("artery", artery).any():
        raise InputError("the artery has no voxel; check the label it was taken from")
    scan = BolusScan(
        signal,
        time,
        te=te,
        mask=artery,
        baseline=baseline,
        left_out=left_out,
        slice_timing=slice_timing,
    )
    return scan.input(artery)


def dsc_artery(
    signal: Signals,
    time: npt.ArrayLike,
    *,
    te: npt.ArrayLike,
    baseline: BaselineChoice = "auto",
    left_out: LeftOutChoice = (),
    mask: npt.ArrayLike | None = None,
    slice_timing: npt.ArrayLike | None = None,
) -> Artery:
    """Find the artery by what a first pass looks like in it.

    A voxel is taken if its peak is five times that of the middle voxel and four tenths of the
    highest, stands out of the noise, is no wider at half its height than 20 s and the
    mean of all voxels, which the way through tissue has widened, encloses the area of the others,
    arrives with the first, and touches others like it. Look at `plot()`.

    Parameters
    ----------
    signal, time, te, baseline, left_out, mask, slice_timing
        As in `dsc`.

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

    Examples
    --------
    Three voxels of an artery among twenty of tissue, in which the bolus is wider:

    >>> import numpy as np
    >>> from biomarkers import cbv
    >>> time = 1.5 * np.arange(40)
    >>> bolus = np.where(time > 15, (time - 15) * np.exp(-(time - 15) / 4), 0)
    >>> passed = np.where(time > 15, (time - 15) * np.exp(-(time - 15) / 6), 0)
    >>> signal = 100 * np.exp(-0.03 * np.array([9 * bolus] * 3 + [0.5 * passed] * 20))
    >>> artery = cbv.dsc_artery(signal, time, te=0.03)
    >>> print(np.flatnonzero(artery.mask), f"peak {artery.features['peak']:.1f} 1/s")
    [0 1 2] peak 13.1 1/s

    """
    scan = BolusScan(
        signal,
        time,
        te=te,
        mask=mask,
        baseline=baseline,
        left_out=left_out,
        slice_timing=slice_timing,
    )
    return scan.artery()
