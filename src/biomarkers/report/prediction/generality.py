"""Whether it holds elsewhere: sites, the number of subjects, a cohort of other cases."""

from markupsafe import Markup

from biomarkers.predict.classes.external import ClassValidation
from biomarkers.report.blocks import heading, items, joined, side_by_side, text
from biomarkers.report.drawing.prediction import draw_learning
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.frames import frame_table, label
from biomarkers.report.page import SectionMaker
from biomarkers.report.prediction.probabilities import benefit_picture, calibration_picture
from biomarkers.report.prediction.roc import roc_pictures
from biomarkers.report.prediction.view import Elsewhere, PredictionPage
from biomarkers.report.section import Section
from biomarkers.report.view import records
from biomarkers.report.words import decimal, is_number

_REFITTED = ", and with its log odds refitted in these cases (recalibrated), which flatters"
_CALLED = ("sensitivity", "specificity")  # a table of their own: all in one is too wide


def sites_section(page: PredictionPage) -> Section | None:
    """Build the section; None where there are no sites."""
    view = page.view
    table = view.table("sites")
    if table is None:
        return None
    within, told = (getattr(view.seen, name, None) for name in ("within_sites", "site_auc"))
    figures = [
        f"Among cases of one site, over all sites: {view.measure_name} {decimal(within, 2)}."
        if is_number(within) else "",
        f"The features tell a site from the others with a mean AUC of {decimal(told, 2)}; 0.5: "
        "not at all." if is_number(told) else "",
    ]  # fmt: skip
    body = joined(
        text(*figures),
        frame_table(
            "sites-table",
            f"{view.measure_name} among held-out cases of the site; and, with its interval, of a "
            "model made of all other sites (site left out)",
            table,
        ),
    )
    return Section("Sites", "sites", body)


def learning_section(page: PredictionPage) -> Section | None:
    """Build the section; None where there is no learning curve."""
    table = page.view.table("learning")
    if table is None:
        return None
    name = page.view.measure_name
    uncertain = (
        "It has no interval: that of the headline says how far it may wander."
        if "worth_low" not in table
        else "The 95 % intervals are made like that of the headline; the points share their cases, "
        "so that a step between them is surer than they look."
    )
    caption = (
        f"{name} in cases held out by the number of subjects that a model is made of, in the first "
        "repeat; the line is chance. A curve that still rises: more subjects would help. "
        f"{uncertain}"
    )
    figure = draw_learning(table, axis=name)
    body = joined(
        page.picture(FigureFile("prediction-learning", figure, caption, caption)),
        frame_table(
            "learning-table",
            "The same in numbers",
            table.rename(columns=lambda each: each.replace("worth", name)),
        ),
    )
    return Section("Learning curve", "learning", body)


def external_section(page: PredictionPage) -> Section | None:
    """Build the section of other cases; None where the rule was not validated in any."""
    seen = page.view.external
    if seen is None:
        return None
    called = [name for name in seen.performance if str(name).startswith(_CALLED)]
    body = joined(
        text(seen.headline),
        _met_again(seen),
        frame_table(
            "external-table",
            f"The rule as it is (locked){'' if 'updated' in page.view.lacks else _REFITTED}",
            seen.performance.drop(columns=called), marks=[0],
        ),
        frame_table("external-called", "Decisions at the threshold of the rule",
                    seen.performance[["rule", *called]], marks=[0]) if called else Markup(),
        *(frame_table(f"external-{name}", label(name), made)
          for name, made in seen.tables().items() if name in ("decisions", "confusion")),
        side_by_side(_pictures(page, seen)),
        heading("How these cases differ from those it was made of"),
        frame_table("external-mix", "Case mix", seen.case_mix, bounds="Range"),
        items(seen.notes),
    )  # fmt: skip
    return Section("In other cases", "external", body)


def _met_again(seen: Elsewhere) -> Markup:
    if not seen.overlap:
        return Markup()
    told = f"{len(seen.overlap)} of the subjects are among those that the rule was made of."
    return Markup('<p class="flag"><strong>{}</strong></p>').format(told)


def _pictures(page: PredictionPage, seen: Elsewhere) -> list[Markup]:
    point = None if isinstance(seen, ClassValidation) else records(seen.performance)[0]
    pictures = [] if seen.roc.empty else roc_pictures(
        page, seen.roc, seen.performance, point, name="external-roc", where="in other cases"
    )  # fmt: skip
    if isinstance(seen, ClassValidation):
        return pictures
    if len(seen.calibration_curve):
        pictures.append(
            calibration_picture(
                page,
                seen.calibration_curve,
                None,
                name="external-calibration",
                what="Probabilities of the locked rule",
            )
        )
    if len(seen.net_benefit):
        pictures.append(benefit_picture(page, seen.net_benefit, name="external-net-benefit"))
    return pictures


SITES = SectionMaker(50, sites_section)
LEARNING = SectionMaker(55, learning_section)
EXTERNAL = SectionMaker(65, external_section)
