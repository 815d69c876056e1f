"""Methods in words, written from the settings that ran; ready to paste into a paper."""

from biomarkers.plan import biomarker_label
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section, render
from biomarkers.report.sections.analyses_in_words import analyses_in_words
from biomarkers.report.sections.references import cited
from biomarkers.report.view import View, days_of, visit_label
from biomarkers.report.words import capitalised, count, listed, thousands

_EXPRESSED = {
    "absolute": "the difference from baseline",
    "percent": "the percent change from baseline",
    "log_ratio": "the natural logarithm of the ratio to baseline",
}


def methods_section(page: Page) -> Section:
    """Build the section."""
    view = page.view
    paragraphs = list(filter(None, methods_text(view)))
    context: dict[str, object] = {
        "paragraphs": paragraphs,
        "classes": view.classes,
        "references": cited(" ".join(paragraphs)),
    }
    return Section("Methods", "methods", render("methods.html.j2", context))


def methods_text(view: View) -> list[str]:
    """Return the paragraphs."""
    return [
        f"{_subjects(view)} {_visits(view)}",
        _changes(view),
        _tests(view),
        _missing(view),
        *analyses_in_words(view),
        _software(view),
    ]


def _subjects(view: View) -> str:
    plan = view.plan
    left_out = f"; {plan.outcome} = {listed(plan.ignore, 'or')} was left out" if plan.ignore else ""
    return (
        f"{capitalised(view.people(True))} (n = {thousands(view.subjects[True])}) were compared "
        f"with {view.people(False)} (n = {thousands(view.subjects[False])}){_defined(view)}"
        f"{left_out}."
    )


def _defined(view: View) -> str:
    """Say which values of the outcome the labels stand for."""
    if not view.plan.labels:
        return ""
    positive = listed(view.plan.positive, "or")
    return f" by {view.plan.outcome} ({view.positive}: {positive})"


def _visits(view: View) -> str:
    windows = []
    for visit in view.plan.follow_ups:
        # A visit that is the one day of its name needs no window.
        plain = days_of(visit) == visit_label(visit)
        windows.append(visit_label(visit) if plain else f"{visit_label(visit)} ({days_of(visit)})")
    rule = view.methods.get("visit_rule")
    early = listed(visit_label(visit) for visit in view.plan.before_baseline)
    return (
        f"Changes were counted from {visit_label(view.visit(view.plan.baseline))} to "
        f"{listed(windows)}{f'; {early}, before it, shown but not tested' if early else ''}. "
        "Measurements on other days were not used"
        f"{f'; of several within one visit, the one {rule}' if rule else ''}."
    )


def _changes(view: View) -> str:
    by_kind: dict[str, list[str]] = {}
    for marker in view.plan.biomarkers:
        by_kind.setdefault(marker.change, []).append(biomarker_label(marker.name))
    expressed = listed(f"{listed(names)} as {_EXPRESSED[kind]}" for kind, names in by_kind.items())
    default = f"{view.default_change} " if view.default_change else ""
    averaged = (
        "; percent changes were averaged as log ratios and turned back"
        if "percent" in by_kind
        else ""
    )
    return (
        f"The change was taken for {expressed}. {default}Class means are given with "
        f"{view.confidence} t intervals{averaged}. The tests impute no missing value: each visit "
        "compares the subjects measured at it and at baseline."
    )


def _tests(view: View) -> str:
    ran, settings = view.methods, view.plan.separation
    if not ran:
        return "The results do not record how separation was tested."
    delong = " (DeLong et al. 1988)" if "DeLong" in ran["statistic"] else ""
    return (
        "At each visit the separation of the classes was measured by the area under the receiver "
        "operating characteristic curve (AUC), ties counting one half, with its "
        f"{view.confidence} confidence interval ({ran['interval']}). It was tested by a "
        f"{ran['test']} ({ran['reference']}); statistic: {ran['statistic']}{delong}, "
        f"the error held at or above {ran['standard_error_floor']}; "
        f"{count(settings.permutations, 'permutation')}, seed {settings.seed}; "
        f"p = {ran['p_value']} (Phipson & Smyth 2010), with b the permutations out of B that "
        "reach the observed statistic. Adjusted p-values control the family-wise error over "
        f"{ran['family']} ({count(ran['family_size'], 'test')}). {_directions(view)} The earliest "
        f"separating visit is the first with an adjusted p of at most {settings.alpha:g} and an "
        "AUC above 0.5."
    )


def _missing(view: View) -> str:
    """Say what was asked of the missing, if any were."""
    if view.results.tables["sensitivity"].empty:
        return ""
    settings = view.results.analysis.get("sensitivity", {})
    imputed = settings.get("imputations", "several")
    draws = settings.get("bootstrap_draws", "several")
    declared = listed(
        f"{biomarker_label(marker.name)} {marker.worst}"
        for marker in view.plan.biomarkers
        if marker.worst
    )
    failed = f"with subjects who left ranked as declared ({declared}); " if declared else ""
    return (
        "Where changes were missing, the AUC of every subject was asked for: "
        f"{failed}weighted by the inverse of a logistic chance to stay, by class, time and last "
        f"change ({draws} bootstrap samples); from {imputed} imputations by class and the change "
        "before, joined by Rubin's rules, and shifted against the finding until it was lost "
        "(tipping point); and with every missing value at its worst and at its best. No value was "
        "carried forward."
    )


def _software(view: View) -> str:
    versions = view.results.analysis.get("versions", {})
    named = listed(f"{name} {version}" for name, version in versions.items())
    return f"Software: {named}." if named else ""


def _directions(view: View) -> str:
    parts = [
        f"{biomarker_label(marker.name)} was declared beforehand to be {marker.direction} in "
        f"{view.people(True)}"
        for marker in view.plan.biomarkers
        if marker.direction != "auto"
    ]
    chosen = [
        biomarker_label(marker.name)
        for marker in view.plan.biomarkers
        if marker.direction == "auto"
    ]
    if chosen:
        parts.append(f"the direction of {listed(chosen)} was read from the data at each visit")
    return f"{capitalised(listed(parts))}."


SECTION = SectionMaker(70, methods_section)
