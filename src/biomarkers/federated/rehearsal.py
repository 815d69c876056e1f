"""What would leave a site, shown to the site before anything does."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from biomarkers.federated.encryption import is_encrypted, make_key
from biomarkers.federated.ledger import Ledger
from biomarkers.federated.messages import Message
from biomarkers.federated.script import conduct
from biomarkers.federated.settings import Rounds
from biomarkers.federated.site import CohortSite
from biomarkers.federated.terms import terms_of
from biomarkers.federated.training import whole
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.nested import reached
from biomarkers.predict.recipes import Recipe

_ASK = "ask/"


def dry_run(
    given: Recipe,
    cohort: Cohort,
    *,
    site: str = "this site",
    others: Sequence[str] = ("another site",),
    settings: Rounds | None = None,
) -> pd.DataFrame:
    """Return every array that would leave a site; nothing does.

    The server of a federation in which this site alone answers is played in this process: names
    and shapes are those that would leave, and so are the sums; updates and figures would differ,
    as the common weights would.

    Parameters
    ----------
    given
        From `predict.recipe`.
    cohort
        Of the site.
    site, others
        The name of the site, and of those that take part besides.
    settings
        Rounds, aggregation, protection.

    Returns
    -------
    table
        `message` (its number), `asked`, `name`, `shape`, `values` (a row of numbers; none of what
        is encrypted, whose shape counts bytes).

    Examples
    --------
    >>> from biomarkers import federated, predict, sample_data
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> rows = table[table["day"] == 10]
    >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
    >>> left = federated.dry_run(predict.recipe("logistic"), cohort)
    >>> left["asked"].unique().tolist()
    ['sums', 'curvature', 'update', 'link', 'figures']

    """
    cases = reached(given, cohort.cases)
    terms = terms_of(given, cohort, settings)
    key = make_key() if terms.rounds.encrypted else None
    made = CohortSite(site, cases, terms, seed=(terms.rounds.seed,), key=key)
    return rehearse(made, others=others)


def rehearse(site: CohortSite, *, others: Sequence[str]) -> pd.DataFrame:
    """Return every array that would leave a site that was made; as `dry_run`."""
    listening = _Listening(site)
    ledger = Ledger((site.name, *others))
    conduct(whole(site.terms, ledger, fewest=1), {site.name: listening})
    return pd.DataFrame(listening.rows, columns=["message", "asked", "name", "shape", "values"])


class _Listening:
    """A site whose replies are written down."""

    def __init__(self, site: CohortSite) -> None:
        self.name, self._site, self._number = site.name, site, 0
        self.rows: list[tuple[int, str, str, tuple[int, ...], list[float]]] = []

    def reply(self, message: Message) -> Message:
        """Return the reply of the site, after writing it down."""
        reply = self._site.reply(message)
        self._number += 1
        asked = next(name.removeprefix(_ASK) for name in message if name.startswith(_ASK))
        for name, array in reply.items():
            values = [] if is_encrypted(name) else np.ravel(array).tolist()
            self.rows.append((self._number, asked, name, np.shape(array), values))
        return reply
