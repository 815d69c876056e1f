"""What a user chooses when a study is measured: of the whole, and of each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biomarkers.errors import InputError, SettingsError
from biomarkers.files import read_toml
from biomarkers.options import make_options, unknown_keys
from biomarkers.study.maps import COMPUTED, GIVEN
from biomarkers.study.memory import available_memory, parse_memory
from biomarkers.study.registering import REGISTER, RegisterSettings
from biomarkers.study.step import Step
from biomarkers.study.steps import STEPS

SECTION = "measure"
PLAN = "plan.toml"
UPTAKE = "pet_uptake"
Window = tuple[float, float]


@dataclass(frozen=True)
class MeasureSettings:
    """How a study is measured.

    Parameters
    ----------
    prefer
        Where a map is both given and computable: `computed` (a given map only fills a gap) or
        `given` (a given B1 then also corrects a T1 that has to be computed).
    resample_labels
        Whether a label map on another grid is brought to the map's grid (nearest neighbour)
        instead of being refused.
    keep_going
        Whether sessions with faulty files are left out, and named, instead of refusing the
        study.
    resume
        Whether results of an earlier run are kept where neither inputs nor settings nor the
        program have changed since.
    jobs
        Sessions measured at once, unless there is a scheduler.
    scheduler
        Address of a Dask scheduler (`tcp://host:port`), or the file in which it stands; its
        workers measure the sessions then. They have to see the same files.
    log
        Whether a log of the run is written to `logs/` of the results.
    log_json
        File that every event is added to, a JSON object a line.
    memory
        What all of them may take together, bytes or a text like `4G`: fewer are measured at once
        where they would need more, and one that alone needs more fails without being begun. What
        the machine, or the container, has to spare, if not given.
    participants, sessions
        Labels of those to measure, with or without `sub-` and `ses-`; all if none is named. What
        the folder of results holds of others is kept.
    pet_window
        Short for ``steps={"pet_uptake": {"window": …}}``.
    file
        TOML file with the settings of steps, `[measure.<step>]`; `plan.toml` of the study, if
        there is one, if not given.
    steps
        Settings of steps by name, and of `register`; they go before those of the file.

    Examples
    --------
    >>> from biomarkers import sample_data, study
    >>> rats = sample_data.write_study("rats")
    >>> settings = study.MeasureSettings(participants=("01",), sessions=("day00", "day10"))
    >>> table = study.measure(rats, "out", settings=settings).table
    >>> table["subject"].unique().tolist(), table["day"].unique().tolist()
    (['01'], [0.0, 10.0])

    """

    prefer: str = COMPUTED
    resample_labels: bool = False
    keep_going: bool = False
    resume: bool = False
    jobs: int = 1
    scheduler: str | None = None
    log: bool = False
    log_json: Path | str | None = None
    memory: int | str | None = None
    participants: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    pet_window: Window | None = None
    file: Path | str | None = None
    steps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.prefer not in (COMPUTED, GIVEN):
            raise InputError(f"prefer is {self.prefer!r}; expected {COMPUTED} or {GIVEN}")
        if self.jobs < 1:
            raise InputError(f"jobs is {self.jobs}; expected 1 or more")
        if self.memory is not None:
            parse_memory(self.memory)
        if self.pet_window is not None and not self.pet_window[0] < self.pet_window[1]:
            start, end = self.pet_window
            raise InputError(f"pet_window is from {start:g} to {end:g} s; expected it to rise")

    @property
    def memory_limit(self) -> int:
        """Bytes that all jobs may take together."""
        if self.memory is not None:
            return parse_memory(self.memory)
        # What other machines have to spare is for their scheduler to know.
        return available_memory() if self.scheduler is None else 1 << 62

    @property
    def is_part(self) -> bool:
        """Whether only a part of the study is asked for."""
        return bool(self.participants or self.sessions)

    def of_steps(self, steps: Sequence[Step], study: Path) -> dict[str, Any]:
        """Return the settings of every step, by name, and of `register` if they are given.

        Raises
        ------
        FileError
            If the file is missing or no TOML.
        SettingsError
            Naming every key that is unknown, and every value that is of the wrong kind.

        Examples
        --------
        >>> from pathlib import Path
        >>> from biomarkers import study
        >>> settings = study.MeasureSettings(pet_window=(3000.0, 3600.0))
        >>> settings.of_steps(study.STEPS, Path())["pet_uptake"].window
        (3000.0, 3600.0)

        """
        path = study / PLAN if self.file is None else Path(self.file)
        sections: dict[str, Any] = {}
        if self.file is not None or path.exists():
            sections = _section(path)
        given: dict[str, Any] = {name: dict(values) for name, values in self.steps.items()}
        if self.pet_window is not None:
            given[UPTAKE] = {**given.get(UPTAKE, {}), "window": list(self.pet_window)}
        # Nothing is registered unless its section is there.
        asked = (REGISTER,) if REGISTER in {**sections, **given} else ()
        known = {step.name: step.settings for step in steps}
        known |= dict.fromkeys(asked, RegisterSettings)
        # A study's plan may have sections of steps that are not among those asked for here.
        elsewhere = {step.name: step.settings for step in STEPS}
        problems = [
            *unknown_keys(sections, {**elsewhere, **known}, SECTION),
            *unknown_keys(given, known, SECTION),
        ]
        chosen = {}
        for name, kind in known.items():
            where, values = f"{SECTION}.{name}", sections.get(name, {})
            if not isinstance(values, Mapping):
                problems.append(f"{where}: found {values!r}, expected a table")
                continue
            values = {**values, **given.get(name, {})}
            try:
                chosen[name] = make_options(kind, values, where)
            except SettingsError as error:
                problems += error.problems
        if problems:
            raise SettingsError(problems, str(path) if sections else "settings")
        return chosen


def _section(path: Path) -> dict[str, Any]:
    what = f"settings (TOML) with sections [{SECTION}.<step>]"
    section = read_toml(path, what).get(SECTION, {})
    if not isinstance(section, dict):
        raise SettingsError(
            [f"{SECTION}: found {section!r}, expected sections of steps"], str(path)
        )
    return section
