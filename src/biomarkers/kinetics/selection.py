"""Which model does a curve support? Akaike's criterion, per curve, with weights."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.estimates import Estimates, FitFlag, Reasons
from biomarkers.kinetics.fit import BoolArray, Delay, Fit
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.model import Model
from biomarkers.timing import FloatArray, Frames

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Selection(Estimates):
    """Estimates from each curve's best model; errors take that model as true.

    Parameters
    ----------
    fits
        One per model.
    weights
        Akaike weights: how far the data favour each model, (..., models), sum 1; NaN where no
        model has a criterion.
    best
        Index of the model with the lowest AICc, (...); -1 where there is none.

    Examples
    --------
    >>> from biomarkers import kinetics, sample_data
    >>> curve = sample_data.dce_curve()
    >>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
    >>> models = [kinetics.MODELS[name] for name in ("tofts", "extended_tofts", "patlak")]
    >>> chosen = kinetics.select(models, curve.tissue, curve.time, aif)
    >>> print(chosen.models[chosen.best], f"vp {chosen['vp']:.3f}")
    extended_tofts vp 0.030

    """

    fits: tuple[Fit, ...] = field(kw_only=True)
    weights: FloatArray = field(kw_only=True)
    best: IntArray = field(kw_only=True)

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models, in the order of `weights`."""
        return tuple(fit.model for fit in self.fits)


def compare(fits: Sequence[Fit]) -> Selection:
    """Weigh fits of the same curves by AICc (Burnham & Anderson, 2002, section 2.9).

    Parameters
    ----------
    fits
        Two or more, made of the same curves with the same weights.

    Raises
    ------
    InputError
        If there are fewer than two, or their shapes differ.

    Examples
    --------
    >>> from biomarkers import kinetics, sample_data
    >>> curve = sample_data.dce_curve()
    >>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
    >>> models = [kinetics.MODELS[name] for name in ("tofts", "extended_tofts")]
    >>> fits = [model.fit(curve.tissue, curve.time, aif) for model in models]
    >>> kinetics.compare(fits).weights.round(3)
    array([0., 1.])

    """
    if len(fits) < 2 or len({fit.shape for fit in fits}) != 1:
        raise InputError(
            f"compare needs two or more fits of the same curves, found shapes "
            f"{[fit.shape for fit in fits]}"
        )
    best, weights = best_by_aicc(fits)
    taken = picked(fits, best, zeros=False)
    record = {each.name: getattr(taken, each.name) for each in fields(Estimates)}
    return Selection(**record, fits=tuple(fits), weights=weights, best=best)


