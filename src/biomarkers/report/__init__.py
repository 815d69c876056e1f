"""Results and quality-control cards as a page people read. Never computes a statistic."""

from biomarkers.report.figure_files import FigureFile
from biomarkers.report.pdf import write_pdf
from biomarkers.report.report import TITLE, Report, write_report
from biomarkers.report.sections.headline import answer
from biomarkers.report.word import write_word

__all__ = ["TITLE", "FigureFile", "Report", "answer", "write_pdf", "write_report", "write_word"]
