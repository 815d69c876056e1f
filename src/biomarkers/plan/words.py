"""What to call the classes of a plan."""

from collections.abc import Sequence

from biomarkers.plan.model import Plan

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
    """Return the plan's labels, or else `positives` and `negatives`."""
    return (plan.labels[0], plan.labels[1]) if plan.labels else ("positives", "negatives")


def _either(values: Sequence[str]) -> str:
    *first, last = values
    return f"{', '.join(first)} or {last}" if first else last
