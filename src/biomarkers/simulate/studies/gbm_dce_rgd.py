"""Patients with glioblastoma under bevacizumab and chemoradiotherapy: what is declared.

The design is that of a trial of twenty patients after surgery, with [18F]AlF-NOTA-PRGD2 PET and
DCE-MRI at baseline, week 3 and week 10 (NCT01939574; Li et al. 2022,
doi:10.3389/fonc.2022.848266). What follows from published work, and what was chosen here:

* Progression-free survival. Its median was 9.66 months (95 % interval 6.2 to 13.1; Li et al.
  2019, J Nucl Med 60 suppl 1:492), which gives the median and the spread here.
* RGD. Mean SUV of glioblastoma is 1.6 ± 0.5, of normal brain 0.09 ± 0.04 ([18F]galacto-RGD,
  Schnell et al. 2009, doi:10.1215/15228517-2009-024). In the trial a greater fall of the mean SUV
  from week 3 to week 10 went with longer survival (12.3 and 7.5 months), while values at
  baseline and changes from baseline to week 10 foretold nothing. That uptake falls by week 3 in
  who responds, and farther by week 10, is the assumption here.
* Vessels. Bevacizumab lowers Ktrans of glioblastoma within a day, and from visit to visit Ktrans
  differs by 14 %, ve by 24 % with the errors of the fit (Ferl et al. 2010, Magn Reson Med
  63:1366). It does so whether or not the tumour responds: hence a change that all share.
* Sizes of effects, other spreads and growth were chosen.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from biomarkers.simulate.declaration import Declaration
from biomarkers.simulate.elements import Course, Group, Outcome, Trait, Visit
from biomarkers.simulate.studies import patient_scans
from biomarkers.simulate.studies.patient_day import REGIONS
from biomarkers.simulate.writing import Progress, write_study

_FERL = "within: Ferl 2010; else chosen"
_SCHNELL = "start, between: Schnell 2009; else chosen"

COURSES = {
    "Ktrans": Course(
        start=0.09, between=0.35, within=0.14, source=_FERL,
        common={0: 0.0, 21: -0.30, 70: -0.35}, effect={0: 0.0, 21: -0.55, 70: -0.60},
    ),
    "ve": Course(start=0.25, between=0.20, within=0.10),
    "vp": Course(
        start=0.04, between=0.30, within=0.15,
        common={0: 0.0, 21: -0.20, 70: -0.25}, effect={0: 0.0, 21: -0.25, 70: -0.30},
    ),
    "SUVmean": Course(
        start=1.6, between=0.30, within=0.12, source=_SCHNELL,
        effect={0: 0.0, 21: -0.75, 70: -0.95},
    ),
    # Of normal brain: TBR is relative to it.
    "SUVmean_contralateral": Course(start=0.09, between=0.35, within=0.08, source=_SCHNELL),
    "volume": Course(
        start=20e3, between=0.30, within=0.06, growth=(0.003, 0.001),
        common={0: 0.0, 21: -0.15, 70: -0.20}, effect={0: 0.0, 21: -0.05, 70: -0.50},
    ),
    "T1": Course(start=1.55, between=0.05, within=0.02),
}  # fmt: skip

_README = """\
The patients are scanned at 3 T and by PET. Each session holds spoiled gradient echoes at four flip
angles (VFA, for T1), a pair of actual-flip-angle images (TB1AFI, for B1), a dynamic
contrast-enhanced series (perf/*_dce) and three frames of a static PET scan that begins an hour
after the injection of an RGD peptide (pet/*_pet). derivatives/segmentation holds label maps of
tumour, normal white matter opposite it and an artery, drawn on the MR images (anat) and on those
of PET (pet, space-pet) as the head lay that day in either scanner.

BIDS has no suffix for dynamic contrast-enhanced series yet. perf/*_dce.json has, besides BIDS
keys, ContrastAgentRelaxivity (1/(s mM)), Hematocrit and BloodT1 (s). Tissue is one compartment
beside its plasma (the extended Tofts model), stepped through time; the input is that of adults
(Parker et al. 2006, doi:10.1002/mrm.21066), which reaches tissue later than the artery. The
transmit field is uneven, voxels at borders hold several tissues, the head wanders in the series,
noise is Rician. PET is blurred by 5 mm (full width at half maximum), and as noisy as its counts
make it. In sourcedata/truth
SUVmean and TBR are those of the image without noise at that resolution, SUVmean_tissue and
TBR_tissue those of the tissue.
"""

_PLAN = """\
# From which visit on do those who stay free of progression differ, and in what?
title = "Simulated patients with glioblastoma"
outcome = "responder"
positive = 1
labels = ["free of progression at nine months", "others"]
baseline = 0
regions = ["tumor"]

[visits]
0 = [0]
21 = [21]
70 = [70]

[biomarkers.Ktrans]
change = "log_ratio"
direction = "auto"

[biomarkers.ve]
change = "log_ratio"
direction = "auto"

[biomarkers.SUVmean]
change = "log_ratio"
direction = "auto"

[biomarkers.TBR]
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
time = "pfs_days"
event = "progressed"

[combine]
biomarkers = ["Ktrans", "SUVmean"]
visit = "21"

# Repetition times of B1 are not quite short beside T1.
[measure.b1]
t1 = 1.4

# The bolus reaches the tumour later than the artery it is measured in.
[measure.dce]
delay = "shared"
"""


def _weight(rng: np.random.Generator) -> float:
    return round(float(np.clip(rng.normal(72.0, 12.0), 45.0, 120.0)), 1)


GBM_DCE_RGD = Declaration(
    name="gbm-dce-rgd",
    title="Simulated patients with glioblastoma",
    subjects=20,
    noun="patients",
    groups={
        "bevacizumab": Group(
            description="bevacizumab with radiotherapy and temozolomide", response=(0.5, 0.40)
        )
    },
    visits=(
        Visit(label="baseline", day=0),
        Visit(label="week03", day=21),
        Visit(label="week10", day=70),
    ),
    courses=COURSES,
    ratios={"kep": ("Ktrans", "ve"), "TBR": ("SUVmean", "SUVmean_contralateral")},
    outcome=Outcome(
        name="progression",
        column="pfs_days",
        event_column="progressed",
        without_response=155,
        gain=1.3,
        luck=0.35,
        horizon=274,
        end=1095,
        dropout=0.02,
    ),
    traits={
        "age": Trait(description="age", unit="year", draw=lambda rng: int(rng.integers(35, 75))),
        "sex": Trait(
            description="sex",
            draw=lambda rng: str(rng.choice(["F", "M"])),
            levels={"F": "female", "M": "male"},
        ),
        "weight_kg": Trait(description="body weight", unit="kg", draw=_weight),
    },
    region="tumor",
    regions=REGIONS,
    readme=_README,
    plan=_PLAN,
    ignored=("**/perf/*_dce.*",),
    scene=patient_scans.scene,
    measured_by={"Ktrans": ("dce",), "ve": ("dce",), "SUVmean": ("pet",), "TBR": ("pet",)},
    scans=patient_scans.SCANS,
    truth=patient_scans.truth,
)


def gbm_dce_rgd(
    folder: Path | str,
    *,
    subjects: int = GBM_DCE_RGD.subjects,
    seed: int = 1,
    scans: Iterable[str] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write a simulated study of glioblastoma under bevacizumab and chemoradiotherapy, in BIDS.

    Patients have DCE-MRI and a static [18F]RGD PET scan at baseline, week 3 and week 10; the
    outcome is survival without progression. In responders Ktrans and the uptake of RGD depart by
    week 3, tumour volume by week 10 (`STUDIES["gbm-dce-rgd"]`); the truth is in
    `sourcedata/truth`, a plan for the analysis in `plan.toml`. Parameters, errors and what is
    returned are those of `write_study`.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import simulate
    >>> folder = simulate.gbm_dce_rgd("study", subjects=2, seed=1, scans=())  # no images
    >>> pd.read_table(folder / "participants.tsv")["responder"].value_counts().to_dict()
    {0: 1, 1: 1}

    """
    return write_study(
        GBM_DCE_RGD, folder, subjects=subjects, seed=seed, scans=scans, progress=progress
    )
