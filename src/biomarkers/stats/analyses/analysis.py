"""What an analysis of a plan is: what it needs, what it checks, what it gives."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from biomarkers.errors import InputError
from biomarkers.plan import SECTIONS, Plan, series_label
from biomarkers.stats.planned_analysis.findings import Findings, Note, Prepared
from biomarkers.stats.words import listed


@dataclass(frozen=True, eq=False)
class Contribution:
    """What an analysis gives.

    Parameters
    ----------
    tables
        By name; see `results.FURTHER`. One without a row is left out.
    notes
        Each a topic and a sentence.
    methods
        How it was done, for the methods text: `call`, the function of the library; `settings`
        that it was called with; `references`; and more, if need be.

    """

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    notes: Sequence[Note] = ()
    methods: Mapping[str, Any] = field(default_factory=dict)


def _nothing_wrong(prepared: Prepared, settings: Any) -> Iterator[str]:
    return iter(())


@dataclass(frozen=True)
class Analysis:
    """An analysis: done where the plan has its section, or always where it has none.

    Parameters
    ----------
    name
        Its section in the plan.
    run
        Makes it from what the test found and the settings of the section. `InputError` says that
        it cannot be done with these data, which becomes a note.
    settings
        The class of the section's settings, one of `plan.SECTIONS`; None for what has no section
        and is always done.
    check
        Gives what is wrong with the section, given the data; each problem names its key.

    """

    name: str
    run: Callable[[Findings, Any], Contribution]
    settings: type | None = None
    check: Callable[[Prepared, Any], Iterator[str]] = _nothing_wrong

    def __post_init__(self) -> None:
        """Refuse settings that no plan could hold."""
        if self.settings is not None and SECTIONS.get(self.name) is not self.settings:
            raise InputError(
                f"{self.name}: its settings are no section of a plan; expected one of "
                f"{', '.join(SECTIONS)}, or no settings"
            )


def problems(analyses: Sequence[Analysis], prepared: Prepared) -> list[str]:
    """Return everything that is wrong with the sections of the plan, given the data."""
    return [
        problem
        for analysis, settings in asked_for(analyses, prepared.plan)
        for problem in analysis.check(prepared, settings)
    ]


def contributions(
    analyses: Sequence[Analysis],
    findings: Findings,
    *,
    finished: Callable[[str], None] = lambda name: None,
) -> dict[str, Contribution]:
    """Run every analysis that is asked for, or always done; return what they give, by name.

    `finished` is called with the name of each when it is done.
    """
    made = {}
    for analysis, settings in asked_for(analyses, findings.plan):
        made[analysis.name] = _run(analysis, findings, settings)
        finished(analysis.name)
    return made


def asked_for(analyses: Sequence[Analysis], plan: Plan) -> Iterator[tuple[Analysis, Any]]:
    """Yield the analyses that a plan has a section for, or that need none, and their settings."""
    for analysis in analyses:
        settings = plan.sections.get(analysis.name)
        if analysis.settings is None or settings is not None:
            yield analysis, settings


def _run(analysis: Analysis, findings: Findings, settings: Any) -> Contribution:
    try:
        made = analysis.run(findings, settings)
    except InputError as error:
        text = f"{analysis.name} was not done: {error}."
        return Contribution(notes=[(f"{analysis.name}_not_done", text)])
    return replace(made, tables={name: rows for name, rows in made.tables.items() if len(rows)})


def not_done(name: str, reasons: Mapping[str, Sequence[tuple[str, str]]]) -> Iterator[Note]:
    """Give a note for each reason why an analysis was not done, with the series it holds for.

    Parameters
    ----------
    name
        Of the analysis.
    reasons
        Biomarkers and regions by reason.

    """
    for reason, series in reasons.items():
        where = listed([series_label(*key) for key in series])
        yield f"{name}_not_done", f"{name} was not done for {where}: {reason}."
