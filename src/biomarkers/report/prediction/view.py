"""A prediction study as its report looks at it: tables by name, counts, what was not done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from biomarkers.predict import Cohort, Comparison, Evaluation, ExternalValidation, Rule
from biomarkers.predict.cases import MISSING
from biomarkers.predict.classes.evaluation import ClassEvaluation
from biomarkers.predict.classes.external import ClassValidation
from biomarkers.predict.cohort_facts import CohortFacts
from biomarkers.predict.in_words import model_in_words
from biomarkers.predict.model_card import card_parts, outcome_of
from biomarkers.predict.models.trees import Boosted, Classifier, Forest
from biomarkers.predict.steps.foreign import Foreign
from biomarkers.predict.studies import check_one, study_digest
from biomarkers.report.page import Sheet
from biomarkers.report.view import records
from biomarkers.report.words import capitalised, count, estimate_in_words, listed

Judgement = Evaluation | ClassEvaluation
Elsewhere = ExternalValidation | ClassValidation

MEASURES = {"concordance": "Concordance", "auc": "AUC"}


@dataclass(frozen=True)
class PredictionView:
    """What a report of a prediction study is made from.

    Parameters
    ----------
    seen
        The judgement.
    given
        The cohort, or what was kept of it; None where it was not given.
    rule, external, comparison
        What else is known of the study; None where it was not given.
    inputs
        Its files: `role, file, sha256`.

    """

    seen: Judgement
    given: Cohort | CohortFacts | None = None
    rule: Rule | None = None
    external: Elsewhere | None = None
    comparison: Comparison | None = None
    inputs: Sequence[Mapping[str, str]] = ()

    @cached_property
    def cohort(self) -> CohortFacts | None:
        """What is told of the cohort; None where it was not given."""
        return CohortFacts.of(self.given) if isinstance(self.given, Cohort) else self.given

    def table(self, name: str) -> pd.DataFrame | None:
        """Return a table of the judgement; None where there is none, or it is empty."""
        made = self.seen.tables().get(name)
        return None if made is None or made.empty else made

    @cached_property
    def measure(self) -> str:
        """The column of performance that the headline is about."""
        names = set(self.seen.performance)
        return next((name for name in MEASURES if f"{name}_low" in names), "auc")

    @property
    def measure_name(self) -> str:
        """That column in words."""
        return MEASURES.get(self.measure, self.measure.replace("_", " "))

    @property
    def cases(self) -> pd.DataFrame:
        """Each case while it was held out; empty where the judgement does not tell."""
        made = self.table("cases")
        return pd.DataFrame(columns=["subject", "site"]) if made is None else made

    @property
    def is_survival(self) -> bool:
        """Whether the outcome is a time."""
        return "log_hazard" in self.cases

    @property
    def has_classes(self) -> bool:
        """Whether the outcome is one of several classes."""
        return isinstance(self.seen, ClassEvaluation)

    @property
    def outcome(self) -> str:
        """The outcome's column; empty where neither cohort nor rule tells it."""
        if self.cohort is not None:
            return outcome_of(self.cohort.outcome)
        return outcome_of(self.rule.card["outcome"]) if self.rule is not None else ""

    @property
    def positive(self) -> str:
        """What positive cases have, in words; empty where neither cohort nor rule tells it."""
        if self.cohort is not None:
            return self.cohort.positive_is
        return str(self.rule.card.get("positive", "")) if self.rule is not None else ""

    @property
    def declared(self) -> dict[str, Any]:
        """The recipe as plain values."""
        return self.seen.recipe.declared()

    @property
    def has_inner_folds(self) -> bool:
        """Whether settings and threshold were chosen in inner folds."""
        return not getattr(self.seen.recipe.model, "chooses_nothing", False)

    @property
    def sites(self) -> list[str]:
        """The names of the sites; empty where none are told."""
        return sorted(set(self.cases["site"]) - {""}) if "site" in self.cases else []

    @cached_property
    def counts(self) -> str:
        """Cases, subjects, and how many of each class, in a clause."""
        cases = self.cases
        subjects = cases["subject"].nunique()
        of = "" if subjects == len(cases) else f" of {count(subjects, 'subject')}"
        told = count(len(cases), "case" if of else "subject") + of
        kinds = {words: _cases_and_subjects(cases[rows], of) for words, rows in self._kinds.items()}
        listed_kinds = ", ".join(
            f"{size} {words}{beside}" for words, (size, beside) in kinds.items()
        )
        return f"{told}: {listed_kinds}" if kinds else told

    @property
    def _kinds(self) -> "dict[str, pd.Series[bool]]":
        """Which cases are of each class, or have the event, by its words; empty if not told."""
        cases = self.cases
        if self.has_classes and "class" in cases:
            names = self.cohort.classes if self.cohort is not None else cases["class"].unique()
            return {str(name): cases["class"] == name for name in names}
        if "positive" not in cases:
            return {}
        words = ("with the event", "censored") if self.is_survival else ("positive", "negative")
        return dict(zip(words, (cases["positive"] == 1, cases["positive"] != 1), strict=True))

    @property
    def validation(self) -> str:
        """Folds, repeats and permutations, in a clause."""
        ran = self.seen.settings
        return (
            f"{count(ran.folds, 'outer fold')}, {count(ran.repeats, 'repeat')}, "
            f"{count(ran.permutations, 'permutation')}, seed {ran.seed}"
        )

    @property
    def blocks(self) -> list[str]:
        """The blocks of columns that are judged alone."""
        ends = " only"
        rules = map(str, self.seen.performance["rule"])
        alone = [name.removesuffix(ends) for name in rules if name.endswith(ends)]
        return list(dict.fromkeys(alone))

    @cached_property
    def versions(self) -> dict[str, str]:
        """Of the software that made the rule."""
        return dict(self.rule.card.get("versions", {})) if self.rule is not None else {}

    @cached_property
    def missing(self) -> str:
        """How much is missing, in a clause; empty where the cohort was not given."""
        if self.cohort is None:
            return ""
        return "; ".join([*_gaps(self.cohort.case_mix), *_array_gaps(self.cohort.missing)])

    @property
    def facts(self) -> dict[str, str]:
        """What ran, by the names that the items of guidelines ask for; empty where not known."""
        calibration = self._first_of("calibration", ["slope", "intercept"])
        calibration = f"calibration {calibration}" if calibration else ""
        held_out = ("" if self.has_classes else self._decisions, calibration)
        return {
            "chosen": "in inner folds"
            if len(self.seen.recipe.model.settings()) > 1
            else "nothing was chosen, as there is one setting",
            "counts": self.counts,
            "ensemble": self._ensemble,
            "headline": self.seen.headline,
            "missing": self.missing,
            "model": model_in_words(self.declared["model"]),
            "sites": f"{len(self.sites)} sites: {listed(self.sites)}" if self.sites else "",
            "software": listed(f"{name} {each}" for name, each in self.versions.items()),
            "validation": self.validation,
            "external": self.external.headline if self.external is not None else "",
            "decisions": self._decisions,
            "calibration": calibration,
            "estimates": " ".join(
                [self.seen.headline, *(f"{capitalised(each)}." for each in held_out if each)]
            ),
        }

    @property
    def _decisions(self) -> str:
        """How often cases held out are called right, in a clause; empty where none is called."""
        names = ["balanced_accuracy"] if self.has_classes else ["sensitivity", "specificity"]
        return self._first_of("decisions", names)

    def _first_of(self, name: str, columns: Sequence[str]) -> str:
        """Return figures of the recipe in a table, in a clause; empty where there is none."""
        table = self.table(name)
        if table is None:
            return ""
        row = records(table)[0]
        return f"{', '.join(estimate_in_words(row, each) for each in columns)} held out"

    @cached_property
    def lacks(self) -> dict[str, str]:
        """What the study has not, by name, and why that is so."""
        recipe, model = self.declared, self.declared["model"]
        external = self.external
        weighed = any(model.get("balanced") or ()) or "training" in model
        is_permuted = self.seen.settings.permutations > 0
        refitted = set() if external is None else set(external.performance["rule"])
        has = {
            "external": (external is not None, "no cohort of other cases was given"),
            "others": (external is not None and not external.overlap,
                       "no cohort of other cases was given" if external is None else
                       f"{_are(len(external.overlap))} of the rule"),
            "updated": ("recalibrated" in refitted, "nothing was refitted to other cases"),
            "cohort": (self.cohort is not None, "the cohort was not given to this report"),
            "rule": (self.rule is not None, "the rule was not given to this report"),
            "comparison": (self.comparison is not None, "no other recipe was compared"),
            "sites": (len(self.sites) > 1, "no two sites are told"),
            "calibration": (self.table("calibration") is not None,
                            "of several classes no calibration is computed"
                            if self.has_classes else "the outcome is no class"),
            "decisions": (self.table("decisions") is not None, "the outcome is no class"),
            "table": (self._has_table, "the model looks at arrays, at no table of features"),
            "stable": (bool(recipe.get("stable")), "the recipe has no step of stability"),
            "few": (_drops_alike(recipe), "no step of the recipe drops features like others"),
            "facts": (bool(self._facts_alone), "no block of clinical facts is judged alone"),
            "permutations": (is_permuted, "no permutation was made: intervals, and no p-values "
                             "against chance"),
            "tested": (is_permuted or self._has_gain_p, "no p-value is known of any comparison"),
            "ensemble": (bool(self._ensemble), "no ensemble is fitted"),
            "deep": (bool(self._arrays), "the features are a table"),
            "weights": (weighed, "the outcome is no class" if self.is_survival
                        else "no class weights were tried"),
        }  # fmt: skip
        unknown = self.unknown
        return {
            name: reason
            for name, (there, reason) in has.items()
            if not there and name not in unknown
        }

    @property
    def unknown(self) -> dict[str, str]:
        """What nobody can tell from the run, by name, and why."""
        kind, select = self.declared["model"]["kind"], self.seen.recipe.select
        is_foreign = isinstance(self.seen.recipe.model, Classifier)
        keeps_names = self.rule is None or bool(self.rule.card.get("subject_hashes"))
        cannot = {
            "others": (self.external is not None and not keeps_names,
                       "whether the other cases are others: the rule knows no subject's name"),
            "facts": (self.cohort is None and not self._facts_alone,
                      "what the blocks hold: the cohort was not given to this report"),
            "few": (isinstance(select, Foreign) and not self.declared.get("uncorrelated"),
                    "whether the step of another library drops features like others"),
            "ensemble": (is_foreign, f"whether {kind}, of another library, is one"),
            "weights": (is_foreign, f"whether {kind}, of another library, weighs classes"),
        }  # fmt: skip
        return {name: reason for name, (is_so, reason) in cannot.items() if is_so}

    @property
    def _arrays(self) -> tuple[str, ...]:
        """The arrays that the model looks at."""
        return getattr(self.seen.recipe.model, "arrays", ())

    @property
    def _has_table(self) -> bool:
        """Whether features of images reach the model as a table; facts of participants are none."""
        table = self.table("selection")
        if not self._arrays or table is None:
            return not self._arrays
        features = {str(name).removeprefix(MISSING) for name in table["feature"]}
        known = self.cohort
        facts = () if known is None else (*known.facts, *known.blocks.get("clinical", ()))
        return bool(features - {*self._arrays, *facts})

    @property
    def _facts_alone(self) -> list[str]:
        """The blocks judged alone that hold no image values: clinical, or of participants."""
        blocks, facts = ({}, ()) if self.cohort is None else (self.cohort.blocks, self.cohort.facts)
        return [
            name for name in self.blocks
            if name == "clinical" or (blocks.get(name) and {*blocks[name]} <= {*facts})
        ]  # fmt: skip

    @property
    def _has_gain_p(self) -> bool:
        gain = self.table("gain")
        return gain is not None and bool(gain["p_value"].notna().any())

    @property
    def _ensemble(self) -> str:
        """The ensemble that the model is, in words; empty where it is none of ours."""
        model = self.seen.recipe.model
        if isinstance(model, Forest):
            return f"a forest of {count(model.trees, 'tree')}"
        if isinstance(model, Boosted):
            return f"{count(model.trees, 'boosted tree')} of {model.library}"
        seeds = getattr(model, "seeds", 1)
        return f"the mean of {seeds} networks that differ by their seed" if seeds > 1 else ""


