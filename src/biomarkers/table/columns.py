"""The columns of the measurement table.

============  =======  =====================================================================
column        dtype    meaning
============  =======  =====================================================================
subject       str      who, without the `sub-` of BIDS
day           float    days since the reference day of the study (usually start of treatment)
region        str      name of a label, or `whole` where the table has no such column
biomarker     str      what was measured
value         float    the measurement; missing is NaN
unit          str      ASCII unit of `value`, one per biomarker; empty for a plain number
session       str      BIDS session (optional)
group         str      treatment group (optional)
se            float    standard error of `value` (optional)
n             float    number of voxels or samples behind `value` (optional)
qc            str      `ok`, `warn` or `fail` (optional)
individual    str      whom a lesion belongs to, where each is a subject of its own (optional)
reason        str      why a value, its error, or much of a region is missing (optional)
============  =======  =====================================================================

A row is identified by subject, day, region and biomarker. Further columns are kept as they are.
"""

REQUIRED = ("subject", "day", "biomarker", "value")
OPTIONAL = ("session", "group", "se", "n", "qc", "reason")
COLUMNS = ("subject", "day", "region", "biomarker", "value", "unit", *OPTIONAL)
KEY = ("subject", "day", "region", "biomarker")
NUMERIC = ("day", "value", "se", "n")
# Where one subject has several lesions, the subjects are the lesions and this is whose they are.
CLUSTER = "individual"
QC_LEVELS = ("ok", "warn", "fail")

# The region of a table that has none.
WHOLE = "whole"

# What a cell of text may hold to say "none": a region may well be called NA.
BLANK_NAMES = ("", "n/a")

# What a cell of numbers may hold to say "not measured"; BIDS writes n/a.
BLANKS = ("", "n/a", "N/A", "NA", "na", "NaN", "nan", "NAN")
