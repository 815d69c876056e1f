"""What a person has to know of a rule before using it: its model card."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from biomarkers.errors import InputError
from biomarkers.predict.cases import MISSING
from biomarkers.predict.in_words import has_choice, in_words, model_in_words, steps_in_words
from biomarkers.predict.studies import check_one
from biomarkers.stats.words import count, listed

if TYPE_CHECKING:
    from biomarkers.predict.classes.evaluation import ClassEvaluation
    from biomarkers.predict.evaluation import Evaluation

    Judgement = Evaluation | ClassEvaluation

AUTHOR = "To be stated by the author"
COLUMNS = ("Feature", "How it was made", "Mean", "SD", "Range", "Missing", "In the model")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ROWS = 40  # features that are listed; the others stand in rule.json


@dataclass(frozen=True)
class Part:
    """A heading of a model card, its sentences, and rows of `COLUMNS` where it has a table."""

    title: str
    lines: Sequence[str]
    rows: Sequence[Sequence[str]] = ()


def card_parts(card: Mapping[str, Any], seen: "Judgement | None" = None) -> list[Part]:
    """Return the parts of a model card.

    Parameters
    ----------
    card
        What is known of a rule (`Rule.card`).
    seen
        What its recipe is worth in subjects held out.

    Raises
    ------
    InputError
        If the evaluation is of another recipe or cohort.

    """
    if seen is not None and seen.recipe.declared() != card["recipe"]:
        raise InputError("seen: the evaluation is of another recipe than the rule")
    if seen is not None:
        check_one("rule", card["cohort"], seen.cohort_digest, what="cohort")
    return [
        Part("Intended use", _use(card)),
        Part("What it was made of", _origin(card)),
        Part("Features", [*_counted(card), *_arrays(card)], _rows(card)),
        Part("How it decides", _decides(card)),
        Part("What it is worth", _worth(seen)),
        Part("Limits", _limits(card, seen)),
        Part("What it refuses", _refuses(card)),
        Part("Versions", [in_words(card.get("versions", {})) or "not recorded"]),
        Part("Licence", [f"{AUTHOR}."]),
    ]


def as_markdown(card: Mapping[str, Any], seen: "Judgement | None" = None) -> str:
    """Return a model card as Markdown; parameters and errors as for `card_parts`."""
    pieces = [f"# Model card: {_plain(title_of(card))}"]
    for part in card_parts(card, seen):
        pieces.append(f"## {part.title}")
        pieces.append("\n".join(f"- {_plain(line)}" for line in part.lines))
        if part.rows:
            rule = " | ".join("---" for _ in COLUMNS)
            rows = [" | ".join(map(_cell, row)) for row in (COLUMNS, *part.rows)]
            pieces.append("\n".join(f"| {row} |" for row in (rows[0], rule, *rows[1:])))
    return "\n\n".join(pieces) + "\n"


def title_of(card: Mapping[str, Any]) -> str:
    """Return what the rule is, in a few words."""
    kind, width = card["recipe"]["model"]["kind"], len(card["features"])
    parts = [*([count(width, "feature")] if width else []), *card.get("arrays", ())]
    return f"{kind} of {' and '.join(parts)} for {outcome_of(card['outcome'])}"


def outcome_of(outcome: str | Sequence[str]) -> str:
    """Return the column, or the columns of time and event, of an outcome."""
    return outcome if isinstance(outcome, str) else " and ".join(outcome)


def _use(card: Mapping[str, Any]) -> list[str]:
    outcome = outcome_of(card["outcome"])
    positive = card.get("positive") or outcome
    classes = card.get("classes", ())
    returns = (
        f"Returns the probability of each class ({outcome}: {listed(classes)})."
        if classes
        else f"Returns the log hazard ratio of a case ({outcome})."
        if card["is_survival"]
        else f"Returns the probability that a case is positive ({positive})."
    )
    return [
        returns,
        f"{AUTHOR}: for whom, by whom, at which point of care, and for which decision.",
        "A result of research: in other hands its worth is known once `predict.validate` has "
        "judged it, locked, in cases that it was not made of.",
    ]


def _origin(card: Mapping[str, Any]) -> list[str]:
    sites = [site for site in card.get("sites", ()) if site]
    kinds = "with the event" if card["is_survival"] else "positive"
    told = f"{'an unknown number' if card['positives'] is None else card['positives']} {kinds}"
    if "classes" in card:
        sizes = zip(card["classes"], card["cases_by_class"], strict=True)
        told = ", ".join(f"{number} {name}" for name, number in sizes)
    made_of = f"{count(card['cases'], 'case')} of {count(card['subjects'], 'subject')}, {told}" + (
        f", from {count(len(sites), 'site')}: {listed(sites)}." if sites else "."
    )
    if "federation" in card:
        return [
            made_of,
            f"Trained in a federation, whose rows stayed at their sites: "
            f"{in_words(card['federation'])}.",
            "No digest of its cases or names is kept: `predict.validate` cannot tell who is met "
            "again.",
        ]
    return [
        made_of,
        f"SHA-256 of the cohort: `{card['cohort']}`.",
        "Its subjects are kept as SHA-256 of their names, so that `predict.validate` tells who is "
        "met again. A name that can be guessed can be found so: share rule.json as one shares "
        "names.",
    ]


def _counted(card: Mapping[str, Any]) -> list[str]:
    if not card["features"]:
        return []
    needed, selected = list(card["features"]), card.get("selected", ())
    own = [name for name in selected if name in needed]
    gaps = [name for name in selected if name not in needed and name.startswith(MISSING)]
    made = [name for name in selected if name not in {*needed, *gaps, *card.get("arrays", ())}]
    besides = [
        *([count(len(gaps), "indicator") + " of missing values"] if gaps else []),
        *([count(len(made), "variable") + " made of them"] if made else []),
    ]
    told = f", and {' and '.join(besides)}" if besides else ""
    more = f" The first {_ROWS} are listed; rule.json has all." if len(needed) > _ROWS else ""
    return [
        f"{count(len(needed), 'feature')} must be there; {len(own)} reach the model with a weight"
        f"{told}.{more}"
    ]


def _arrays(card: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each array that the rule looks at."""
    return [
        f"Array {name} of {' × '.join(map(str, shape))} for each case."
        for name, shape in card.get("arrays", {}).items()
    ]


