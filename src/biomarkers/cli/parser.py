"""The options of every command, with help that teaches."""

import argparse
import os

from biomarkers._version import __version__

_WELCOME = """\
From longitudinal images to the earliest day on which responders separate from non-responders.

  biomarkers demo --out demo                      see the whole way on a simulated rat study
  biomarkers run STUDY OUT                        a BIDS study of your own, images to report
  biomarkers analyse TABLE --participants FILE --plan PLAN.toml --out OUT
                                                  numbers you already have, to report
"""

_STUDY = """\
STUDY is a BIDS folder: sub-*/ses-*/ with images, sub-*/sub-*_sessions.tsv with the columns
session_id and days. Measured are
  fmap/*_TB1AFI.nii.gz   two TRs                       -> B1
  anat/*_VFA.nii.gz      two or more flip angles       -> T1, corrected by B1
  perf/*_dce.nii.gz      with T1 and a label "artery"  -> Ktrans, kep, ve, vp, IAUC60, ...
  perf/*_dsc.nii.gz      a bolus                       -> CBF, CBV, MTT, rCBV, ...
  anat/*_MEGRE.nii.gz    before and after iron oxide   -> CBV, CBV_ratio, VSI, MVD
  pet/*_pet.nii.gz       with dose and body weight     -> SUVmean, SUVpeak, MTV, TBR, ...
                         dynamic, with *_blood.tsv     -> VT, Ki, ...
  mrs/*_svs.nii.gz       NIfTI-MRS, a voxel each       -> tNAA/tCr, tCho/tCr, ...; mM with *_mrsref
  derivatives            *_dseg.nii.gz are regions (volumes, and statistics of every map on their
                         grid); parametric maps, like *_ADC.nii.gz, are measured as they are
What is chosen stands in plan.toml, or in the file of --settings:
  [measure.dce]
  model = "2cxm"             # b1, t1, dce, iron_oxide, dsc, pet_uptake, pet_kinetics, mrs, mrsi
"""

_PLAN = """\
PLAN.toml:
  outcome = "responder"      # column of participants
  positive = 1               # value or list; negative = ... names the others
  baseline = 0
  [visits]                   # visit = the days that count as it
  0 = [0]
  7 = [6, 7]
  [biomarkers.tumor_volume]
  change = "log_ratio"       # the default; or absolute | percent
  direction = "auto"         # higher | lower | auto: what positives show
  [separation]
  alpha = 0.05
  permutations = 9999
  seed = 1
"""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser; `command` of what it parses names a function of `cli.commands`."""
    parser = argparse.ArgumentParser(
        prog="biomarkers",
        description=_WELCOME,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"biomarkers {__version__}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _demo(commands)
    _simulate(commands)
    _measure(commands)
    _analyse(commands)
    _run(commands)
    return parser


_Commands = argparse._SubParsersAction


def _command(
    commands: "_Commands[argparse.ArgumentParser]", name: str, text: str, more: str = ""
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=more or None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=name)
    return parser


def _demo(commands: "_Commands[argparse.ArgumentParser]") -> None:
    parser = _command(commands, "demo", "simulate a rat study, measure it, analyse it, report it")
    parser.add_argument("--out", metavar="DIR", required=True, help="folder for everything made")
    _add_jobs(parser)


def _simulate(commands: "_Commands[argparse.ArgumentParser]") -> None:
    parser = _command(commands, "simulate", "write a study with known truth as BIDS images")
    parser.add_argument("kind", choices=["rat-glioma"], help="which study")
    parser.add_argument("out", metavar="OUT", help="folder to write; must be empty or absent")
    parser.add_argument("--subjects", type=int, default=24, metavar="N", help="rats (24)")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="seed (1)")


def _measure(commands: "_Commands[argparse.ArgumentParser]") -> None:
    parser = _command(commands, "measure", "turn a study into a measurement table", _STUDY)
    _add_study(parser)


def _analyse(commands: "_Commands[argparse.ArgumentParser]") -> None:
    parser = _command(commands, "analyse", "turn a measurement table into results", _PLAN)
    parser.add_argument(
        "measurements",
        metavar="MEASUREMENTS",
        help="CSV, TSV or Excel: subject day [region] biomarker value unit, or one column per "
        "biomarker",
    )
    parser.add_argument(
        "--participants",
        metavar="FILE",
        required=True,
        help="table with one row per subject and the outcome",
    )
    parser.add_argument("--plan", metavar="PLAN.toml", required=True, help="the analysis plan")
    parser.add_argument("--out", metavar="DIR", required=True, help="gets results/ and report.html")
    parser.add_argument(
        "--exclusions",
        metavar="FILE",
        help="subject day biomarker reason by; default: exclusions.tsv beside MEASUREMENTS",
    )


def _run(commands: "_Commands[argparse.ArgumentParser]") -> None:
    parser = _command(commands, "run", "measure a study, analyse it, write the report", _STUDY)
    _add_study(parser)
    parser.add_argument(
        "--plan", metavar="PLAN.toml", help="the analysis plan; default: STUDY/plan.toml"
    )


def _add_study(parser: argparse.ArgumentParser) -> None:
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
    _add_jobs(parser)


def _add_jobs(parser: argparse.ArgumentParser) -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parser.add_argument(
        "--jobs", type=int, default=cores or 1, metavar="N", help="sessions at once (all cores)"
    )
