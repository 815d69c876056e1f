"""Results and quality-control cards as a page people read. Never computes a statistic."""

from biomarkers.report.page import TITLE, write_report

__all__ = ["TITLE", "write_report"]