def best_by_aicc(fits: Sequence[Estimates]) -> tuple[IntArray, FloatArray]:
    """Return the index of the fit with the lowest AICc, (...), and the Akaike weights, (..., fits).

    Where no fit has a criterion, the index is -1 and the weights are NaN.
    """
    criteria = np.stack([fit.quality["aicc"] for fit in fits], axis=-1)
    known = np.isfinite(criteria) | (criteria == -np.inf)
    ranked = np.where(known, criteria, np.inf)
    lowest = ranked.min(axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        behind = np.where(ranked == lowest, 0.0, ranked - lowest)
        likelihood = np.where(known, np.exp(-0.5 * behind), 0.0)
        weights = likelihood / likelihood.sum(axis=-1, keepdims=True)
    return np.where(known.any(axis=-1), ranked.argmin(axis=-1), -1), weights


def picked(fits: Sequence[Estimates], choice: npt.ArrayLike, *, zeros: bool = True) -> Estimates:
    """Return the estimates of each curve from one of several fits.

    A value, error or measure of quality that the chosen fit does not have is NaN.

    Parameters
    ----------
    fits
        Of the same curves, with the same kinds of reasons.
    choice
        Index of the fit for each curve, (...); -1 for none.
    zeros
        Whether a parameter that the chosen model holds at zero is 0, without an error: else its
        map would be without just those voxels in which it is small.

    Raises
    ------
    InputError
        If there is no fit, or a choice is none of them.

    Examples
    --------
    The first voxel from the first model, where vp is zero:

    >>> import numpy as np
    >>> from biomarkers import kinetics, sample_data
    >>> curve = sample_data.dce_curve()
    >>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
    >>> voxels = [curve.tissue, curve.tissue]
    >>> names = ("tofts", "extended_tofts")
    >>> fits = [kinetics.MODELS[name].fit(voxels, curve.time, aif) for name in names]
    >>> kinetics.picked(fits, np.array([0, 1]))["vp"].round(3)
    array([0.  , 0.03])

    """
    choice = _checked_choice(choice, fits)
    if len(fits) == 1 and not choice.any():
        return fits[0]
    every = {each.name: each for fit in reversed(fits) for each in fit.quantities}
    quantities = tuple(every[name] for name in dict.fromkeys(n for fit in fits for n in fit.names))
    nothing = np.zeros(choice.shape)
    held = [
        {name: nothing for name in getattr(fit, "zeros", ()) if zeros and name in every}
        for fit in fits
    ]
    reasons = fits[0].reasons
    each = [fit.reasons.bits for fit in fits]
    # Of a curve that no fit describes, all of them say why.
    bits = np.select(
        [choice == k for k in range(len(fits))], each, np.bitwise_or.reduce(each, axis=0)
    )
    return Estimates(
        " | ".join(dict.fromkeys(fit.model for fit in fits)),
        quantities,
        _taken([{**zero, **fit.values} for zero, fit in zip(held, fits, strict=True)], choice),
        _taken([fit.se for fit in fits], choice),
        Reasons(bits.astype(np.uint16), reasons.kinds, reasons.remarks),
        fits[0].mask,
        {**fits[0].settings, "Models": [fit.model for fit in fits]},
        _taken([fit.quality for fit in fits], choice),
    )


def _checked_choice(given: npt.ArrayLike, fits: Sequence[Estimates]) -> IntArray:
    if not fits:
        raise InputError("fits is empty; expected one or more, of the same curves")
    choice, count, shape = as_numbers("choice", given), len(fits), fits[0].reasons.bits.shape
    if choice.shape != shape:
        raise InputError(f"choice has shape {choice.shape}; expected one for each curve, {shape}")
    strange = choice[~np.isin(choice, np.arange(-1, count))]
    if strange.size:
        raise InputError(
            f"choice has {strange[0]:g}; expected the index of one of {count} fits, or -1"
        )
    return choice.astype(np.int64)


def _taken(tables: Sequence[Mapping[str, FloatArray]], choice: IntArray) -> dict[str, FloatArray]:
    """Return columns by name from the table chosen for each curve; NaN where it has none."""
    names = dict.fromkeys(name for table in tables for name in table)
    nothing = np.full(choice.shape, np.nan)
    where = [choice == k for k in range(len(tables))]
    return {
        name: np.select(where, [table.get(name, nothing) for table in tables], np.nan)
        for name in names
    }


def with_zero(fit: Fit, simpler: Fit, name: str, where: BoolArray) -> Fit:
    """Take a simpler model's fit in some curves, in which the parameter `name` is held at zero.

    Parameters
    ----------
    fit, simpler
        Of the same curves; `simpler` does without `name`.
    where
        Which curves, (...).

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import kinetics, sample_data
    >>> curve = sample_data.dce_curve()
    >>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
    >>> voxels = [curve.tissue, curve.tissue]
    >>> full = kinetics.MODELS["extended_tofts"].fit(voxels, curve.time, aif)
    >>> plain = kinetics.MODELS["tofts"].fit(voxels, curve.time, aif)
    >>> kinetics.with_zero(full, plain, "vp", np.array([True, False]))["vp"].round(3)
    array([0.  , 0.03])

    """
    held = {**simpler.values, name: np.zeros(where.shape)}

    def mixed(
        one: Mapping[str, FloatArray], other: Mapping[str, FloatArray]
    ) -> dict[str, FloatArray]:
        return {key: np.where(where, other.get(key, np.nan), each) for key, each in one.items()}

    bits = np.where(where, simpler.reasons.bits | FitFlag.AT_BOUND, fit.reasons.bits)
    own = mixed(fit.coefficients, {name: np.zeros(where.shape), **simpler.coefficients})
    return replace(
        fit,
        values=mixed(fit.values, held),
        se=mixed(fit.se, simpler.se),
        reasons=Reasons(bits.astype(np.uint16), fit.reasons.kinds, fit.reasons.remarks),
        quality=mixed(fit.quality, simpler.quality),
        coefficients=own,
        arrival=None
        if fit.arrival is None
        else mixed(
            {"delay": fit.arrival}, {} if simpler.arrival is None else {"delay": simpler.arrival}
        )["delay"],
    )


def select(
    models: Sequence[Model],
    curves: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    *,
    delay: Delay = None,
    weights: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> Selection:
    """Fit every model and weigh them per curve; arguments as in `Model.fit`.

    Returns
    -------
    Selection
        ``selection["Ktrans"]`` is each curve's value in its best model.

    Examples
    --------
    Two voxels, one without plasma, and the model that suits each:

    >>> import numpy as np
    >>> from biomarkers import kinetics, sample_data
    >>> curve = sample_data.dce_curve()
    >>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
    >>> models = [kinetics.MODELS["tofts"], kinetics.MODELS["extended_tofts"]]
    >>> truth = {"Ktrans": 0.12, "ve": 0.3, "vp": [0.0, 0.03]}
    >>> voxels = models[1].predict(truth, curve.time, aif)
    >>> voxels += 0.002 * np.random.default_rng(2).standard_normal(voxels.shape)
    >>> chosen = kinetics.select(models, voxels, curve.time, aif)
    >>> print([chosen.models[best] for best in chosen.best], chosen["Ktrans"].round(2))
    ['tofts', 'extended_tofts'] [0.12 0.12]

    """
    return compare(
        [
            model.fit(curves, time, input, delay=delay, weights=weights, mask=mask)
            for model in models
        ]
    )
