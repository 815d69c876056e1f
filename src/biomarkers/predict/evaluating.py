"""`evaluate`: an unfitted recipe and a whole cohort in, what the recipe is worth out."""

from collections.abc import Sequence
from pathlib import Path

from biomarkers.errors import InputError
from biomarkers.predict.classes.evaluating import class_evaluation
from biomarkers.predict.classes.evaluation import ClassEvaluation
from biomarkers.predict.classes.performance import ClassesGathered
from biomarkers.predict.classes.tasks import do_classes
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.evaluation import Evaluation
from biomarkers.predict.models.cox import Cox
from biomarkers.predict.models.model import Model, classes_of, takes_arrays
from biomarkers.predict.performance import Gathered, figures
from biomarkers.predict.recipes import MODELS, Recipe, recipe
from biomarkers.predict.running import Progress, checkpoint_of, run_tasks
from biomarkers.predict.settings import Validation
from biomarkers.predict.sites import site_scores
from biomarkers.predict.steps.stability import Stable
from biomarkers.predict.tasks import by_kind, do, make_judged, tasks_of
from biomarkers.predict.traps import notes_of
from biomarkers.stats.words import listed

BASELINES = ("clinical", "volume")


def evaluate(
    given: Recipe,
    cohort: Cohort,
    *,
    settings: Validation | None = None,
    jobs: int = 1,
    checkpoint: Path | str | None = None,
    progress: Progress | None = None,
) -> Evaluation | ClassEvaluation:
    """Judge a recipe in subjects that it has not seen.

    A cohort of several classes gives a `ClassEvaluation`: each class against the rest, by any
    model that knows two, its steps fitted anew for each; or by one that knows several.

    Parameters
    ----------
    given
        From `recipe`, unfitted. All of it is fitted anew in every training set.
    cohort
        All cases; there is no way to hand in what was prepared on all of them.
    settings
        Folds, repeats, permutations, seed.
    jobs
        Processes; the result is the same for any number. A script that takes several does so below
        ``if __name__ == "__main__":``.
    checkpoint
        A folder that keeps every piece as it is done, and gives it back to the next call.
    progress
        Called with the pieces done, all pieces, and what the last one was.

    Notes
    -----
    Repeated nested cross-validation, stratified by outcome, sites spread over the folds, subjects
    whole in outer and inner folds. The AUC counts pairs held out by the same model. Outcomes are
    permuted among subjects, within sites. Intervals are Newcombe's with both class sizes divided
    by the ratio of the variance under permuted outcomes to that of a given marker's AUC, not less
    than 1; those of sensitivity, specificity, the ROC curve (Wilson's) and calibration (Wald's)
    count cases so, too. A gain over a baseline has the variance of DeLong's (or Obuchowski's)
    paired components, times the like ratio.

    Raises
    ------
    InputError
        If model and outcome do not fit each other, a block of the recipe is none of the cohort, or
        a step cannot be done in a training set.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from biomarkers import predict
    >>> random = np.random.default_rng(1)
    >>> names, truth = [f"s{number:02d}" for number in range(40)], np.tile([0, 1], 20)
    >>> rows = pd.DataFrame(random.normal(size=(40, 4)), columns=list("abcd"))
    >>> rows = rows.assign(subject=names, a=rows["a"] + 2 * truth)  # a knows the outcome
    >>> people = pd.DataFrame({"subject": names, "response": truth})
    >>> cohort = predict.Cohort.from_tables(rows, people, outcome="response")
    >>> quick = predict.Validation(folds=3, repeats=2, permutations=19)
    >>> seen = predict.evaluate(predict.recipe("logistic"), cohort, settings=quick)
    >>> seen.performance["rule"].tolist(), bool(seen.performance["auc"][0] > 0.75)
    (['recipe', 'intercept'], True)

    """
    settings = settings or Validation()
    check_fits(given, cohort)
    recipes = (given, *baselines(cohort).values())
    judged = make_judged(cohort.cases, recipes, settings)
    names = ("recipe", *(f"{block} only" for block in baselines(cohort)))
    folder = checkpoint_of(judged, cohort.digest, checkpoint)
    tasks = tasks_of(judged)
    work = do_classes if cohort.classes else do
    results = run_tasks(tasks, jobs=jobs, checkpoint=folder, progress=progress, work=work)
    pieces = by_kind(tasks, results)
    told = site_scores(judged) if judged.cases.has_sites else float("nan")
    if cohort.classes:
        several = ClassesGathered(judged, names, pieces)
        return class_evaluation(cohort, several, told, lacking=_lacking(cohort))
    gathered = Gathered(judged, names, pieces)
    made = figures(gathered)
    notes = notes_of(cohort, given, gathered, made, told, lacking=_lacking(cohort))
    return Evaluation(
        recipe=given, settings=settings, site_auc=told, notes=notes, cohort_digest=cohort.digest,
        **made,
    )  # fmt: skip


