"""Options that several commands share, and what is made of them."""

import argparse
import os
from typing import TYPE_CHECKING

from biomarkers.cli.progress import Progress

if TYPE_CHECKING:
    from biomarkers.study import MeasureSettings

STUDY = """\
STUDY is a BIDS folder: sub-*/ses-*/ with images, sub-*/sub-*_sessions.tsv with the columns
session_id and days. Measured are
  fmap/*_TB1AFI.nii.gz   two TRs                       -> B1
  anat/*_VFA.nii.gz      two or more flip angles       -> T1, corrected by B1
  perf/*_dce.nii.gz      with T1 and a label "artery"  -> Ktrans, kep, ve, vp, IAUC60, ...
  perf/*_dsc.nii.gz      a bolus                       -> CBF, CBV, MTT, rCBV, ...
  anat/*_MEGRE.nii.gz    before and after iron oxide   -> CBV, CBV_ratio, VSI, MVD
  pet/*_pet.nii.gz       with dose and body weight     -> SUVmean, SUVpeak, MTV, TBR, ...
                         dynamic, with *_blood.tsv     -> VT, Ki, ...
  dwi/*_dwi.nii.gz       with .bval and .bvec          -> ADC; MD, FA, MK, f, D, D* if asked for
  mrs/*_svs.nii.gz       NIfTI-MRS, a voxel each       -> tNAA/tCr, tCho/tCr, ...; mM with *_mrsref
  derivatives            *_dseg.nii.gz are regions (volumes, and statistics of every map on their
                         grid); parametric maps, like *_ADC.nii.gz, are measured as they are
What is chosen stands in plan.toml, or in the file of --settings:
  [measure.dce]
  model = "2cxm"             # steps: b1 t1 dce iron_oxide dsc dwi pet_uptake pet_kinetics mrs mrsi
                             # radiomics, where it is declared (biomarkers radiomics --help)
  motion = "rigid"           # of a dynamic series; default: "none"
  [measure.register]         # regions drawn on one image reach the others, and the other days
"""


def add_study(parser: argparse.ArgumentParser) -> None:
    """Add what the commands that measure a study share."""
    parser.add_argument("study", metavar="STUDY", help="BIDS folder")
    parser.add_argument("out", metavar="OUT", help="folder for tables, maps and qc")
    parser.add_argument(
        "--derivatives",
        metavar="DIR",
        action="append",
        help="folder with label maps and given maps; may be repeated; default: all in "
        "STUDY/derivatives",
    )
    parser.add_argument(
        "--settings",
        metavar="FILE.toml",
        help="settings of steps, [measure.<step>]; default: those of STUDY/plan.toml",
    )
    parser.add_argument(
        "--prefer",
        choices=["computed", "given"],
        default="computed",
        help="which to use where a map is both given and computable (computed)",
    )
    parser.add_argument(
        "--resample-labels",
        action="store_true",
        help="bring a label map on another grid to the map's grid instead of refusing it",
    )
    parser.add_argument(
        "--keep-going",
        action="store_true",
        help="leave out sessions with faulty files, and name them, instead of refusing the study",
    )
    parser.add_argument(
        "--pet-window",
        nargs=2,
        type=float,
        metavar=("FROM", "TO"),
        help="which frames of a PET scan to average, s after the injection; needed where the scan "
        "began with it",
    )
    for name, prefix in (("participant", "sub-"), ("session", "ses-")):
        parser.add_argument(
            f"--{name}-label",
            nargs="+",
            default=(),
            metavar="LABEL",
            help=f"measure these only, with or without {prefix}; what OUT holds of others is kept",
        )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="measure only what is new, has changed, or failed; what else OUT holds is kept",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="say what would be measured, and why; write nothing",
    )
    add_jobs(parser)
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="let the workers of a Dask scheduler measure: tcp://host:port, or the file in which "
        "it stands; they have to see the same files",
    )
    parser.add_argument(
        "--log-json",
        metavar="FILE",
        help="add what happens to FILE, a JSON object a line: every session, its stages with their "
        "time and peak memory, every warning; a log to read is in OUT/logs",
    )
    parser.add_argument(
        "--memory",
        metavar="SIZE",
        help="memory for all sessions at once, like 4G; fewer run at once where they would need "
        "more (all that is free)",
    )
    add_volume(parser)


def settings_of(options: argparse.Namespace) -> "MeasureSettings":
    """Return how a study is measured."""
    from biomarkers.study import MeasureSettings  # noqa: PLC0415

    return MeasureSettings(
        prefer=options.prefer,
        resample_labels=options.resample_labels,
        keep_going=options.keep_going,
        resume=options.resume,
        jobs=options.jobs,
        scheduler=options.scheduler,
        log=True,
        log_json=options.log_json,
        memory=options.memory,
        pet_window=tuple(options.pet_window) if options.pet_window else None,
        participants=tuple(options.participant_label),
        sessions=tuple(options.session_label),
        file=options.settings,
    )


def add_jobs(parser: argparse.ArgumentParser, of: str = "sessions") -> None:
    """Add the number of processes, by its name here and by that of BIDS apps."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parser.add_argument(
        "--jobs", "--n-procs", dest="jobs", type=int, default=cores or 1, metavar="N",
        help=f"{of} at once (all cores)",
    )  # fmt: skip


def add_report(parser: argparse.ArgumentParser, of: str) -> None:
    """Add how a report is drawn; by default its heading is that `of` what it is made from."""
    group = parser.add_argument_group("the report")
    group.add_argument("--title", metavar="TEXT", help=f"heading of the page (that of {of})")
    group.add_argument(
        "--figures",
        choices=["shown", "all", "none"],
        default="shown",
        help="which figures become files, svg, pdf and png of 300 dpi, in figures/: shown on the "
        "page, all (of an analysis: of every biomarker), none (shown)",
    )
    group.add_argument(
        "--pdf", action="store_true", help="write report.pdf, too; needs biomarkers[pdf]"
    )
    group.add_argument(
        "--docx", action="store_true", help="write report.docx, too; needs biomarkers[word]"
    )


def add_volume(parser: argparse.ArgumentParser) -> None:
    """Add how much is said."""
    volume = parser.add_mutually_exclusive_group()
    volume.add_argument("-q", "--quiet", action="store_true", help="no progress, no notes")
    volume.add_argument("-v", "--verbose", action="store_true", help="every note of the analysis")


def progress_of(options: argparse.Namespace) -> Progress:
    """Return what shows progress, or none if that was asked for."""
    return Progress(quiet=options.quiet)
