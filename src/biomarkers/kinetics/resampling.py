"""How sure the parameters of one curve are: by profile likelihood, and by parametric bootstrap."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics.fit import Delay, check_delay
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.intervals import check_curve
from biomarkers.kinetics.model import Model
from biomarkers.timing import FloatArray, Frames


def profile_interval(
    model: Model,
    curve: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    *,
    parameter: str,
    level: float = 0.95,
    delay: Delay = None,
    weights: npt.ArrayLike | None = None,
) -> tuple[float, float]:
    """Interval of one parameter of one curve by profile likelihood; see `Model.interval`.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import kinetics, sample_data
    >>> curve = sample_data.dce_curve()  # ve 0.3
    >>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
    >>> noisy = curve.tissue + 0.03 * np.random.default_rng(1).standard_normal(len(curve))
    >>> model = kinetics.MODELS["extended_tofts"]
    >>> low, high = kinetics.profile_interval(model, noisy, curve.time, aif, parameter="ve")
    >>> print(f"{low:.3f} to {high:.3f}")
    0.290 to 0.306

    """
    return model.interval(
        curve, time, input, parameter=parameter, level=level, delay=delay, weights=weights
    )


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Estimates from simulated repetitions of one curve.

    Parameters
    ----------
    estimates
        By name, shape (samples,); NaN where a repetition did not determine the parameter.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.kinetics import Bootstrap
    >>> repeats = Bootstrap({"Ktrans": np.linspace(0.10, 0.14, 101)})
    >>> print([round(end, 3) for end in repeats.interval("Ktrans", level=0.9)])
    [0.102, 0.138]

    """

    estimates: Mapping[str, FloatArray]

    def interval(self, name: str, *, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval; NaN where fewer than nine repetitions in ten determined it.

        Examples
        --------
        Where fewer than nine repetitions in ten determined it, no interval can be said:

        >>> import numpy as np
        >>> from biomarkers.kinetics import Bootstrap
        >>> repeats = Bootstrap({"ve": np.array([0.3, 0.31, np.nan, np.nan])})
        >>> repeats.interval("ve")
        (nan, nan)

        """
        if name not in self.estimates or not 0 < level < 1:
            raise InputError(
                f"no interval for {name!r} at level {level:g}; parameters are "
                f"{', '.join(self.estimates)}, levels lie between 0 and 1"
            )
        values = self.estimates[name]
        known = values[np.isfinite(values)]
        if known.size < 0.9 * values.size:
            return np.nan, np.nan
        low, high = np.percentile(known, [50.0 * (1.0 - level), 50.0 * (1.0 + level)])
        return float(low), float(high)


def bootstrap(
    model: Model,
    curve: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    *,
    samples: int = 1000,
    seed: int = 0,
    delay: Delay = None,
    weights: npt.ArrayLike | None = None,
) -> Bootstrap:
    """Repeat one curve's measurement in simulation and fit every repetition.

    Noise is normal with variance ``rss / (n - k) / weight`` about the fitted curve (Efron &
    Tibshirani, An Introduction to the Bootstrap, 1993, section 6.5).

    Parameters
    ----------
    model, curve, time, input, delay, weights
        As in `Model.fit`; one curve (T,).
    samples, seed
        How many repetitions, and the seed of the generator.

    Raises
    ------
    InputError
        If there is more than one curve, or it leaves no degree of freedom.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import kinetics, sample_data
    >>> curve = sample_data.dce_curve()  # Ktrans 0.12/min
    >>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
    >>> noisy = curve.tissue + 0.03 * np.random.default_rng(1).standard_normal(len(curve))
    >>> repeats = kinetics.bootstrap(kinetics.MODELS["extended_tofts"], noisy, curve.time, aif)
    >>> low, high = repeats.interval("Ktrans")
    >>> print(f"{low:.3f} to {high:.3f} 1/min")
    0.114 to 0.126 1/min

    """
    data = check_curve(curve, time, weights)
    fit = model.fit(curve, time, input, delay=delay, weights=weights)
    used = data.weights > 0
    free = len(fit.coefficients) + isinstance(check_delay(delay), tuple)
    freedom = int(used.sum()) - free
    if freedom < 1 or not np.isfinite(fit.rss):
        raise InputError("bootstrap: the curve leaves no residual to draw noise from")
    noise = np.zeros(len(data.frames))
    noise[used] = np.sqrt(float(fit.rss) / freedom / data.weights[used])
    draws = np.random.default_rng(seed).standard_normal((samples, noise.size))
    again = model.fit(fit.predicted() + noise * draws, time, input, delay=delay, weights=weights)
    return Bootstrap(again.values)
