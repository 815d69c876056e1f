"""A plan drafted from the tables that it is for."""

from dataclasses import dataclass
from pathlib import Path

from biomarkers.errors import FileError
from biomarkers.files import write_text
from biomarkers.plan.draft_text import draft_text
from biomarkers.table import TableOptions, read_exclusions, read_measurements, read_participants
from biomarkers.workflow.reading import EXCLUSIONS


@dataclass(frozen=True)
class Draft:
    """A drafted plan.

    Parameters
    ----------
    path
        The file.
    decided
        Whether outcome and positive are filled in.
    guesses
        What had to be guessed of the tables, a sentence each.

    Examples
    --------
    >>> from biomarkers import sample_data, workflow
    >>> from biomarkers.table import write_table
    >>> table = write_table(sample_data.measurements(), "table.csv")
    >>> draft = workflow.draft_plan(table)
    >>> draft.path.name, draft.decided  # without participants there is no outcome
    ('plan.toml', False)

    """

    path: Path
    decided: bool
    guesses: tuple[str, ...]


def draft_plan(
    table: Path | str,
    participants: Path | str | None = None,
    *,
    out: Path | str = "plan.toml",
    options: TableOptions | None = None,
) -> Draft:
    """Draft an analysis plan from what tables hold, with comments on what is to be decided.

    Parameters
    ----------
    table
        Measurements, in any layout of `table.read_measurements`. `exclusions.tsv` beside them is
        read too.
    participants
        One row per subject. If one column has two values, it becomes the outcome.
    out
        The plan to write.
    options
        What is said of the tables; it is written into the plan, so that `analyse` reads them alike.

    Raises
    ------
    InputError
        If a table cannot be read, or `out` is there already.

    Examples
    --------
    >>> from biomarkers import sample_data, workflow
    >>> from biomarkers.plan import read_plan
    >>> from biomarkers.table import write_table
    >>> table = write_table(sample_data.measurements(), "table.csv")
    >>> people = sample_data.participants()[["subject", "responder"]]
    >>> draft = workflow.draft_plan(table, write_table(people, "rats.csv"))
    >>> plan = read_plan(draft.path)
    >>> plan.outcome, [visit.name for visit in plan.visits]
    ('responder', ['0', '3', '10'])

    """
    out, options = Path(out), options or TableOptions()
    if out.exists():
        raise FileError(f"{out} is there already; name another file, or move it away")
    beside = Path(table).with_name(EXCLUSIONS)
    excluded = read_exclusions(beside) if beside.exists() else None
    measured = read_measurements(table, options=options, exclusions=excluded)
    people, guesses = None, measured.attrs["guesses"]
    if participants:
        people = read_participants(participants, options=options.for_participants())
        guesses += tuple(f"Participants: {guess}" for guess in people.attrs["guesses"])
    names = dict.fromkeys(Path(name).name for name in (table, participants) if name)
    text = draft_text(measured, people, sources=" and ".join(names), table=options.given())
    write_text(out, text)
    return Draft(out, decided='outcome = ""' not in text, guesses=guesses)
