"""The measurement table: the one thing both halves of the house share.

One tidy row per subject, day, region and biomarker; see `columns` for the rules.
"""

from biomarkers.table.columns import CLUSTER, COLUMNS, KEY, OPTIONAL, REQUIRED, WHOLE
from biomarkers.table.exclusions import apply_exclusions, read_exclusions
from biomarkers.table.lesions import participants_by_lesion
from biomarkers.table.matching import same_subjects
from biomarkers.table.options import TableOptions, make_table_options
from biomarkers.table.participants import check_participants, read_participants
from biomarkers.table.read import read_measurements
from biomarkers.table.validate import check_measurements
from biomarkers.table.write import write_table

__all__ = [
    "CLUSTER",
    "COLUMNS",
    "KEY",
    "OPTIONAL",
    "REQUIRED",
    "WHOLE",
    "TableOptions",
    "apply_exclusions",
    "check_measurements",
    "check_participants",
    "make_table_options",
    "participants_by_lesion",
    "read_exclusions",
    "read_measurements",
    "read_participants",
    "same_subjects",
    "write_table",
]
