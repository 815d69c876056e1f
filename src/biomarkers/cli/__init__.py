"""The command `biomarkers`: parse, call, print, exit.

Exit status: 0 done; 1 part of the work failed (what was done is kept, what failed is named);
2 bad input or usage; 130 interrupted, 143 terminated.
"""

from collections.abc import Sequence

from biomarkers.cli.interrupts import ending_at_once, say_interrupted

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    try:
        with ending_at_once():
            # Here, so that an interrupt while it loads is answered, too.
            from biomarkers.cli.entry import run  # noqa: PLC0415

            return run(arguments)
    except KeyboardInterrupt:
        return say_interrupted()
