"""Methods of a prediction study in words, from the settings that ran."""

from biomarkers.predict.in_words import model_in_words, steps_in_words
from biomarkers.report.page import SectionMaker
from biomarkers.report.prediction.view import PredictionPage, PredictionView
from biomarkers.report.section import Section, render
from biomarkers.report.sections.references import cited
from biomarkers.report.words import capitalised, count, is_number, listed


def methods_section(page: PredictionPage) -> Section:
    """Build the section."""
    paragraphs = [paragraph for paragraph in methods_text(page.view) if paragraph]
    context: dict[str, object] = {
        "paragraphs": paragraphs,
        "classes": (),
        "references": cited(" ".join(paragraphs)),
    }
    return Section("Methods", "methods", render("methods.html.j2", context))


def methods_text(view: PredictionView) -> list[str]:
    """Return the paragraphs."""
    return [
        _cases(view), _recipe(view), _validation(view), _measures(view), _baselines(view),
        _features(view), _rule(view), _software(view),
    ]  # fmt: skip


def _cases(view: PredictionView) -> str:
    positive = "" if view.is_survival or not view.positive else f" (positive: {view.positive})"
    outcome = f" The outcome was {view.outcome}{positive}." if view.outcome else ""
    missing = f" {capitalised(view.missing)}." if view.missing else ""
    blocks = listed(view.declared.get("blocks") or ())
    used = f" The recipe used the blocks {blocks}." if blocks else ""
    return f"{capitalised(view.counts)}.{outcome}{missing}{used}"


def _recipe(view: PredictionView) -> str:
    model = view.seen.recipe.model
    arrays = tuple(getattr(model, "arrays", ()))
    looked = f", looking at {listed(arrays)} of each case" if arrays else ""
    if arrays and "training" in view.declared["model"]:
        looked += ", scaled by mean and standard deviation of the training set"
    selection = view.table("selection")
    prepares = selection is None or not {*selection["feature"]} <= {*arrays}
    steps = f"In every training set, in this order: {'; '.join(steps_in_words(view.declared))}. "
    return (
        f"{steps * prepares}The model was "
        f"{model_in_words(view.declared['model'])}{looked}. {_chosen(view)}"
    )


def _chosen(view: PredictionView) -> str:
    """Say what was chosen in inner folds."""
    has_threshold = not (view.is_survival or view.has_classes)
    if not view.has_inner_folds:
        prevalence = "; the threshold was the training set's prevalence" if has_threshold else ""
        return f"Nothing was chosen in inner folds{prevalence}."
    model = view.seen.recipe.model
    linked = getattr(model, "probabilistic", True) or view.is_survival
    platt = (
        ""
        if linked
        else " Its scores were made log odds by a logistic regression on scores held out in the "
        "inner folds (Platt 1999)."
    )
    several = len(model.settings()) > 1
    parts = ["settings"] * several + ["the threshold of decisions"] * has_threshold
    if not parts:
        return f"It had no setting to choose.{platt}"
    verb = "were" if several else "was"
    what = f"{capitalised(' and '.join(parts))} {verb}"
    return f"{what} chosen in inner folds of the training set.{platt}"


def _validation(view: PredictionView) -> str:
    ran = view.seen.settings
    within = ", within sites" if view.sites else ""
    chance = (
        f"Outcomes were permuted among subjects{within} "
        f"({count(ran.permutations, 'permutation')}, each judged in one repeat), and "
        "p = (b + 1)/(B + 1) (Phipson & Smyth 2010), with b of B permutations reaching what was "
        "observed."
        if ran.permutations
        else "No outcomes were permuted: p-values against chance are not known."
    )
    inner = view.has_inner_folds
    kinds = ["nested"] * inner + ["repeated"] * (ran.repeats > 1) + ["stratified"]
    cited = " (Varma & Simon 2006)" if inner else ""
    return (
        f"The recipe was judged by {', '.join(kinds)} cross-validation{cited}: "
        f"{count(ran.folds, 'fold')}{', outer and inner' * inner}, "
        f"{count(ran.repeats, 'repeat')}, seed "
        f"{ran.seed}. Subjects were held out whole, with all their cases, and all that was fitted "
        f"or chosen was fitted and chosen in training sets alone. {chance}"
    )


