"""Which of many series are looked at closely: those the answer names, and the next."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

# As many of those that separate, and as many again.
MOST = 12

Key = tuple[str, str]


def shown_series(
    separation: pd.DataFrame, earliest: Sequence[dict[str, Any]], visits: Sequence[str]
) -> dict[Key, str]:
    """Return the series to be shown, in order, each with the reason.

    Parameters
    ----------
    separation
        As in `results.TABLES`.
    earliest
        As from `earliest_visits`.
    visits
        Their names, in the plan's order.

    Returns
    -------
    dict
        By biomarker and region: `separates` for the `MOST` that separate first, on the same visit
        the surest first; `next` for as many more, by their smallest p-value.

    """
    place = {name: at for at, name in enumerate(visits)}
    hits = sorted(
        (entry for entry in earliest if entry["visit"] is not None),
        key=lambda entry: (place[str(entry["visit"])], entry["p_adjusted"], -entry["auc"]),
    )
    named = [(entry["biomarker"], entry["region"]) for entry in hits[:MOST]]
    smallest = separation.groupby(["biomarker", "region"], sort=False)[
        ["p_adjusted", "p_value"]
    ].min()
    order = smallest.sort_values(["p_adjusted", "p_value"], kind="stable").index
    others = [key for key in order if key not in set(named)][:MOST]
    return dict.fromkeys(named, "separates") | dict.fromkeys(others, "next")
