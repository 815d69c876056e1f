"""The steps before a model, fitted from sums of the sites for every training set at once."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import reduce
from operator import add

import numpy as np

from biomarkers.federated.messages import Message
from biomarkers.federated.sets import Sets
from biomarkers.federated.sums import FEWEST, Sums
from biomarkers.predict.steps.harmonisation import site_effect
from biomarkers.stats.arrays import Bools, Floats, Whole

_PREFIX = "steps/"
_FLAT = 1e-12  # a standard deviation, as a share of the values, that is none


@dataclass(frozen=True, eq=False)
class Preparation:
    """How values are filled, freed of site effects and scaled; arrays sets × features.

    Parameters
    ----------
    centre
        (features,) of which sums were told.
    fill
        What stands for a missing value: the mean, as a median cannot be made of sums.
    indicated
        Places of features whose gaps are indicated, by columns after the features.
    pooled, spread, touched
        Of harmonisation: the mean over sites, the standard deviation within them, and 1 for a
        feature whose site effects are taken out; `touched` is 0 throughout without the step.
    mean, sd
        Of the scale, with those of the indicators (whose sd is 1).
    array_mean, array_sd
        Sets × points (or × 1), and of each set: the scale of an array that a network looks at.

    """

    centre: Floats
    fill: Floats
    indicated: Floats
    pooled: Floats
    spread: Floats
    touched: Floats
    mean: Floats
    sd: Floats
    array_mean: Floats
    array_sd: Floats

    def message(self) -> Message:
        """Return the steps as the server tells them."""
        return {f"{_PREFIX}{each.name}": getattr(self, each.name) for each in fields(self)}

    @property
    def places(self) -> Whole:
        """The indicated features."""
        return self.indicated.astype(np.intp)

    def effect(self, place: int, site: Sums) -> tuple[Floats, Floats]:
        """Return shift and scale of a site in a set, from its sums in that set, filled."""
        touched = (self.touched[place] > 0) & (site.shown > 0)
        shift, scale = np.zeros(touched.shape), np.ones(touched.shape)
        if touched.any() and site.cases >= FEWEST:
            count, spread = int(site.cases), self.spread[place]
            seen = (site.mean + self.centre - self.pooled[place]) / spread
            variance = site.within / (count - 1) / spread**2
            shift[touched], scale[touched] = site_effect(count, seen[touched], variance[touched])
        return shift, scale

    def design(self, features: Floats, sums: Sums, folds: Bools) -> Floats:
        """Return what reaches the model, sets × cases × features and indicators.

        Parameters
        ----------
        features
            Cases × features of a site; NaN is missing.
        sums
            As the site told them, by fold.
        folds
            Sets × folds of the site that are in the training set.

        """
        missing = np.isnan(features)
        values = np.where(missing, self.fill[:, None], features)
        if self.touched.any():
            for place, inside in enumerate(folds):
                own = sums.over(inside).filled(self.fill[place] - self.centre)
                factor, shift = self.moves(place, own)
                values[place] = self.centre + factor * (values[place] - self.centre) + shift
        gaps = np.broadcast_to(missing[:, self.places], (*values.shape[:2], len(self.indicated)))
        values = np.concatenate([values, gaps], axis=2)
        return np.asarray((values - self.mean[:, None]) / self.sd[:, None])

    def moves(self, place: int, site: Sums) -> tuple[Floats, Floats]:
        """Return by which factor and shift distances from the centre lose the effect of a site."""
        shift, scale = self.effect(place, site)
        away = self.pooled[place] - self.centre
        return 1 / scale, away - (away + shift * self.spread[place]) / scale


def read_preparation(message: Message) -> Preparation:
    """Return the steps that a server told."""
    return Preparation(
        **{each.name: message[f"{_PREFIX}{each.name}"] for each in fields(Preparation)}
    )


def prepared(
    sums: Mapping[str, Sums],
    arrays: Mapping[str, Sums],
    sets: Sets,
    centre: Floats,
    *,
    harmonised: Bools,
    indicators: bool,
) -> Preparation:
    """Fit the steps of every set.

    Parameters
    ----------
    sums
        Of each site, folds × features.
    arrays
        The like of the array that a network looks at; none for a linear model.
    sets
        The training sets.
    centre
        Of the sums.
    harmonised
        The features whose site effects are taken out; none without that step.
    indicators
        Whether features with gaps get a column that indicates them.

    """
    whole = reduce(add, (each.over(np.ones(len(each.cases), dtype=bool)) for each in sums.values()))
    gaps = whole.missing >= FEWEST
    indicated = np.flatnonzero(gaps & (whole.count > 0)) if indicators else np.array([])
    rows = [
        _one_set(
            [each.over(sets.training_folds(site)[place]) for site, each in sums.items()],
            centre, indicated.astype(np.intp), harmonised,
        )
        for place in range(len(sets))
    ]  # fmt: skip
    scale = _array_scale(arrays, sets)
    return Preparation(centre, indicated=indicated.astype(float), **_stacked(rows), **scale)


def _array_scale(arrays: Mapping[str, Sums], sets: Sets) -> dict[str, Floats]:
    """Return the mean of an array, and the standard deviation of all its points about it."""
    if not arrays:
        return {"array_mean": np.empty((len(sets), 0)), "array_sd": np.ones(len(sets))}
    whole = [
        reduce(add, (each.over(sets.training_folds(site)[place]) for site, each in arrays.items()))
        for place in range(len(sets))
    ]
    sd = [np.sqrt(each.within.sum() / max(each.count.sum(), 1)) for each in whole]
    return {
        "array_mean": np.array([each.mean for each in whole]),
        "array_sd": np.array([each if each > 0 else 1.0 for each in sd]),
    }


def _stacked(rows: list[dict[str, Floats]]) -> dict[str, Floats]:
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _one_set(
    sites: list[Sums], centre: Floats, indicated: Whole, harmonised: Bools
) -> dict[str, Floats]:
    whole = reduce(add, sites)
    cases = np.maximum(whole.shown, 1.0)  # none: every other site has failed, or withholds it
    filled = [site.filled(whole.mean) for site in sites]
    total = reduce(add, filled)
    within = np.sum([site.within for site in filled], axis=0) / cases
    spread = np.where(within > 0, np.sqrt(within), 1.0)
    varies = _sd(total, centre) > 0
    made = {
        "fill": centre + whole.mean,
        "pooled": centre + total.mean,
        "spread": spread,
        "touched": (harmonised & varies).astype(float),
    }
    if made["touched"].any():
        steps = Preparation(
            centre, indicated=indicated.astype(float), **_stacked([made]),
            mean=np.empty((1, 0)), sd=np.empty((1, 0)),
            array_mean=np.empty((1, 0)), array_sd=np.empty(1),
        )  # fmt: skip
        total = reduce(add, (site.moved(*steps.moves(0, site)) for site in filled))
    sd = _sd(total, centre)
    return made | {
        "mean": np.append(centre + total.mean, (whole.missing / cases)[indicated]),
        # What no site tells has no scale, and is 0 for the model.
        "sd": np.append(
            np.where(whole.shown > 0, np.where(sd > 0, sd, 1.0), np.inf), np.ones(len(indicated))
        ),
    }


def _sd(sums: Sums, centre: Floats) -> Floats:
    """Return standard deviations; 0 where they are rounding."""
    cases = np.maximum(sums.shown, 1.0)
    sd = np.sqrt(sums.within / cases)
    size = np.maximum(np.abs(centre), np.sqrt(sums.squares / cases))
    return np.where(sd > _FLAT * size, sd, 0.0)