def _cases_and_subjects(cases: pd.DataFrame, several: str) -> tuple[int, str]:
    """Return how many cases there are, and of how many subjects where these have several."""
    beside = f" ({count(cases['subject'].nunique(), 'subject')})" if several else ""
    return len(cases), beside


def _gaps(mix: pd.DataFrame) -> list[str]:
    """Say how much is missing of features, where there are some."""
    if mix.empty:
        return []
    gaps = mix[mix["missing"] > 0]
    if gaps.empty:
        return ["no value of a feature is missing"]
    worst = gaps.iloc[int(gaps["missing"].argmax())]
    return [
        f"{len(gaps)} of {count(len(mix), 'feature')} have gaps, at most "
        f"{100 * worst['missing']:.0f} % of the cases ({worst['feature']})"
    ]


def _array_gaps(shares: Mapping[str, float]) -> list[str]:
    """Say how much is missing of each array."""
    return [f"{100 * share:.0f} % of array {name} is missing" for name, share in shares.items()]


def _drops_alike(recipe: Mapping[str, Any]) -> bool:
    """Return whether a step drops features that say what others say; a lasso takes one of them."""
    select = recipe.get("select") or {}
    return bool(recipe.get("uncorrelated")) or select.get("kind") == "Lasso"


def _are(known: int) -> str:
    """Say of how many subjects of other cases it is known that they are none."""
    verb = "is" if known == 1 else "are"
    return f"{count(known, 'subject')} of the other cases {verb} among those"


