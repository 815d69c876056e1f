"""A command is parsed and run; what goes wrong is one line and an exit status."""

import os
import sys
import warnings
from collections.abc import Sequence
from typing import TextIO

from biomarkers.cli.caches import somewhere_for_caches
from biomarkers.cli.parser import make_parser
from biomarkers.errors import BiomarkersError, BiomarkersWarning, InputError
from biomarkers.files import is_disk_full

DONE, PART_FAILED, BAD_INPUT = 0, 1, 2

_FREE = "files that are written are whole: free space, then begin again, measuring with --resume"


def run(arguments: Sequence[str] | None = None) -> int:
    """Parse and run a command; return its exit status."""
    parser = make_parser()
    parsed = parser.parse_whole(arguments)
    if parsed.run is None:
        parser.print_help()
        return DONE
    warnings.showwarning = _show_warning
    for library in ("OPENBLAS", "MKL", "OMP"):
        # The matrices of this package are small: threads of a linear algebra library only get
        # in each other's way (a session of the demonstration takes six times the CPU time).
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    try:
        with somewhere_for_caches():
            complete = parsed.run(parsed)
    except InputError as error:
        print(f"biomarkers: {error}", file=sys.stderr)
        return BAD_INPUT
    except BiomarkersError as error:
        print(f"biomarkers: {error}", file=sys.stderr)
        return PART_FAILED
    except OSError as error:
        # A full disk, a folder without permission: the user's to mend, and no news in a traceback.
        if is_disk_full(error):
            print(f"biomarkers: {error}; {_FREE}", file=sys.stderr)
            return PART_FAILED
        print(f"biomarkers: {error}", file=sys.stderr)
        return BAD_INPUT
    return DONE if complete else PART_FAILED


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Show our own warnings as a sentence; others with where they came from."""
    if issubclass(category, BiomarkersWarning):
        print(f"biomarkers: warning: {message}", file=sys.stderr)
    else:
        text = warnings.formatwarning(message, category, filename, lineno, line)
        print(text, file=file or sys.stderr)
