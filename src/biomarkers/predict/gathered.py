"""The pieces of a judgement together, and what is alike of two classes and of several."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from biomarkers.predict.cases import Cases
from biomarkers.predict.tasks import SHARES, Judged, Result
from biomarkers.stats.arrays import Bools, Floats

# Ratio of variances that is taken where no permutation tells it.
STATED = 1.5
ROUNDING = 1e-12
# Of scores, sets × cases × ..., of cases held out together.
Worth = Callable[[Floats, Cases, Bools], Floats | float]


@dataclass(frozen=True, eq=False)
class Pieces:
    """The pieces of a judgement.

    Parameters
    ----------
    judged
        What was judged.
    names
        Of the recipe and its baselines.
    pieces
        Results by kind.

    """

    judged: Judged
    names: tuple[str, ...]
    pieces: dict[str, list[Result]]

    @property
    def held_out(self) -> Bools:
        """Sets × cases."""
        return self.judged.outer.held_out

    def placed(self, what: str) -> Floats:
        """Return a result by rules × sets × cases × ...; 0 where not held out."""
        pieces = self.pieces["outer"]
        placed = np.zeros((len(self.names), *self.held_out.shape, *np.shape(pieces[0][what])[2:]))
        for number, piece in enumerate(pieces):
            placed[:, number, self.held_out[number]] = piece[what]
        return placed


def p_values(observed: ArrayLike, chance: Floats) -> Floats:
    """Return the share of permutations that are as high, the observed one among them."""
    if not len(chance):
        return np.full(np.shape(observed), np.nan)
    as_high = (chance >= np.asarray(observed) - ROUNDING).sum(axis=0)
    return np.asarray((1 + as_high) / (1 + len(chance)))


def class_sizes(cases: Cases, permuted: bool) -> Floats:
    """Return class sizes behind an interval: of cases; of subjects without permutations of these.

    Permutations of subjects put into the effect what several cases of a subject cost.
    """
    rows = cases.positive, ~cases.positive
    if permuted:
        return np.array([each.sum() for each in rows], dtype=float)
    return np.array([len(np.unique(cases.subject[each])) for each in rows], dtype=float)


def within_sites(judged: Judged, scores: Floats, worth: Worth) -> Floats | float:
    """Return the worth of scores among cases of one site held out together, over all sites."""
    cases, held_out = judged.cases, judged.outer.held_out
    sites = np.unique(cases.site)
    each = np.concatenate([held_out & (cases.site == site) for site in sites])
    return worth(np.concatenate([scores] * len(sites)), cases, each)


def learning_table(gathered: Pieces, scores: Floats, worth: Worth) -> pd.DataFrame:
    """Return the worth of the recipe by the number of training subjects, in the first repeat."""
    judged = gathered.judged
    curve = [(share, float(piece["subjects"]), float(piece["worth"]))
             for share, piece in zip(SHARES, gathered.pieces["curve"], strict=True)]  # fmt: skip
    first = gathered.held_out[: len(gathered.held_out) // judged.settings.repeats]
    sizes = [len(np.unique(judged.cases.subject[~rows])) for rows in first]
    whole = float(np.mean(worth(scores[: len(first)], judged.cases, first)))
    return pd.DataFrame([*curve, (1.0, float(np.mean(sizes)), whole)],
                        columns=["share", "subjects", "worth"])  # fmt: skip
