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
    # labels = ["responders", "progressors"]  # what to call positives and negatives
    # title = "Early response of glioma"
    # groups = "treatment"       # a column of participants; default: group, if there is one
    [visits]                     # visit = the days that count as that visit
    0 = [0]
    7 = "5-9"                    # a range, or a list of days and ranges
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
    # What else is asked for, a section each (`plan.sections`):
    # [models]                   # changes over all visits: method = "mmrm" | "random_slopes"
    # [cutoff]                   # at each visit: rule = "youden" | "sensitivity" | …
    # [survival]                 # by early response: time = "days_on_study", event = "died"
    # [combine]                  # several markers as one rule
    # [agreement]                # of replicates

Of several measurements within the days of a visit the nearest to its own day stands, for the
baseline too. A key that looks like an integer compares as one: visit `0` is the baseline `0` or
`"0"`.
"""

from biomarkers.plan.model import CHANGES, DIRECTIONS, SIDES, Marker, Plan, Separation, Visit, level
from biomarkers.plan.read import MOST_PERMUTATIONS, make_plan, read_plan
from biomarkers.plan.sections import SECTIONS, Agreement, Combine, Cutoff, Models, Survival
from biomarkers.plan.words import (
    biomarker_label,
    class_nouns,
    class_words,
    series_label,
    subject_noun,
)

__all__ = [
    "CHANGES",
    "DIRECTIONS",
    "MOST_PERMUTATIONS",
    "SECTIONS",
    "SIDES",
    "Agreement",
    "Combine",
    "Cutoff",
    "Marker",
    "Models",
    "Plan",
    "Separation",
    "Survival",
    "Visit",
    "biomarker_label",
    "class_nouns",
    "class_words",
    "level",
    "make_plan",
    "read_plan",
    "series_label",
    "subject_noun",
]
