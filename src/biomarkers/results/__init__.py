"""The results of an analysis, and how they lie on disk.

`stats` fills a `Results`, `report` reads one; neither knows the other. Every table is a CSV in
the results folder, `tables.json` says which there are and what their columns hold, and
`earliest.json` and `analysis.json` hold what is not a table, so that another program, or a reader
in ten years, needs none of this code.
"""

from biomarkers.results.record import Results, load_results
from biomarkers.results.tables import ABOUT, FURTHER, TABLES, column_kinds

__all__ = ["ABOUT", "FURTHER", "TABLES", "Results", "column_kinds", "load_results"]
