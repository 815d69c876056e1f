"""Words for an outcome: spellings of one another, and those that say that it is not known.

A plan that names only its positives calls everybody else negative: also a `yes` beside its `Yes`,
and somebody who could not be evaluated. Neither is a negative by anyone's decision.
"""

import re

_YES = frozenset({"1", "true", "t", "yes", "y", "ja", "oui", "si"})
_NO = frozenset({"0", "false", "f", "no", "n", "nein", "non"})
# Without case, spaces and punctuation; `NE` is RECIST's.
_UNKNOWN = frozenset(
    {
        "", "ne", "na", "nan", "null", "nd", "nk", "unk", "unknown", "notknown", "missing",
        "notevaluable", "notevaluated", "unevaluable", "nonevaluable", "inevaluable", "notassessed",
        "notassessable", "unassessable", "notavailable", "notapplicable", "notdone", "pending",
        "indeterminate", "undetermined", "withdrawn", "lost", "losttofollowup",
    }
)  # fmt: skip


def is_spelling_of(value: str, word: str) -> bool:
    """Whether two different texts are one word: by case, spaces, punctuation, or yes for 1."""
    a, b = _plain(value), _plain(word)
    return value != word and (a == b != "" or any(a in same and b in same for same in (_YES, _NO)))


def says_unknown(value: str) -> bool:
    """Whether a text says that the outcome could not be evaluated, or is not known."""
    return _plain(value) in _UNKNOWN


def says_no(value: str) -> bool:
    """Whether a text is a plain no, which needs no explanation as a negative."""
    return _plain(value) in _NO


def _plain(text: str) -> str:
    # A sign makes another number.
    return re.sub(r"[^\w+-]|_|(?<!^)[+-]|^[+-](?!\d)", "", text.casefold())
