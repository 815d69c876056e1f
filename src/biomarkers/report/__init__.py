"""Results and quality-control cards as a page people read. Never computes a statistic."""

from biomarkers.report.page import TITLE, write_report
from biomarkers.report.pdf import write_pdf
from biomarkers.report.sections.headline import answer

__all__ = ["TITLE", "answer", "write_pdf", "write_report"]
