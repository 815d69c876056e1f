"""Several markers as one rule: from a measurement table, or from arrays."""

from collections.abc import Mapping, Sequence

import pandas as pd
from numpy.typing import ArrayLike

from biomarkers.errors import InputError
from biomarkers.plan import level, make_plan
from biomarkers.stats.combination.evaluation import evaluate
from biomarkers.stats.combination.nested import CrossValidation
from biomarkers.stats.combination.rule import Combination
from biomarkers.stats.combination.sample import make_sample
from biomarkers.stats.outcome import of_subjects, positive_levels
from biomarkers.stats.planned_analysis.analysis import prepare
from biomarkers.stats.planned_analysis.circularity import circular
from biomarkers.stats.planned_analysis.findings import Prepared
from biomarkers.stats.planned_analysis.odd_values import odd_values
from biomarkers.stats.visits import visits_by_day
from biomarkers.table import check_measurements, check_participants


def combine(  # noqa: PLR0913
    table: pd.DataFrame,
    participants: pd.DataFrame,
    *,
    outcome: str = "responder",
    positive: object = 1,
    visit: float,
    biomarkers: Sequence[str] = (),
    change: str = "log_ratio",
    model: str = "logistic",
    settings: CrossValidation | None = None,
) -> Combination:
    """Make one rule of the changes of several biomarkers at one visit, and say what it is worth.

    Parameters
    ----------
    table, participants
        As for `analyse`. The baseline is the last day up to 0, or else the first.
    outcome, positive
        Column of `participants`, and what it holds in positives (1 is also true).
    visit
        The day. A subject without every change at it is left out and counted.
    biomarkers
        Which; all of the table by default. One measured in several regions gives a marker for
        each.
    change
        How change from baseline is expressed: `absolute`, `percent` or `log_ratio`.
    model
        `logistic`: ridge logistic regression; `lda`: ridge discriminant analysis.
    settings
        Folds, repeats, permutations, seed; the participants' columns of clusters and blocks.

    Notes
    -----
    The penalty is chosen in folds of the training folds, and so is the best single marker with
    its direction: repeated nested cross-validation, stratified by class. The AUC counts pairs
    held out together. Against chance, all of this is repeated for permuted labels. Against one
    marker, it is repeated with what the others add to it permuted; the combination beats
    the best single marker if it beats every one.

    Raises
    ------
    TableError, PlanError
        As `analyse`.
    InputError
        If the visit is no day of the table, or as `combine_markers`.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> quick = stats.CrossValidation(folds=4, repeats=2, permutations=19)
    >>> rule = stats.combine(table, people, visit=10, settings=quick)
    >>> (rule.markers["coefficient"] < 0).tolist()  # both are lower in responders
    [True, True]

    """
    settings = settings or CrossValidation()
    table = check_measurements(table)
    names = list(biomarkers) or list(table["biomarker"].unique())
    days = visits_by_day(table)
    day = level(visit)
    if day not in days["visits"] or day == days["baseline"]:
        later = ", ".join(name for name in days["visits"] if name != days["baseline"])
        raise InputError(f"visit: found {day}, expected a day after baseline: {later or 'none'}")
    plan = make_plan(
        {
            "outcome": outcome,
            "positive": positive_levels(check_participants(participants), outcome, positive),
            "biomarkers": {name: {"change": change} for name in names},
            "baseline": days["baseline"],
            "visits": {name: days["visits"][name] for name in (days["baseline"], day)},
            "separation": {"cluster": settings.cluster, "blocks": settings.blocks},
        },
        source="combine",
    )
    return _of_changes(
        prepare(table, participants, plan), check_participants(participants), model, settings
    )


def _of_changes(
    prepared: Prepared,
    participants: pd.DataFrame,
    model: str,
    settings: CrossValidation,
) -> Combination:
    tests, subjects = prepared.panel.tests, prepared.panel.subjects
    several = tests["biomarker"].duplicated(keep=False)
    names = tests["biomarker"].where(~several, tests["biomarker"] + " (" + tests["region"] + ")")
    changes = pd.DataFrame(prepared.panel.values, index=subjects, columns=list(names))
    tied = {
        key: of_subjects(participants, name, key=key).reindex(subjects)
        for key, name in (("cluster", settings.cluster), ("blocks", settings.blocks))
        if name
    }
    sample = make_sample(changes, prepared.panel.positive, **tied)
    notes = tuple(text for part in (circular, odd_values) for _, text in part(prepared))
    return evaluate(sample, model, settings, notes)


def combine_markers(
    markers: pd.DataFrame | Mapping[str, ArrayLike],
    outcome: ArrayLike,
    *,
    positive: object = 1,
    model: str = "logistic",
    cluster: ArrayLike | None = None,
    blocks: ArrayLike | None = None,
    settings: CrossValidation | None = None,
) -> Combination:
    """Make one rule of several markers, and say what it is worth in subjects it has not seen.

    See `combine` for how.

    Parameters
    ----------
    markers
        One column each, a row per subject. Subjects who lack a marker are left out and counted;
        nothing is imputed.
    outcome, positive
        As for `roc`.
    model
        `logistic`: ridge logistic regression; `lda`: ridge discriminant analysis.
    cluster, blocks
        The patient of each lesion, and the site or batch of each subject, where there are such.
    settings
        Folds, repeats, permutations and seed.

    Raises
    ------
    InputError
        If there are fewer than two markers, a marker is no number or infinite, the outcomes are
        not two, a class has fewer than 3 subjects (or clusters) with every marker, a cluster
        holds both classes or lies in two blocks, or the model is unknown.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import stats
    >>> outcome = np.repeat([1, 0], 12)
    >>> noise = np.sin(np.arange(24))
    >>> markers = {"Ktrans": noise - outcome, "volume": -noise - outcome}  # their sum has no noise
    >>> quick = stats.CrossValidation(folds=4, repeats=2, permutations=19)
    >>> rule = stats.combine_markers(markers, outcome, settings=quick)
    >>> rule.performance[["rule", "auc"]].round(2).to_numpy().tolist()
    [['combination', 1.0], ['best single', 0.78]]

    """
    sample = make_sample(markers, outcome, positive=positive, cluster=cluster, blocks=blocks)
    return evaluate(sample, model, settings or CrossValidation())
