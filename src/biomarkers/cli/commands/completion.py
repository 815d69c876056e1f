"""Completion of commands and options by the shell."""

import argparse

HELP = "print what makes a shell complete commands and options"
EPILOG = """\
bash:  biomarkers completion bash > ~/.local/share/bash-completion/completions/biomarkers
zsh:   biomarkers completion zsh > DIR/_biomarkers, in a folder DIR of $fpath
tcsh:  biomarkers completion tcsh > ~/.biomarkers.csh, and source it in ~/.tcshrc
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("shell", choices=["bash", "zsh", "tcsh"], help="which shell")


def run(options: argparse.Namespace) -> bool:
    """Print the script of a shell."""
    import shtab  # noqa: PLC0415

    print(shtab.complete(options.root, shell=options.shell))
    return True
