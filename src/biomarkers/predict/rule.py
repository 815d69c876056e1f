"""A rule: a recipe fitted to a whole cohort, kept as JSON and skops, and never as a pickle."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special

from biomarkers.errors import InputError
from biomarkers.extras import load_extra
from biomarkers.files import replacing, sha256, write_json, write_text
from biomarkers.predict.cases import Cases
from biomarkers.predict.classes.evaluation import ClassEvaluation
from biomarkers.predict.classes.training import TrainedClasses, train_classes
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.evaluating import check_fits
from biomarkers.predict.evaluation import Evaluation
from biomarkers.predict.model_card import as_markdown
from biomarkers.predict.nested import Trained, reached, train
from biomarkers.predict.recipes import Recipe
from biomarkers.predict.rule_features import (
    case_mix,
    check_arrays,
    check_made,
    check_range,
    subject_hash,
    versions,
    with_indicators,
)
from biomarkers.predict.saved import FORMAT, check_features, read_card, read_trained
from biomarkers.predict.splits import folds_of
from biomarkers.predict.storage import as_plain
from biomarkers.predict.weights import (
    kept,
    load_room,
    made_in,
    parts_of,
    refuse_pickle,
    with_weights,
    write_weights,
)
from biomarkers.stats.arrays import Floats
from biomarkers.stats.words import listed

CARD, MODEL, READABLE = "rule.json", "model.skops", "card.md"
_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Rule:
    """A fitted recipe; made by `fit`, or by `load`.

    Parameters
    ----------
    trained
        Steps, model, threshold.
    card
        What is known of it: `features` by name (mean, sd, low, high, missing, how made), the
        recipe, the outcome, counts, the threshold, versions.

    Examples
    --------
    >>> from biomarkers import predict, sample_data
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> rows = table[table["day"] == 10]
    >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
    >>> rule = predict.fit(predict.recipe("logistic"), cohort)
    >>> rule.features
    ('Ktrans', 'volume')

    """

    trained: Trained | TrainedClasses
    card: dict[str, Any]

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that are needed."""
        return tuple(self.card["features"])

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of several classes, in the order of `predict`; none with two or a time."""
        return tuple(self.card.get("classes", ()))

    @property
    def threshold(self) -> float:
        """The probability at or above which a case is called positive; NaN with several classes."""
        return _threshold(self.trained)

    def __repr__(self) -> str:
        return (
            f"Rule: {self.card['recipe']['model']['kind']} of {len(self.features)} features, made "
            f"of {self.card['cases']} cases ({self.card['subjects']} subjects)"
        )

    def predict(self, cohort: Cohort) -> Floats:
        """Return the probability of each case to be positive; after Cox its log hazard ratio.

        With several classes that of each: cases × classes. Probabilities hold at the prevalence of
        the cases that the rule was made of.

        Raises
        ------
        InputError
            If a feature is absent, or made in another way.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> rule = predict.fit(predict.recipe("logistic"), cohort)
        >>> rule.predict(cohort)[:2].round(1).tolist()
        [0.7, 1.0]

        """
        if isinstance(self.trained, TrainedClasses):
            return np.asarray(np.exp(self.trained.log_probabilities(self._checked(cohort).cases)))
        odds = self.odds(cohort)
        return odds if self.card["is_survival"] else np.asarray(special.expit(odds))

    def odds(self, cohort: Cohort) -> Floats:
        """Return the log odds of each case; after Cox its log hazard ratio.

        Raises
        ------
        InputError
            As `predict`, or if the rule is of several classes.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> rule = predict.fit(predict.recipe("logistic"), cohort)
        >>> rule.odds(cohort).shape
        (16,)

        """
        if isinstance(self.trained, TrainedClasses):
            raise InputError("a rule of several classes has no odds; take rule.predict(cohort)")
        return self.trained.odds(self.trained.scores(self._checked(cohort).cases))

    def _checked(self, cohort: Cohort) -> Cohort:
        """Return a cohort that fits the rule, with its indicators."""
        cohort = with_indicators(cohort, self.features)
        self.check(cohort)
        return cohort

    def check(self, cohort: Cohort) -> None:
        """Refuse a cohort whose features are absent or made in another way.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> rule = predict.fit(predict.recipe("logistic"), cohort)
        >>> rule.check(cohort)  # nothing to refuse

        """
        cohort = with_indicators(cohort, self.features)
        absent = [name for name in self.features if name not in cohort.features]
        if absent:
            raise InputError(
                f"the cohort has no {listed(absent)}; the rule needs {len(self.features)} features"
            )
        for name, known in self.card["features"].items():
            check_made(name, known["made"], cohort.made.get(name, ""))
            check_range(name, known, cohort.features[name])
        check_arrays(self.card, cohort)

    def model_card(self, seen: Evaluation | ClassEvaluation | None = None) -> str:
        """Return what a person has to know of the rule, as Markdown.

        Intended use, origin, features, threshold, worth, limits, what it refuses, versions; what
        only its author knows is marked so.

        Parameters
        ----------
        seen
            What its recipe is worth in subjects held out.

        Raises
        ------
        InputError
            If the evaluation is of another recipe.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> rule = predict.fit(predict.recipe("logistic"), cohort)
        >>> rule.model_card().splitlines()[0]
        '# Model card: Logistic of 2 features for responder'

        """
        return as_markdown(self.card, seen)

    def save(self, folder: Path | str, *, seen: Evaluation | ClassEvaluation | None = None) -> Path:
        """Write `rule.json`, `model.skops` and the model card, `card.md`; return the folder.

        The weights of networks are beside them, in `weights.safetensors`.

        Parameters
        ----------
        folder
            To write to.
        seen
            As for `model_card`.

        Raises
        ------
        InputError
            If skops is not installed, or the evaluation is of another recipe.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> rule = predict.fit(predict.recipe("logistic"), cohort)
        >>> sorted(path.name for path in rule.save("rule").iterdir())
        ['card.md', 'model.skops', 'rule.json']

        """
        skops = load_extra("skops.io", "a saved rule")
        readable = self.model_card(seen)
        folder = Path(folder)
        with replacing(folder / MODEL) as temporary:
            temporary.write_bytes(skops.dumps(as_plain(self.trained)))
        hashes: dict[str, Any] = {"sha256": sha256(folder / MODEL)}
        if weights := write_weights(self.trained, folder):
            hashes["weights"] = weights
        write_json(folder / CARD, self.card | hashes)
        write_text(folder / READABLE, readable)
        return folder


def fit(given: Recipe, cohort: Cohort, *, seed: int = 1) -> Rule:
    """Fit a recipe to all cases; its setting is chosen in folds of subjects.

    What the rule is worth is told by `evaluate`, not by the cases it is made of.

    Parameters
    ----------
    given
        From `recipe`.
    cohort
        All cases.
    seed
        Of the folds and of random models.

    Raises
    ------
    InputError
        As `evaluate`.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import predict
    >>> names = [f"s{number:02d}" for number in range(20)]
    >>> rows = pd.DataFrame({"subject": names, "size": range(20)})
    >>> people = pd.DataFrame({"subject": names, "response": [0] * 10 + [1] * 10})
    >>> cohort = predict.Cohort.from_tables(rows, people, outcome="response")
    >>> rule = predict.fit(predict.recipe("logistic"), cohort)
    >>> rule.predict(cohort)[[0, -1]].round().tolist()
    [0.0, 1.0]
    >>> same = predict.load(rule.save("rule"))
    >>> same
    Rule: Logistic of 1 features, made of 20 cases (20 subjects)
    >>> bool((same.predict(cohort) == rule.predict(cohort)).all())
    True

    """
    check_fits(given, cohort)
    cases = reached(given, cohort.cases)
    random = np.random.default_rng(seed)
    inner = folds_of(cases, folds=_FOLDS, repeats=1, random=random).held_out
    fitted = train_classes if cases.classes else train
    trained: Trained | TrainedClasses = fitted(given, cases, inner, seed)
    return Rule(trained, _card(given, cohort, trained, cases, seed))


def load(folder: Path | str, *, trusted: tuple[str, ...] = ()) -> Rule:
    """Read a rule that was saved.

    Parameters
    ----------
    folder
        With `rule.json` and `model.skops`.
    trusted
        Whole names of types that may be loaded besides those of the models of `recipe`, and of
        the transformers that were handed to it as steps; code of theirs is run.

    Raises
    ------
    FileError
        If a file is missing, is not the one that was saved, is of another format or shape, or
        names other types.
    InputError
        If skops is not installed.

    Examples
    --------
    >>> from biomarkers import predict, sample_data
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> rows = table[table["day"] == 10]
    >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
    >>> rule = predict.fit(predict.recipe("logistic"), cohort)
    >>> predict.load(rule.save("rule"))
    Rule: Logistic of 2 features, made of 16 cases (16 subjects)

    """
    load_extra("skops.io", "a saved rule")
    refuse_pickle(folder)
    folder = Path(folder)
    card = read_card(folder / CARD)
    path = kept(folder, MODEL, card.pop("sha256", None))
    if "room" in card:
        load_room(card["room"])
    trained = read_trained(path, trusted)
    check_features(folder / CARD, card, trained)
    return Rule(with_weights(trained, folder, card.pop("weights", {})), card)


def _card(
    given: Recipe, cohort: Cohort, trained: Trained | TrainedClasses, cases: Cases, seed: int
) -> dict[str, Any]:
    threshold = _threshold(trained)
    return card_of(given, trained, seed) | {
        "outcome": cohort.outcome,
        "positive": cohort.positive_is,
        "is_survival": cohort.time is not None,
        "cases": len(cohort),
        "subjects": cohort.n_subjects,
        "positives": int(cohort.positive.sum()),
        "sites": sorted(set(cohort.site.tolist())),
        "threshold": None if np.isnan(threshold) else threshold,
        "features": case_mix(cohort, cases.names),
        "arrays": {name: list(array.shape[1:]) for name, array in cases.arrays.items()},
        "arrays_made": {name: cohort.made.get(name, "") for name in cases.arrays},
        "cohort": cohort.digest,
        "subject_hashes": sorted(map(subject_hash, set(cohort.subject.tolist()))),
        **_of_classes(cohort, parts_of(trained)),
    }


def card_of(given: Recipe, trained: Trained | TrainedClasses, seed: int) -> dict[str, Any]:
    """Return what a card holds whatever cases a rule was made of."""
    parts = parts_of(trained)
    return {
        "format": FORMAT,
        "recipe": given.declared(),
        "setting": parts[0].setting,
        "selected": list(dict.fromkeys(
            name for part in parts
            for name, reaches in zip(part.names, part.reaches, strict=True) if reaches
        )),
        "seed": seed,
        "versions": versions(given),
        **made_in(parts),
    }  # fmt: skip


def _of_classes(cohort: Cohort, parts: Sequence[Trained]) -> dict[str, Any]:
    """Return what a card tells of several classes: names, cases of each, settings."""
    if cohort.labels is None:
        return {}
    counts = cohort.cases.class_sizes.tolist()
    settings = [part.setting for part in parts]
    return {"classes": list(cohort.classes), "cases_by_class": counts, "settings": settings}


def _threshold(trained: Trained | TrainedClasses) -> float:
    """Return the probability at or above which a case is called positive; NaN where none is."""
    if isinstance(trained, TrainedClasses):
        return float("nan")
    return float(special.expit(trained.threshold))
