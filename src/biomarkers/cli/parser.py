"""The parser of all commands: help that teaches, and errors that help."""

import argparse
import difflib
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from biomarkers._version import __version__
from biomarkers.cli.commands import commands

_WELCOME = """\
From longitudinal images to the earliest day on which responders separate from non-responders.

  biomarkers demo --out demo                      see the whole way on a simulated rat study
  biomarkers run STUDY OUT                        a BIDS study of your own, images to report
  biomarkers plan TABLE --participants FILE --out PLAN.toml
  biomarkers analyse TABLE --participants FILE --plan PLAN.toml --out OUT
                                                  numbers you already have, to report
"""


class Parser(argparse.ArgumentParser):
    """A parser that names what a wrong word may have meant."""

    def parse_whole(self, arguments: Sequence[str] | None) -> argparse.Namespace:
        """Parse; what is left over is an error of the command that it was given to."""
        parsed, left = self.parse_known_args(arguments)
        if left:
            command: Parser = getattr(parsed, "parser", self)
            command.error(f"unrecognized: {' '.join(left)}{command.meant(left)}")
        return parsed

    def meant(self, words: Iterable[str]) -> str:
        """Return a hint to the options that wrong ones look like; empty if there is none."""
        known = [option for action in self._actions for option in action.option_strings]
        return _hint(words, known)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            choices = list(map(str, action.choices))
            hint = _hint([str(value)], choices)
            raise argparse.ArgumentError(
                action, f"found {value!r}, expected one of {', '.join(choices)}{hint}"
            )

    def error(self, message: str) -> NoReturn:
        """Show how this command is used, what was wrong, and where to read more."""
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {message}\n{' ' * len(self.prog)}  see {self.prog} --help\n")


def _hint(words: Iterable[str], known: Sequence[str]) -> str:
    close = [
        each
        for word in words
        for each in difflib.get_close_matches(re.sub("=.*", "", word), known, n=1)
    ]
    return f"; did you mean {' '.join(close)}?" if close else ""


def make_parser() -> Parser:
    """Return the parser; `run` of what it parses does the work of the command."""
    parser = Parser(
        prog="biomarkers",
        description=_WELCOME,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"biomarkers {__version__}")
    parser.set_defaults(run=None)
    added = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, module in commands():
        command = added.add_parser(
            name,
            help=module.HELP,
            description=module.HELP[0].upper() + module.HELP[1:] + ".",
            epilog=getattr(module, "EPILOG", None),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.set_defaults(run=module.run, parser=command, root=parser)
        module.add_options(command)
    return parser
