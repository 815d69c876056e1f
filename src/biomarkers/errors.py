"""Every exception and warning of the package.

A message names the file or row, says what was found, what was expected and what to do.
`InputError` is the caller's to mend (the command line answers it with exit status 2);
anything else that escapes is ours.
"""

import traceback
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_LONGEST_LINE = 1000  # characters of a message: a cell or a list of columns may hold a million


class BiomarkersError(Exception):
    """Base of every exception this package raises on purpose; long lines are cut short."""

    def __init__(self, message: str = "") -> None:
        super().__init__("\n".join(map(_shortened, message.split("\n"))))


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} …"


class InputError(BiomarkersError, ValueError):
    """The input cannot be used as it is; the message says what to change."""


class FileError(InputError):
    """A file is missing, truncated or not of the kind it should be."""


class ImageError(InputError):
    """An image cannot be read, or has the wrong number of dimensions."""


class GeometryError(ImageError):
    """Two images that must share a grid do not."""


class StudyError(InputError):
    """A study folder, a session or a sidecar lacks something that is needed."""


class ClusterError(InputError):
    """A scheduler does not answer, or its workers cannot do the work of this run."""


class FederationError(InputError):
    """A server or a site cannot be reached, is refused, or does not answer as it should."""


class ArteryError(InputError):
    """A dynamic series shows no voxel that can be taken for an artery."""


class ProblemsError(InputError):
    """Several problems found in one pass, all reported at once.

    Parameters
    ----------
    problems
        One line per problem.
    source
        The file (or other origin) they were found in.
    advice
        Sentences on what to do, shown after the problems.

    """

    shown = 20

    def __init__(self, problems: Iterable[str], source: str, advice: Iterable[str] = ()) -> None:
        self.problems: Sequence[str] = tuple(problems)
        self.source = source
        self.advice: Sequence[str] = tuple(dict.fromkeys(advice))
        count = len(self.problems)
        lines = [f"{source}: {count} problem{'s' if count != 1 else ''}"]
        lines += [f"  {problem}" for problem in self.problems[: self.shown]]
        if count > self.shown:
            lines.append(f"  … and {count - self.shown} more")
        lines += self.advice
        super().__init__("\n".join(lines))


class TableError(ProblemsError):
    """A table breaks the rules of its columns; each problem names its row and column."""


class PlanError(ProblemsError):
    """An analysis plan asks for something impossible; each problem names its key."""


class SettingsError(ProblemsError):
    """A setting of a step is unknown or impossible; each problem names its key."""


class SeparationError(InputError):
    """A covariate orders the events perfectly: its coefficient has no finite estimate."""


def in_words(error: Exception) -> str:
    """Return what an error says; of one that is not meant for users, where it came from, too."""
    if isinstance(error, BiomarkersError | OSError):
        return str(error)
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(where.filename).name}, line {where.lineno})"


class BiomarkersWarning(UserWarning):
    """Base of every warning this package issues."""


class ConvergenceWarning(BiomarkersWarning):
    """An iteration stopped before it converged."""


class MotionWarning(BiomarkersWarning):
    """Two scans that are compared voxel by voxel do not lie in the same place."""


class AssumptionWarning(BiomarkersWarning):
    """The data contradict what a method takes for granted; its results are biased."""


class UnusualValueWarning(BiomarkersWarning):
    """A value is possible, but not usual: another unit, or a slip, is likely."""


class UnmatchedWarning(BiomarkersWarning):
    """What one table or folder names, another lacks: it is left out, or less is known of it."""


class UncachedWarning(BiomarkersWarning):
    """Compiled code cannot be kept on disk: every process compiles it anew."""


class UnloggedWarning(BiomarkersWarning):
    """A log cannot be written, or not any more; the run goes on."""


_notes: ContextVar[list[str] | None] = ContextVar("notes", default=None)


def warn(warning: BiomarkersWarning, *, stacklevel: int = 2) -> None:
    """Warn, and keep the words for the notes of the record that is being made (`noting`)."""
    warnings.warn(warning, stacklevel=stacklevel + 1)
    notes = _notes.get()
    if notes is not None:
        notes.append(str(warning))


@contextmanager
def noting() -> Iterator[list[str]]:
    """Gather what `warn` is called with."""
    notes: list[str] = []
    before = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(before)
