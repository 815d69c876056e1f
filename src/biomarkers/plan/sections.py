"""What a plan may ask for besides the test of separation: one section, one class of settings.

A section that stands in the plan, if only by its name, is asked for. What it leaves out has the
default given here.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from biomarkers.errors import InputError


@dataclass(frozen=True)
class Models:
    """A model of every change over all visits, `[models]`.

    Parameters
    ----------
    method
        `mmrm`: means per visit with a covariance of the visits; `random_slopes`: a straight line
        for each subject.
    compare
        `outcome`: positives and negatives; `groups`: treatment groups; empty: groups where the
        plan names their column, else the outcome.
    reference
        Group that the others are compared with; empty: the first by name.
    adjust
        How the p-values of the contrasts of one series are adjusted, as for `stats.adjust`.
    covariance
        Of the visits, for `mmrm`, as for `stats.mmrm`; where it cannot be estimated, `csh` and
        then `cs` take its place, and a note says so.

    Examples
    --------
    >>> from biomarkers.plan import make_plan
    >>> plan = make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
    ...                   "visits": {"0": [0], "7": [7]}, "biomarkers": {"ADC": {}},
    ...                   "models": {"compare": "groups", "reference": "vehicle"}, "groups": "arm"})
    >>> plan.sections["models"].method, plan.sections["models"].reference
    ('mmrm', 'vehicle')

    """

    method: Literal["mmrm", "random_slopes"] = "mmrm"
    compare: Literal["", "outcome", "groups"] = ""
    reference: str = ""
    adjust: Literal["holm", "hommel", "bonferroni", "bh", "none"] = "holm"
    covariance: Literal["un", "toeph", "anteh", "ar1h", "csh", "toep", "ar1", "cs"] = "un"


@dataclass(frozen=True)
class Cutoff:
    """A cut-off of the change at each visit, `[cutoff]`.

    Parameters
    ----------
    rule
        `youden`: the largest sum of sensitivity and specificity; `sensitivity` or `specificity`:
        the best cut-off that has at least `least` of it; `cost`: the least expected cost.
    least
        For the rules `sensitivity` and `specificity`.
    cost_ratio
        For `cost`: what a missed positive costs, in false alarms.
    prevalence
        For `cost`: share of positives; 0: that of the sample.
    draws
        Bootstrap samples by which the optimism of choosing is taken off.

    Examples
    --------
    >>> from biomarkers.plan import make_plan
    >>> plan = make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
    ...                   "visits": {"0": [0], "7": [7]}, "biomarkers": {"ADC": {}},
    ...                   "cutoff": {"rule": "specificity", "least": 0.8}})
    >>> plan.sections["cutoff"].rule, plan.sections["cutoff"].least
    ('specificity', 0.8)

    """

    rule: Literal["youden", "sensitivity", "specificity", "cost"] = "youden"
    least: float = 0.9
    cost_ratio: float = 1.0
    prevalence: float = 0.0
    draws: int = 1000

    def __post_init__(self) -> None:
        _require(0 < self.least <= 1, f"least is {self.least:g}; expected above 0, up to 1")
        _require(
            0 < self.cost_ratio < math.inf, f"cost_ratio is {self.cost_ratio:g}; expected above 0"
        )
        _require(
            0 <= self.prevalence < 1, f"prevalence is {self.prevalence:g}; expected 0 to below 1"
        )
        _require(self.draws >= 100, f"draws is {self.draws}; expected 100 or more")


@dataclass(frozen=True)
class Survival:
    """Survival by early response, `[survival]`.

    Parameters
    ----------
    time, event
        Columns of participants: the time from the reference day to the event or to the end of
        follow-up, in days; and whether the event was seen (1 or 0, true or false, yes or no, dead
        or alive). Without a column, everyone had it.
    landmark
        Visit at which the response is known and survival begins to count; empty: the earliest
        visit that separates, or else the first after the baseline.
    biomarker, region
        Series that says who responded early; empty: the one that separates first, or else the
        first of the plan.
    split
        What divides early responders from others: `median` of the change at the landmark,
        `cutoff` by Youden's index, or the `threshold` of the plan.
    threshold
        For `split = "threshold"`: change at the landmark, on the scale of the plan.

    Examples
    --------
    >>> from biomarkers.plan import make_plan
    >>> plan = make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
    ...                   "visits": {"0": [0], "7": [7]}, "biomarkers": {"ADC": {}},
    ...                   "survival": {"time": "days_on_study", "event": "died", "landmark": 7}})
    >>> plan.sections["survival"].landmark, plan.sections["survival"].split
    (7, 'median')

    """

    time: str = ""
    event: str = ""
    landmark: str | int | float = ""
    biomarker: str = ""
    region: str = ""
    split: Literal["median", "cutoff", "threshold"] = "median"
    threshold: float | None = None

    def __post_init__(self) -> None:
        _require(bool(self.time), "time is empty; expected a column of participants")
        _require(
            (self.threshold is not None) == (self.split == "threshold"),
            'threshold belongs to split = "threshold"; expected both or neither',
        )


@dataclass(frozen=True)
class Combine:
    """Markers combined at a visit, `[combine]`.

    Parameters
    ----------
    biomarkers
        To choose from; empty: all of the plan.
    region
        Of the markers; empty: every region of the plan, each a marker by itself.
    visit
        Empty: the earliest visit that separates, or else the last.
    model
        `logistic`: ridge logistic regression; `lda`: ridge discriminant analysis.
    folds, permutations
        Of the cross-validation that judges the rule, as for `stats.combine_markers`.

    Examples
    --------
    >>> from biomarkers.plan import make_plan
    >>> plan = make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
    ...                   "visits": {"0": [0], "7": [7]}, "biomarkers": {"ADC": {}, "Ktrans": {}},
    ...                   "combine": {"model": "lda"}})
    >>> plan.sections["combine"].model, plan.sections["combine"].folds
    ('lda', 5)

    """

    biomarkers: tuple[str, ...] = ()
    region: str = ""
    visit: str | int | float = ""
    model: Literal["logistic", "lda"] = "logistic"
    folds: int = 5
    permutations: int = 199

    def __post_init__(self) -> None:
        _require(self.folds >= 2, f"folds is {self.folds}; expected 2 or more")
        _require(
            self.permutations >= 19, f"permutations is {self.permutations}; expected 19 or more"
        )


@dataclass(frozen=True)
class Agreement:
    """Agreement of replicates, `[agreement]`.

    Parameters
    ----------
    source
        `baseline`: two or more days of the baseline visit of a subject are replicates;
        `replicates`: those that the table was averaged over (`[table] replicates`); empty:
        replicates where there are any, else the baseline.
    wcv
        Within-subject coefficients of variation known from elsewhere, `[agreement.wcv]`, as
        shares by biomarker (`ADC = 0.04`): the band of repeatability is then made of them.

    Examples
    --------
    >>> from biomarkers.plan import make_plan
    >>> plan = make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
    ...                   "visits": {"0": [0], "7": [7]}, "biomarkers": {"ADC": {}},
    ...                   "agreement": {"wcv": {"ADC": 0.04}}})
    >>> plan.sections["agreement"].wcv["ADC"]
    0.04

    """

    source: Literal["", "baseline", "replicates"] = ""
    wcv: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, share in self.wcv.items():
            _require(0 < share < 1, f"wcv of {name} is {share:g}; expected a share, like 0.07")


SECTIONS: Mapping[str, type] = {
    "models": Models,
    "cutoff": Cutoff,
    "survival": Survival,
    "combine": Combine,
    "agreement": Agreement,
}


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise InputError(problem)
