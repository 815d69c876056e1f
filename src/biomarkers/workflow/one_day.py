"""A study of one day: nothing changes in it, and another command than `run` is for it."""

import shlex
from collections.abc import Iterable
from pathlib import Path

from biomarkers.errors import InputError
from biomarkers.files import read_toml
from biomarkers.study import Study

NO_CHANGE = "a study of one day has no change from baseline"


def has_one_day(measured: Iterable[tuple[str, float]]) -> bool:
    """Return whether no subject has two days.

    Parameters
    ----------
    measured
        Subjects and their days; a pair may stand several times.

    """
    pairs = set(measured)
    return len({subject for subject, _ in pairs}) == len(pairs) > 0


def refuse_one_day(cohort: Study, out: Path) -> None:
    """Refuse a study of one day, naming what does foretell an outcome from it.

    Raises
    ------
    InputError
        If no subject has two days.

    """
    root = cohort.root
    if has_one_day((each.subject, each.day) for each in cohort.sessions):
        raise InputError(
            f"{root}: {NO_CHANGE}, which `biomarkers run` is about; to foretell an outcome "
            f"from it, take `{_command(_measuring(root), root, out)}`, then "
            f"`{predicting(root, out)}`"
        )


def predicting(root: Path, out: Path) -> str:
    """Return the command that judges whether what was measured into `out` foretells an outcome."""
    plan = root / "predict.toml"
    shown = plan if plan.is_file() else "PLAN.toml"
    table, people = out / "measurements.tsv", root / "participants.tsv"
    return _command("predict", table, people, "--plan", shown, "--out", "DIR")


def _command(*words: Path | str) -> str:
    """Return a command as a shell takes it: names with spaces are quoted."""
    return shlex.join(["biomarkers", *map(str, words)])


def _measuring(root: Path) -> str:
    """Return the command that measures a study: its radiomics alone, where these are declared."""
    plan = root / "plan.toml"
    steps = read_toml(plan, "a plan (TOML)").get("measure", {}) if plan.is_file() else {}
    return "radiomics" if isinstance(steps, dict) and "radiomics" in steps else "measure"
