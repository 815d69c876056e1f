"""How the updates of sites become one, and which of them are no updates."""

from collections.abc import Mapping

import numpy as np

from biomarkers.federated.messages import Message
from biomarkers.stats.arrays import Floats


def fault(
    reply: Message | None, shapes: Mapping[str, tuple[int, ...]], *, finite: bool = True
) -> str:
    """Return why a reply cannot be used; empty where it can."""
    if reply is None:
        return "did not answer"
    for name, shape in shapes.items():
        if name not in reply:
            return f"its reply holds no {name}"
        array = np.asarray(reply[name])
        if array.dtype.kind != "f":
            return f"its {name} is of {array.dtype}, expected numbers of float64"
        if array.shape != shape:
            return f"its {name} has the shape {array.shape}, expected {shape}"
        if finite and not np.isfinite(array).all():
            return f"its {name} is not finite"
    return ""


def alike(replies: Mapping[str, Message], name: str) -> list[list[str]]:
    """Return the sites that say the same, bit by bit, those that are most first."""
    whose: dict[bytes, list[str]] = {}
    for site, reply in replies.items():
        whose.setdefault(np.asarray(reply[name]).tobytes(), []).append(site)
    return sorted(whose.values(), key=len, reverse=True)


def aggregate(updates: Floats, cases: Floats, how: str, trim: float) -> Floats:
    """Return the update of every set, sets × weights; 0 where no site has a case.

    Parameters
    ----------
    updates
        Sites × sets × weights.
    cases
        Sites × sets: those behind each update; one of none does not count.
    how, trim
        As in `Rounds`.

    """
    made = np.zeros(updates.shape[1:])
    for place in range(len(made)):
        there = cases[:, place] > 0
        if there.any():
            made[place] = _together(updates[there, place], cases[there, place], how, trim)
    return made


def _together(updates: Floats, cases: Floats, how: str, trim: float) -> Floats:
    if how == "median":
        return np.asarray(np.median(updates, axis=0))
    if how == "trimmed":
        cut = trimmed_sites(len(updates), trim)
        return np.asarray(np.sort(updates, axis=0)[cut : len(updates) - cut].mean(axis=0))
    return np.asarray(cases @ updates / cases.sum())


def trimmed_sites(sites: int, trim: float) -> int:
    """Return how many sites are cut off at either end: at least one of three or more."""
    return min(max(int(trim * sites), 1), (sites - 1) // 2)
