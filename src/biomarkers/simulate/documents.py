"""What stands beside the images: who took part, when, what the folder is, how to analyse it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from biomarkers._version import __version__
from biomarkers.files import write_json, write_text
from biomarkers.simulate.bids import ADC, SEGMENTATION, session_label
from biomarkers.simulate.cohort import HORIZON_DAYS, STUDY_END_DAYS, Rat
from biomarkers.simulate.phantom import REGIONS
from biomarkers.table import write_table

_BIDS_VERSION = "1.10.0"

_README = """\
Simulated rats with glioma
==========================

Nothing in this folder was measured. It is a longitudinal study written by

    biomarkers simulate rat-glioma FOLDER --subjects {subjects} --seed {seed}

so that an analysis can be tried, and checked, where the truth is known.

{subjects} rats in four groups were scanned at 7 T on days 0 (before treatment), 3, 10 and 17 of
treatment for as long as they lived. Each session holds a T2-weighted image, spoiled gradient
echoes at four flip angles (VFA, for T1), a pair of actual-flip-angle images (TB1AFI, for B1), a
dynamic contrast-enhanced series (perf/*_dce), and gradient and spin echoes before and after an
iron oxide (MEGRE and MESE, for blood volume and vessel size). derivatives/segmentation holds
label maps, derivatives/adc maps of the apparent diffusion coefficient; all share one grid. A
responder is a rat that lived {horizon} days or more.

plan.toml is an analysis plan for this study:

    biomarkers run FOLDER OUT

sourcedata/truth says what is true: truth.tsv for each rat, day and region; truth.json from which
day on each biomarker differs, and by how much.

BIDS has no suffix for dynamic contrast-enhanced series yet. perf/*_dce.json has, besides BIDS
keys, ContrastAgentRelaxivity (1/(s mM)), Hematocrit and BloodT1 (s). The signal follows from the
extended Tofts model, an arterial input of rats (McGrath et al. 2009, doi:10.1002/mrm.21959),
the spoiled gradient echo with an uneven transmit field, and Rician noise. *_MEGRE.json and
*_MESE.json have, besides BIDS keys, DoseMgFePerKg (mg of iron per kg body weight). Vessels full of
iron oxide relax tissue as static dephasing says (Yablonskiy & Haacke 1994,
doi:10.1002/mrm.1910320610).
"""

_BIDSIGNORE = """\
**/perf/*_dce.*
plan.toml
"""

_PLAN = """\
# From which day on do responders differ, and in what?
title = "Simulated rats with glioma"
outcome = "responder"
positive = 1
labels = ["responders", "non-responders"]
baseline = 0
regions = ["tumor"]

[visits]
0 = [0]
3 = [3]
10 = [10]
17 = [17]

[biomarkers.Ktrans]
change = "log_ratio"
direction = "auto"

[biomarkers.CBV]
change = "log_ratio"
direction = "auto"

[biomarkers.ADC]
change = "log_ratio"
direction = "auto"

[biomarkers.volume]
change = "log_ratio"
direction = "auto"

[separation]
alpha = 0.05
permutations = 9999
seed = 1

[cutoff]

[models]

[survival]
time = "survival_days"
"""

_COLUMNS: dict[str, dict[str, Any]] = {
    "species": {"Description": "binomial species name"},
    "strain": {"Description": "strain of the species"},
    "sex": {"Description": "sex", "Levels": {"F": "female", "M": "male"}},
    "group": {
        "Description": "treatment from day 0 on, after the scan",
        "Levels": {
            "control": "vehicle",
            "temozolomide": "temozolomide, cytotoxic",
            "bevacizumab": "bevacizumab, anti-angiogenic",
            "both": "temozolomide and bevacizumab",
        },
    },
    "survival_days": {
        "Description": f"day of death; {STUDY_END_DAYS} if alive at the end of the study",
        "Units": "d",
    },
    "responder": {
        "Description": f"whether the rat lived {HORIZON_DAYS} days or more",
        "Levels": {"0": "no", "1": "yes"},
    },
}


def write_documents(root: Path, rats: Sequence[Rat], *, seed: int) -> None:
    """Write every file of the study that belongs to no single session.

    Parameters
    ----------
    root
        Folder of the study.
    rats
        The cohort.
    seed
        It was drawn with, for the README.

    """
    for rat in rats:
        _write_sessions(root, rat)
    _write_derivatives(root)
    write_table(_participants(rats), root / "participants.tsv")
    write_json(root / "participants.json", _COLUMNS)
    write_json(root / "sessions.json", {"days": {"Description": "day of treatment", "Units": "d"}})
    write_text(root / ".bidsignore", _BIDSIGNORE)
    write_text(
        root / "README",
        _README.format(subjects=len(rats), seed=seed, horizon=HORIZON_DAYS),
    )
    write_text(root / "plan.toml", _PLAN)
    # Last: a folder without it is no study, so an interrupted run is not taken for one.
    write_json(
        root / "dataset_description.json",
        _description("Simulated rats with glioma", "raw") | {"License": "CC0"},
    )


def _participants(rats: Sequence[Rat]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "participant_id": [f"sub-{rat.label}" for rat in rats],
            "species": "rattus norvegicus",
            "strain": "Wistar",
            "sex": [rat.sex for rat in rats],
            "group": [rat.group for rat in rats],
            "survival_days": [rat.survival_days for rat in rats],
            "responder": [int(rat.responder) for rat in rats],
        }
    )


def _write_sessions(root: Path, rat: Rat) -> None:
    rows = [(f"ses-{session_label(tumour.day)}", tumour.day) for tumour in rat.tumours]
    table = pd.DataFrame(rows, columns=["session_id", "days"])
    write_table(table, root / f"sub-{rat.label}" / f"sub-{rat.label}_sessions.tsv")


def _write_derivatives(root: Path) -> None:
    names = pd.DataFrame({"index": REGIONS.values(), "name": REGIONS.keys()})
    write_table(names, root / SEGMENTATION / "dseg.tsv")
    for place, name in ((SEGMENTATION, "Regions drawn"), (ADC, "Maps of diffusion")):
        description = _description(f"{name} in simulated rats with glioma", "derivative")
        write_json(root / place / "dataset_description.json", description)


def _description(name: str, kind: str) -> dict[str, Any]:
    return {
        "Name": name,
        "BIDSVersion": _BIDS_VERSION,
        "DatasetType": kind,
        "GeneratedBy": [{"Name": "biomarkers simulate rat-glioma", "Version": __version__}],
    }