def check_one_study(view: PredictionView) -> None:
    """Refuse what is of another cohort or recipe than the judgement.

    Raises
    ------
    InputError
        If cohort, rule, validation or comparison are.

    """
    seen, cohort = view.seen, view.seen.cohort_digest
    if view.cohort is not None:
        check_one("cohort", view.cohort.digest, cohort, what="cohort")
    if view.comparison is not None:
        check_one("comparison", view.comparison.cohort_digest, cohort, what="cohort")
    own = study_digest(view.declared, cohort)
    if view.rule is not None:
        card_parts(view.rule.card, seen)
        own = own or study_digest(view.rule.card["recipe"], view.rule.card["cohort"])
    if view.external is not None:
        check_one("external", view.external.rule_digest, own, what="recipe or cohort")


PredictionPage = Sheet[PredictionView]


def title_of(view: PredictionView) -> str:
    """Return the heading that a report has by default."""
    return f"Prediction of {view.outcome}" if view.outcome else "A prediction study"


def facts_of(view: PredictionView) -> list[tuple[str, str]]:
    """Return what stands under the title."""
    return [
        ("Cases", view.counts),
        *([("Positive", view.positive)] if view.positive else []),
        ("Model", capitalised(view.facts["model"].partition(" (")[0])),
        ("Judged by", view.validation),
    ]
