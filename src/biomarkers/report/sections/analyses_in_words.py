"""A paragraph of the methods for each further analysis that was made, from its settings."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from biomarkers.plan import biomarker_label, series_label
from biomarkers.report.view import View, at_visit
from biomarkers.report.words import count, decimal, listed, thousands

Settings = Mapping[str, Any]

_ADJUST = {
    "holm": "the method of Holm (1979)",
    "hommel": "the method of Hommel (1988)",
    "bonferroni": "Bonferroni's inequality",
    "bh": "the false discovery rate (Benjamini & Hochberg 1995)",
}


def analyses_in_words(view: View) -> Iterator[str]:
    """Yield a paragraph for each analysis that the results record; unknown ones by their call."""
    for name, made in view.methods.get("analyses", {}).items():
        settings = made.get("settings", {})
        words = _WORDS.get(name)
        references = [] if words else made.get("references", [])
        sentence = words(view, settings) if words else _by_call(name, made)
        yield f"{sentence}{f' ({listed(references)})' if references else ''}"


def _by_call(name: str, made: Settings) -> str:
    settings = ", ".join(f"{key} = {value}" for key, value in made.get("settings", {}).items())
    call = f": {made['call']}" if made.get("call") else ""
    return f"{name.replace('_', ' ').capitalize()}{call}{f'; {settings}' if settings else ''}."


def _table1(view: View, settings: Settings) -> str:
    return (
        "Subjects are described by mean and standard deviation, median and quartiles, or by "
        f"counts; {view.positive} and {view.negative} are set against each other by the "
        "standardised mean difference (Austin 2009), not by tests."
    )


def _roc(view: View, settings: Settings) -> str:
    return "ROC curves are empirical, in the direction of the test, ties counting one half."


def _cutoff(view: View, settings: Settings) -> str:
    rules = {
        "youden": "the largest Youden index (Youden 1950)",
        "sensitivity": f"the best specificity at a sensitivity of {settings['least']:g} or more",
        "specificity": f"the best sensitivity at a specificity of {settings['least']:g} or more",
        "cost": f"the least expected cost, a miss costing {settings['cost_ratio']:g} false alarms",
    }
    return (
        f"Cut-offs of the change were chosen by {rules.get(settings['rule'], settings['rule'])}. "
        f"Sensitivity and specificity are given with {view.confidence} intervals (Wilson 1927), "
        "and corrected for the choice of the cut-off by a leave-one-out bootstrap of "
        f"{count(settings['draws'], 'sample')} (Efron & Tibshirani 1997), seed "
        f"{settings['seed']}; the AUC is corrected for a direction taken from the data (Harrell, "
        "Lee & Mark 1996)."
    )


def _stability(view: View, settings: Settings) -> str:
    return (
        "How firmly the earliest visit stands was judged by choosing it anew in "
        f"{count(settings['draws'], 'bootstrap sample')} of the subjects, seed {settings['seed']}; "
        "the AUC at that visit was corrected for the optimism of having chosen it (Harrell, Lee & "
        "Mark 1996)."
    )


def _models(view: View, settings: Settings) -> str:
    by_visit = settings["method"] == "mmrm"
    model = (
        "a mixed model for repeated measures (Mallinckrodt et al. 2008) with the visit as a factor "
        f"and a covariance of visits of the type {settings['covariance']}"
        if by_visit
        else "a linear mixed model with random intercepts and slopes (Laird & Ware 1982)"
    )
    compared = (
        "treatment groups"
        if settings["compare"] == "groups"
        else f"{view.people(True)} and {view.people(False)}"
    )
    reference = f", {settings['reference']} being the reference," if settings["reference"] else ""
    adjust = _ADJUST.get(settings["adjust"])
    return (
        f"Changes over all visits were compared between {compared}{reference} by {model}, fitted "
        "by restricted maximum likelihood, adjusted for the value at baseline, degrees of freedom "
        "after Kenward & Roger (1997). "
        + (
            f"P-values of {settings['family']} are adjusted by {adjust}."
            if adjust
            else "P-values of its contrasts are not adjusted."
        )
    )


def _survival(view: View, settings: Settings) -> str:
    split = {
        "median": "the median change",
        "cutoff": "the cut-off with the largest Youden index (Youden 1950)",
        "threshold": "a change declared beforehand",
    }[settings["split"]]
    marker = series_label(settings["biomarker"], settings["region"])
    return (
        f"Survival was counted from the landmark {at_visit(view.visit(settings['landmark']))} on "
        "(Anderson, Cain & Gelber 1983), among those then still followed. Early response: "
        f"{marker} {settings['direction']} than or at "
        f"{split} ({decimal(settings['threshold'], 3)}). Curves are Kaplan–Meier estimates (Kaplan "
        "& Meier 1958), compared by the log-rank test (Mantel 1966); hazard ratios are those of "
        "Cox models (Cox 1972), the change itself per standard deviation."
    )


def _combine(view: View, settings: Settings) -> str:
    model = {"logistic": "ridge logistic regression", "lda": "ridge discriminant analysis"}
    markers = listed(settings["markers"])
    return (
        f"{markers} {at_visit(view.visit(settings['visit']))} were combined by "
        f"{model.get(settings['model'], settings['model'])}. The rule was judged by nested "
        f"cross-validation (Varma & Simon 2006), {settings['folds']} folds, "
        f"{count(settings['repeats'], 'repeat')}, every choice made anew within each fold; "
        f"{thousands(settings['permutations'])} permutations of the outcome; seed "
        f"{settings['seed']}."
    )


def _agreement(view: View, settings: Settings) -> str:
    source = {
        "baseline": "repeated measurements within the baseline visit",
        "replicates": "the replicates of the table",
    }.get(settings["source"], settings["source"])
    given = listed(
        f"{biomarker_label(name)} {100 * share:g} %" for name, share in settings["wcv"].items()
    )
    return (
        f"Agreement was taken from {source}: intraclass correlation, two-way random, single "
        "measurement (Shrout & Fleiss 1979), within-subject coefficient of variation and "
        "repeatability coefficient (Raunig et al. 2015), limits of agreement (Bland & Altman 1999)"
        f"{f'; coefficients of variation known beforehand: {given}' if given else ''}."
    )


def _detectable(view: View, settings: Settings) -> str:
    return (
        "The detectable AUC is that of a test of one visit by itself with a power of "
        f"{100 * settings['power']:g} % at an error rate of {settings['alpha']:g} (Obuchowski & "
        "McClish 1997)."
    )


_WORDS: Mapping[str, Callable[[View, Settings], str]] = {
    "table1": _table1,
    "roc": _roc,
    "cutoff": _cutoff,
    "stability": _stability,
    "models": _models,
    "survival": _survival,
    "combine": _combine,
    "agreement": _agreement,
    "detectable": _detectable,
}
