"""Whatever this package returns as a result has a face in a notebook, and a figure."""

import importlib
import inspect
import pkgutil

import biomarkers
from biomarkers.report import Report
from biomarkers.results import Results
from biomarkers.study.measuring import MeasuredStudy

# Have a table and are no results: a plan's options, numbers that code looks up, files imported, a
# step of a recipe that tells what it would keep.
NO_RESULTS = {
    "Plan", "View", "TabulatedTofts", "Reduced", "Relaxation", "Curve", "Imported", "Stable",
    "PredictionView",
}  # fmt: skip
# Modules that are built on one of these can be imported only where it is installed.
EXTRAS = ("torch", "flwr", "nvflare", "weasyprint", "docx")


def public_classes():
    for module in pkgutil.walk_packages(biomarkers.__path__, "biomarkers."):
        if module.name.endswith("__main__"):
            continue
        try:
            members = vars(importlib.import_module(module.name)).values()
        except ModuleNotFoundError as error:
            assert error.name.partition(".")[0] in EXTRAS
            continue
        yield from (
            each
            for each in members
            if inspect.isclass(each)
            and each.__module__ == module.name
            and not each.__name__.startswith("_")
        )


def names_of(kind):
    return {*dir(kind), *getattr(kind, "__dataclass_fields__", {})}


def test_what_has_a_table_or_a_summary_is_shown_and_drawn():
    results = [kind for kind in public_classes() if {"table", "summary"} & names_of(kind)]
    lacking = {
        kind.__name__
        for kind in results
        if not {"_repr_html_", "plot"} <= names_of(kind) and kind.__name__ not in NO_RESULTS
    }
    assert len(results) > 40
    assert lacking == set()


def test_so_are_the_results_of_an_analysis_and_the_report():
    for kind in (Results, Report, MeasuredStudy):
        assert {"_repr_html_", "plot"} <= names_of(kind)