def _rows(card: Mapping[str, Any]) -> list[list[str]]:
    selected = list(card.get("selected", ()))
    names = sorted(card["features"], key=lambda name: name not in selected)
    rows = []
    for name in names[:_ROWS]:
        made = card["features"][name]
        numbers = [_number(made[each]) for each in ("mean", "sd", "low", "high")]
        rows.append([
            name, made["made"] or "not recorded", *numbers[:2], f"{numbers[2]} to {numbers[3]}",
            f"{made['missing']:.0%}", "yes" if name in selected else "no",
        ])  # fmt: skip
    return rows


def _decides(card: Mapping[str, Any]) -> list[str]:
    recipe, threshold = card["recipe"], card.get("threshold")
    is_federated = "federation" in card
    chosen = (
        "not chosen, but agreed on: " if is_federated
        else "chosen in inner folds: " if has_choice(recipe["model"])
        else "not chosen: " if card.get("setting") else ""
    )  # fmt: skip
    prepared = f"In the cases that it was made of: {'; '.join(steps_in_words(recipe))}."
    lines = [
        *([prepared] if card["features"] else []),
        f"Model: {model_in_words(recipe['model'])}; {chosen}{_settings(card)}.",
    ]
    if is_federated and card["features"]:
        lines.append("Missing values are filled with means over sites, in place of medians.")
    if threshold is not None:
        how = _how_threshold(card)
        lines.append(f"A case is called positive from a probability of {threshold:.3f}{how}.")
    return lines


