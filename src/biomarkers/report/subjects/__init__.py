"""A page per subject with its maps, fits and flags, and the overview that leads to them."""

from biomarkers.report.subjects.links import FOLDER, Links
from biomarkers.report.subjects.session_grid import overview
from biomarkers.report.subjects.writing import write_subject_pages

__all__ = ["FOLDER", "Links", "overview", "write_subject_pages"]
