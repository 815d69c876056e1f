"""`compare`: several recipes on the same folds, paired."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.evaluating import check_fits
from biomarkers.predict.performance import Gathered, paired_gain, performance_of
from biomarkers.predict.recipes import Recipe
from biomarkers.predict.running import Progress, checkpoint_of, run_tasks
from biomarkers.predict.settings import Validation
from biomarkers.predict.tasks import Task, by_kind, make_judged
from biomarkers.stats.contrasts.multiplicity import adjust
from biomarkers.stats.drawing import Axes, forest_plot
from biomarkers.stats.shown import Shown, p_text


@dataclass(frozen=True, eq=False)
class Comparison(Shown):
    """Several recipes on the same folds.

    Parameters
    ----------
    performance
        As of `Evaluation`, a row for each recipe.
    differences
        `first, second, difference, low, high, p_value, p_adjusted` of every pair of recipes;
        adjusted after Holm.
    settings
        How they were judged.
    cohort_digest
        Of the cohort (`Cohort.digest`).

    Examples
    --------
    >>> from biomarkers import predict, sample_data
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> rows = table[table["day"] == 10]
    >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
    >>> both = {"ridge": predict.recipe("logistic"), "svm": predict.recipe("svm")}
    >>> quick = predict.Validation(folds=3, repeats=1, permutations=0)
    >>> predict.compare(both, cohort, settings=quick).differences["first"].tolist()
    ['ridge']

    """

    shows = "performance"

    performance: pd.DataFrame
    differences: pd.DataFrame
    settings: Validation
    cohort_digest: str = ""

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        measure = "concordance" if "concordance" in self.performance else "auc"
        best = self.performance.iloc[int(self.performance[measure].argmax())]
        pairs = "; ".join(
            f"{row['first']} − {row['second']} {row['difference']:+.2f}, "
            f"{p_text(row['p_adjusted'])}"
            for row in self.differences.to_dict("records")
        ).replace("-", "−")
        return (
            f"Highest in subjects held out: {best['rule']}, {measure} {best[measure]:.2f} (the "
            f"highest of several flatters). Differences: {pairs}."
        )

    def draw(self, axes: Axes) -> None:
        """Draw what each recipe is worth, with its interval."""
        measure = "concordance" if "concordance" in self.performance else "auc"
        names = {f"{measure}_low": "low", f"{measure}_high": "high"}
        forest_plot(axes, self.performance.rename(columns=names), f"{measure} (95 % interval)",
                    names=self.performance["rule"], estimate=measure, none=0.5)  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the finding and its tables as plain values."""
        return super().to_dict() | {"differences": self.differences.to_dict(orient="records")}


def compare(
    recipes: Mapping[str, Recipe],
    cohort: Cohort,
    *,
    settings: Validation | None = None,
    jobs: int = 1,
    checkpoint: Path | str | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Judge several recipes on the same folds, and test every difference.

    Parameters
    ----------
    recipes
        Two or more by name.
    cohort, settings, jobs, checkpoint, progress
        As for `evaluate`.

    Raises
    ------
    InputError
        As `evaluate`, or if there are fewer than two recipes, or several classes.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from biomarkers import predict
    >>> random = np.random.default_rng(1)
    >>> names, truth = [f"s{number:02d}" for number in range(40)], np.tile([0, 1], 20)
    >>> rows = pd.DataFrame(random.normal(size=(40, 4)), columns=list("abcd"))
    >>> rows = rows.assign(subject=names, a=rows["a"] + 2 * truth)
    >>> people = pd.DataFrame({"subject": names, "response": truth})
    >>> cohort = predict.Cohort.from_tables(rows, people, outcome="response")
    >>> both = {"ridge": predict.recipe("logistic"), "svm": predict.recipe("svm")}
    >>> quick = predict.Validation(folds=3, repeats=2, permutations=0)
    >>> predict.compare(both, cohort, settings=quick).performance["rule"].tolist()
    ['ridge', 'svm']

    """
    if len(recipes) < 2:
        raise InputError(f"recipes: found {len(recipes)}, expected two or more by name")
    if cohort.classes:
        raise InputError(
            "compare: found several classes, expected two or a time; evaluate each recipe with the "
            "same settings (their folds are then the same), and set their tables side by side"
        )
    settings = settings or Validation()
    for each in recipes.values():
        check_fits(each, cohort)
    judged = make_judged(cohort.cases, tuple(recipes.values()), settings)
    tasks = [
        *(Task(judged, "outer", number) for number in range(len(judged.outer.held_out))),
        *(Task(judged, "chance", each) for each in range(1, settings.permutations + 1)),
    ]
    folder = checkpoint_of(judged, cohort.digest, checkpoint)
    results = run_tasks(tasks, jobs=jobs, checkpoint=folder, progress=progress)
    gathered = Gathered(judged, tuple(recipes), by_kind(tasks, results))
    rows = [
        (gathered.names[a], gathered.names[b], *paired_gain(gathered, a, b))
        for a, b in combinations(range(len(recipes)), 2)
    ]
    columns = ["first", "second", "difference", "low", "high", "p_value"]
    table = pd.DataFrame(rows, columns=columns)
    adjusted = adjust(table["p_value"].to_numpy()) if table["p_value"].notna().any() else np.nan
    differences = table.assign(p_adjusted=adjusted)
    return Comparison(performance_of(gathered), differences, settings, cohort.digest)
