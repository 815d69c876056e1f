"""The measurement table: the one thing both halves of the house share.

One tidy row per subject, day, region and biomarker; see `columns` for the rules.
"""

from biomarkers.table.columns import COLUMNS, KEY, OPTIONAL, REQUIRED, WHOLE
from biomarkers.table.exclusions import apply_exclusions, read_exclusions
from biomarkers.table.participants import check_participants, read_participants
from biomarkers.table.read import read_measurements
from biomarkers.table.validate import check_measurements
from biomarkers.table.write import write_table

__all__ = [
    "COLUMNS",
    "KEY",
    "OPTIONAL",
    "REQUIRED",
    "WHOLE",
    "apply_exclusions",
    "check_measurements",
    "check_participants",
    "read_exclusions",
    "read_measurements",
    "read_participants",
    "write_table",
]