def _how_threshold(card: Mapping[str, Any]) -> str:
    """Return how the threshold was found, where that is known."""
    if "federation" in card or (card.get("arrays") and not has_choice(card["recipe"]["model"])):
        return ", the prevalence"
    return ", where sensitivity plus specificity was largest in inner folds"


def _settings(card: Mapping[str, Any]) -> str:
    """Return the setting that was chosen, or that of each class."""
    several = card.get("settings", ())
    if len(several) > 1:
        named = zip(card["classes"], several, strict=True)
        return "; ".join(f"{name}: {in_words(each) or 'nothing'}" for name, each in named)
    return in_words(card.get("setting") or {}) or "nothing to choose"


def _worth(seen: "Judgement | None") -> list[str]:
    if seen is None:
        return ["Not told here. It is never told by the cases that it was made of: see "
                "`predict.evaluate`."]  # fmt: skip
    lines = [
        seen.headline,
        "The figures are of the recipe, in subjects held out by models made of the others.",
    ]
    for name in ("calibration", "decisions"):
        table = getattr(seen, name, None)
        if table is not None and len(table):
            first = table.iloc[0]
            shown = [each for each in _TOLD[name] if each in first]
            if not shown:
                continue
            lines.append(
                ", ".join(f"{_TOLD[name][each]} {_figure(first, each)}" for each in shown) + "."
            )
    return lines


def _figure(row: Mapping[str, Any], name: str) -> str:
    """Return a figure with its interval, where that is known."""
    low, high = row.get(f"{name}_low", math.nan), row.get(f"{name}_high", math.nan)
    limits = "" if math.isnan(low) else f" ({low:.2f} to {high:.2f})"
    return f"{row[name]:.2f}{limits}"


_TOLD = {
    "calibration": {"slope": "Calibration slope", "intercept": "intercept", "brier": "Brier score",
                    "brier_reference": "that of the prevalence"},
    "decisions": {"sensitivity": "At thresholds of training sets: sensitivity",
                  "specificity": "specificity"},
}  # fmt: skip
_REFUSES_ABSENT = (
    "A cohort without one of its features; a value that is missing in a case is filled in."
)
_REFUSES = (
    "A feature that was made with another unit or other settings, where both are recorded.",
    "A feature of which not one value lies near those that it was made of.",
)
_REFUSES_ARRAYS = (
    "A cohort without one of its arrays ({arrays}), or with arrays of another shape, or made in "
    "another way where both are recorded."
)


def _refuses(card: Mapping[str, Any]) -> list[str]:
    lines = []
    if card["features"]:
        lines = [_REFUSES_ABSENT, *_REFUSES]
    if card.get("arrays"):
        lines.append(_REFUSES_ARRAYS.format(arrays=listed(list(card["arrays"]))))
    kinds = "other classes" if "classes" in card else "another kind of outcome"
    met = "" if "federation" in card else (
        ", and a cohort of no subjects but those that it was made of; where some of them are, a "
        "note names them"
    )  # fmt: skip
    return [*lines, f"In `predict.validate`: {kinds}{met}."]


def _limits(card: Mapping[str, Any], seen: "Judgement | None") -> list[str]:
    known = card["positives"] is not None
    share = f" ({card['positives'] / card['cases']:.0%})" if known else ""
    lines = [] if card["is_survival"] or "classes" in card else [
        f"Probabilities hold at the prevalence of the cases that it was made of{share}."
    ]  # fmt: skip
    lines += list(seen.notes) if seen is not None else []
    return [*lines, f"{AUTHOR}: who was not among the cases, and what could go wrong."]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}".replace("-", "−")


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """Return a text on one line that starts no HTML and no link: names are anybody's."""
    return _TAG.sub("&lt;", " ".join(text.split())).replace("](", "]\\(")
