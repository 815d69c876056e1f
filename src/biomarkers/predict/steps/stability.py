"""Features that hold still where the lesion does: perturbations, or test and retest."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.predict.cases import Cases, Names, subject_names
from biomarkers.predict.steps.step import Kept
from biomarkers.stats.agreement.icc import agreement_of_single_ratings, icc
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.inputs import require_columns
from biomarkers.stats.words import listed
from biomarkers.table import CLUSTER

_FEWEST = 10  # lesions
# Columns that may tell the repeated measurements of a lesion apart, in this order.
_RATERS = ("perturbation", "session", "day")
_WHOSE = (CLUSTER, "subject", "lesion", "region")


class TooFewLesionsError(InputError):
    """A training set has too few lesions that were measured again."""


@dataclass(frozen=True, eq=False)
class Stable:
    """Keep the features whose repeated measurements agree: ICC(A,1).

    Rows of subjects of the cohort count only where these are in the training set, rows of other
    subjects always: the step tells by the subjects' names, spelled as those of the cohort
    (`individual`, where each lesion is a subject of its own). A feature that was measured again in
    fewer than 10 lesions stays unjudged; clinical columns are not judged.

    Parameters
    ----------
    rows
        Repeated measurements: measurement rows (`biomarker`, `value`), or a column a feature;
        with `subject`, `lesion` or `region` where there are several, and a column `perturbation`
        (or `session`, `day`) that tells the repetitions apart.
    at_least
        The smallest ICC(A,1) that stays.

    Raises
    ------
    InputError
        If a column is absent, or fewer than 10 lesions were measured twice or more.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from biomarkers import predict
    >>> lesion, time = np.repeat(np.arange(12), 2), np.tile([1, 2], 12)
    >>> rows = pd.DataFrame({"subject": lesion, "perturbation": time, "volume": lesion + 0.1 * time,
    ...                      "noise": np.sin(7.0 * np.arange(24))})
    >>> stable = predict.Stable(rows, at_least=0.75)
    >>> stable.table()[["feature", "stable"]].to_numpy().tolist()
    [['volume', True], ['noise', False]]

    """

    rows: pd.DataFrame = field(repr=False)
    at_least: float = 0.75
    _ratings: Floats = field(init=False, repr=False)
    _names: tuple[str, ...] = field(init=False, repr=False)
    _subjects: Names = field(init=False, repr=False)
    _known: dict[bytes, Floats] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Arrange the rows as features × lesions × repetitions."""
        if not 0 < self.at_least < 1:
            raise InputError(f"at_least: found {self.at_least}, expected between 0 and 1")
        ratings, names, subjects = _arranged(self.rows)
        _check_lesions(len(subjects))
        made = {"_ratings": ratings, "_names": names, "_subjects": subjects, "_known": {}}
        for name, value in made.items():
            object.__setattr__(self, name, value)

    def lacking(self, names: Sequence[str]) -> list[str]:
        """Return which of some features were never measured again, and so are not judged.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from biomarkers import predict
        >>> lesion, time = np.repeat(np.arange(12), 2), np.tile([1, 2], 12)
        >>> rows = {"subject": lesion, "perturbation": time, "volume": lesion + 0.1 * time}
        >>> predict.Stable(pd.DataFrame(rows)).lacking(["volume", "Ktrans"])
        ['Ktrans']

        """
        again = self._again().sum(axis=1)
        known = {name for name, count in zip(self._names, again, strict=True) if count}
        return [name for name in names if name not in known]

    def scarce(self, cases: Cases) -> set[str]:
        """Return the features that too few lesions of a training set and of others judge.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> lesion, time = np.repeat(np.arange(12), 2), np.tile([1, 2], 12)
        >>> again = pd.DataFrame({"subject": lesion, "perturbation": time, "volume": lesion + time})
        >>> again["Ktrans"] = again["volume"].where(lesion < 5)
        >>> predict.Stable(again).scarce(cohort.cases)
        {'Ktrans'}

        """
        counts = self._again()[:, self._counted(cases)].sum(axis=1)
        return {
            name for name, count in zip(self._names, counts, strict=True) if 0 < count < _FEWEST
        }

    @property
    def digest(self) -> str:
        """SHA-256 of the rows.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from biomarkers import predict
        >>> lesion, time = np.repeat(np.arange(12), 2), np.tile([1, 2], 12)
        >>> rows = {"subject": lesion, "perturbation": time, "volume": lesion + 0.1 * time}
        >>> stable = predict.Stable(pd.DataFrame(rows))
        >>> len(stable.digest)
        64

        """
        text = repr((self._names, self._subjects.tolist())).encode()
        return hashlib.sha256(text + self._ratings.tobytes()).hexdigest()

    def fit(self, cases: Cases) -> Kept:
        """Choose by the rows of training subjects and of those outside the cohort.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> lesion, time = np.repeat(np.arange(12), 2), np.tile([1, 2], 12)
        >>> again = {"subject": lesion, "perturbation": time, "volume": np.sin(np.arange(24.0))}
        >>> predict.Stable(pd.DataFrame(again)).fit(cohort.cases).places.tolist()  # Ktrans stays
        [0]

        """
        agreement = self._agreement(self._counted(cases))
        known = dict(zip(self._names, agreement, strict=True))
        judged = [
            not image or not known.get(name, 1.0) < self.at_least
            for name, image in zip(cases.names, cases.images, strict=True)
        ]
        if not any(judged):
            raise InputError(
                f"no feature has an ICC(A,1) of {self.at_least:g} or more; lower at_least"
            )
        return Kept(np.flatnonzero(judged))

    def table(self) -> pd.DataFrame:
        """Return `feature, icc, low, high, stable` over all rows, by `stats.icc`.

        Those of a feature that fewer than 10 lesions judge are NaN.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from biomarkers import predict
        >>> lesion, time = np.repeat(np.arange(12), 2), np.tile([1, 2], 12)
        >>> rows = {"subject": lesion, "perturbation": time, "volume": lesion + 0.1 * time}
        >>> stable = predict.Stable(pd.DataFrame(rows))
        >>> stable.table()["stable"].tolist()
        [True]

        """
        rows = []
        agreement = self._agreement(np.ones(len(self._subjects), dtype=bool))
        for name, ratings, known in zip(self._names, self._ratings, agreement, strict=True):
            count, times = ratings.shape
            table = pd.DataFrame(
                {
                    "subject": np.repeat(np.arange(count), times),
                    "rater": np.tile(np.arange(times), count),
                    "value": ratings.ravel(),
                }
            )
            limits = [np.nan] * 3
            if not np.isnan(known):
                limits = icc(table)["ICC(A,1)"][["icc", "low", "high"]].tolist()
            rows.append((name, *limits))
        table = pd.DataFrame(rows, columns=["feature", "icc", "low", "high"])
        return table.assign(stable=table["icc"] >= self.at_least)

    def check_names(self, subjects: Names) -> None:
        """Refuse lesions named as subjects: rows of held-out subjects would count."""
        lesions = sorted(
            {
                name
                for name in set(self._subjects.tolist()) - set(subjects.tolist())
                if name.partition("/")[0] in subjects
            }
        )
        if lesions:
            raise InputError(
                f"stable: {listed(lesions)} look like lesions of subjects of the cohort; name the "
                f"subject of each in a column {CLUSTER}"
            )

    def _counted(self, cases: Cases) -> Bools:
        """Return which lesions are of a training set or of no subject of its cohort."""
        held_out = cases.everyone - set(cases.subject.tolist())
        return np.array([subject not in held_out for subject in self._subjects])

    def _again(self) -> Bools:
        """Return in which lesions each feature was measured twice or more."""
        return np.asarray((~np.isnan(self._ratings)).sum(axis=2) > 1)

    def _agreement(self, counted: Bools) -> Floats:
        """Return the ICC of each feature over some lesions; NaN where these are few or alike."""
        key = counted.tobytes()
        if key not in self._known:
            _check_lesions(int(counted.sum()))
            enough = self._again()[:, counted].sum(axis=1) >= _FEWEST
            self._known[key] = np.full(len(enough), np.nan)
            ratings = self._ratings[enough][:, counted]
            self._known[key][enough] = agreement_of_single_ratings(ratings)
        return self._known[key]


