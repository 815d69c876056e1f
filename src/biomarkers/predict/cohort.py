"""A cohort: cases with features, an outcome, and whose they are."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.predict.cases import Cases, Names
from biomarkers.predict.cohort_arrays import ArraysByCase, joined_array
from biomarkers.predict.cohort_tables import (
    Joined,
    OutcomeColumns,
    check_kinds,
    join_tables,
)
from biomarkers.stats.arrays import Bools, Floats, Whole


@dataclass(frozen=True, eq=False)
class Cohort:
    """Cases, a row per lesion or animal; made by `Cohort.from_tables`.

    Parameters
    ----------
    features
        Cases × features, numbers; NaN is missing.
    subject, lesion, site
        Of each case; empty text where there is none.
    positive
        The class of each case; with `time`, whether observation ended in the event.
    time
        Of the event or of the last observation; None where the outcome is a class.
    outcome
        The column, or the columns of time and event.
    blocks
        Names of features by block, `clinical` and `volume` among them: each makes a baseline.
    made
        How features were made, where the rows say so: unit and digest of the settings, by name.
    notes
        Who was left out, and why; what is missing at a whole site.
    facts
        Names of the features that came from participants: no image values, whatever their block.
    words
        Columns of words of participants that stand in a block, of which indicators are made.
    arrays
        Images, spectra or courses by name, each cases × whatever; from `with_array`.
    labels, classes
        With several classes the place of each case's class among their names, and `positive` is
        the first against the rest; else None and no name.
    positive_is
        What positive cases have, in words: `response = 1`; empty with several classes.
    row_subject
        The subject that the rows name, where their `individual` says whose each case is; else None.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import predict
    >>> rows = pd.DataFrame({"subject": list("abcdef"), "size": [1.0, 2, 3, 4, 5, 6]})
    >>> people = pd.DataFrame({"subject": list("abcdef"), "response": [0, 0, 0, 1, 1, 1]})
    >>> predict.Cohort.from_tables(rows, people, outcome="response")
    Cohort of 6 cases (6 subjects), 1 feature; response: 3 positive, 3 negative

    """

    features: pd.DataFrame
    subject: Names
    lesion: Names
    site: Names
    positive: Bools
    time: Floats | None
    outcome: OutcomeColumns
    blocks: Mapping[str, tuple[str, ...]]
    made: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    words: "Mapping[str, pd.Series[str]]" = field(default_factory=dict)
    arrays: Mapping[str, Floats] = field(default_factory=dict)
    labels: Whole | None = None
    classes: tuple[str, ...] = ()
    positive_is: str = ""
    row_subject: Names | None = None

    @classmethod
    def from_tables(
        cls,
        rows: pd.DataFrame,
        participants: pd.DataFrame,
        *,
        outcome: OutcomeColumns,
        positive: object = 1,
        site: str | None = None,
        blocks: Mapping[str, Sequence[str]] | None = None,
        horizon: float | None = None,
        classes: Sequence[object] = (),
    ) -> "Cohort":
        """Join features and participants into cases.

        Parameters
        ----------
        rows
            Measurement rows of one day, whose regions are the lesions of a subject; or a wide
            table, a row a case: `subject`, where there are such `lesion` and the site, and a
            column a feature. What of these is the outcome must agree with the participants.
        participants
            One row per subject, with the outcome and what is known clinically.
        outcome
            A column of participants with two kinds of values; or those of time and event.
        positive
            What the outcome holds in positives (1 is also true).
        site
            A column of either table: where a case was measured.
        blocks
            Names of columns of either table. Columns of participants are features only if they
            stand in a block; one of words becomes an indicator for each word but the first.
        horizon
            With time and event: positive is the event up to here. Who was censored before is left
            out, and named.
        classes
            The values of `outcome` that are told apart, in this order, where two kinds do not do:
            `positive` is then not looked at, and cases of another value or of none are left out,
            and named. The outcome may also stand in the rows, as a subject may have cases of
            several classes (tissues): it stays in one fold with all of them.

        Raises
        ------
        InputError
            If a column is absent or no number, a case stands twice, rows hold several days or
            perturbations, the outcome differs between the tables or has not two kinds, a subject
            lies at two sites, or a class has fewer than 3 subjects.
        TableError
            If the tables have no subject in common, or spell one in two ways.

        Examples
        --------
        >>> import pandas as pd
        >>> from biomarkers import predict
        >>> rows = pd.DataFrame({"subject": list("aabcdef"), "lesion": list("1211111"),
        ...                      "size": [1.0, 2, 2, 3, 4, 5, 6]})
        >>> people = pd.DataFrame({"subject": list("abcdefg"), "age": range(50, 57),
        ...                        "response": [0, 0, 0, 1, 1, 1, 1]})
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="response",
        ...                                     blocks={"clinical": ["age"]})
        >>> list(cohort.features), len(cohort)
        (['size', 'age'], 7)

        """
        joined = join_tables(
            Joined(rows, participants, outcome, positive, site, blocks or {}, horizon, classes)
        )
        return cls(**joined)

    def with_array(self, name: str, arrays: ArraysByCase, *, made: str = "") -> "Cohort":
        """Return the cohort with an array for each case; cases without one are left out, by name.

        Parameters
        ----------
        name
            What models ask for it by.
        arrays
            By (subject, lesion), never by position; by the subject where it has one case. With
            `individual` by the subject and lesion of the rows, or by `subject` and `lesion` of the
            cohort. All of one shape; NaN is missing (a slice, a day). One that is NaN throughout is
            none.
        made
            How they were made; a rule refuses a cohort where they were made in another way.

        Raises
        ------
        InputError
            If the name is taken, no array is of a case, shapes differ, an array is not of finite
            real numbers and NaN, or a key is not of one case.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from biomarkers import predict
        >>> names = list("abcdefg")
        >>> rows = pd.DataFrame({"subject": names, "lesion": "1", "size": range(7)})
        >>> people = pd.DataFrame({"subject": names, "response": [0, 0, 0, 1, 1, 1, 1]})
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="response")
        >>> stacks = {(name, "1"): np.ones((9, 8, 8)) for name in "abcdef"}
        >>> cohort = cohort.with_array("t1c", stacks)
        >>> cohort.arrays["t1c"].shape, cohort.notes
        ((6, 9, 8, 8), ('Left out, no array t1c: g, lesion 1.',))

        """
        outcomes = (self.outcome,) if isinstance(self.outcome, str) else self.outcome
        taken = {*self.arrays, *self.features, *outcomes}
        if not isinstance(name, str) or not name or name in taken:
            raise InputError(
                f"name: found {name!r}; expected one that no array or feature has, nor the outcome"
            )
        cases = list(zip(self.subject.tolist(), self.lesion.tolist(), strict=True))
        array, known, notes = joined_array(cases, self._row_cases or cases, name, arrays)
        kept = self._of_cases(np.flatnonzero(known))
        return replace(
            kept,
            arrays={**kept.arrays, name: array[known]},
            made={**self.made, name: made} if made else self.made,
            notes=(*self.notes, *notes),
        )

    @property
    def _row_cases(self) -> list[tuple[str, str]]:
        """Subject and lesion of each case as the rows name them; none without `individual`."""
        if self.row_subject is None:
            return []
        return [
            (subject, lesion.removeprefix(subject).removeprefix("/"))
            for subject, lesion in zip(self.row_subject.tolist(), self.lesion.tolist(), strict=True)
        ]

    def _of_cases(self, rows: Whole) -> "Cohort":
        """Return a cohort of some of its cases; an InputError if a class is left with too few."""
        labels = None if self.labels is None else self.labels[rows]
        check_kinds(self.subject[rows], self.positive[rows], labels, self.classes)
        words = {name: told.iloc[rows].reset_index(drop=True) for name, told in self.words.items()}
        return replace(
            self,
            features=self.features.iloc[rows].reset_index(drop=True),
            subject=self.subject[rows],
            lesion=self.lesion[rows],
            row_subject=None if self.row_subject is None else self.row_subject[rows],
            site=self.site[rows],
            positive=self.positive[rows],
            time=None if self.time is None else self.time[rows],
            words=words,
            arrays={name: array[rows] for name, array in self.arrays.items()},
            labels=labels,
        )

    def __len__(self) -> int:
        return len(self.positive)

    def __repr__(self) -> str:
        width = self.features.shape[1]
        arrays = "".join(f", array {name}" for name in self.arrays)
        name = self.outcome if isinstance(self.outcome, str) else ", ".join(self.outcome)
        return (
            f"Cohort of {len(self)} cases ({self.n_subjects} subjects), {width} "
            f"feature{'' if width == 1 else 's'}{arrays}; {name}: {self._counts}"
        )

    @property
    def _counts(self) -> str:
        """How many cases there are of each kind."""
        if self.labels is not None:
            counts = zip(self.cases.class_sizes, self.classes, strict=True)
            return ", ".join(f"{number} {name}" for number, name in counts)
        kinds = ("positive", "negative") if self.time is None else ("events", "censored")
        return f"{self.positive.sum()} {kinds[0]}, {(~self.positive).sum()} {kinds[1]}"

    @property
    def n_subjects(self) -> int:
        """How many subjects the cases are of."""
        return len(np.unique(self.subject))

    @property
    def cases(self) -> Cases:
        """The cohort as arrays.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> cohort.cases.names, cohort.cases.features.shape
        (('Ktrans', 'volume'), (16, 2))

        """
        return Cases(
            features=self.features.to_numpy(dtype=float),
            names=tuple(map(str, self.features)),
            positive=self.positive,
            time=self.time,
            subject=self.subject,
            site=self.site,
            blocks=self.blocks,
            everyone=frozenset(self.subject.tolist()),
            facts=self.facts,
            arrays=self.arrays,
            labels=self.labels,
            classes=self.classes,
        )

    @property
    def case_mix(self) -> pd.DataFrame:
        """What the cases are like.

        `feature, block, made, missing, mean, sd, low, high, positive_mean, negative_mean`: missing
        is a share; of several blocks the first is named. With several classes `mean NAME` of each
        stands for the means of positives and negatives.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> cohort.case_mix[["feature", "missing"]].to_numpy().tolist()
        [['Ktrans', 0.0], ['volume', 0.0]]

        """
        values = self.features
        block = {
            name: each for each, names in reversed(list(self.blocks.items())) for name in names
        }
        table = pd.DataFrame(
            {
                "missing": values.isna().mean(), "mean": values.mean(), "sd": values.std(ddof=1),
                "low": values.min(), "high": values.max(),
                **{name: values[rows].mean() for name, rows in self._kinds.items()},
            }
        )  # fmt: skip
        names = list(map(str, values))
        table.insert(0, "feature", names)
        table.insert(1, "block", [block.get(name, "") for name in names])
        table.insert(2, "made", [self.made.get(name, "") for name in names])
        return table.reset_index(drop=True)

    @property
    def _kinds(self) -> dict[str, Bools]:
        """The cases of each kind, by the name of their mean."""
        if self.labels is None:
            return {"positive_mean": self.positive, "negative_mean": ~self.positive}
        return {f"mean {name}": self.labels == place for place, name in enumerate(self.classes)}

    @property
    def digest(self) -> str:
        """SHA-256 of all that a judgement hangs on.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> len(cohort.digest)
        64

        """
        text = hashlib.sha256(
            repr((list(self.features), dict(self.blocks), dict(self.made), self.facts)).encode()
        )
        for part in (self.features.to_numpy(dtype=float), self.positive, self.time):
            text.update(b"" if part is None else np.ascontiguousarray(part).tobytes())
        for names in (self.subject, self.lesion, self.site):
            text.update("\0".join(names).encode())
        for name, array in self.arrays.items():
            text.update(repr((name, array.shape)).encode() + array.tobytes())
        if self.labels is not None:
            text.update(repr((self.classes, self.labels.tolist())).encode())
        return text.hexdigest()