def _measures(view: PredictionView) -> str:
    ran = view.seen.settings
    if view.is_survival:
        ratio = "under permuted outcomes" if ran.permutations else "taken to be 1.5 times as large"
        return (
            "Concordance counts pairs held out by the same model; its interval is symmetric in the "
            f"log odds, with the variance {ratio}. The AUC is that of the event by the median time "
            "of events."
        )
    ratio = (
        "the ratio of the variance under permuted outcomes to that of a given marker's AUC, at "
        "least 1"
        if ran.permutations
        else "a stated ratio of variances, 1.5"
    )
    area = (
        "The area under the ROC curve (AUC) counts only pairs of cases held out by the same model. "
        f"Its 95 % interval is Newcombe's (2006) with both class sizes divided by {ratio}. "
        "The ROC curve is the mean of those of the sets held out (Fawcett 2006), so that its area "
        "is the AUC; its pointwise band puts Wilson's intervals of sensitivity and specificity "
        "together (Zou & Donner 2008), of class sizes so divided."
    )
    if view.table("calibration") is None:
        return (
            f"{area} Each class was held against the rest; the most probable one was called, once "
            "for all cases of a subject that are of one class."
        )
    youden = " at the threshold of largest sum (Youden 1950) in inner folds"
    youden = youden if view.has_inner_folds else ""
    return (
        f"{area} Probabilities were held against outcomes by slope and intercept of calibration, "
        "the Brier score (Brier 1950), and groups of like probability with Wilson's intervals "
        "(Wilson 1927); decisions by sensitivity and specificity"
        f"{youden}, and by net benefit (Vickers & Elkin 2006). Intervals of sensitivity and "
        "specificity are Wilson's, those of slope and intercept Wald's, all of class sizes so "
        "divided."
    )


def _baselines(view: PredictionView) -> str:
    blocks, gain = view.blocks, view.table("gain")
    told = f", and with models of {listed(blocks)} alone" if blocks else ""
    paired = (
        " Gains over them are paired on the same folds, with the variance of DeLong's components "
        "(DeLong et al. 1988; Obuchowski 1997 where subjects have several cases)."
        if gain is not None and not view.is_survival
        else ""
    )
    compared = (
        " Recipes were compared on the same folds, p-values adjusted after Holm (1979)."
        if view.comparison is not None
        else ""
    )
    return f"The recipe was compared with a constant{told}.{paired}{compared}"


def _features(view: PredictionView) -> str:
    sites = (
        " Each site was held out from a model of all others."
        if view.table("sites") is not None
        else ""
    )
    if is_number(view.seen.site_auc):
        sites += " How well features tell the sites apart was asked in folds of whole subjects."
    return (
        "Importance is the worth lost where a feature is shuffled among cases held out. The "
        f"learning curve was made of shares of each training set's subjects.{sites}"
    )


def _rule(view: PredictionView) -> str:
    if view.rule is None:
        return ""
    external = (
        f" The locked rule was judged in {_others(view)}." if view.external is not None else ""
    )
    made = "made in a federation" if "federation" in view.rule.card else "then made of all cases"
    return f"A rule was {made} by the same recipe.{external}"


def _others(view: PredictionView) -> str:
    """Return where the rule was validated, and whether it was refitted there besides."""
    overlap = () if view.external is None else view.external.overlap
    whose = "cases, some of subjects that it was made of" if overlap else "a cohort of other cases"
    refitted = "updated" not in view.lacks
    return whose + ("; recalibration is told apart from it" if refitted else "")


def _software(view: PredictionView) -> str:
    software = view.facts["software"]
    return f"Software: {software}." if software else ""


METHODS = SectionMaker(80, methods_section)
