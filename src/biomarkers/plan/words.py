"""What to call the classes and the biomarkers of a plan."""

from collections.abc import Sequence

from biomarkers.plan.model import Plan
from biomarkers.quantities import quantity
from biomarkers.table.columns import CLUSTER, WHOLE

_MOST = 3  # values that are still listed


def class_words(plan: Plan, negatives: Sequence[str] = ()) -> tuple[str, str]:
    """Return what to call positives and negatives in a sentence.

    Parameters
    ----------
    plan
        Its `labels`, if it has any; else its values of the outcome, like `responder = 1`.
    negatives
        Values of the outcome that were found in negatives, where the plan does not name them.

    Examples
    --------
    >>> from biomarkers.plan import class_words
    >>> from biomarkers.plan import make_plan
    >>> plan = make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
    ...                   "visits": {"0": [0], "7": [7]}, "biomarkers": {"ADC": {}}})
    >>> class_words(plan, ["0"])
    ('responder = 1', 'responder = 0')

    """
    if plan.labels:
        return plan.labels[0], plan.labels[1]
    named = plan.negative or tuple(dict.fromkeys(negatives))
    positive = f"{plan.outcome} = {_either(plan.positive)}"
    if 0 < len(named) <= _MOST:
        return positive, f"{plan.outcome} = {_either(named)}"
    return positive, f"{plan.outcome} other than {_either(plan.positive)}"


def class_nouns(plan: Plan) -> tuple[str, str]:
    """Return the plan's labels, or else `positives` and `negatives`.

    Examples
    --------
    >>> from biomarkers.plan import class_nouns, make_plan
    >>> plan = make_plan({"outcome": "responder", "positive": 1, "baseline": 0,
    ...                   "visits": {"0": [0], "7": [7]}, "biomarkers": {"ADC": {}},
    ...                   "labels": ["responders", "non-responders"]})
    >>> class_nouns(plan)
    ('responders', 'non-responders')

    """
    return (plan.labels[0], plan.labels[1]) if plan.labels else ("positives", "negatives")


def subject_noun(cluster: str) -> str:
    """Return what a subject of the analysis is: a lesion, where those of an individual are tied.

    Examples
    --------
    >>> from biomarkers.plan import subject_noun
    >>> subject_noun("individual"), subject_noun("litter"), subject_noun("")
    ('lesion', 'subject', 'subject')

    """
    return "lesion" if cluster == CLUSTER else "subject"


def biomarker_label(name: str) -> str:
    """Return what to write on an axis: `ADC (p90)`, `Volume (DWI)`, or the user's own name.

    Examples
    --------
    >>> from biomarkers.plan import biomarker_label
    >>> biomarker_label("tumor_volume"), biomarker_label("my_marker")
    ('Tumour volume', 'my_marker')

    """
    known = quantity(name)
    if known is None:
        return name
    tail = name.removeprefix(known.name).removeprefix("_")
    label = known.label or known.name
    return f"{label} ({tail})" if tail else label


def series_label(biomarker: str, region: str) -> str:
    """Return what to call a biomarker in a region; the region `whole` is not named.

    Examples
    --------
    >>> from biomarkers.plan import series_label
    >>> series_label("ADC", "tumor"), series_label("body_weight", "whole")
    ('ADC in tumor', 'Body weight')

    """
    name = biomarker_label(biomarker)
    return name if region in ("", WHOLE) else f"{name} in {region}"


def _either(values: Sequence[str]) -> str:
    *first, last = values
    return f"{', '.join(first)} or {last}" if first else last
