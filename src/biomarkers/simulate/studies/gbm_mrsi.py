"""Recurrent glioblastoma under anti-angiogenic therapy, seen by spectroscopic imaging: declared.

What follows from published work, and what was chosen here:

* Tumour: NAA rises against choline and lactate falls in those who live longer. Under bevacizumab
  NAA/Cho rose and Cho/Cr fell within 2 weeks (Ratai et al. 2013, doi:10.1093/neuonc/not044), its
  change by 8 weeks told who was free of progression at 6 months (AUC 0.85, 13 patients); tCho/NAA
  fell by 26 % in the median (Jeon et al. 2012, 18 patients). Under cediranib NAA/Cho foretold
  survival of 6 months (Kim et al., Proc ISMRM 2011:0246, 31 patients). A review of 11 studies
  (Neurooncol Adv 2022, PMID 35892047) finds changes from day 1 on, and in shorter-term survivors
  more choline, more lactate and less myo-inositol.
* Myo-inositol over contralateral creatine: lower in shorter-term survivors before and during
  bevacizumab, AUC 0.75 at baseline, 0.87 on day 1, 1.00 at 8 weeks (21 patients, PMC8805659).
  Levels of myo-inositol rise under bevacizumab (Steidl et al. 2016,
  doi:10.1371/journal.pone.0168113).
* Lactate: 7.0 mM in high-grade glioma, with a spread of 4.7 mM (Madan et al. 2014,
  doi:10.1002/mrm.25352). Scatter: NAA/Cho of two examinations before treatment differs by less
  than 30 % (coefficient of variation; PMC3107375).
* Sizes of effects on single days, spreads and survival were chosen so that these AUC come about.
"""

from collections.abc import Iterable
from pathlib import Path

from biomarkers.simulate.declaration import Declaration
from biomarkers.simulate.elements import Course, Group, Outcome, Trait, Visit
from biomarkers.simulate.spectra import T2_LACTATE
from biomarkers.simulate.studies import mrsi_slice
from biomarkers.simulate.writing import Progress, write_study

COURSES = {
    "tNAA/tCho": Course(
        start=1.25, between=0.30, within=0.12, growth=(-0.001, 0.0008),
        effect={0: 0.0, 1: 0.40, 14: 0.55, 56: 0.65},
        source="direction, day 1, 2 weeks, 8 weeks: PMID 35892047, Ratai 2013; sizes chosen",
    ),
    "Lac/tNAA": Course(
        start=1.40, between=0.35, within=0.15, growth=(0.0015, 0.001),
        effect={0: 0.0, 1: -0.60, 14: -0.75, 56: -0.85},
        source="direction, day 1: PMID 35892047; level: Madan 2014; sizes chosen",
    ),
    "Ins/ctCr": Course(
        start=0.70, between=0.13, within=0.05,
        effect={0: 0.22, 1: 0.37, 14: 0.45, 28: 0.55, 56: 0.75},
        source="AUC 0.75, 0.87, 1.00 on days 0, 1, 56: PMC8805659; sizes chosen",
    ),
    "Glx/tCr": Course(start=1.80, between=0.15, within=0.08, source="chosen, a negative control"),
}  # fmt: skip

_README = f"""\
The patients have a recurrent glioblastoma and are treated with an anti-angiogenic drug from day 0
on, after the examination. Each session holds a grid of spectra at 3 T (mrs/*_mrsi, NIfTI-MRS,
PRESS, TE 30 ms, 16 x 16 voxels of 8 x 8 x 15 mm) and the same without water suppression (*_mrsref).
derivatives/segmentation holds label maps on that grid: voxels well inside the tumour, and as many
of normal tissue on the other side.

Signals are sampled from the spin systems of {len(mrsi_slice.METABOLITES)} metabolites, with
macromolecules, lipids in the tumour, and residual water; frequency, phase, line width, eddy
current and sensitivity differ from voxel to voxel, T2 from patient to patient, the frequency drifts
during the scan, and weighted phase encoding mixes neighbouring voxels. Amounts are signals per
proton at the echo: ratios are ratios of signals, not corrected for relaxation before it.
"""

