"""What sites sent in each round, and which of them could not be used, and why."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.errors import FederationError
from biomarkers.federated.aggregation import fault
from biomarkers.federated.encryption import unreadable
from biomarkers.federated.messages import Message
from biomarkers.stats.arrays import Floats

HISTORY = ("round", "site", "cases", "loss", "norm", "used", "why")


@dataclass(eq=False)
class Ledger:
    """The book of a server.

    Parameters
    ----------
    sites
        That take part, in their order.

    """

    sites: tuple[str, ...]
    rows: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    steps: list[float] = field(default_factory=list)

    def usable(
        self,
        what: str,
        replies: Mapping[str, Message],
        shapes: Mapping[str, tuple[int, ...]],
        *,
        cases: Mapping[str, Floats] | None = None,
        silent: Collection[str] = (),
        encrypted: int = 0,
    ) -> dict[str, Message]:
        """Return the replies that can be used, by site; name the others.

        A site that is `silent` may answer with nothing. `cases` are those behind each reply, from
        the sums of the site: a site that states others would weigh more than it is. `encrypted`
        counts the numbers that each reply holds as ciphertexts.

        Raises
        ------
        FederationError
            If there is none.

        """
        good = {}
        for site in self.sites:
            if site in silent and replies.get(site) == {}:
                continue
            why = _fault(site, replies, shapes, cases, encrypted)
            if why:
                self.leave_out(site, why, what)
            else:
                good[site] = dict(replies[site])
        if not good and not silent:
            raise FederationError(
                f"{what}: no reply of {', '.join(self.sites)} can be used ("
                + "; ".join(f"{site}: {why}" for site, why in self.faults)
                + ")"
            )
        return good

    def leave_out(self, site: str, why: str, what: str) -> None:
        """Write down that a site was left out of something."""
        self.faults.setdefault((site, why), []).append(what)

    def updates(
        self,
        number: int,
        replies: Mapping[str, Message],
        shapes: Mapping[str, tuple[int, ...]],
        cases: Mapping[str, Floats],
        encrypted: int = 0,
    ) -> dict[str, Message]:
        """Return the updates that can be used, and write down what each site sent."""
        good = self.usable(f"round {number}", replies, shapes, cases=cases, encrypted=encrypted)
        for site in self.sites:
            row = {"round": number, "site": site, "used": site in good}
            if site in good:
                update = good[site]
                row |= {
                    "cases": float(update["cases"][0]),
                    "loss": _loss(update, shapes["cases"]),
                    "norm": np.nan if encrypted else float(np.linalg.norm(update["update"][0])),
                    "why": "",
                }
            else:
                row["why"] = _fault(site, replies, shapes, cases, encrypted)
            self.rows.append(row)
        return good

    def moved(self, number: int, update: Floats, weights: Floats) -> None:
        """Write down how far the common weights moved.

        Raises
        ------
        FederationError
            If they are no longer finite.

        """
        if not np.isfinite(weights).all():
            rows = [row for row in self.rows if row["round"] == number and row["used"]]
            largest = max(rows, key=lambda row: row["norm"])
            raise FederationError(
                f"round {number}: the common weights are no longer finite; the largest update is "
                f"that of {largest['site']} (norm {largest['norm']:.3g}). Take aggregate='median' "
                "or 'trimmed', or a smaller rate"
            )
        self.steps.append(
            float(np.linalg.norm(update[0]) / np.maximum(np.linalg.norm(weights[0]), 1e-12))
        )

    @property
    def history(self) -> pd.DataFrame:
        """A row for each round and site."""
        return pd.DataFrame(self.rows, columns=list(HISTORY))

    @property
    def notes(self) -> list[str]:
        """A sentence for each site that could not be used, and why."""
        return [
            f"{site} was left out of {_stages(when)}: {why}."
            for (site, why), when in self.faults.items()
        ]


def _loss(update: Message, shape: tuple[int, ...]) -> float:
    """Return the loss of the set of all cases; NaN where it was not told."""
    return np.nan if fault(update, {"loss": shape}) else float(update["loss"][0])


def _fault(
    site: str,
    replies: Mapping[str, Message],
    shapes: Mapping[str, tuple[int, ...]],
    cases: Mapping[str, Floats] | None,
    encrypted: int,
) -> str:
    """Return why the reply of a site cannot be used; empty where it can."""
    return (
        fault(replies.get(site), shapes)
        or unreadable(replies[site], encrypted)
        or _miscounted(replies[site], site, cases)
    )


def _miscounted(reply: Message, site: str, cases: Mapping[str, Floats] | None) -> str:
    """Return that a reply states other cases than the sums of its site; empty where it does not."""
    if cases is None or np.array_equal(reply["cases"], cases.get(site, ())):
        return ""
    return "its cases are not those of its sums" if site in cases else "it has told no sums"


def _stages(when: list[str]) -> str:
    rounds = [each for each in when if each.startswith("round ")]
    others = list(dict.fromkeys(each for each in when if not each.startswith("round ")))
    if len(rounds) > 1:
        first, last = rounds[0], rounds[-1].removeprefix("round ")
        return ", ".join([*others, f"{len(rounds)} rounds ({first} to {last})"])
    return ", ".join([*others, *rounds])
