"""Does who goes depend on the class, or on what was last measured? Permutation tests.

If it does, those still measured are no random part, and a visit compares survivors.

Scipy's `permutation_test` knows no risk sets: who could still go at a visit, in each class.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.results.drawing import REFERENCE
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.drawing import Axes
from biomarkers.stats.inputs import require_columns
from biomarkers.stats.missingness.pattern import check_attendance
from biomarkers.stats.missingness.weighting import last_known
from biomarkers.stats.ranks import ranks_of
from biomarkers.stats.shown import Shown, p_text

_SERIES = ["biomarker", "region"]


@dataclass(frozen=True, eq=False)
class DropOut(Shown):
    """Tests of what going depends on.

    Parameters
    ----------
    tests
        One row per biomarker, region and predictor: `biomarker, region, predictor, gone, effect,
        z, p_value`. Predictor `class`: the effect is the share of positives gone by the end less
        that of negatives. Predictor `last_change`: the chance that, of two subjects of one class
        at one visit, the one who goes had the higher change before; ½ is no dependence.
    permutations
        Behind the p-values.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> status = ["measured", "gone", "measured", "measured"] * 4
    >>> attendance = pd.DataFrame({"subject": [f"{n // 2}" for n in range(16)],
    ...                            "positive": [n % 4 < 2 for n in range(16)], "biomarker": "ADC",
    ...                            "region": "tumor", "visit": ["3", "7"] * 8, "status": status})
    >>> result = stats.drop_out_tests(attendance, attendance.assign(change=0.1), permutations=199)
    >>> result.tests[["predictor", "gone"]].to_numpy().tolist()
    [['class', 4], ['last_change', 0]]

    """

    shows = "tests"

    tests: pd.DataFrame
    permutations: int = 0

    @property
    def headline(self) -> str:
        """The smallest p-value, in one sentence."""
        if self.tests["p_value"].isna().all():
            return "Nobody has gone, or too few to tell on what it depends."
        row = self.tests.sort_values("p_value").iloc[0]
        what = "class" if row["predictor"] == "class" else "last change"
        return (
            f"Going depends most on the {what} ({row['biomarker']} in {row['region']}): "
            f"{p_text(row['p_value'], self.permutations)}, effect {row['effect']:.2f}."
        )

    def draw(self, axes: Axes) -> None:
        """Draw z of each test."""
        at = -np.arange(len(self.tests))
        axes.plot(self.tests["z"], at, "o")
        axes.axvline(0, **REFERENCE)
        for limit in (-1.96, 1.96):
            axes.axvline(limit, linestyle=":", **REFERENCE)
        axes.set_yticks(at, self.tests["biomarker"] + ", " + self.tests["predictor"])
        axes.set(xlabel="z (dotted: ± 1.96)", ylim=(0.5 - len(at), 0.5))


def drop_out_tests(
    attendance: pd.DataFrame, changes: pd.DataFrame, *, permutations: int = 9999, seed: int = 1
) -> DropOut:
    """Test whether going depends on the class or on the last change measured.

    Parameters
    ----------
    attendance, changes
        As in `results.TABLES`, visits in order.
    permutations, seed
        Number of permutations, and their seed.

    Notes
    -----
    Class: the log-rank test in discrete time; labels are permuted. Last change: at each visit
    and in each class, the ranks of those who go among those who could, summed; who goes is
    permuted there. z is by the hypergeometric variance, p by permutation, two-sided.

    Raises
    ------
    InputError
        If a column is absent.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> status = ["measured", "gone", "measured", "measured"] * 4  # every positive goes
    >>> attendance = pd.DataFrame({"subject": [f"{n // 2}" for n in range(16)],
    ...                            "positive": [n % 4 < 2 for n in range(16)], "biomarker": "ADC",
    ...                            "region": "tumor", "visit": ["3", "7"] * 8, "status": status})
    >>> result = stats.drop_out_tests(attendance, attendance.assign(change=0.1), permutations=999)
    >>> round(float(result.tests["effect"][0]), 3), bool(result.tests["p_value"][0] < 0.05)
    (1.0, True)

    """
    check_attendance(attendance)
    require_columns(changes, ["subject", *_SERIES, "visit", "change"], "changes")
    rows = []
    for (biomarker, region), mine in attendance.groupby(_SERIES, sort=False):
        gone, values, positive = _arranged(mine, changes, str(biomarker), str(region))
        random = np.random.default_rng(seed)
        for test in (
            _by_class(gone, positive, permutations, random),
            _by_last_change(gone, values, positive, permutations, random),
        ):
            rows.append({"biomarker": biomarker, "region": region, **test})
    return DropOut(pd.DataFrame(rows), permutations)


def _arranged(
    mine: pd.DataFrame, changes: pd.DataFrame, biomarker: str, region: str
) -> tuple[Bools, Floats, Bools]:
    """Return gone and changes, subjects × visits, and the classes."""
    visits = list(dict.fromkeys(mine["visit"]))
    wide = mine.pivot(index="subject", columns="visit", values="status")[visits]  # noqa: PD010
    here = changes[(changes["biomarker"] == biomarker) & (changes["region"] == region)]
    values = here.pivot(index="subject", columns="visit", values="change")  # noqa: PD010
    values = values.reindex(index=wide.index, columns=visits)
    positive = mine.drop_duplicates("subject").set_index("subject")["positive"]
    return (
        (wide == "gone").to_numpy(),
        values.to_numpy(dtype=float),
        positive.reindex(wide.index).to_numpy(dtype=bool),
    )


def _risk_sets(gone: Bools) -> Iterator[tuple[int, Bools, Bools]]:
    """Give each visit at which somebody goes, who could have, and who did."""
    for visit in range(1, gone.shape[1]):
        could = ~gone[:, visit - 1]
        went = could & gone[:, visit]
        if went.any() and not went[could].all():
            yield visit, could, went


def _by_class(
    gone: Bools, positive: Bools, permutations: int, random: np.random.Generator
) -> dict[str, Any]:
    last = gone[:, -1]
    share = last[positive].mean() - last[~positive].mean()
    test = {"predictor": "class", "gone": int(last.sum()), "effect": float(share)}
    labels = np.repeat(positive[:, None].astype(float), permutations + 1, axis=1)
    labels[:, 1:] = random.permuted(labels[:, 1:], axis=0)
    score, variance = np.zeros(permutations + 1), np.zeros(permutations + 1)
    for _, could, went in _risk_sets(gone):
        size, left = could.sum(), went.sum()
        part = labels[could].mean(axis=0)
        score += labels[went].sum(axis=0) - left * part
        variance += left * part * (1 - part) * (size - left) / max(size - 1, 1)
    return test | _judged(score, variance)


def _by_last_change(
    gone: Bools,
    values: Floats,
    positive: Bools,
    permutations: int,
    random: np.random.Generator,
) -> dict[str, Any]:
    last = last_known(values)
    score, variance = np.zeros(permutations + 1), 0.0
    won, pairs, count = 0.0, 0, 0
    for visit, could, went in _risk_sets(gone):
        for side in (positive, ~positive):
            there = could & side
            left, size = int((went & side).sum()), int(there.sum())
            if not 0 < left < size:
                continue
            ranks = ranks_of(last[there, visit])
            mine = ranks[went[there]].sum()
            won += mine - left * (left + 1) / 2
            pairs += left * (size - left)
            count += left
            drawn = random.permuted(np.tile(ranks, (permutations, 1)), axis=1)[:, :left].sum(axis=1)
            score += np.concatenate([[mine], drawn]) - left * (size + 1) / 2
            variance += left * (size - left) / size * float(ranks.var(ddof=1))
    effect = won / pairs if pairs else float("nan")
    test = {"predictor": "last_change", "gone": count, "effect": effect}
    return test | _judged(score, np.full(permutations + 1, variance))


def _judged(score: Floats, variance: Floats) -> dict[str, float]:
    """Return z and the permutation p; the first score is the observed one."""
    if not variance[0] > 0:
        return {"z": float("nan"), "p_value": float("nan")}
    z = np.divide(score, np.sqrt(variance), out=np.zeros_like(score), where=variance > 0)
    reached = np.abs(z) >= abs(z[0]) * (1 - 1e-9)
    return {"z": float(z[0]), "p_value": float(reached.mean())}