_PLAN = f"""\
# From which day on do those who live 9 months differ, and in what?
title = "Simulated glioblastoma, spectroscopic imaging"
outcome = "responder"
positive = 1
labels = ["alive at 9 months", "dead by 9 months"]
baseline = 0
regions = ["tumor"]

[visits]
0 = [0]
1 = [1]
14 = [14]
28 = [28]
56 = [56]
112 = [112]

[biomarkers."tNAA/tCho"]
change = "log_ratio"
direction = "auto"

[biomarkers."Lac/tNAA"]
change = "log_ratio"
direction = "auto"

[biomarkers."Ins/ctCr"]
change = "log_ratio"
direction = "auto"

[biomarkers."Glx/tCr"]
change = "log_ratio"
direction = "auto"

[separation]
alpha = 0.05
permutations = 9999
seed = 1

[survival]
time = "survival_days"
event = "death"

[measure.mrsi]
sequence = "press"
echoes = {list(mrsi_slice.ACQUISITION.echoes)}
simulated = {list(mrsi_slice.METABOLITES)}
t2 = "wm"
t2_of = {{ Lac = {T2_LACTATE} }}
contralateral = "contralateral"
total_error = true
metabolites = ["tNAA", "tCho", "tCr", "Ins", "Glx", "Lac"]
""".replace("'", '"')

GBM_MRSI = Declaration(
    name="gbm-mrsi",
    title="Simulated recurrent glioblastoma under anti-angiogenic therapy, spectroscopic imaging",
    subjects=33,
    noun="patients",
    species="homo sapiens",
    groups={
        "antiangiogenic": Group(description="anti-angiogenic therapy", response=(0.5, 0.40)),
    },
    visits=tuple(Visit(label=f"day{day:03d}", day=day) for day in (0, 1, 14, 28, 56, 112)),
    courses=COURSES,
    outcome=Outcome(
        name="overall survival",
        event_column="death",
        without_response=150.0,
        gain=1.15,
        luck=0.12,
        horizon=270,
        end=730,
        dropout=0.04,
    ),
    traits={
        "sex": Trait(
            description="sex",
            draw=lambda rng: str(rng.choice(["F", "M"])),
            levels={"F": "female", "M": "male"},
        ),
        "age": Trait(
            description="age at the first examination",
            draw=lambda rng: int(min(max(rng.normal(58, 10), 25), 80)),
            unit="y",
        ),
    },
    region="tumor",
    regions=mrsi_slice.REGIONS,
    readme=_README,
    plan=_PLAN,
    scene=mrsi_slice.scene,
    scans=mrsi_slice.SCANS,
    truth=mrsi_slice.truth,
)


def gbm_mrsi(
    folder: Path | str,
    *,
    subjects: int = GBM_MRSI.subjects,
    seed: int = 1,
    scans: Iterable[str] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write a simulated study of glioblastoma by spectroscopic imaging as a BIDS folder.

    Patients under anti-angiogenic therapy are examined at baseline, on day 1 and after 2, 4, 8 and
    16 weeks, for as long as they live and stay. In those who will live 9 months tNAA/tCho rises and
    Lac/tNAA falls from day 1 on, and Ins/ctCr differs before treatment; Glx/tCr never does
    (`STUDIES["gbm-mrsi"]`). Parameters, errors and what is returned are those of `write_study`.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import simulate
    >>> folder = simulate.gbm_mrsi("study", subjects=2, seed=1, scans=())  # no spectra
    >>> pd.read_table(folder / "participants.tsv")["responder"].value_counts().to_dict()
    {0: 1, 1: 1}

    """
    return write_study(
        GBM_MRSI, folder, subjects=subjects, seed=seed, scans=scans, progress=progress
    )
