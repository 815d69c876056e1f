"""T1 and how well it is known: what every method of this room returns."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy import special

from biomarkers.errors import InputError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class T1Map:
    """T1 and how well it is known, each array of the shape of the voxels.

    Where a voxel is flagged, every value is NaN.

    Parameters
    ----------
    t1
        Longitudinal relaxation time, s; NaN where it is not known.
    se
        Its standard error, s. It comes from the residuals, or from the noise where that was
        given, and from the error of B1 where that was; NaN where as many signals as unknowns
        leave no residual to judge by.
    m0
        Signal of full magnetisation, in the unit of the signal.
    converged
        Whether the voxel had signal to fit and the fit came to rest.
    at_bound
        Whether T1, or a fitted B1, would lie outside its bounds.
    identifiable
        Whether twice the standard error is less than T1.
    above_noise
        Whether at least as many signals as unknowns exceed the level above which one voxel of
        mere noise in twenty has one (3.1 times the noise for 6 signals); True wherever the noise
        was not given.
    freedom
        Degrees of freedom of the standard errors: signals less unknowns, or infinite where the
        noise was given.
    residual_sd
        Standard deviation of what least squares leaves over, in the unit of the signal: how well
        the curve fits and, over many voxels, a measure of the noise. NaN where as many signals
        as unknowns leave nothing over.
    b1, b1_se
        Actual over nominal flip angle and its standard error if they were fitted, else None.
    se_of_b1
        The part of `se` that the error of a given B1 has in it, s; None if that was not given.
    efficiency
        Of the preparation if it was fitted, 1 where perfect, else None.

    """

    t1: FloatArray
    se: FloatArray
    m0: FloatArray
    converged: BoolArray
    at_bound: BoolArray
    identifiable: BoolArray
    above_noise: BoolArray
    freedom: float
    residual_sd: FloatArray
    b1: FloatArray | None = None
    b1_se: FloatArray | None = None
    efficiency: FloatArray | None = None
    se_of_b1: FloatArray | None = None

    @property
    def flags(self) -> BoolArray:
        """Voxels without a trustworthy T1; it is NaN there."""
        return ~self.converged | self.at_bound | ~self.identifiable | ~self.above_noise

    def interval(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Return the ends of a confidence interval of T1, s, symmetric in log T1.

        Student's t of `freedom` degrees times the standard error; NaN where that is not known.

        Raises
        ------
        InputError
            If `level` is not between 0 and 1.

        """
        if not 0.0 < level < 1.0:
            raise InputError(f"level is {level}; expected a number between 0 and 1")
        if self.freedom <= 0:
            return np.full(self.t1.shape, np.nan), np.full(self.t1.shape, np.nan)
        reach = np.exp(special.stdtrit(self.freedom, 0.5 * (1.0 + level)) * self.se / self.t1)
        return np.asarray(self.t1 / reach), np.asarray(self.t1 * reach)

    def __repr__(self) -> str:
        known = self.t1[~self.flags]
        span = "no T1 known"
        if known.size:
            low, middle, high = np.percentile(known, [25, 50, 75])
            span = f"T1 {middle:.4g} s ({low:.4g} to {high:.4g})"
        return (
            f"T1Map of shape {self.t1.shape}: {span}; flagged {int(self.flags.sum())}: "
            f"not converged {int((~self.converged).sum())}, at a bound {int(self.at_bound.sum())}, "
            f"below the noise {int((~self.above_noise).sum())}"
        )


def in_shape(rows: T1Map, chosen: npt.NDArray[np.int64], shape: tuple[int, ...]) -> T1Map:
    """Return the map of rows (V,) with each where it belongs; outside nothing is known."""
    placed = {}
    for each in fields(T1Map):
        value = getattr(rows, each.name)
        if isinstance(value, np.ndarray):
            missing = each.name == "above_noise" if value.dtype == bool else np.nan
            whole = np.full(int(np.prod(shape)), missing, dtype=value.dtype)
            whole[chosen] = value
            value = whole.reshape(shape)
        placed[each.name] = value
    return T1Map(**placed)
