"""A study with known truth."""

import argparse

from biomarkers.cli.options import add_jobs, add_volume, progress_of

HELP = "write a study with known truth as BIDS images"
# Spelled here too, so that help needs none of the studies; with how many take part.
STUDIES = {
    "rat-glioma": 49, "gbm-dce-rgd": 20, "gbm-mrsi": 33,
    "metastases-svm": 256, "metastases-forest": 87, "glioblastoma-split": 125,
}  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("study", choices=list(STUDIES), help="which study")
    parser.add_argument("out", metavar="OUT", help="folder to write; must be empty or absent")
    sizes = ", ".join(f"{name} {number}" for name, number in STUDIES.items())
    parser.add_argument("--subjects", type=int, metavar="N", help=f"how many ({sizes})")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="seed (1)")
    add_jobs(parser, of="subjects")
    add_volume(parser)


def run(options: argparse.Namespace) -> bool:
    """Write a simulated study."""
    from biomarkers import simulate  # noqa: PLC0415

    declared = simulate.STUDIES[options.study]
    with progress_of(options) as progress:
        folder = simulate.write_study(
            declared,
            options.out,
            subjects=options.subjects,
            seed=options.seed,
            progress=progress,
            jobs=options.jobs,
        )
    print(f"Study     {folder}")
    print(f"Next      {declared.usage[0].replace('FOLDER', str(folder))}")
    return True
