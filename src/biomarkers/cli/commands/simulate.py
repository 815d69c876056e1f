"""A study with known truth."""

import argparse

from biomarkers.cli.options import add_volume, progress_of

HELP = "write a study with known truth as BIDS images"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("kind", choices=["rat-glioma"], help="which study")
    parser.add_argument("out", metavar="OUT", help="folder to write; must be empty or absent")
    parser.add_argument("--subjects", type=int, default=24, metavar="N", help="rats (24)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="seed (1)")
    add_volume(parser)


def run(options: argparse.Namespace) -> bool:
    """Write a simulated study."""
    from biomarkers import simulate  # noqa: PLC0415

    with progress_of(options) as progress:
        folder = simulate.rat_glioma(
            options.out, subjects=options.subjects, seed=options.seed, progress=progress
        )
    print(f"Study     {folder}")
    print(f"Next      biomarkers run {folder} OUT")
    return True
