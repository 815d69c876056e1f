"""From the images of a study to the features of its regions."""

import argparse
from pathlib import Path

from biomarkers.cli.commands.measure import run_steps
from biomarkers.cli.options import add_study, settings_of

HELP = "measure the radiomics of a study"
EPILOG = """\
STUDY is a BIDS folder as for measure. What is measured is declared in plan.toml, or in the file
of --settings:
  [measure.radiomics]
  image = "T1w"                        # how the name ends; ce-gadolinium_T1w tells it from others
  bins = 32                            # or bin_width = 25.0
  normalise = "zscore"                 # or "none"; MRI only
  voxel_mm = [1, 1, 1]                 # z, y, x; 0 leaves an axis as scanned
  filters = ["original", "log_3mm", "wavelet_coif1"]
  # interpolation, keep, outliers_sd, ivh_bins, ivh_bin_width, round_intensities, planes
OUT gets measurements.tsv, a row for each feature of each region, and a card for each session.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    add_study(parser)


def run(options: argparse.Namespace) -> bool:
    """Measure the radiomics of a study."""
    from biomarkers import study  # noqa: PLC0415
    from biomarkers.errors import InputError  # noqa: PLC0415

    step = next(each for each in study.STEPS if each.name == "radiomics")
    chosen = settings_of(options).of_steps([step], Path(options.study))[step.name]
    if not chosen.is_declared:
        where = options.settings or f"{options.study}/plan.toml"
        raise InputError(
            f"{where} has no [measure.radiomics]; expected at least bins or bin_width there "
            "(see biomarkers radiomics --help)"
        )
    return run_steps(options, [step])