def _arranged(rows: pd.DataFrame) -> tuple[Floats, tuple[str, ...], Names]:
    """Return features × lesions × repetitions, the features, and whose each lesion is."""
    rows = rows.rename(columns={"participant_id": "subject"})
    require_columns(rows, ["subject"], "stable")
    rows = rows.assign(
        **{name: subject_names(rows[name]) for name in ("subject", CLUSTER) if name in rows}
    )
    rater = next((name for name in _RATERS if name in rows and len(set(rows[name])) > 1), None)
    if rater is None:
        raise InputError(f"stable: no column of {', '.join(_RATERS)} tells repetitions apart")
    whose = [name for name in _WHOSE if name in rows]
    if {"biomarker", "value"} <= set(rows):
        _check_single(rows, [*whose, rater, "biomarker"])
        cells = rows.pivot(  # noqa: PD010
            index=[*whose, rater], columns="biomarker", values="value"
        )
        rows = cells.reset_index()
    _check_single(rows, [*whose, rater])
    numbers = rows.drop(columns=[*whose, *_RATERS], errors="ignore").select_dtypes("number")
    if numbers.empty:
        raise InputError("stable: found no feature; expected a column of numbers for each")
    lesion = rows.groupby(whose, sort=True).ngroup().to_numpy()
    again = pd.factorize(rows[rater], sort=True)[0]
    ratings = np.full((numbers.shape[1], lesion.max() + 1, again.max() + 1), np.nan)
    ratings[:, lesion, again] = numbers.to_numpy(dtype=float).T
    there = ~np.isnan(ratings)
    several = (there.any(axis=0).sum(axis=1) > 1).astype(bool)
    subjects = rows[whose[0]].groupby(lesion).first().to_numpy(dtype=str)
    return ratings[:, several], tuple(map(str, numbers)), subjects[several]


def _check_single(rows: pd.DataFrame, key: list[str]) -> None:
    twice = rows[rows.duplicated(key)]
    if len(twice):
        first = ", ".join(f"{name} {twice[name].iloc[0]}" for name in key)
        raise InputError(f"stable: {first} stands twice; expected each repetition once")


def _check_lesions(count: int) -> None:
    if count < _FEWEST:
        raise TooFewLesionsError(
            f"stable: found {count} lesions measured again in a training set and outside the "
            f"cohort; expected {_FEWEST} or more"
        )
