"""The analysis plan: what is compared, when, and by which rules; written before looking.

A plan is a TOML file:

.. code-block:: toml

    outcome = "responder"        # a column of participants
    positive = 1                 # a value or a list; everyone else is negative, unless …
    # negative = 0               # … the negatives are named; then `ignore` may name the rest
    # ignore = ["sham"]
    baseline = 0                 # a visit
    # regions = ["tumor"]        # default: every region of the table
    # made_of = ["tumor_volume"] # biomarkers the outcome is made of
    [visits]                     # visit = the days that count as that visit
    0 = [0]
    7 = [6, 7]
    [biomarkers.tumor_volume]
    change = "log_ratio"         # the default; or absolute | percent
    direction = "auto"           # higher | lower | auto: what positives show
    # worst = "higher"           # what those who are gone would have shown
    [separation]
    alpha = 0.05
    permutations = 9999
    seed = 1
    # blocks = "batch"           # a column of participants: permute within its levels
    # cluster = "patient"        # a column of participants: permute it whole
    # sustained = true           # declared beforehand: an effect once there stays

A key that looks like an integer compares as one: visit `0` is the baseline `0` or `"0"`.
"""

from biomarkers.plan.model import CHANGES, DIRECTIONS, SIDES, Marker, Plan, Separation, Visit, level
from biomarkers.plan.read import MOST_PERMUTATIONS, make_plan, read_plan

__all__ = [
    "CHANGES",
    "DIRECTIONS",
    "MOST_PERMUTATIONS",
    "SIDES",
    "Marker",
    "Plan",
    "Separation",
    "Visit",
    "level",
    "make_plan",
    "read_plan",
]
