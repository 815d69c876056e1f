"""Nested cross-validation: everything that is chosen is chosen without those it is judged on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.combination.discriminant import SHRINKAGES, ridge_lda
from biomarkers.stats.combination.folds import Folds, make_folds
from biomarkers.stats.labels import Units
from biomarkers.stats.ranks import merge_ties, rounding
from biomarkers.stats.ridge import PENALTIES, ridge_logistic
from biomarkers.stats.roc_analysis.resampled import resampled_areas

_FAR = 500.0  # beyond this an exponential would overflow

# Fits of all training sets under all penalties.
Fitter = Callable[[Floats, Bools, Floats, Floats], Floats]


@dataclass(frozen=True)
class Model:
    """A rule that can be fitted, and the penalties it is tried with, ascending."""

    fit: Fitter
    penalties: Floats


MODELS = {"logistic": Model(ridge_logistic, PENALTIES), "lda": Model(ridge_lda, SHRINKAGES)}


@dataclass(frozen=True)
class CrossValidation:
    """Folds, repeats and permutations.

    Parameters
    ----------
    folds
        Outer and inner folds; a class of fewer subjects gets as many as it has.
    repeats
        How often the subjects are split; None: 10 up to 100 subjects, fewer beyond, at least 2.
    permutations
        Of labels, and of markers for each test of a gain; at least 19.
    seed
        Makes splits and permutations the same ones every time.
    cluster, blocks
        Columns of participants, for `combine`: the patient of each lesion, kept whole; site,
        batch or sex, spread over the folds and permuted within.

    Raises
    ------
    InputError
        If there are too few of any.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> quick = stats.CrossValidation(folds=4, repeats=2, permutations=19)
    >>> stats.combine(table, people, visit=10, settings=quick).permutations
    19

    """

    folds: int = 5
    repeats: int | None = None
    permutations: int = 199
    seed: int = 1
    cluster: str = ""
    blocks: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be done."""
        least = {"folds": 2, "permutations": 19}
        least |= {} if self.repeats is None else {"repeats": 1}
        for name, number in least.items():
            if getattr(self, name) < number:
                raise InputError(f"{name}: found {getattr(self, name)}, expected {number} or more")

    def repeats_for(self, subjects: int) -> int:
        """Return the number of repeats: a small sample needs many to compare most of its pairs.

        Examples
        --------
        >>> from biomarkers import stats
        >>> settings = stats.CrossValidation()
        >>> settings.repeats_for(20), settings.repeats_for(500)
        (10, 2)
        >>> stats.CrossValidation(repeats=5).repeats_for(500)
        5

        """
        return self.repeats or min(10, max(2, round(1000 / subjects)))


@dataclass(frozen=True, eq=False)
class Nested:
    """What each outer training set chose, and how it scores everybody.

    Parameters
    ----------
    folds
        The splits.
    coefficients
        Sets × (1 + markers): the rule under the penalty its inner folds chose.
    scores
        Sets × subjects: its log odds.
    sign
        Sets × markers: whether positives are higher (1) or lower (−1) in the training set.
    chosen
        The best single marker of each training set: its AUC is furthest from ½, of equals the
        first.
    penalty
        What the outer folds would choose for all subjects together.

    """

    folds: Folds
    coefficients: Floats
    scores: Floats
    sign: Whole
    chosen: Whole
    penalty: float

    def area(self, positive: Bools) -> float:
        """Return the cross-validated AUC of the rule."""
        return held_out_area(self.scores, positive, self.folds.held_out)

    def single_area(self, values: Floats, positive: Bools, marker: int | None = None) -> float:
        """Return the cross-validated AUC of one marker, or of the best of each training set."""
        which = self.chosen if marker is None else np.full(len(self.chosen), marker)
        scores = self.sign[np.arange(len(which)), which][:, None] * values.T[which]
        return held_out_area(scores, positive, self.folds.held_out)


@dataclass(frozen=True, eq=False)
class Procedure:
    """All that is repeated when labels are permuted.

    Parameters
    ----------
    model
        The rule.
    units
        What is held out as one.
    folds, repeats
        As for `make_folds`.

    """

    model: Model
    units: Units
    folds: int
    repeats: int

    def run(self, values: Floats, positive: Bools, random: np.random.Generator) -> Nested:
        """Cross-validate on subjects × markers, each marker centred and scaled."""
        folds = make_folds(
            positive, self.units, folds=self.folds, repeats=self.repeats, random=random
        )
        sets, count = folds.held_out.shape
        weights = np.concatenate([folds.training, folds.inner_training.reshape(-1, count)])
        fits = self.model.fit(values, positive, weights.astype(float), self.model.penalties)
        outer, inner = fits[:sets], fits[sets:].reshape(sets, -1, *fits.shape[1:])
        lost = _held_out_loss(inner, values, positive, folds.inner)
        rules = outer[np.arange(sets), _least(lost)]
        all_lost = _held_out_loss(outer[:, None], values, positive, folds.held_out[:, None])
        off = resampled_areas(values, positive, folds.training.astype(float)) - 0.5
        return Nested(
            folds=folds,
            coefficients=rules,
            scores=scores_of(rules, values),
            sign=np.where(off >= 0, 1, -1),
            chosen=np.abs(off).argmax(axis=1),
            penalty=float(self.model.penalties[_least(all_lost.sum(axis=0))]),
        )


def scores_of(rules: Floats, values: Floats) -> Floats:
    """Return the log odds that rules give to subjects, equal where they differ by rounding.

    Parameters
    ----------
    rules
        Sets × (1 + markers).
    values
        Subjects × markers.

    Returns
    -------
    array (sets, subjects)

    """
    scores = rules[:, 1:] @ values.T + rules[:, [0]]
    return merge_ties(scores, rounding(np.abs(scores).max(axis=1, keepdims=True)))


def _held_out_loss(rules: Floats, values: Floats, positive: Bools, held_out: Bools) -> Floats:
    """Return −log likelihood of those held out: sets × penalties.

    Parameters
    ----------
    rules
        Sets × folds × penalties × (1 + markers).
    values, positive
        The subjects.
    held_out
        Sets × folds × subjects.

    """
    sign = np.where(positive, 1.0, -1.0)
    odds = rules[..., 1:] @ values.T + rules[..., :1]
    missed = np.log1p(np.exp(np.minimum(-odds * sign, _FAR)))
    return np.asarray(np.einsum("sfpn,sfn->sp", missed, held_out))


def _least(lost: Floats) -> Whole:
    """Return the place of the least loss; of equals the strongest penalty."""
    return np.asarray(lost.shape[-1] - 1 - lost[..., ::-1].argmin(axis=-1))


def held_out_area(scores: Floats, positive: Bools, held_out: Bools) -> float:
    """Return the share of pairs told apart, of those held out together.

    Only scores of one and the same rule are compared: pooling the folds would count the
    differences between the rules too.
    """
    ranks = stats.rankdata(np.where(held_out, scores, np.inf), axis=1)
    m = (held_out & positive).sum(axis=1)
    n = held_out.sum(axis=1) - m
    won = (ranks * (held_out & positive)).sum(axis=1) - m * (m + 1) / 2
    return float(won.sum() / (m * n).sum())
