"""Which column of a table is which: by its own name, by what is said, or by a usual name."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from biomarkers.table.columns import COLUMNS
from biomarkers.table.names import ROLES, did_you_mean, find_column, plain_name, role_of
from biomarkers.table.options import TableOptions

OWN_NAMES = {**{name: name for name in COLUMNS}, "participant_id": "subject", "lesion": "lesion"}
# Several of these do no harm: the first counts, or all are kept out.
_MANY = ("remark", "group")
# What tells rows apart, or nothing: which it is, only the user can say.
LABELS = ("lesion", "reader", "replicate")
# Only what a row says of one value: a column of that name may hold a biomarker.
_OF_LONG = ("value", "se", "unit")


@dataclass
class Roles:
    """The columns of a table by role.

    Parameters
    ----------
    columns
        Column by role.
    remarks
        Columns that are kept out.
    labels
        Columns of lesions, readers or repetitions, by their usual names: kept out until it is said
        what they are.
    renamed
        What a column of values is to be called, by its name in the file.
    guesses, problems
        In words.

    """

    columns: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    guesses: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __contains__(self, role: str) -> bool:
        return role in self.columns

    def taken(self) -> set[str]:
        """Return the columns that are something else than a biomarker."""
        return {*self.columns.values(), *self.remarks, *self.labels}


def find_roles(
    names: Sequence[str], options: TableOptions, *, wanted: Sequence[str] = ROLES
) -> Roles:
    """Give the columns of a table their roles.

    Parameters
    ----------
    names
        Of the columns.
    options
        What is said of them.
    wanted
        The roles that are looked for by usual names.

    """
    roles = Roles()
    _said(roles, names, options)
    for name in names:
        role = OWN_NAMES.get(name)
        if role == "subject" and roles.columns.get("subject", name) != name:
            if "subject" not in options.columns:
                roles.problems.append("both `subject` and `participant_id` are there; keep one")
        elif role and role not in roles and name not in roles.taken():
            roles.columns[role] = name
    _usual(roles, names, wanted)
    return roles


def _said(roles: Roles, names: Sequence[str], options: TableOptions) -> None:
    for role, wanted in options.columns.items():
        column = find_column(wanted, names)
        if column is None:
            roles.problems.append(
                f"columns: {role} is to be {wanted!r}, which is no column"
                f"{did_you_mean(wanted, names)}; found {', '.join(names)}"
            )
        elif role in ROLES or role in OWN_NAMES:
            roles.columns[OWN_NAMES.get(role, role)] = column
        elif did_you_mean(role, ROLES):
            roles.problems.append(f"columns: {role!r} is no role{did_you_mean(role, ROLES)}")
        else:
            roles.renamed[column] = role
    for wanted in options.listed("ignore"):
        column = find_column(wanted, names)
        if column is None:
            roles.problems.append(f"ignore: {wanted!r} is no column{did_you_mean(wanted, names)}")
        else:
            roles.remarks.append(column)


def _usual(roles: Roles, names: Sequence[str], wanted: Sequence[str]) -> None:
    """Find roles by usual names, where no column has one of its own."""
    free = [name for name in names if name not in roles.taken() and name not in roles.renamed]
    usual = {name: role_of(name) for name in free}
    if {"biomarker", "value"} <= {*usual.values(), *roles.columns}:
        usual |= {name: plain_name(name) for name in free if plain_name(name) in OWN_NAMES}
    else:
        usual = {name: role for name, role in usual.items() if role not in ("biomarker", *_OF_LONG)}
    for role in (each for each in wanted if each not in roles):
        candidates = [name for name in free if usual.get(name) == role]
        if role == "remark":
            roles.remarks += candidates
            roles.guesses += [
                f"Column {name} holds remarks and was kept out." for name in candidates
            ]
        elif role in LABELS:
            roles.labels += candidates
        elif len(candidates) > 1 and role not in _MANY:
            roles.problems.append(
                f"columns {' and '.join(candidates)} could each be {role}; say which: "
                f"--columns {role}={candidates[0]}"
            )
        elif candidates:
            roles.columns[role] = candidates[0]
            roles.guesses.append(f"Column {candidates[0]} was read as {role}.")
