"""`sanity`: maps have to change where the network's weights are drawn at random."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from biomarkers.deep.explaining import maps_of_first, rank_correlations, seen_by
from biomarkers.deep.fitted import FittedNetworks
from biomarkers.deep.inputs import Weights
from biomarkers.deep.training import one_thread, weights_of
from biomarkers.errors import InputError
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.rule import Rule
from biomarkers.stats.drawing import Axes
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.shown import Shown

# A rank correlation of magnitudes above which maps hardly hang on what was learned.
ALIKE = 0.5
# Methods whose maps are of pixels.
TELLING = ("integrated_gradients", "occlusion")


@dataclass(frozen=True, eq=False)
class Sanity(Shown):
    """How alike maps of a trained network and of a randomised one are; made by `sanity`.

    Parameters
    ----------
    correlations
        `randomised, rank_correlation, low, high`: the parts drawn at random, from the last of the
        network to all of it; median over cases of the rank correlation of magnitudes, and the
        range of the middle half.
    method
        Of the maps.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import deep
    >>> row = {"randomised": "last", "rank_correlation": 0.1, "low": 0.0, "high": 0.2}
    >>> deep.Sanity(pd.DataFrame([row]), "occlusion").passes
    True

    """

    shows = "correlations"

    correlations: pd.DataFrame
    method: str

    @property
    def passes(self) -> bool:
        """Whether maps of the wholly randomised network are others."""
        return bool(self.table["rank_correlation"].iloc[-1] < ALIKE)

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        last = self.table["rank_correlation"].iloc[-1]
        verdict = "Maps change" if self.passes else "Maps hardly hang on what was learned"
        return f"{verdict}: rank correlation with those of random weights {last:.2f}."

    def draw(self, axes: Axes) -> None:
        """Draw the correlation over the parts that were drawn at random."""
        middle, places = self.table["rank_correlation"], range(len(self.table))
        reach = [middle - self.table["low"], self.table["high"] - middle]
        axes.errorbar(places, middle, yerr=reach, fmt="o")
        axes.axhline(ALIKE, linestyle=":")
        axes.set_xticks(places, self.table["randomised"])
        axes.set(xlabel="drawn at random", ylabel="rank correlation of maps", ylim=(-0.1, 1.05))


def sanity(
    rule: Rule,
    cohort: Cohort,
    *,
    method: str = "integrated_gradients",
    seed: int = 1,
    steps: int = 16,
    window: int = 4,
) -> Sanity:
    """Compare maps with those of the network whose weights are drawn anew, part by part.

    Parameters
    ----------
    rule, cohort, method, steps, window
        As of `explain`; the first of the seeds of the rule is taken.
    seed
        Of the weights.

    Raises
    ------
    InputError
        As `explain`.

    References
    ----------
    Adebayo 2018, arXiv:1810.03292: cascading randomisation, from the output to the input.

    Examples
    --------
    >>> from biomarkers import deep, predict, simulate
    >>> made = simulate.slices_in_order(patients=20)
    >>> cohort = predict.Cohort.from_tables(made.rows, made.participants, outcome="response")
    >>> cohort = cohort.with_array("slices", made.arrays["slices"])
    >>> model = deep.SliceSequence("slices", head="mean", epochs=2, seeds=1)
    >>> rule = predict.fit(predict.recipe(model), cohort)
    >>> deep.sanity(rule, cohort, steps=2).table["randomised"].tolist()
    ['last', 'last + entry', 'last + entry + encoder']

    """
    check_choice("method", method, TELLING)
    fitted, cases = seen_by(rule, cohort)
    maps = partial(maps_of_first, cases=cases, method=method, steps=steps, window=window)
    own, parts, rows = np.abs(maps(fitted)), _parts(fitted), []
    for count in range(1, len(parts) + 1):
        changed = _randomised(fitted, parts[:count], seed)
        alike = rank_correlations(own, np.abs(maps(changed)))
        low, middle, high = np.quantile(alike, (0.25, 0.5, 0.75))
        rows.append((" + ".join(parts[:count]), middle, low, high))
    columns = ["randomised", "rank_correlation", "low", "high"]
    return Sanity(pd.DataFrame(rows, columns=columns), method)


def _parts(fitted: FittedNetworks) -> list[str]:
    """Return the parts of a network that have weights, the last one first."""
    names = [name.split(".")[1] for name in fitted.weights if name.startswith("0.")]
    learned = [name for name in dict.fromkeys(names) if not name.startswith("encoded_")]
    return learned[::-1]


def _randomised(fitted: FittedNetworks, parts: list[str], seed: int) -> FittedNetworks:
    """Return networks of which some parts of the first are as they are drawn before training."""
    from biomarkers.deep.networks import build  # noqa: PLC0415  (needs torch)

    with one_thread() as torch:
        torch.manual_seed(seed)
        drawn: Weights = weights_of(build(fitted.plan))
    changed = {f"0.{name}": value for name, value in drawn.items() if name.split(".")[0] in parts}
    if not changed:
        raise InputError("the network has no weights")
    return replace(fitted, weights=fitted.weights | changed)
