"""What a federation has learnt, and what it is worth at each site."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.federated.settings import Rounds
from biomarkers.predict.recipes import Recipe
from biomarkers.predict.rule import Rule
from biomarkers.stats.drawing import Axes
from biomarkers.stats.shown import Shown

_WORDS = {"global": "all sites", "local": "this site alone", "left_out": "all other sites"}


@dataclass(frozen=True, eq=False)
class Federated(Shown):
    """A rule of several sites; made by `train`.

    Parameters
    ----------
    rule
        Of all sites; `save`, `load`, `predict` and `validate` as for any other.
    sites
        `site, n, subjects, positives, prevalence, rounds` (in how many its update was used), then
        `auc, low, high, slope, intercept, brier` of the `global`, the `local` and the `left_out`
        model: of cases held out. NaN: withheld, or not to be had.
    history
        `round, site, cases, loss, norm, used, why`: what each site sent; the loss is that of its
        training cases before the round (NaN: not told beside noise), the norm that of its update
        as it left; both NaN where updates are encrypted.
    notes
        What has to be known besides, each a sentence.
    epsilon
        Of the noise on the updates of a site, at `settings.delta`; NaN without noise.
    recipe, settings
        What was trained, and how.

    Examples
    --------
    >>> from biomarkers import federated, predict, sample_data
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> rows = table[table["day"] == 10]
    >>> halves = {"A": people.iloc[::2], "B": people.iloc[1::2]}
    >>> cohorts = {site: predict.Cohort.from_tables(rows, half, outcome="responder")
    ...            for site, half in halves.items()}
    >>> done = federated.train(predict.recipe("logistic"), cohorts)
    >>> done.sites["site"].tolist(), len(done.history)
    (['A', 'B'], 40)

    """

    shows = "sites"

    rule: Rule
    sites: pd.DataFrame
    history: pd.DataFrame
    notes: tuple[str, ...]
    epsilon: float
    recipe: Recipe
    settings: Rounds

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        known = self.sites[self.sites["global_auc"].notna()]
        if known.empty:
            return f"A rule of {len(self.sites)} sites; what it is worth there is not told."
        worst = known.sort_values("global_auc", kind="stable").iloc[0]
        local = known["local_auc"].mean()
        beside = "" if math.isnan(local) else f"; models of a site alone {local:.2f}"
        return (
            f"AUC of the global model among held-out cases, mean of {len(known)} sites, "
            f"{known['global_auc'].mean():.2f} (least {worst['global_auc']:.2f}, "
            f"{worst['site']}){beside}."
        )

    def draw(self, axes: Axes) -> None:
        """Draw the AUC of the global, the local and the left-out model at each site."""
        places = np.arange(len(self.sites))
        for shift, (name, word) in zip((-0.2, 0.0, 0.2), _WORDS.items(), strict=True):
            auc, low, high = (self.sites[f"{name}_{each}"] for each in ("auc", "low", "high"))
            axes.errorbar(auc, places + shift, xerr=[auc - low, high - auc], fmt="o", label=word)
        axes.axvline(0.5, linestyle=":", color="0.5")
        axes.set_yticks(places, self.sites["site"])
        axes.invert_yaxis()
        axes.set(xlabel="AUC", xlim=(0, 1))
        axes.legend()

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return both tables by name.

        Examples
        --------
        >>> from biomarkers import federated, predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> halves = {"A": people.iloc[::2], "B": people.iloc[1::2]}
        >>> cohorts = {site: predict.Cohort.from_tables(rows, half, outcome="responder")
        ...            for site, half in halves.items()}
        >>> list(federated.train(predict.recipe("logistic"), cohorts).tables())
        ['sites', 'history']

        """
        return {"sites": self.sites, "history": self.history}

    def to_dict(self) -> dict[str, Any]:
        """Return the finding and its tables as plain values."""
        history = self.history.to_dict(orient="records")
        return {**super().to_dict(), "history": history, "notes": list(self.notes)}
