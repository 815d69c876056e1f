"""What the reporting guidelines ask for, and which section of the report answers it.

Items are told in few words; the guidelines themselves say them in full.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One item of a guideline.

    Parameters
    ----------
    number, asks
        As in the guideline; the words are ours.
    anchor
        Of the section that answers it; empty where only the authors can.
    adds
        What the authors have to add to that section.
    fact
        The name of a fact of the study that is told beside it.
    needs
        The name of what the study must have for it to be answered.
    otherwise
        How the item stands where the study has not.
    weight
        In the score of the guideline, where it has one.
    only_for
        The name of what a study must have for the item to apply to it.

    """

    number: str
    asks: str
    anchor: str = ""
    adds: str = ""
    fact: str = ""
    needs: str = ""
    otherwise: str = "open"
    weight: float = 0.0
    only_for: str = ""


@dataclass(frozen=True)
class Guideline:
    """A reporting guideline: how a text cites it, for what, and its items."""

    key: str
    purpose: str
    items: Sequence[Item]


STARD = Guideline(
    "STARD",
    "diagnostic accuracy, STARD 2015",
    (
        Item("1", "Named as a study of diagnostic accuracy in title or abstract"),
        Item("2", "Structured summary: the main result", "answer"),
        Item("3", "Background; intended use and role of the biomarker"),
        Item("4", "Objectives and hypotheses"),
        Item("5", "Data collected before or after planning the study"),
        Item("6", "Eligibility criteria"),
        Item("7", "How eligible subjects were found"),
        Item("8", "Where and when"),
        Item("9", "Consecutive, random or convenience series"),
        Item("10a", "Index test: what was measured, when, and how its change is taken", "methods"),
        Item("10b", "Reference standard: how the outcome was determined"),
        Item("11", "Why this reference standard"),
        Item("12a", "Cut-offs of the index test, declared or found", "accuracy"),
        Item("12b", "Cut-offs of the reference standard"),
        Item("13a", "Whether readers of the index test knew the outcome"),
        Item("13b", "Whether assessors of the outcome knew the index test"),
        Item("14", "How accuracy was estimated and compared", "methods"),
        Item("15", "Results that were indeterminate or failed quality control", "attendance"),
        Item("16", "Missing data, and what they could do", "sensitivity"),
        Item("17", "Variability of accuracy; every test that was made", "tests"),
        Item("18", "Sample size, and what it can show", "detectable"),
        Item("19", "Flow of subjects, as a diagram", "flow"),
        Item("20", "Baseline characteristics", "baseline"),
        Item("21a", "Severity of disease in those with the condition"),
        Item("21b", "Other diagnoses in those without"),
        Item("22", "Interval and treatment between index test and reference standard"),
        Item("23", "Index test against reference standard at the cut-off", "accuracy"),
        Item("24", "Accuracy with its precision", "tests"),
        Item("25", "Adverse events of either test"),
        Item("26", "Limitations", "limitations"),
        Item("27", "Implications for practice"),
        Item("28", "Registration"),
        Item("29", "Protocol: the analysis plan as it ran", "provenance"),
        Item("30", "Funding"),
    ),
)

REMARK = Guideline(
    "REMARK",
    "prognostic markers, REMARK",
    (
        Item("1", "Marker, objectives and hypotheses"),
        Item("2", "Subjects: source, inclusion and exclusion"),
        Item("3", "Treatments, and how they were chosen"),
        Item("4", "Material: how images were acquired"),
        Item("5", "Method of measurement, and its quality control", "quality"),
        Item("6", "Design, matching, length of follow-up"),
        Item("7", "Endpoints, defined", "methods"),
        Item("8", "All candidate variables", "methods"),
        Item("9", "Sample size, and what it can show", "detectable"),
        Item("10", "Statistical methods, and missing data", "methods"),
        Item("11", "How marker values were used, and cut-offs found", "methods"),
        Item("12", "Flow of subjects, and number of events", "flow"),
        Item("13", "Demographic and disease characteristics", "baseline"),
        Item("14", "Relation of the marker to standard prognostic variables"),
        Item("15", "Marker and outcome by themselves, with estimates and curves", "survival"),
        Item("16", "Marker and outcome with other variables in one model"),
        Item("17", "Estimates with standard prognostic variables included"),
        Item("18", "Further checks: stability and sensitivity", "stability"),
        Item("19", "Interpretation, and limitations", "limitations"),
        Item("20", "Implications for research and practice"),
    ),
)

ARRIVE = Guideline(
    "ARRIVE",
    "experiments with animals, ARRIVE 2.0",
    (
        Item("1", "Design: groups, controls, experimental unit"),
        Item("2a", "Number of animals, in each group and in total", "flow"),
        Item("2b", "How the number was decided; what it can show", "detectable"),
        Item("3a", "Criteria for inclusion and exclusion"),
        Item("3b", "Animals and data excluded, and why", "attendance"),
        Item("3c", "Number analysed in every test", "tests"),
        Item("4", "Randomisation; how confounders were held down"),
        Item("5", "Blinding"),
        Item("6a", "Outcome measures", "methods"),
        Item("6b", "The measure that set the sample size"),
        Item("7a", "Statistical methods, and software", "methods"),
        Item("7b", "Whether assumptions were met", "limitations"),
        Item("8a", "Species, strain, sex, age, weight"),
        Item("8b", "Provenance and health status of the animals"),
        Item("9", "Procedures: what, how, when, where, why"),
        Item("10a", "Results with their variability", "figures"),
        Item("10b", "Effect sizes with confidence intervals", "tests"),
        Item("11", "Summary: the main result", "answer"),
        Item("12", "Background; relevance of the model"),
        Item("13", "Objectives"),
        Item("14", "Ethical approval"),
        Item("15", "Housing and husbandry"),
        Item("16", "Care, monitoring and humane endpoints"),
        Item("17", "Interpretation, and limitations", "limitations"),
        Item("18", "Generalisability to other species and settings"),
        Item("19", "Protocol: the analysis plan as it ran", "provenance"),
        Item("20", "Access to data", "provenance"),
        Item("21", "Interests and funding"),
    ),
)