def check_fits(given: Recipe, cohort: Cohort) -> None:
    """Refuse a recipe that is none, or that does not fit the outcome or the blocks."""
    if not isinstance(given, Recipe):
        raise InputError(
            f"recipe: found {type(given).__name__}; expected predict.recipe(...), unfitted"
        )
    absent = [block for block in given.blocks if not cohort.blocks.get(block)]
    if absent:
        known = ", ".join(cohort.blocks) or "none"
        raise InputError(f"blocks: the cohort has no {', '.join(absent)}; its blocks: {known}")
    check_looked_at(given, cohort)
    _check_classes(given, cohort)
    if isinstance(given.stable, Stable):
        given.stable.check_names(cohort.subject)
    kind = next((name for name, each in MODELS.items() if each == given.model), "this model")
    if isinstance(given.model, Cox) and cohort.time is None:
        raise InputError(f"{kind}: needs outcome=(time, event), found a class")
    if _knows_classes_only(given.model) and cohort.time is not None:
        raise InputError(
            f"{kind}: needs a class, found a time; take 'cox', or cut the time with horizon="
        )


def check_looked_at(given: Recipe, cohort: Cohort) -> None:
    """Refuse a recipe without a feature to learn from, or whose arrays the cohort has not."""
    if not takes_arrays(given.model):
        if not cohort.features.shape[1]:
            raise InputError("rows: found no feature; expected a column of numbers for each")
        return
    absent = [name for name in given.model.arrays if name not in cohort.arrays]
    if absent:
        known = ", ".join(cohort.arrays) or "none"
        raise InputError(
            f"the cohort has no array {listed(absent)}; its arrays: {known} (see with_array)"
        )
    given.model.features_of(cohort.cases.of_blocks(given.blocks))


def _check_classes(given: Recipe, cohort: Cohort) -> None:
    """Refuse a model of several classes that are not the cohort's, or a selection before it."""
    classes = classes_of(given.model)
    if not classes:
        return
    kind = type(given.model).__name__
    if classes != cohort.classes:
        raise InputError(
            f"{kind}: tells classes {listed(classes)}, the cohort has "
            f"{listed(cohort.classes) or 'two'}; expected the same in the same order "
            "(Cohort.from_tables(..., classes=...))"
        )
    if given.select is not None:
        raise InputError(
            f"select: {type(given.select).__name__} looks at one class against the rest, and "
            f"{kind} tells all at once; leave select out"
        )


def _knows_classes_only(model: Model) -> bool:
    return not isinstance(model, Cox) and not getattr(model, "survival", False)


def baselines(cohort: Cohort) -> dict[str, Recipe]:
    """Return a recipe for each block of the cohort alone."""
    plain = recipe("logistic" if cohort.time is None else "cox")
    return {block: plain.only(block) for block, names in cohort.blocks.items() if names}


def _lacking(cohort: Cohort) -> Sequence[str]:
    return [block for block in BASELINES if not cohort.blocks.get(block)]
