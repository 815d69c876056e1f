"""Transverse relaxation rates from several echoes: R2 of spin echoes, R2* of gradient echoes."""

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.estimates import noted
from biomarkers.relaxometry._decay import fit_decays
from biomarkers.relaxometry._rician import FLOOR_ODDS, information_table
from biomarkers.relaxometry.b1 import Echo
from biomarkers.relaxometry.maps import RateMap, record, residual_sd
from biomarkers.relaxometry.outcome import VoxelFits
from biomarkers.relaxometry.problem import FloatArray, Voxels, check_times, check_voxels, fit_rows


@noted
def r2_multi_echo(
    signal: npt.ArrayLike,
    *,
    te: npt.ArrayLike,
    echo: Echo = "spin",
    noise: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> RateMap:
    """Fit one exponential decay to magnitudes at several echo times.

    Spin echoes give R2, gradient echoes R2*. Least squares on the signal, from the straight line
    through its logarithms; with `noise`, the maximum of the Rician likelihood, which the noise
    floor does not bias.

    Parameters
    ----------
    signal
        Magnitudes, (..., n_echo), any unit. Voxels with a value that is not finite or not
        positive are flagged.
    te
        Echo times, (n_echo,), s; two different ones at least.
    echo
        `spin` names the rate R2, `gradient` R2star; the fit is the same.
    noise
        Standard deviation of the noise in one channel, broadcast to the voxels.
    mask
        Voxels to fit; all if not given.

    Returns
    -------
    RateMap
        `R2` or `R2star` (1/s), which is `.rate`, with its `se`; `S0`; `.flags`, `.reasons`.

    Raises
    ------
    InputError
        If shapes do not fit, there are not two different echo times, or the noise is not positive.

    References
    ----------
    Golub G, Pereyra V. Inverse Problems 2003;19:R1. doi:10.1088/0266-5611/19/2/201 (projection)
    Sijbers J et al. IEEE Trans Med Imaging 1998;17:357-361. doi:10.1109/42.712125 (Rician noise)

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.relaxometry import r2_multi_echo
    >>> te = np.arange(1, 9) * 0.01
    >>> r2 = r2_multi_echo(500.0 * np.exp(-20.0 * te), te=te)  # T2 50 ms
    >>> print(f"R2 {r2.rate:.2f} 1/s, S0 {r2['S0']:.0f}")
    R2 20.00 1/s, S0 500

    """
    times = check_times("te", te)
    if np.unique(times).size < 2 or not times.min() > 0:
        raise InputError(f"te is {te!r}; expected two different positive echo times (s) at least")
    voxels = check_voxels(signal, times.size, "echo times", noise=noise, mask=mask)

    def fit(rows: Voxels, out: VoxelFits) -> None:
        fit_decays(rows.signals, times, rows.noise, information_table(), out)

    fits = fit_rows(voxels, fit)
    freedom = times.size - 2
    name = "R2" if echo == "spin" else "R2star"
    return record(
        RateMap,
        f"exponential decay of {echo} echoes",
        voxels.chosen,
        {name: fits.x[:, 0], "S0": fits.amplitude[:, 0]},
        {name: fits.error[:, 0]},
        fits.reasons,
        residual_sd=residual_sd(fits.rss, freedom),
        settings={
            "EchoTime": times.tolist(),
            "DegreesOfFreedom": None if voxels.noise_known else freedom,
        },
    )


def noise_floor(noise: npt.ArrayLike, values: int) -> FloatArray:
    """Return the level that one voxel in twenty of mere noise exceeds in any of its `values`.

    Parameters
    ----------
    noise
        Standard deviation of the noise in one channel.
    values
        How many magnitudes a voxel has.

    Examples
    --------
    Where noise is 10, magnitudes below this say nothing:

    >>> from biomarkers.relaxometry import noise_floor
    >>> print(f"{noise_floor(10.0, 8):.1f}")
    31.9

    """
    return np.asarray(as_numbers("noise", noise) * np.sqrt(2.0 * np.log(FLOOR_ODDS * values)))
