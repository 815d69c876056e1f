"""The whole way: from images or a table to results and a report.

The only room that sees both halves of the house.
"""

from biomarkers.workflow.analyse import Analysed, analyse
from biomarkers.workflow.demo import demo
from biomarkers.workflow.run import Run, run

__all__ = ["Analysed", "Run", "analyse", "demo", "run"]
