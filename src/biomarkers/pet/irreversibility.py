"""Does the tracer leave again? The hypothesis k4 = 0, tested on every curve."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc

from biomarkers.arrays import BoolArray
from biomarkers.kinetics import MODELS, Fit, Input
from biomarkers.kinetics.fit import check_delay
from biomarkers.pet.methods import Delay
from biomarkers.timing import FloatArray, Frames

LEVEL = 0.05
# Share of a curve's variance below which what a fit leaves is rounding, as without noise.
_ROUNDING = 1e-12
_ONE_SIDED = 1.645  # 95 % quantile of the normal distribution


@dataclass(frozen=True, eq=False)
class Release:
    """Two tissue compartments with and without release; arrays have the curves' leading shape.

    Parameters
    ----------
    p_value
        Of the F test of k4 = 0. That is the end of where k4 may lie: half of the chances of the
        F distribution with one degree of freedom (Self & Liang, J Am Stat Assoc 1987;82:605,
        doi:10.1080/01621459.1987.10478472).
    aicc_gain
        AICc without release minus AICc with it: above 0 where release is the better description.
    k4, k4_se
        Rate of release and its standard error, 1/min; NaN where the data do not determine it.
    ki
        Net influx rate of the model with release, mL/min/mL.

    Examples
    --------
    >>> from biomarkers import pet, sample_data
    >>> from biomarkers.kinetics import Input
    >>> from biomarkers.timing import Frames
    >>> curves, arterial = sample_data.pet_curves(), sample_data.pet_input()
    >>> frames = Frames(curves.start, curves.duration)
    >>> aif = Input(arterial.time, plasma=arterial.plasma, blood=arterial.blood)
    >>> tested = pet.release([curves.tumor, curves.muscle], frames, aif)
    >>> print(tested.refuted, tested.ki.round(3)[0])
    [False  True] 0.025

    """

    p_value: FloatArray
    aicc_gain: FloatArray
    k4: FloatArray
    k4_se: FloatArray
    ki: FloatArray

    @property
    def refuted(self) -> BoolArray:
        """Where k4 = 0 is refuted at 5 %."""
        return np.asarray(self.p_value < LEVEL)

    @property
    def k4_upper(self) -> FloatArray:
        """Upper end of k4's one-sided 95 % interval, 1/min; infinite where k4 is not known.

        Examples
        --------
        >>> from biomarkers import pet, sample_data
        >>> from biomarkers.kinetics import Input
        >>> from biomarkers.timing import Frames
        >>> curves, arterial = sample_data.pet_curves(), sample_data.pet_input()
        >>> frames = Frames(curves.start, curves.duration)
        >>> aif = Input(arterial.time, plasma=arterial.plasma, blood=arterial.blood)
        >>> print(f"{pet.release(curves.tumor, frames, aif).k4_upper:.3f} 1/min")
        0.000 1/min

        """
        upper = self.k4 + _ONE_SIDED * self.k4_se
        return np.where(np.isfinite(upper), upper, np.inf)

    def flat(self) -> "Release":
        """Return the same with one axis, also of a single curve.

        Examples
        --------
        >>> from biomarkers import pet, sample_data
        >>> from biomarkers.kinetics import Input
        >>> from biomarkers.timing import Frames
        >>> curves, arterial = sample_data.pet_curves(), sample_data.pet_input()
        >>> frames = Frames(curves.start, curves.duration)
        >>> aif = Input(arterial.time, plasma=arterial.plasma, blood=arterial.blood)
        >>> pet.release(curves.tumor, frames, aif).flat().ki.round(3)
        array([0.025])

        """
        return Release(*(np.ravel(getattr(self, each.name)) for each in fields(self)))

    def in_words(self, curve: int) -> str:
        """Return the outcome for one curve, by its flat index.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import pet, sample_data
        >>> from biomarkers.kinetics import Input
        >>> from biomarkers.timing import Frames
        >>> curves, arterial = sample_data.pet_curves(), sample_data.pet_input()
        >>> frames = Frames(curves.start, curves.duration)
        >>> aif = Input(arterial.time, plasma=arterial.plasma, blood=arterial.blood)
        >>> noisy = curves.tumor + 0.05 * np.random.default_rng(1).standard_normal(len(curves))
        >>> print(pet.release(noisy, frames, aif).in_words(0))
        k4 = 0 not refuted: F test p = 0.5; AICc gains -3.0 by release

        """
        p_value, gain = np.ravel(self.p_value)[curve], np.ravel(self.aicc_gain)[curve]
        if not np.isfinite(p_value):
            return "k4 = 0 could not be tested"
        verdict = "refuted" if p_value < LEVEL else "not refuted"
        return f"k4 = 0 {verdict}: F test p = {p_value:.2g}; AICc gains {gain:.1f} by release"


def release(
    curves: npt.ArrayLike,
    frames: Frames,
    input: Input,
    *,
    delay: Delay = None,
    weights: npt.ArrayLike | None = None,
    fitted: Fit | None = None,
) -> Release:
    """Test whether the tracer leaves the compartment that binds or traps it.

    Parameters
    ----------
    curves
        (..., T), kBq/mL.
    frames
        T frames, s.
    input
        With plasma.
    delay, weights
        As in `pet.fit`.
    fitted
        A fit of these curves; if it is of one of the two models, that one is not fitted again.

    Returns
    -------
    Release
        Refuting needs data: where k4 = 0 is not refuted, see `k4_upper` for what could be.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import pet, sample_data
    >>> from biomarkers.kinetics import Input
    >>> from biomarkers.timing import Frames
    >>> curves, arterial = sample_data.pet_curves(), sample_data.pet_input()
    >>> frames = Frames(curves.start, curves.duration)
    >>> aif = Input(arterial.time, plasma=arterial.plasma, blood=arterial.blood)
    >>> noisy = curves.tumor + 0.05 * np.random.default_rng(1).standard_normal(len(curves))
    >>> tested = pet.release(noisy, frames, aif)  # of a tracer that is trapped
    >>> print(tested.refuted, f"Ki {tested.ki:.3f} mL/min/mL")
    False Ki 0.025 mL/min/mL

    """
    without, having = (
        fitted
        if fitted is not None and fitted.model == name
        else MODELS[name].fit(curves, frames, input, delay=delay, weights=weights)
        for name in ("2tcm_irreversible", "2tcm")
    )
    used = np.ones(len(frames)) if weights is None else np.asarray(weights, dtype=float)
    fitted_delay = isinstance(check_delay(delay), tuple)
    parameters = 4 + (input.blood is not None) + fitted_delay
    p_value = _f_test(without.rss, having.rss, freedom=int((used > 0).sum()) - parameters)
    gain = without.aicc - having.aicc
    exact = without.rss <= _ROUNDING * _variance(np.asarray(curves, dtype=float), used)
    return Release(
        np.where(exact, 1.0, p_value),
        np.where(exact, 0.0, gain),
        having["k4"],
        having.se["k4"],
        having["Ki"],
    )


def _f_test(without: FloatArray, having: FloatArray, *, freedom: int) -> FloatArray:
    """Return p-values from the sums of squares without and with release."""
    if freedom < 1:
        return np.full(np.shape(having), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.maximum(without - having, 0.0) / (having / freedom)
    p_value = 0.5 * np.asarray(fdtrc(1, freedom, np.nan_to_num(ratio, posinf=1e300)))
    known = np.isfinite(without) & np.isfinite(having)
    return np.where(known, np.where(ratio > 0, p_value, 1.0), np.nan)


def _variance(curves: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted sum of squares about the weighted mean, (...)."""
    mean = curves @ weights / weights.sum()
    return np.asarray(((curves - mean[..., None]) ** 2) @ weights)
