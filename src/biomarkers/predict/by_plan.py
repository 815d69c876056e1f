"""From two files and a plan to a judgement and a rule in a folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import pandas as pd

from biomarkers.errors import InputError, PlanError
from biomarkers.extras import load_extra
from biomarkers.files import read_toml, require_writable, sha256
from biomarkers.options import make_options
from biomarkers.predict.classes.evaluation import ClassEvaluation
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.cohort_facts import CohortFacts
from biomarkers.predict.evaluating import evaluate
from biomarkers.predict.evaluation import Evaluation
from biomarkers.predict.evaluation_file import EVALUATION, write_evaluation
from biomarkers.predict.recipes import Recipe, recipe
from biomarkers.predict.rule import Rule, fit
from biomarkers.predict.running import Progress
from biomarkers.predict.settings import Validation
from biomarkers.predict.steps.filters import Lasso, Univariate
from biomarkers.predict.steps.imputation import Impute
from biomarkers.predict.steps.stability import Stable
from biomarkers.table import read_measurements, read_participants, write_table
from biomarkers.table.cells import read_cells

SECTION = "predict"
_DEFAULTS = Validation()
# The tables of judgements of every kind.
_TABLES = tuple(dict.fromkeys(
    each.name for kind in (Evaluation, ClassEvaluation) for each in fields(kind)
    if each.type is pd.DataFrame
))  # fmt: skip


@dataclass(frozen=True)
class PredictPlan:
    """The section `[predict]` of a plan.

    Parameters
    ----------
    outcome
        A column of participants, or those of time and event.
    positive, site, blocks, horizon, classes
        As for `Cohort.from_tables`.
    model
        One of those of `recipe` by name.
    indicators
        Whether missing values are indicated.
    harmonise
        `combat`, or empty.
    stable, at_least
        A table of repeated measurements, beside the plan; and the smallest ICC that stays.
    uncorrelated
        The largest rank correlation between two features that stay.
    lasso, univariate
        How many features are selected, by which of the two.
    use
        Blocks that the recipe uses; all features where none is named.
    folds, repeats, permutations, seed
        As for `Validation`.

    Examples
    --------
    >>> from biomarkers import predict
    >>> plan = predict.PredictPlan(outcome="response", model="svm", lasso=8)
    >>> plan.recipe().select
    Lasso(at_most=8)

    """

    outcome: str | tuple[str, str] = ""
    positive: str | int | float | bool = 1
    site: str = ""
    blocks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    horizon: float | None = None
    classes: tuple[str | int | float | bool, ...] = ()
    model: str = "logistic"
    indicators: bool = True
    harmonise: str = ""
    stable: str = ""
    at_least: float = 0.75
    uncorrelated: float | None = None
    lasso: int | None = None
    univariate: int | None = None
    use: tuple[str, ...] = ()
    folds: int = _DEFAULTS.folds
    repeats: int = _DEFAULTS.repeats
    permutations: int = _DEFAULTS.permutations
    seed: int = _DEFAULTS.seed

    def __post_init__(self) -> None:
        """Refuse a plan without an outcome, or with two selections."""
        if not self.outcome:
            raise InputError("outcome: name a column of participants, or [time, event]")
        if self.lasso is not None and self.univariate is not None:
            raise InputError("lasso and univariate: choose one")

    @property
    def validation(self) -> Validation:
        """How the recipe is judged."""
        return Validation(self.folds, self.repeats, self.permutations, self.seed)

    def recipe(self, folder: Path | str = ".") -> Recipe:
        """Return the recipe; files lie in `folder`.

        Examples
        --------
        >>> from biomarkers import predict
        >>> plan = predict.PredictPlan(outcome="response", model="forest", univariate=5)
        >>> plan.recipe().select
        Univariate(at_most=5)

        """
        select: Lasso | Univariate | None = None
        if self.lasso is not None:
            select = Lasso(self.lasso)
        elif self.univariate is not None:
            select = Univariate(self.univariate)
        stable = None
        if self.stable:
            stable = Stable(_read_rows(Path(folder) / self.stable), at_least=self.at_least)
        return recipe(
            self.model, impute=Impute(indicators=self.indicators), stable=stable, select=select,
            harmonise=self.harmonise or None, uncorrelated=self.uncorrelated, blocks=self.use,
        )  # fmt: skip


def read_predict_plan(path: Path | str) -> PredictPlan:
    """Read the section `[predict]` of a plan (TOML).

    Raises
    ------
    FileError
        If the file is missing or not TOML.
    PlanError, SettingsError
        If the section is absent, or naming every key that is unknown or impossible.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers import predict
    >>> written = Path("predict.toml").write_text('''
    ... [predict]
    ... outcome = "response"
    ... model = "svm"
    ... lasso = 8
    ... blocks = { clinical = ["age"] }
    ... ''')
    >>> predict.read_predict_plan("predict.toml").blocks
    {'clinical': ('age',)}

    """
    content = read_toml(path, "a plan (TOML) with a section [predict]")
    if not isinstance(content.get(SECTION), Mapping):
        raise PlanError([f"no section [{SECTION}]; expected one with outcome = ..."], str(path))
    plan: PredictPlan = make_options(PredictPlan, content[SECTION], SECTION)
    return plan


def predict_by_plan(
    features: Path | str,
    participants: Path | str,
    *,
    plan: Path | str,
    out: Path | str,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Evaluation | ClassEvaluation:
    r"""Judge the recipe of a plan, fit it to all cases, and write both into a folder.

    Parameters
    ----------
    features, participants
        Tables (CSV, TSV, Excel, OpenDocument), as for `Cohort.from_tables`.
    plan
        A TOML file with a section `[predict]`.
    out
        Gets `performance.csv` and the other tables, `evaluation.json`, `notes.csv`, the folder
        `rule`, and `pieces`, from which an interrupted call goes on. `workflow.predict` writes a
        report besides.
    jobs, progress
        As for `evaluate`.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from pathlib import Path
    >>> from biomarkers import predict
    >>> names, truth = [f"s{number:02d}" for number in range(24)], np.tile([0, 1], 12)
    >>> rows = pd.DataFrame({"subject": names, "size": np.sin(np.arange(24)) + 2 * truth})
    >>> rows.to_csv("features.csv", index=False)
    >>> pd.DataFrame({"subject": names, "response": truth}).to_csv("people.csv", index=False)
    >>> text = "[predict]\noutcome = 'response'\nfolds = 3\nrepeats = 1\npermutations = 0\n"
    >>> plan = Path("predict.toml").write_text(text)
    >>> seen = predict.predict_by_plan("features.csv", "people.csv", plan="predict.toml", out="out")
    >>> sorted(path.name for path in Path("out").glob("*.json"))
    ['evaluation.json']

    """
    planned = carry_out(features, participants, plan=plan, out=out, jobs=jobs, progress=progress)
    return planned.seen


@dataclass(frozen=True, eq=False)
class PlannedPrediction:
    """What a plan gave: its cohort, the judgement, the rule, and the files behind them."""

    cohort: Cohort
    seen: Evaluation | ClassEvaluation
    rule: Rule
    inputs: tuple[dict[str, str], ...]


def carry_out(
    features: Path | str,
    participants: Path | str,
    *,
    plan: Path | str,
    out: Path | str,
    jobs: int,
    progress: Progress | None,
) -> PlannedPrediction:
    """Do what `predict_by_plan` says, and return all of it."""
    wanted = read_predict_plan(plan)
    load_extra("skops.io", "a saved rule")  # before the work, not after it
    folder = require_writable(out)
    cohort = cohort_of(features, participants, wanted)
    declared = wanted.recipe(Path(plan).parent)
    seen = evaluate(
        declared, cohort, settings=wanted.validation, jobs=jobs,
        checkpoint=folder / "pieces", progress=progress,
    )  # fmt: skip
    (folder / EVALUATION).unlink(missing_ok=True)  # of an earlier plan: it does not tell of these
    _write_tables(seen, folder)
    write_table(cohort.case_mix, folder / "case_mix.csv")
    write_table(pd.DataFrame({"text": seen.notes}), folder / "notes.csv")
    rule = fit(declared, cohort, seed=wanted.seed)
    rule.save(folder / "rule", seen=seen)
    files = {"features": features, "participants": participants, "plan": plan}
    if wanted.stable:
        files["repeated measurements"] = Path(plan).parent / wanted.stable
    inputs = tuple(
        {"role": role, "file": Path(path).name, "sha256": sha256(path)}
        for role, path in files.items()
    )
    write_evaluation(
        seen, folder / EVALUATION, cohort=CohortFacts.of(cohort), inputs=inputs,
        versions=rule.card["versions"],
    )  # fmt: skip
    return PlannedPrediction(cohort, seen, rule, inputs)


def _write_tables(seen: Evaluation | ClassEvaluation, folder: Path) -> None:
    """Write the tables of a judgement; remove those that an earlier one left in the folder."""
    filled = {name: table for name, table in seen.tables().items() if len(table)}
    for name in _TABLES:
        if name not in filled:
            (folder / f"{name}.csv").unlink(missing_ok=True)
    for name, table in filled.items():
        write_table(table, folder / f"{name}.csv")


def cohort_of(features: Path | str, participants: Path | str, plan: PredictPlan) -> Cohort:
    """Read the cohort of a plan from its two tables."""
    return Cohort.from_tables(
        _read_rows(Path(features)),
        read_participants(participants),
        outcome=plan.outcome,
        positive=plan.positive,
        site=plan.site or None,
        blocks=plan.blocks,
        horizon=plan.horizon,
        classes=plan.classes,
    )


def _read_rows(path: Path) -> pd.DataFrame:
    """Return measurement rows checked, a wide table as it stands."""
    cells = read_cells(path, "a table of features (CSV, TSV or Excel)")
    if {"biomarker", "value"} <= set(cells):
        if "perturbation" in cells:
            return cells.assign(value=pd.to_numeric(cells["value"], errors="coerce"))
        return read_measurements(path)
    names = ("subject", "participant_id", "lesion", "individual", "site")
    numbers = {
        str(name): pd.to_numeric(column, errors="coerce")
        for name, column in cells.items()
        if name not in names and _is_numeric(column)
    }
    return cells.assign(**numbers)


def _is_numeric(column: "pd.Series[str]") -> bool:
    filled = column[column != ""]
    return bool(pd.to_numeric(filled, errors="coerce").notna().all())
