"""The whole way: from images or a table to results and a report.

The only room that sees both halves of the house. Each way is loaded when it is first used:
whoever analyses a table does not wait for the numeric code of the images.
"""

from typing import TYPE_CHECKING

from biomarkers._lazy import loaded_from

if TYPE_CHECKING:
    from biomarkers.workflow.arrays import with_slices, with_spectra
    from biomarkers.workflow.demonstration import demo
    from biomarkers.workflow.drafting import Draft, draft_plan
    from biomarkers.workflow.from_features import Predicted, predict
    from biomarkers.workflow.from_images import Run, run
    from biomarkers.workflow.from_results import Drawn, draw
    from biomarkers.workflow.from_table import Analysed, analyse
    from biomarkers.workflow.planned_power import Power
    from biomarkers.workflow.planning import power

_HOMES = {
    "Analysed": "from_table",
    "Draft": "drafting",
    "Drawn": "from_results",
    "Power": "planned_power",
    "Predicted": "from_features",
    "Run": "from_images",
    "analyse": "from_table",
    "demo": "demonstration",
    "draft_plan": "drafting",
    "draw": "from_results",
    "power": "planning",
    "predict": "from_features",
    "run": "from_images",
    "with_slices": "arrays",
    "with_spectra": "arrays",
}

__all__ = [
    "Analysed",
    "Draft",
    "Drawn",
    "Power",
    "Predicted",
    "Run",
    "analyse",
    "demo",
    "draft_plan",
    "draw",
    "power",
    "predict",
    "run",
    "with_slices",
    "with_spectra",
]

__getattr__ = loaded_from(__name__, _HOMES)
