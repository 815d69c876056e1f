"""What is fitted to every voxel: one or several models, in concentration or in signal."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.dce import signal_fit
from biomarkers.dce.delay import Delay, SharedDelay, find_shared_delay
from biomarkers.dce.estimates import Best, Fitted, with_zero
from biomarkers.dce.scan import Scan
from biomarkers.dce.water_exchange import Lifetime, checked_lifetime
from biomarkers.errors import InputError
from biomarkers.kinetics import MODELS, Fit, Input
from biomarkers.kinetics.fit import check_delay

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# Models that become another one where a parameter is zero.
_WITHOUT = {"extended_tofts": ("vp", "tofts")}
# A parameter is no better than zero where the residuals rise by less (chi-squared, 95 %).
_CHI_SQUARED = 3.84
# A fit that leaves less than this share of the variance leaves nothing, as without noise.
_ROUNDING = 1e-7


@dataclass(frozen=True)
class Settings:
    """What to fit, checked.

    Parameters
    ----------
    models
        Names in `kinetics.MODELS`.
    delay, water_lifetime
        As in `maps`.

    Raises
    ------
    InputError
        If a model is unknown, or a delay or lifetime makes no sense or does not go with the rest.

    """

    models: tuple[str, ...]
    delay: Delay = None
    water_lifetime: Lifetime = 0.0

    def __post_init__(self) -> None:
        if not self.models or any(name not in MODELS for name in self.models):
            named = self.models[0] if len(self.models) == 1 else list(self.models)
            raise InputError(
                f"model is {named!r}; expected one of {', '.join(MODELS)}, or several of them"
            )
        if not isinstance(self.delay, SharedDelay):
            check_delay(self.delay)
        if not self.fast_exchange:
            self._check_exchange()

    @property
    def fast_exchange(self) -> bool:
        """Whether concentration follows from signal."""
        return checked_lifetime(self.water_lifetime) == 0.0

    @property
    def fits_delay(self) -> bool:
        """Whether a delay is estimated."""
        return isinstance(self.delay, tuple | list | SharedDelay)

    def _check_exchange(self) -> None:
        unfit = [name for name in self.models if name not in signal_fit.MODELS]
        if unfit:
            raise InputError(
                f"water_lifetime goes with the models {', '.join(signal_fit.MODELS)}, not with "
                f"{', '.join(unfit)}"
            )
        if self.fits_delay and not isinstance(self.delay, SharedDelay):
            raise InputError(
                "water_lifetime and a delay fitted in every voxel do not go together; give the "
                "delay, or SharedDelay(low, high)"
            )


@dataclass(frozen=True, eq=False)
class Found:
    """What the fits gave.

    Parameters
    ----------
    best
        The fit that stands for each voxel.
    moved
        The same fit with the baseline, and T1 if its error is known, moved by one standard error.
    delay_se
        Standard error of a shared delay, s; None if there is none.

    """

    best: Best
    moved: tuple[Best, ...]
    delay_se: float | None


@dataclass(frozen=True, eq=False)
class Curves:
    """Signal over baseline of the voxels, (V, T), and how sure its scale is.

    Parameters
    ----------
    ratio
        Signal over baseline.
    scan
        How the voxels were scanned, and their T1.
    baseline_se
        Standard error of the baseline, a fraction of it, (V,).
    t1_se
        Standard error of T1, s, (V,); None if it is not known.

    """

    ratio: FloatArray
    scan: Scan
    baseline_se: FloatArray
    t1_se: FloatArray | None

    def moved(self) -> list[tuple[FloatArray, Scan]]:
        """Return ratio and scan with the baseline, and then T1, one standard error higher.

        Such an error moves a whole curve, so it cannot be seen in the residuals.
        """
        moved = [(self.ratio / (1.0 + self.baseline_se[:, None]), self.scan)]
        if self.t1_se is not None:
            moved.append((self.ratio, self.scan.with_t10(self.scan.t10 + self.t1_se)))
        return moved


def fit_curves(curves: Curves, time: npt.ArrayLike, input: Input, *, settings: Settings) -> Found:
    """Fit every model, let each voxel take the best, and fit again what leaves no residual.

    Parameters
    ----------
    curves
        Of the voxels.
    time, input
        Instants, s, and the input on the same clock.
    settings
        What to fit.

    """
    agent = curves.scan.concentration(curves.ratio)
    delay, delay_se = settings.delay, None
    if isinstance(delay, SharedDelay):
        model = MODELS[settings.models[0]]
        shared = find_shared_delay(agent, time, input, model=model, bounds=delay)
        delay, delay_se = shared.value, shared.se
    fitter = _Fitter(time, input, settings, delay)
    first = fitter.in_concentration(agent)
    held = [fitter.undetermined(fit, agent) for fit in first]
    best = Best.by_aicc(fitter.finish(first, held, agent, (curves.ratio, curves.scan)))
    moved = []
    for ratio, scan in curves.moved():
        agent = scan.concentration(ratio)
        again = fitter.finish(fitter.in_concentration(agent), held, agent, (ratio, scan))
        moved.append(Best(again, best.choice))
    return Found(best, tuple(moved), delay_se)


@dataclass(frozen=True, eq=False)
class _Fitter:
    """Fits concentrations with every model, and signal where water exchange is slow."""

    time: npt.ArrayLike
    input: Input
    settings: Settings
    delay: float | tuple[float, float] | None

    def in_concentration(self, agent: FloatArray, mask: BoolArray | None = None) -> list[Fit]:
        return [self._fit(name, agent, mask) for name in self.settings.models]

    def _fit(self, name: str, agent: FloatArray, mask: BoolArray | None = None) -> Fit:
        return MODELS[name].fit(agent, self.time, self.input, delay=self.delay, mask=mask)

    def undetermined(self, fit: Fit, agent: FloatArray) -> BoolArray:
        """Return the voxels in which a parameter that the data do not determine is held at zero.

        Where there is no plasma volume, a longer delay and a little of it make the same curve to
        first order, so that errors of everything else are infinite; the model without it fits as
        well, and says what there is to say.
        """
        nowhere = np.zeros(fit.shape, dtype=bool)
        if fit.model not in _WITHOUT or not isinstance(self.delay, tuple | list):
            return nowhere
        known = [np.isfinite(fit.se[name]) for name in ("Ktrans", "kep", "ve", "delay")]
        lost = fit.converged & ~np.all(known, axis=0)
        if not lost.any():
            return nowhere
        simpler = self._fit(_WITHOUT[fit.model][1], agent, lost)
        freedom = agent.shape[1] - len(fit.coefficients) - 1
        alike = simpler.rss <= fit.rss * (1.0 + _CHI_SQUARED / max(freedom, 1))
        alike |= simpler.r2 > 1.0 - _ROUNDING
        return np.asarray(lost & simpler.converged & simpler.identifiable & alike)

    def finish(
        self,
        fits: Sequence[Fit],
        held: Sequence[BoolArray],
        agent: FloatArray,
        signal: tuple[FloatArray, Scan],
    ) -> list[Fitted]:
        """Hold at zero what is to be held, or go on in signal space."""
        if self.settings.fast_exchange:
            return [
                self._held(fit, where, agent) if where.any() else fit
                for fit, where in zip(fits, held, strict=True)
            ]
        ratio, scan = signal
        lifetime = self.settings.water_lifetime
        return [
            signal_fit.fit_signal(
                ratio, self.time, self.input, start=fit, scan=scan, lifetime=lifetime
            )
            for fit in fits
        ]

    def _held(self, fit: Fit, where: BoolArray, agent: FloatArray) -> Fitted:
        name, simpler = _WITHOUT[fit.model]
        return with_zero(fit, self._fit(simpler, agent, where), name, where)


def as_models(model: str | Sequence[str]) -> tuple[str, ...]:
    """Return the names of one or several models."""
    return (model,) if isinstance(model, str) else tuple(model)
