"""Relaxation times and rates, with errors and reasons: what the methods of this room return."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from biomarkers.estimates import Chosen, Estimates, Reasons, SharedError, pooled_sd
from biomarkers.quantities import QUANTITIES
from biomarkers.ranges import usual_range, warn_of_unusual
from biomarkers.relaxometry.outcome import RelaxationFlag

FloatArray = npt.NDArray[np.float64]
_FEWEST = 8  # voxels that are typical of something
_BRIGHT = 0.1  # of the signal of the brightest: voxels that are no air
Record = TypeVar("Record", bound="RelaxationMap")


@dataclass(frozen=True, eq=False, repr=False)
class RelaxationMap(Estimates):
    """Estimates of voxels, from signals that relax.

    `reasons` are of `RelaxationFlag`; where a voxel is flagged, every value is NaN. Standard errors
    come from the residuals, or from the noise where that was given, and from the error of B1 where
    that was; NaN where as many signals as unknowns leave no residual to judge by.
    ``quality["residual_sd"]`` is the standard deviation of what least squares leaves over, in the
    unit of the signal: how well the curve fits and, over many voxels, a measure of the noise.
    """


@dataclass(frozen=True, eq=False, repr=False)
class T1Map(RelaxationMap):
    """T1 and how well it is known.

    Quantities are `T1` (s), `M0` (signal of full magnetisation, in the unit of the signal), and
    where they were fitted `B1` (actual over nominal flip angle) and `efficiency` of the preparation
    (1 where perfect). ``shared["T1"]`` is the part of the error that comes from a given B1.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.relaxometry import spgr_signal, t1_vfa
    >>> angles = [2.0, 5.0, 10.0, 20.0]
    >>> signal = spgr_signal(1000.0, [1.4, 0.9], flip_deg=angles, tr=0.015)
    >>> t1 = t1_vfa(signal, flip_deg=angles, tr=0.015)
    >>> print(t1.t1.round(3), t1.m0.round(1))
    [1.4 0.9] [1000. 1000.]

    """

    @property
    def t1(self) -> FloatArray:
        """Longitudinal relaxation time, s; NaN where it is not known."""
        return self["T1"]

    @property
    def m0(self) -> FloatArray:
        """Signal of full magnetisation, in the unit of the signal."""
        return self["M0"]

    def interval(
        self, name: str | float = "T1", level: float = 0.95
    ) -> tuple[FloatArray, FloatArray]:
        """Return the ends of a confidence interval, of T1 (s) symmetric in log T1.

        Student's t of `freedom` degrees times the standard error; NaN where that is not known.

        Raises
        ------
        InputError
            If `level` is not between 0 and 1.

        """
        if isinstance(name, str) and name != "T1":
            return super().interval(name, level)
        level = level if isinstance(name, str) else name  # given alone
        reach = np.exp(self.quantile(level) * self.se["T1"] / self.t1)
        return np.asarray(self.t1 / reach), np.asarray(self.t1 * reach)

    def with_pooled_noise(self) -> "T1Map":
        """Return the map with errors from a noise that is the same everywhere.

        A few residuals tell little of the noise of a voxel, those of all voxels much: its variance
        is taken as the median over the voxels. Each counts by the square of its M0, so that air,
        whose magnitudes scatter less, does not. What a given B1 adds to the errors stays.

        Examples
        --------
        Two residuals of a voxel tell little of its noise, those of all voxels much:

        >>> import numpy as np
        >>> from biomarkers.relaxometry import spgr_signal, t1_vfa
        >>> angles = [2.0, 5.0, 10.0, 20.0]
        >>> signal = spgr_signal(np.full(500, 1000.0), 1.4, flip_deg=angles, tr=0.015)
        >>> signal = signal + np.random.default_rng(1).standard_normal(signal.shape)
        >>> t1 = t1_vfa(signal, flip_deg=angles, tr=0.015)
        >>> pooled = t1.with_pooled_noise()
        >>> print(f"scatter {t1.t1.std():.2f} s, pooled error {pooled.se['T1'].mean():.2f} s")
        scatter 0.05 s, pooled error 0.05 s
        >>> print("own errors", np.quantile(t1.se["T1"], [0.1, 0.9]).round(2), "s")
        own errors [0.02 0.08] s

        """
        spread = self.quality["residual_sd"]
        known = np.isfinite(spread)
        if not known.any():
            return self
        # A median tells less than half of what a mean does.
        freedom = max(self.freedom, 0.4 * self.freedom * np.count_nonzero(known))
        noise = pooled_sd(spread, self.m0**2, self.freedom)
        ratio = np.divide(noise, spread, out=np.ones(self.shape), where=spread > 0)
        errors = {}
        for name, se in self.se.items():
            shared = self.shared[name].se if name in self.shared else 0.0
            own = np.sqrt(np.maximum(se**2 - shared**2, 0.0))
            errors[name] = np.hypot(ratio * own, shared)
        return replace(self, se=errors, settings={**self.settings, "DegreesOfFreedom": freedom})


@dataclass(frozen=True, eq=False, repr=False)
class RateMap(RelaxationMap):
    """A transverse relaxation rate and how well it is known.

    Quantities are `R2` or `R2star` (1/s), and `S0`, the signal at an echo time of 0.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.relaxometry import r2_multi_echo
    >>> te = np.array([0.004, 0.008, 0.012, 0.016])
    >>> r2s = r2_multi_echo(300.0 * np.exp(-40.0 * te), te=te, echo="gradient")
    >>> print(r2s.names, r2s.rate.round(2))
    ('R2star', 'S0') 40.0

    """

    @property
    def rate(self) -> FloatArray:
        """Relaxation rate, 1/s; NaN where it is not known."""
        return self[self.names[0]]


def record(  # noqa: PLR0913  (what an estimate is)
    kind: type[Record],
    model: str,
    chosen: Chosen,
    values: Mapping[str, FloatArray],
    se: Mapping[str, FloatArray],
    reasons: npt.NDArray[np.uint16],
    *,
    residual_sd: FloatArray,
    settings: Mapping[str, Any],
    shared: Mapping[str, SharedError] | None = None,
) -> Record:
    """Return rows of voxels, (V,), where they belong; NaN outside and where a reason stands."""
    known = reasons == 0
    _warn_of_unusual(*({name: rows[known] for name, rows in each.items()} for each in (values, se)))

    def place(rows: FloatArray) -> FloatArray:
        return chosen.place(np.where(known, rows, np.nan))

    return kind(
        model,
        tuple(QUANTITIES[name] for name in values),
        {name: place(rows) for name, rows in values.items()},
        {name: place(rows) for name, rows in se.items()},
        Reasons(chosen.place(reasons, outside=0), RelaxationFlag),
        mask=None if chosen.all else chosen.mask,
        settings=settings,
        quality={"residual_sd": place(residual_sd)},
        shared={name: replace(each, se=place(each.se)) for name, each in (shared or {}).items()},
    )


def _warn_of_unusual(values: Mapping[str, FloatArray], se: Mapping[str, FloatArray]) -> None:
    """Warn where what most bright voxels have is not usual, by more than twice its error.

    Air, noise and a few voxels may have anything.
    """
    signal = values.get("M0", values.get("S0", np.empty(0)))
    if signal.size < _FEWEST:
        return
    bright = ~(signal < _BRIGHT * np.quantile(signal, 0.98))  # all where M0 is not known
    for name in (each for each in ("T1", "R2", "R2star") if each in values):
        rows, slack = values[name][bright], 2.0 * np.nan_to_num(se[name][bright])
        away = np.abs(rows - np.clip(rows, *usual_range(QUANTITIES[name])))
        if np.median(away - slack) > 0:
            source = f"{name} of these signals and settings, typically,"
            warn_of_unusual(name, rows, source=source, stacklevel=6)


def residual_sd(rss: FloatArray, freedom: int) -> FloatArray:
    """Return the standard deviation of residuals; NaN where there are none to judge by."""
    return np.sqrt(rss / freedom) if freedom > 0 else np.full(rss.shape, np.nan)
